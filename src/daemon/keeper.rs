//! Which evidence of a probe's failures is kept: that of the first and the last failure of each
//! outage window.
//!
//! Of a run that may yet be a blip the first is stored at once, so that no crash loses it, and
//! forgotten if the run turns out to be one. The last is held in memory, and stored now and then,
//! when the window ends, and when the daemon stops.

use crate::domain::time::{Micros, MonoMicros, UnixMillis};
use crate::evidence::Evidence;
use crate::store::EvidenceChange;

/// What became of a run of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was an outage.
    Window,
    /// It was a blip, or nothing is known of the time that it lay in.
    Nothing,
}

/// While nothing fails, it keeps nothing.
#[derive(Debug, Default)]
pub(super) struct Keeper(Option<Run>);

/// A window that is open, or failures that may become one.
#[derive(Debug)]
struct Run {
    /// The first of which there is evidence in the store.
    first: Option<UnixMillis>,
    /// The last of which there is.
    last: Option<UnixMillis>,
    stored: MonoMicros,
    /// Of a later failure than those in the store.
    held: Option<(UnixMillis, Box<Evidence>)>,
}

/// How often, at most, that of the last failure is stored while they go on.
const STORE_EVERY: Micros = Micros(60_000_000);

/// An observation after it was judged.
pub(super) struct Judged {
    pub(super) ts: UnixMillis,
    pub(super) mono: MonoMicros,
    /// What came to its end with it.
    pub(super) ended: Option<Ended>,
    /// Whether the probe is in a window now, or in failures that may become one.
    pub(super) failing: bool,
    /// Of a failure.
    pub(super) evidence: Option<Box<Evidence>>,
}

impl Keeper {
    /// Goes on with a window or run of which there is evidence at these instants in the store, in
    /// order of time. Gives those that are neither its first nor its last.
    pub(super) fn resume(instants: &[UnixMillis], now: MonoMicros) -> (Self, Vec<UnixMillis>) {
        let (first, spare, last) = match instants {
            [] => (None, &[][..], None),
            [only] => (Some(*only), &[][..], None),
            [first, spare @ .., last] => (Some(*first), spare, Some(*last)),
        };
        let run = Run {
            first,
            last,
            stored: now,
            held: None,
        };
        (Self(Some(run)), spare.to_vec())
    }

    /// What is to be changed in the store, in this order.
    pub(super) fn take(&mut self, judged: Judged) -> Vec<EvidenceChange> {
        let mut changes = Vec::new();
        if let Some(ended) = judged.ended {
            changes.extend(self.end(ended));
        }
        if !judged.failing {
            // whatever the run was, it has left nothing
            changes.extend(self.end(Ended::Nothing));
            return changes;
        }
        let evidence = judged.evidence.map(|evidence| (judged.ts, evidence));
        if let Some(run) = &mut self.0 {
            run.held = evidence.or(run.held.take());
            if judged.mono - run.stored >= STORE_EVERY {
                run.stored = judged.mono;
                changes.extend(run.store_last());
            }
            return changes;
        }
        self.0 = Some(Run {
            first: evidence.as_ref().map(|(at, _)| *at),
            last: None,
            stored: judged.mono,
            held: None,
        });
        changes.extend(evidence.map(|kept| EvidenceChange {
            forget: Vec::new(),
            keep: Some(kept),
        }));
        changes
    }

    /// The window or run is over.
    pub(super) fn end(&mut self, ended: Ended) -> Option<EvidenceChange> {
        let mut run = self.0.take()?;
        match ended {
            Ended::Window => run.store_last(),
            Ended::Nothing => {
                let forget: Vec<_> = run.first.into_iter().chain(run.last).collect();
                (!forget.is_empty()).then_some(EvidenceChange { forget, keep: None })
            }
        }
    }

    /// The daemon stops, and another will go on.
    pub(super) fn store_last(&mut self) -> Option<EvidenceChange> {
        self.0.as_mut()?.store_last()
    }
}

impl Run {
    fn store_last(&mut self) -> Option<EvidenceChange> {
        let (at, evidence) = self.held.take()?;
        Some(EvidenceChange {
            forget: self.last.replace(at).into_iter().collect(),
            keep: Some((at, evidence)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays one letter per 10 s through a keeper, and tells after each what the store has then.
    /// `F` a failure, `.` a success that decides nothing; `W` and `B` one that ends a window or a
    /// blip, `G` a failure after a gap that ended a window; `K` a crash and restart, `S` a stop.
    fn check(letters: &str, stored: &[&[i64]]) {
        let mut keeper = Keeper::default();
        let mut rows: Vec<i64> = Vec::new();
        let mut after = Vec::new();
        for (at, letter) in (0..).zip(letters.chars()) {
            let (ts, mono) = (UnixMillis(at), MonoMicros(at.unsigned_abs() * 10_000_000));
            let changes = match letter {
                'K' => {
                    let instants: Vec<_> = rows.iter().copied().map(UnixMillis).collect();
                    let (resumed, forget) = Keeper::resume(&instants, mono);
                    keeper = resumed;
                    vec![EvidenceChange { forget, keep: None }]
                }
                'S' => keeper.store_last().into_iter().collect(),
                _ => keeper.take(Judged {
                    ts,
                    mono,
                    ended: match letter {
                        'W' | 'G' => Some(Ended::Window),
                        'B' => Some(Ended::Nothing),
                        _ => None,
                    },
                    failing: !matches!(letter, 'W' | 'B'),
                    evidence: matches!(letter, 'F' | 'G').then(Box::default),
                }),
            };
            for change in changes {
                rows.retain(|row| !change.forget.contains(&UnixMillis(*row)));
                rows.extend(change.keep.map(|(UnixMillis(at), _)| at));
            }
            rows.sort_unstable();
            after.push(rows.clone());
        }
        assert_eq!(after, stored, "{letters}");
    }

    #[test]
    fn the_first_is_stored_at_once_and_the_last_when_the_window_ends() {
        check("FFF.W", &[&[0], &[0], &[0], &[0], &[0, 2]]);
        check("FW", &[&[0], &[0]]);
    }

    #[test]
    fn a_blip_leaves_nothing() {
        check("FFB", &[&[0], &[0], &[]]);
        check("FKB", &[&[0], &[0], &[]]);
    }

    #[test]
    fn the_last_is_stored_once_a_minute_in_place_of_the_one_before() {
        let first: &[i64] = &[0];
        let expected: &[&[i64]] = &[
            first,
            first,
            first,
            first,
            first,
            first,
            &[0, 6],
            &[0, 6],
            &[0, 6],
            &[0, 6],
            &[0, 6],
            &[0, 6],
            &[0, 12],
            &[0, 12],
            &[0, 13],
        ];
        check("FFFFFFFFFFFFFFS", expected);
    }

    #[test]
    fn a_gap_ends_one_window_and_the_failure_after_it_begins_another() {
        check(
            "FFGFW",
            &[&[0], &[0], &[0, 1, 2], &[0, 1, 2], &[0, 1, 2, 3]],
        );
    }

    #[test]
    fn a_run_goes_on_after_a_stop_and_after_a_crash() {
        check("FFSKFW", &[&[0], &[0], &[0, 1], &[0, 1], &[0, 1], &[0, 4]]);
        check("FFKFW", &[&[0], &[0], &[0], &[0], &[0, 3]]);
        check("FKW", &[&[0], &[0], &[0]]);
    }

    #[test]
    fn of_a_run_whose_first_failure_is_not_known_the_last_is_kept() {
        check("KFFW", &[&[], &[], &[], &[2]]);
    }
}
