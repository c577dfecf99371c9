//! The numbers of one probe, platform or service over a period, and their sums over several.

use std::ops::AddAssign;

use super::outage_list::Outage;
use super::probe_history::ProbeHistory;
use super::service_history::{PlatformHistory, ServiceHistory};
use crate::domain::availability::{Availability, State, availability, timeline};
use crate::domain::outage::{EndKind, StartKind};
use crate::domain::tally::Tally;
use crate::domain::time::{Millis, Period};
use crate::domain::track::Track;

/// Everything counted is inside the period; a window half inside counts with that half.
///
/// Of several probes: the sums of theirs. Percentages of such sums are means over the probes'
/// time, and say nothing about whether all were down at once. Of a platform or a service as such:
/// the times are its own, and observations and blips those of its probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub probes: usize,
    /// The period's length, once for each probe, platform or service that is summed up.
    pub whole: Millis,
    /// The part of it in which it was not configured. With the five states it adds up to `whole`.
    pub not_configured: Millis,
    /// Of all that counts.
    pub availability: Availability,
    /// Had nobody annotated anything. `None` if it were the same.
    pub as_observed: Option<Availability>,
    pub outages: OutageTotals,
    /// Failures too few to be an outage: so many times in a row,
    pub blips: u64,
    /// and so many failures.
    pub blip_failures: u64,
    pub degraded: StretchTotals,
    /// Of probes: where failures were scattered.
    pub flapping: StretchTotals,
    pub unobserved: StretchTotals,
    pub tally: Tally,
}

/// Of windows that reach into the period. Their time down is [`Availability::down`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutageTotals {
    pub count: u64,
    /// Began inside the period; one that goes on after a gap did not begin there.
    pub began: u64,
    /// Have not ended.
    pub open: u64,
    /// Go on after a gap in which nobody watched, so that two windows may be one outage.
    pub resumed: u64,
    /// Have counting time, but for annotations: none of it counts.
    pub left_out: u64,
    /// The longest part inside the period that counts.
    pub longest: Option<Millis>,
    /// Windows whose start and end were seen,
    pub restored: u64,
    /// and the sum of their whole lengths, also of what lies outside the period: half a repair is
    /// no time to restore.
    pub restore_sum: Millis,
}

/// Stretches in one state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StretchTotals {
    pub count: u64,
    pub total: Millis,
    pub longest: Option<Millis>,
}

impl OutageTotals {
    /// Mean time from start to end, of windows whose both ends were seen. `None` if there is none.
    pub fn mean_time_to_restore(&self) -> Option<Millis> {
        let count = i64::try_from(self.restored).ok()?;
        self.restore_sum.0.checked_div(count).map(Millis)
    }

    /// Windows that the mean leaves out.
    pub fn without_restore_time(&self) -> u64 {
        self.count - self.restored
    }

    fn count(&mut self, outage: &Outage, period: Period) {
        let window = &outage.window;
        self.count += 1;
        self.began += u64::from(
            window.start_kind != StartKind::Resumed
                && period.from <= window.start
                && window.start < period.to,
        );
        self.open += u64::from(window.is_open());
        self.resumed += u64::from(window.start_kind == StartKind::Resumed);
        self.left_out +=
            u64::from(outage.counted == Millis::ZERO && outage.left_out > Millis::ZERO);
        self.longest = self.longest.max(Some(outage.inside));
        if window.start_kind == StartKind::Seen && window.end_kind == EndKind::Seen {
            self.restored += 1;
            self.restore_sum = self.restore_sum + window.duration();
        }
    }
}

impl StretchTotals {
    fn count(&mut self, stretch: Period) {
        self.count += 1;
        self.total = self.total + stretch.length();
        self.longest = self.longest.max(Some(stretch.length()));
    }
}

impl Totals {
    /// Of one probe. `outages` are its windows that reach into the period.
    pub fn of(probe: &ProbeHistory, period: Period, outages: &[Outage]) -> Self {
        let mut totals = Self::untallied(probe, period, outages);
        totals.tally += probe.past.tally;
        totals
    }

    /// The same of another period than that of the report, of which it is not told how many
    /// observations had which outcome.
    pub(super) fn untallied(probe: &ProbeHistory, period: Period, outages: &[Outage]) -> Self {
        let mut totals = Self::of_track(probe.counted(), &probe.track, period, outages);
        totals.observe(probe, period);
        totals
    }

