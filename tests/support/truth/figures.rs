//! How far what is reported lies from the truth.

use std::ops::AddAssign;

use outwatch::domain::outage::{OutageWindow, StartKind};
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::Millis;

use super::endpoint::Truth;
use super::rules::Reported;

/// Differences of one kind, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Errors {
    count: u64,
    sum: f64,
    sum_of_sizes: f64,
    sum_of_squares: f64,
}

/// Of many outages, by one rule.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// True outages that have a window.
    pub(crate) seen: u64,
    /// Without a window, since they were too short, or not watched for long enough.
    pub(crate) too_short: u64,
    /// Without a window, though they must have been confirmed.
    pub(crate) missed: u64,
    pub(crate) windows: u64,
    /// Windows in which there was no outage; without mute ones.
    pub(crate) false_windows: u64,
    /// Windows without a failure, which only resume another one.
    pub(crate) mute_windows: u64,
    /// Windows of one outage beyond the first.
    pub(crate) extra_windows: u64,
    /// Of outages that were watched for long enough to be confirmed for sure.
    pub(crate) start: Errors,
    pub(crate) end: Errors,
    pub(crate) duration: Errors,
    /// Of the short ones too, as far as they were seen.
    pub(crate) duration_of_all: Errors,
    /// From the true start until the outage was known.
    pub(crate) detection: Errors,
    /// The part of it that went by in requests.
    pub(crate) requests: Errors,
    pub(crate) reported_down: Millis,
    pub(crate) true_down: Millis,
    /// Inside of windows, and not down.
    pub(crate) false_down: Millis,
    /// Down, and outside of windows.
    pub(crate) unreported_down: Millis,
    /// Of that: said to be unknown.
    pub(crate) unknown_down: Millis,
}

impl Errors {
    pub(crate) fn add(&mut self, reported_minus_true: Millis) {
        let error = reported_minus_true.0 as f64;
        self.count += 1;
        self.sum += error;
        self.sum_of_sizes += error.abs();
        self.sum_of_squares += error * error;
    }

    fn of(self, sum: f64) -> f64 {
        sum / self.count as f64 / 1000.0
    }

    /// In seconds, as are the others. Not a number if there were none.
    pub(crate) fn mean(self) -> f64 {
        self.of(self.sum)
    }

    pub(crate) fn mean_size(self) -> f64 {
        self.of(self.sum_of_sizes)
    }

    pub(crate) fn rms(self) -> f64 {
        (self.sum_of_squares / self.count as f64).sqrt() / 1000.0
    }
}

impl AddAssign for Errors {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.sum_of_sizes += other.sum_of_sizes;
        self.sum_of_squares += other.sum_of_squares;
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.seen += other.seen;
        self.too_short += other.too_short;
        self.missed += other.missed;
        self.windows += other.windows;
        self.false_windows += other.false_windows;
        self.mute_windows += other.mute_windows;
        self.extra_windows += other.extra_windows;
        self.start += other.start;
        self.end += other.end;
        self.duration += other.duration;
        self.duration_of_all += other.duration_of_all;
        self.detection += other.detection;
        self.requests += other.requests;
        self.reported_down = self.reported_down + other.reported_down;
        self.true_down = self.true_down + other.true_down;
        self.false_down = self.false_down + other.false_down;
        self.unreported_down = self.unreported_down + other.unreported_down;
        self.unknown_down = self.unknown_down + other.unknown_down;
    }
}

impl Figures {
    /// Errors are those of outages that are over, and that `is_measured` by their event; of windows
    /// that overlap nothing else.
    pub(crate) fn of(
        truth: &Truth,
        reported: &[Reported],
        unknown: &PeriodSet,
        is_measured: impl Fn(usize) -> bool,
    ) -> Self {
        let down: PeriodSet = truth.outages.iter().map(|outage| outage.period).collect();
        let windows: PeriodSet = reported.iter().map(|window| window.period).collect();
        let unreported = down.difference(&windows);
        let mut figures = Self {
            windows: reported.len() as u64,
            reported_down: reported.iter().map(|window| window.down).sum(),
            mute_windows: reported.iter().filter(|window| window.is_mute).count() as u64,
            true_down: down.length(),
            false_down: windows.difference(&down).length(),
            unreported_down: unreported.length(),
            unknown_down: unreported.intersection(unknown).length(),
            ..Self::default()
        };
        let overlapping = |window: &Reported| {
            truth
                .outages
                .iter()
                .filter(|outage| outage.period.overlaps(window.period))
                .count()
        };
        figures.false_windows = reported
            .iter()
            .filter(|window| overlapping(window) == 0 && !window.is_mute)
            .count() as u64;
        for (outage, is_certain) in truth.outages.iter().zip(&truth.is_certain) {
            let mut own = reported
                .iter()
                .filter(|window| window.period.overlaps(outage.period));
            let Some(first) = own.next() else {
                if *is_certain {
                    figures.missed += 1;
                } else {
                    figures.too_short += 1;
                }
                continue;
            };
            figures.seen += 1;
            let mut is_alone = overlapping(first) == 1;
            let (mut last, mut down) = (first, first.down);
            for window in own {
                figures.extra_windows += 1;
                is_alone &= overlapping(window) == 1;
                down = down + window.down;
                last = window;
            }
            if is_alone && !outage.is_open && is_measured(outage.event) {
                let duration = down - outage.period.length();
                figures.duration_of_all.add(duration);
                if *is_certain {
                    figures.start.add(first.period.from - outage.period.from);
                    figures.end.add(last.period.to - outage.period.to);
                    figures.duration.add(duration);
                }
            }
        }
        figures
    }
}

impl Figures {
    /// How long it took to know of outages whose beginning was watched.
    pub(crate) fn add_detections(
        &mut self,
        truth: &Truth,
        windows: &[OutageWindow],
        stored: &[Sighting],
        is_measured: impl Fn(usize) -> bool,
    ) {
        for window in windows {
            let (Some(outage), Some(opened_at), Some(detected_at)) =
                (truth.at(window.start), window.opened_at, window.detected_at)
            else {
                continue;
            };
            if window.start_kind != StartKind::Seen || !is_measured(outage.event) {
                continue;
            }
            let in_requests: Millis = stored
                .iter()
                .skip_while(|sighting| sighting.ts < window.start)
                .take_while(|sighting| sighting.ts <= opened_at)
                .filter(|sighting| sighting.counts())
                .map(|sighting| sighting.finished - sighting.ts)
                .sum();
            self.detection.add(detected_at - outage.period.from);
            self.requests.add(in_requests);
        }
    }
}
