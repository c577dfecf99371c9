//! `kill -9` between and in the middle of any two calls that change a file.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;
use std::time::Instant;

use crate::dice::{Dice, long};
use crate::shim::{Faults, Moment};
use crate::verdict::{Evident, Stock, judge};
use crate::worker::{Site, Work};

/// Observations in one round: more than two hours of them, so that hours are packed.
const WRITTEN: usize = 800;

/// Rounds on one database, which then is large enough.
const ROUNDS: usize = 12;

/// Whether it was killed by us. Panics if it ended in any other way than by itself.
pub(crate) fn was_killed(output: &Output) -> bool {
    match output.status.signal() {
        Some(9) => true,
        _ if output.status.success() => false,
        _ => panic!(
            "{}\n{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

/// What is done next to a database that holds `stock`.
pub(crate) fn next(stock: Stock, dice: &mut Dice) -> Work {
    match dice.below(14) {
        0 => Work::Open,
        _ if stock == Stock::default() => Work::Write {
            from: 0,
            count: WRITTEN,
        },
        1 => Work::Import { nth: stock.imports },
        2 => Work::Declare {
            from: stock.declared,
            count: 10,
        },
        3 | 4 => Work::Backup,
        5 => Work::Vacuum,
        6 => Work::Rebuild {
            written: stock.written,
        },
        _ => Work::Write {
            from: stock.written,
            count: WRITTEN,
        },
    }
}

/// What there is if `work` is done as far as was promised, and what if it is done as a whole.
pub(crate) fn between(stock: Stock, work: Work, promised: Option<usize>) -> (Stock, Stock) {
    let (mut low, mut high) = (stock, stock);
    low.told = 0;
    match work {
        Work::Open | Work::Backup | Work::Vacuum | Work::Rebuild { .. } => {}
        Work::Write { from, count } => {
            low.written = promised.unwrap_or(from);
            low.told = promised.unwrap_or(0);
            high.written = from + count;
        }
        Work::Import { nth } => {
            low.imports = promised.unwrap_or(nth);
            high.imports = nth + 1;
        }
        Work::Declare { from, count } => {
            low.declared = promised.unwrap_or(from);
            high.declared = from + count;
        }
    }
    (low, high)
}

/// How many calls works make on a small database.
#[derive(Debug)]
struct Most {
    open: u64,
    write: u64,
    import: u64,
    declare: u64,
    backup: u64,
    vacuum: u64,
    rebuild: u64,
}

impl Most {
    fn measured() -> Self {
        let site = Site::new();
        let faults = Faults {
            count: Some(site.outside("count")),
            without_sync: true,
            ..Faults::default()
        };
        let calls = |work| {
            assert!(!was_killed(&site.work(work, &faults)));
            faults.counted()
        };
        let (from, count) = (0, WRITTEN);
        Self {
            open: calls(Work::Open),
            write: calls(Work::Write { from, count }),
            import: calls(Work::Import { nth: 0 }),
            declare: calls(Work::Declare { from, count: 10 }),
            backup: calls(Work::Backup),
            vacuum: calls(Work::Vacuum),
            rebuild: calls(Work::Rebuild { written: count }),
        }
    }

    fn of(&self, work: Work) -> u64 {
        match work {
            Work::Open => self.open,
            Work::Write { .. } => self.write,
            Work::Import { .. } => self.import,
            Work::Declare { .. } => self.declare,
            Work::Backup => self.backup,
            Work::Vacuum => self.vacuum,
            Work::Rebuild { .. } => self.rebuild,
        }
    }
}

/// What a killed writer was in the middle of, and how a database tells.
const AMIDST: [(&str, &str); 3] = [
    (
        "packing",
        "SELECT EXISTS (SELECT 1 FROM staging JOIN chunk \
             ON chunk.key = (ts_ms / 3600000 << 32 | probe))",
    ),
    (
        "deriving",
        "SELECT NOT EXISTS (SELECT 1 FROM staging JOIN chunk \
                 ON chunk.key = (ts_ms / 3600000 << 32 | probe)) \
             AND (SELECT max(key >> 32) * 3600000 >= max(until_ms) FROM chunk, derived)",
    ),
    (
        "pruning",
        "SELECT EXISTS (SELECT 1 FROM chunk, pruned \
             WHERE tier = 'observations' AND (key >> 32) * 3600000 < before_ms)",
    ),
];

/// A copy is there whole or not at all. It may be of an earlier round.
fn copy_is_whole(site: &Site, stock: Stock) {
    let copy = judge(&site.copy(), Stock::default(), stock, Evident::Always);
    copy.unwrap_or_else(|wrong| panic!("the copy: {wrong}"));
}

#[test]
fn kill_9_at_any_call_loses_and_doubles_and_invents_nothing() {
    let kills = long("OUTWATCH_KILLS", 60);
    let seed = long("OUTWATCH_SEED", 1) as u64;
    let begun = Instant::now();
    let mut dice = Dice(seed);
    let most = Most::measured();
    let (mut killed, mut rounds) = (0, 0);
    let mut amidst = BTreeMap::<_, usize>::new();
    while killed < kills {
        let mut site = Site::new();
        let mut stock = Stock::default();
        for _ in 0..ROUNDS {
            rounds += 1;
            let work = next(stock, &mut dice);
            let most = most.of(work);
            let moment = [Moment::Before, Moment::After, Moment::Torn][dice.index(3)];
            let faults = Faults {
                kill: Some((1 + dice.below(most), moment)),
                without_sync: true,
                ..Faults::default()
            };
            let output = site.work(work, &faults);
            if was_killed(&output) {
                killed += 1;
                for (what, sql) in AMIDST {
                    *amidst.entry(what).or_default() += usize::from(site.is_so(sql));
                }
            }
            let (low, high) = between(stock, work, site.promised());
            if site.copy().exists() {
                copy_is_whole(&site, stock);
            }
            stock = judge(&site.database(), low, high, Evident::Always).unwrap_or_else(|wrong| {
                let kept = site.keep();
                panic!("seed {seed}, round {rounds}: {work:?}, {faults:?}: {wrong}; see {kept:?}")
            });
        }
    }
    println!(
        "{killed} kills in {rounds} rounds, amidst {amidst:?}, of so many calls: {most:?}; {:?}",
        begun.elapsed()
    );
    assert!(amidst["packing"] > 0 || kills < 30, "no kill met packing");
}