    /// Of a platform as such. `None` if only some of its probes were asked for.
    pub fn of_platform(
        platform: &PlatformHistory,
        period: Period,
        outages: &[Outage],
    ) -> Option<Self> {
        let (observed, counted) = (platform.rollup.as_ref()?, platform.counted()?);
        let mut totals = Self::of_track(&counted.track, &observed.track, period, outages);
        for probe in &platform.probes {
            totals.observe(probe, period);
            totals.tally += probe.past.tally;
        }
        Some(totals)
    }

    /// Of a service as such. `None` if only some of its probes were asked for.
    pub fn of_service(
        service: &ServiceHistory,
        period: Period,
        outages: &[Outage],
    ) -> Option<Self> {
        let (observed, counted) = (&service.whole.as_ref()?.rollup, service.counted()?);
        let mut totals = Self::of_track(&counted.track, &observed.track, period, outages);
        for probe in service.probes() {
            totals.observe(probe, period);
            totals.tally += probe.past.tally;
        }
        Some(totals)
    }

    /// All that follows from the states and windows: as far as they count, and as they were observed.
    fn of_track(track: &Track, observed: &Track, period: Period, outages: &[Outage]) -> Self {
        let (availability, as_observed) = availabilities(track, observed, period);
        let mut totals = Self {
            whole: period.length(),
            not_configured: period.length() - availability.covered,
            availability,
            as_observed,
            ..Self::default()
        };
        for outage in outages {
            totals.outages.count(outage, period);
        }
        for (stretch, state) in timeline(track, period) {
            match state {
                State::Degraded => totals.degraded.count(stretch),
                State::Unknown => totals.unobserved.count(stretch),
                State::Up | State::Down | State::Maintenance => {}
            }
        }
        totals
    }

    /// Adds what was observed of a probe, if it existed in the period: all but the tally.
    fn observe(&mut self, probe: &ProbeHistory, period: Period) {
        self.probes += usize::from(probe.existed_in(period));
        for blip in &probe.past.history.blips {
            if period.from <= blip.first && blip.first < period.to {
                self.blips += 1;
                self.blip_failures += blip.failures;
            }
        }
        for stretch in probe.past.history.flapping.clip(period).periods() {
            self.flapping.count(*stretch);
        }
    }

    /// Mean time between outages: the time up (degraded included) that was observed, for each outage
    /// that began in it. `None` if none did.
    pub fn mean_time_between_outages(&self) -> Option<Millis> {
        let began = i64::try_from(self.outages.began).ok()?;
        let up = self.availability.up + self.availability.degraded;
        up.0.checked_div(began).map(Millis)
    }

    pub fn sum<'t>(parts: impl IntoIterator<Item = &'t Self>) -> Self {
        let mut sum = Self::default();
        for part in parts {
            sum += *part;
        }
        sum
    }
}

/// As far as it counts, and as it was observed if that is not the same.
pub(super) fn availabilities(
    counted: &Track,
    observed: &Track,
    period: Period,
) -> (Availability, Option<Availability>) {
    let counting = availability(counted, period);
    if std::ptr::eq(counted, observed) {
        return (counting, None);
    }
    let observed = availability(observed, period);
    (counting, (observed != counting).then_some(observed))
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.probes += other.probes;
        self.whole = self.whole + other.whole;
        self.not_configured = self.not_configured + other.not_configured;
        self.as_observed = match (self.as_observed, other.as_observed) {
            (None, None) => None,
            (mine, others) => {
                Some(mine.unwrap_or(self.availability) + others.unwrap_or(other.availability))
            }
        };
        self.availability = self.availability + other.availability;
        self.outages += other.outages;
        self.blips += other.blips;
        self.blip_failures += other.blip_failures;
        self.degraded += other.degraded;
        self.flapping += other.flapping;
        self.unobserved += other.unobserved;
        self.tally += other.tally;
    }
}

impl AddAssign for OutageTotals {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.began += other.began;
        self.open += other.open;
        self.resumed += other.resumed;
        self.left_out += other.left_out;
        self.longest = self.longest.max(other.longest);
        self.restored += other.restored;
        self.restore_sum = self.restore_sum + other.restore_sum;
    }
}

impl AddAssign for StretchTotals {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.total = self.total + other.total;
        self.longest = self.longest.max(other.longest);
    }
}
