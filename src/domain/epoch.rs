//! Clock epochs: which observations are set aside because the clock was set back.

use super::observation::Epoch;
use super::time::UnixMillis;

/// When each epoch of a database began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EpochStarts {
    /// Ascending by epoch; each with the earliest start of all later epochs.
    later: Vec<(Epoch, Option<UnixMillis>)>,
}

impl EpochStarts {
    /// From the epochs, each with its first instant, in any order.
    pub fn new(mut starts: Vec<(Epoch, UnixMillis)>) -> Self {
        starts.sort_unstable();
        let mut earliest_later = None;
        let mut later: Vec<_> = starts
            .into_iter()
            .rev()
            .map(|(epoch, start)| {
                let entry = (epoch, earliest_later);
                earliest_later =
                    Some(earliest_later.map_or(start, |earliest: UnixMillis| earliest.min(start)));
                entry
            })
            .collect();
        later.reverse();
        Self { later }
    }

    /// Whether an observation of `epoch` lies at or after the start of a later epoch: its clock
    /// was ahead, and the later epoch tells that time again.
    #[inline]
    pub fn sets_aside(&self, epoch: Epoch, ts: UnixMillis) -> bool {
        self.later
            .binary_search_by_key(&epoch, |&(epoch, _)| epoch)
            .is_ok_and(|at| self.later[at].1.is_some_and(|start| ts >= start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_at_or_after_a_later_epochs_start_is_set_aside() {
        let starts = EpochStarts::new(
            [(2, 50), (1, 0), (3, 80), (4, 70)]
                .map(|(epoch, start)| (Epoch(epoch), UnixMillis(start)))
                .into(),
        );
        for (epoch, ts, aside) in [
            (1, 49, false),
            (1, 50, true),
            (2, 69, false),
            (2, 70, true),
            (3, 80, true),
            (4, 1000, false),
            (9, 1000, false),
        ] {
            assert_eq!(
                starts.sets_aside(Epoch(epoch), UnixMillis(ts)),
                aside,
                "epoch {epoch} at {ts}"
            );
        }
    }
}
