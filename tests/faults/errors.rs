//! A disk that is full, broken, read-only, or slow to say so: the writer waits and goes on.

use std::process::Output;

use crate::dice::{Dice, long};
use crate::kills::{between, was_killed};
use crate::shim::Faults;
use crate::verdict::{Evident, Stock, judge};
use crate::worker::{REFUSED, RETRIES, Site, Work};

const WRITTEN: usize = 800;

const WORK: Work = Work::Write {
    from: 0,
    count: WRITTEN,
};

/// How many calls (or reads) the work makes without a fault.
fn calls(work: Work, error: &'static str) -> u64 {
    let site = Site::new();
    let faults = Faults {
        fail: Some((error, 1, 0)),
        count: Some(site.outside("count")),
        without_sync: true,
        ..Faults::default()
    };
    assert!(!was_killed(&site.work(work, &faults)));
    faults.counted()
}

/// What comes after `word` in what a worker printed.
fn said<'a>(output: &'a Output, word: &str) -> Option<&'a str> {
    let printed = std::str::from_utf8(&output.stdout).unwrap();
    printed.lines().find_map(|line| line.strip_prefix(word))
}

/// Everything is stored, once, although `error` came from some call on, `times` times, or until the
/// writer is seen waiting. Gives how often it tried again.
#[track_caller]
fn check(error: &'static str, first: u64, times: Option<u64>) -> u64 {
    let site = Site::new();
    let faults = Faults {
        fail: Some((error, first, times.unwrap_or(1 << 40))),
        until: times.is_none().then(|| site.outside("until")),
        without_sync: true,
        ..Faults::default()
    };
    let output = site.work(WORK, &faults);
    assert!(!was_killed(&output));
    let all = Stock {
        written: WRITTEN,
        ..Stock::default()
    };
    assert_eq!(site.promised(), Some(WRITTEN));
    let found = judge(&site.database(), all, all, Evident::AsFarAsPossible);
    found.unwrap_or_else(|wrong| panic!("{error} at {first}, {times:?} times: {wrong}"));
    said(&output, RETRIES).unwrap().parse().unwrap()
}

#[test]
fn trouble_that_passes_loses_and_doubles_nothing() {
    let rounds = long("OUTWATCH_ERRORS", 2);
    let mut dice = Dice(long("OUTWATCH_SEED", 1) as u64);
    for error in ["enospc", "eio", "erofs", "sync", "short", "eintr"] {
        // an error while it is opened is one, which ends it
        let (opening, all) = (calls(Work::Open, error) + 30, calls(WORK, error));
        let mut retries = 0;
        for _ in 0..rounds {
            let first = opening + dice.below(all - opening);
            retries += check(error, first, Some(1 + dice.below(3)));
            if matches!(error, "enospc" | "eio" | "erofs" | "sync") && first < all / 2 {
                retries += check(error, first, None);
            }
        }
        println!("{error}: {rounds} of {opening}..{all}, tried again {retries} times");
    }
}

/// `SQLite` takes a sector that cannot be read for damage, so the writer may end; but only with an
/// error, and what was promised until then is there.
#[test]
fn what_cannot_be_read_is_an_error() {
    let mut dice = Dice(long("OUTWATCH_SEED", 1) as u64);
    let all = calls(WORK, "read");
    let mut refused = 0;
    for _ in 0..long("OUTWATCH_ERRORS", 2) * 4 {
        let site = Site::new();
        let faults = Faults {
            fail: Some(("read", 1 + dice.below(all), 1 + dice.below(2))),
            without_sync: true,
            ..Faults::default()
        };
        let output = site.work(WORK, &faults);
        assert!(!was_killed(&output));
        refused += usize::from(said(&output, REFUSED).is_some());
        let (low, high) = between(Stock::default(), WORK, site.promised());
        let found = judge(&site.database(), low, high, Evident::AsFarAsPossible);
        found.unwrap_or_else(|wrong| panic!("{faults:?}: {wrong}"));
    }
    assert!(refused > 0, "nothing was read");
}

#[test]
fn a_database_that_cannot_be_made_now_can_be_made_later() {
    let mut dice = Dice(long("OUTWATCH_SEED", 1) as u64);
    let all = calls(Work::Open, "eio");
    let mut refused = 0;
    for error in ["enospc", "eio", "erofs", "sync"] {
        for _ in 0..long("OUTWATCH_ERRORS", 2) * 4 {
            let site = Site::new();
            let first = 1 + dice.below(all);
            let faults = Faults {
                fail: Some((error, first, 1 + dice.below(2))),
                without_sync: true,
                ..Faults::default()
            };
            let output = site.work(Work::Open, &faults);
            assert!(!was_killed(&output));
            refused += usize::from(said(&output, REFUSED).is_some());
            assert!(!was_killed(&site.work(WORK, &Faults::default())));
            let all = Stock {
                written: WRITTEN,
                told: WRITTEN,
                ..Stock::default()
            };
            let found = judge(&site.database(), all, all, Evident::Always);
            found.unwrap_or_else(|wrong| panic!("{error} at {first}: {wrong}"));
        }
    }
    assert!(refused > 0, "nothing failed");
}
