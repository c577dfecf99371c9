//! The power goes at any call, and takes with it what was not synced.

use std::time::Instant;

use outwatch::store::Durability;

use crate::dice::{Dice, long};
use crate::disk::{Call, Disk, Syncs, calls};
use crate::kills::{between, next, was_killed};
use crate::shim::Faults;
use crate::verdict::{Evident, Stock, judge};
use crate::worker::{Site, Work};

/// Cuts of one round of work.
const CUTS: usize = 4;

/// Rounds on what a cut left of what a cut left.
const ROUNDS: usize = 6;

/// Whether there are syncs that fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failing {
    None,
    Some,
}

/// What the cuts of a test came to.
#[derive(Debug, Default)]
struct Tally {
    cuts: usize,
    losses: Vec<String>,
    /// How often something was lost that may be.
    tails: usize,
}

/// Works, cuts the power here and there, looks at what is left; goes on with what one of the cuts
/// left.
fn check(cuts: usize, seed: u64, syncs: Syncs, failing: Failing, durability: Durability) -> Tally {
    let mut dice = Dice(seed);
    let mut tally = Tally::default();
    while tally.cuts < cuts {
        let (mut site, mut stock) = (Site::new(), Stock::default());
        for _ in 0..ROUNDS {
            let work = next(stock, &mut dice);
            site.durability = durability;
            let before = Disk::of(&site.folder(), syncs);
            let faults = Faults {
                log: Some(site.outside("log")),
                // not while it is opened, which would end it
                fail: (failing == Failing::Some).then(|| ("sync", 120 + dice.below(500), 1)),
                without_sync: true,
                ..Faults::default()
            };
            assert!(!was_killed(&site.work(work, &faults)));
            let calls = calls(&site.outside("log"));
            let Some(left) = cut(
                before,
                &calls,
                (work, stock, durability),
                &mut dice,
                &mut tally,
            ) else {
                break;
            };
            (site, stock) = left;
        }
    }
    tally
}

/// What one of the cuts left; nothing if there was none without a loss.
fn cut(
    mut disk: Disk,
    calls: &[Call],
    (work, stock, durability): (Work, Stock, Durability),
    dice: &mut Dice,
    tally: &mut Tally,
) -> Option<(Site, Stock)> {
    let mut after: Vec<_> = (0..CUTS).map(|_| dice.index(calls.len())).collect();
    // where there is most to lose
    let promises = calls.iter().enumerate();
    let promises: Vec<_> = promises
        .filter(|(_, call)| matches!(call, Call::Promise(_)))
        .collect();
    if !promises.is_empty() {
        for at in &mut after[..CUTS / 2] {
            *at = promises[dice.index(promises.len())].0;
        }
    }
    after.sort_unstable();
    let mut left = None;
    let mut next = after.into_iter().peekable();
    for (at, call) in calls.iter().enumerate() {
        disk.apply(call);
        while next.next_if_eq(&at).is_some() {
            let luck = [0, 1, 5, 9, 10][dice.index(5)];
            let site = Site::new();
            disk.cut(&site.folder(), luck, dice);
            let (mut low, high) = between(stock, work, disk.promised());
            if durability == Durability::Normal {
                // what was closed since is as safe as it can be, but nothing else
                low.written = stock.written;
                low.told = 0;
            }
            tally.cuts += 1;
            let mut verdict = judge(&site.database(), low, high, Evident::Always);
            if site.copy().exists() {
                // there whole, or not at all; of what was there when this began, or before
                let copy = judge(&site.copy(), Stock::default(), stock, Evident::Always);
                verdict = copy.and(verdict);
            }
            match verdict {
                Ok(found) => {
                    let written = disk
                        .promised()
                        .filter(|_| matches!(work, Work::Write { .. }));
                    tally.tails += usize::from(written > Some(found.written));
                    left = Some((site, found));
                }
                Err(wrong) => tally.losses.push(format!(
                    "cut after call {at} of {} with luck {luck}, {work:?}: {wrong}",
                    calls.len()
                )),
            }
        }
    }
    left
}

fn survives(what: &str, failing: Failing, durability: Durability) -> Tally {
    let (cuts, seed) = (long("OUTWATCH_CUTS", 24), long("OUTWATCH_SEED", 1) as u64);
    let begun = Instant::now();
    let tally = check(cuts, seed, Syncs::Kept, failing, durability);
    let Tally {
        cuts,
        losses,
        tails,
    } = &tally;
    let (lost, took) = (losses.len(), begun.elapsed());
    println!("{cuts} power cuts, {what}: {lost} with losses, {tails} with a lost tail, {took:?}");
    assert!(losses.is_empty(), "seed {seed}: {losses:#?}");
    tally
}

#[test]
fn what_was_committed_survives_a_power_cut() {
    survives("full", Failing::None, Durability::Full);
}

/// The commit whose sync fails is none, and is done again as a whole.
#[test]
fn what_was_committed_after_a_sync_failed_survives_a_power_cut() {
    survives("full, a sync failed", Failing::Some, Durability::Full);
}

#[test]
fn with_less_durability_a_power_cut_takes_the_latest_and_nothing_else() {
    let Tally { tails, .. } = survives("normal", Failing::None, Durability::Normal);
    assert!(tails > 0, "it is as durable as the other");
}

/// Or the tests above would show nothing.
#[test]
fn on_a_disk_that_forgets_what_was_synced_much_is_lost() {
    let Tally { cuts, losses, .. } = check(24, 1, Syncs::Ignored, Failing::None, Durability::Full);
    assert!(losses.len() > cuts / 5, "{} of {cuts}", losses.len());
    let lost = losses.iter().filter(|loss| loss.contains("lost:"));
    assert!(lost.count() > 0, "{losses:#?}");
}
