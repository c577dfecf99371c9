//! Askings that this machine had no descriptors or no memory for: told when that begins and when
//! it is over, instead of each time.

use tokio::time::{Duration, Instant};
use tracing::{info, warn};

use crate::domain::observation::{Observation, Outcome, Reason};
use crate::domain::time::UnixMillis;

/// It is over when nothing was short for so long: longer than most intervals.
const OVER_AFTER: Duration = Duration::from_mins(2);

#[derive(Default)]
pub(super) struct Shortage {
    present: Option<Present>,
}

struct Present {
    from: UnixMillis,
    to: UnixMillis,
    last: Instant,
    askings: u64,
}

impl Shortage {
    pub(super) fn take(&mut self, observation: &Observation) {
        let Outcome::Inconclusive {
            reason: Some(Reason::LocalResources),
            detail,
        } = &observation.outcome
        else {
            return;
        };
        let (from, to, last) = (observation.ts, observation.finished(), Instant::now());
        if let Some(present) = &mut self.present {
            present.askings += 1;
            present.to = present.to.max(to);
            present.last = last;
            return;
        }
        warn!(
            reason = Reason::LocalResources.as_str(),
            since = %from,
            detail = detail.as_deref(),
            "too few descriptors or too little memory to ask with: failures that come of it are not counted"
        );
        self.present = Some(Present {
            from,
            to,
            last,
            askings: 1,
        });
    }

    /// Tells if it is over.
    pub(super) fn look(&mut self) {
        let is_over = |present: &mut Present| present.last.elapsed() >= OVER_AFTER;
        if let Some(present) = self.present.take_if(is_over) {
            info!(
                reason = Reason::LocalResources.as_str(),
                from = %present.from,
                to = %present.to,
                askings = present.askings,
                "descriptors and memory suffice again"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::{Answer, Epoch, Provenance};
    use crate::domain::time::Millis;

    fn observation(ts: i64, reason: Reason) -> Observation {
        Observation {
            ts: UnixMillis(ts),
            outcome: Outcome::Inconclusive {
                reason: Some(reason),
                detail: None,
            },
            duration: None,
            answer: Answer::default(),
            provenance: Provenance::Observed {
                epoch: Epoch(1),
                mono: Millis(ts),
            },
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_over_when_nothing_was_short_for_long_enough() {
        let mut shortage = Shortage::default();
        shortage.take(&observation(5, Reason::Shutdown));
        assert!(shortage.present.is_none(), "another reason");
        shortage.take(&observation(10, Reason::LocalResources));
        tokio::time::advance(OVER_AFTER / 2).await;
        shortage.take(&observation(60_010, Reason::LocalResources));
        tokio::time::advance(OVER_AFTER / 2).await;
        shortage.look();
        let present = shortage
            .present
            .as_ref()
            .map(|it| (it.from, it.to, it.askings));
        assert_eq!(present, Some((UnixMillis(10), UnixMillis(60_010), 2)));
        tokio::time::advance(OVER_AFTER / 2).await;
        shortage.look();
        assert!(shortage.present.is_none());
    }
}
