//! Whether the load is met: told when it begins not to be, and when it is again.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use crate::domain::schedule::agenda::{Agenda, Tally};
use crate::domain::time::Micros;

/// What is looked at together.
const SPAN: Duration = Duration::from_secs(30);

/// Probes that are asked later than that are too late, if they are more than one in a hundred.
const LATE_MAX: Micros = Micros(1_000_000);

/// One such span may come of a machine that slept, or of a disk that took its time.
const LATE_SPANS: u32 = 2;

/// And so many without make it over.
const CALM_SPANS: u32 = 4;

pub(super) struct Overload {
    /// What was counted when the present span began.
    since: (Instant, Tally),
    /// Spans in a row that speak against what was told last.
    contrary: u32,
    /// When it began, and what was missed before.
    present: Option<(Instant, u64)>,
}

impl Overload {
    pub(super) fn new() -> Self {
        Self {
            since: (Instant::now(), Tally::default()),
            contrary: 0,
            present: None,
        }
    }

    /// To be called every few seconds.
    pub(super) fn look(&mut self, agenda: &Agenda) {
        if self.since.0.elapsed() < SPAN {
            return;
        }
        let now = (Instant::now(), agenda.tally().clone());
        let (begin, before) = std::mem::replace(&mut self.since, now);
        let within = agenda.tally().since(&before);
        let is_late = match within.lateness.percentile(99) {
            Some(late) => late > LATE_MAX,
            // nothing could begin at all
            None => agenda.waiting() > 0,
        };
        if is_late == self.present.is_some() {
            self.contrary = 0;
            return;
        }
        self.contrary += 1;
        if is_late && self.contrary >= LATE_SPANS {
            self.contrary = 0;
            self.present = Some((begin, before.missed));
            warn_of(agenda, &within);
        } else if !is_late && self.contrary >= CALM_SPANS {
            self.contrary = 0;
            if let Some((begin, missed_before)) = self.present.take() {
                info!(
                    lasted_s = begin.elapsed().as_secs(),
                    missed = agenda.tally().missed - missed_before,
                    "probes are asked in time again"
                );
            }
        }
    }
}

fn warn_of(agenda: &Agenda, within: &Tally) {
    let ms = |late: Option<Micros>| late.map(|late| late.to_millis().0);
    let limits = agenda.limits();
    warn!(
        asked = within.lateness.count(),
        late_p50_ms = ms(within.lateness.percentile(50)),
        late_p99_ms = ms(within.lateness.percentile(99)),
        late_max_ms = ms(Some(within.lateness.max())),
        missed = within.missed,
        waiting = agenda.waiting(),
        under_way = agenda.in_flight(),
        under_way_max = limits.in_flight,
        of_one_host_max = limits.in_flight_per_host,
        "the load is not met: probes are asked later than they are due"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::agenda::{Limits, SlotId, Timing};
    use crate::domain::time::MonoMicros;

    const SECOND: u64 = 1_000_000;

    /// Asks one after the other for so many seconds; each asking takes one.
    async fn ask(agenda: &mut Agenda, overload: &mut Overload, clock: &mut u64, seconds: u64) {
        for _ in 0..seconds {
            let now = MonoMicros(*clock * SECOND);
            if let Some(start) = agenda.start(now) {
                agenda.finished(start.slot, now + Micros(SECOND), false);
            }
            *clock += 1;
            tokio::time::advance(Duration::from_secs(1)).await;
            overload.look(agenda);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_load_that_is_not_met_is_told_once_and_once_when_it_is_met_again() {
        let mut agenda = Agenda::new(Limits {
            in_flight: 1,
            in_flight_per_host: 1,
        });
        let timing = Timing {
            interval: Micros(20 * SECOND),
            confirm_interval: Micros(SECOND),
        };
        // twice as many as there is time for
        let slots: Vec<SlotId> = (0..40)
            .map(|nth| agenda.add(timing, "host", MonoMicros(nth * SECOND / 2)))
            .collect();
        let (mut overload, mut clock) = (Overload::new(), 0);
        ask(&mut agenda, &mut overload, &mut clock, 35).await;
        assert!(overload.present.is_none(), "one span alone is nothing");
        ask(&mut agenda, &mut overload, &mut clock, 30).await;
        assert!(overload.present.is_some());
        // one every two seconds is left
        for (nth, slot) in slots.iter().enumerate() {
            if nth % 4 != 0 {
                agenda.remove(*slot);
            }
        }
        ask(&mut agenda, &mut overload, &mut clock, 60).await;
        assert!(overload.present.is_some(), "not over yet");
        ask(&mut agenda, &mut overload, &mut clock, 120).await;
        assert!(overload.present.is_none());
    }
}
