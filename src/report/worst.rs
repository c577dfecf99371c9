//! What went worst, first.

use std::cmp::Reverse;

use super::totals::Totals;
use crate::domain::availability::Percent;
use crate::domain::observation::Cause;
use crate::domain::probe::Probe;
use crate::domain::time::Millis;

/// Most that are named.
pub const WORST_MAX: usize = 10;

/// An endpoint among the worst.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    pub probe: Probe,
    pub totals: Totals,
    /// Of the time that all endpoints were down. `None` if none was.
    pub share_of_down: Option<Percent>,
    /// What its failures had most often.
    pub cause: Option<Cause>,
}

/// Those that were down the longest; then those with the most blips, then those degraded the longest.
/// One with which nothing was the matter is not among them.
pub(super) fn worst<'p>(
    probes: impl Iterator<Item = (&'p Probe, &'p Totals)>,
    all: &Totals,
) -> Vec<Worst> {
    let key = |totals: &Totals| {
        let availability = &totals.availability;
        (availability.down, totals.blips, availability.degraded)
    };
    let mut ranked: Vec<_> = probes
        .filter(|(_, totals)| key(totals) != (Millis::ZERO, 0, Millis::ZERO))
        .collect();
    // stable: equal ones stay in order of their names
    ranked.sort_by_key(|(_, totals)| Reverse(key(totals)));
    ranked.truncate(WORST_MAX);
    let worst = ranked.into_iter().map(|(probe, totals)| Worst {
        probe: probe.clone(),
        share_of_down: Percent::of(totals.availability.down, all.availability.down),
        cause: totals.tally.causes().first().map(|(cause, _)| *cause),
        totals: *totals,
    });
    worst.collect()
}
