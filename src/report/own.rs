//! What a platform or a service was in a period as such, by the vote of its members.

use super::comparison::{Before, Comparison};
use super::days::Day;
use super::measured::{Measured, Measurements};
use super::outage_list::{Outage, outages_of_platform, outages_of_service};
use super::request::Request;
use super::service_history::{PlatformHistory, ServiceHistory};
use super::totals::Totals;
use crate::domain::availability::{State, timeline};
use crate::domain::promise::Promised;
use crate::domain::rollup::{Rollup, RollupHistory, RollupParameters};
use crate::domain::subject::Subject;
use crate::domain::time::{Micros, Period, UnixMillis};
use crate::domain::windowed::WindowedAvailability;

#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// The times and windows are its own; observations and blips are those of its probes.
    pub totals: Totals,
    /// That reach into the period, in order of time.
    pub outages: Vec<Outage>,
    /// The stretches of the period in order of time, as far as it existed.
    pub timeline: Vec<(Period, State)>,
    /// The time down weighted by how much of it was.
    pub weighted_down: Micros,
    /// Of its probes.
    pub measured: Measured,
    /// `None` if none was asked for.
    pub comparison: Option<Comparison>,
    /// Of the period, in order of time.
    pub days: Vec<Day>,
    pub windowed: WindowedAvailability,
}

/// What a report is made by, apart from the histories.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) request: &'a Request,
    /// Dates, and what of them lies in the period.
    pub(super) days: &'a [(String, Period)],
    pub(super) measurements: &'a Measurements,
    /// In order of their beginnings.
    pub(super) promises: &'a [Promised],
}

impl Frame<'_> {
    /// Whether the histories reach back so far: judged otherwise than configured, they are not read
    /// from before the period.
    pub(super) fn is_known_from(&self, from: UnixMillis) -> bool {
        self.request.what_if.is_empty() || self.request.period.from <= from
    }
}

/// Parameters, and when they came into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// `None` if before the period.
    pub from: Option<UnixMillis>,
    pub parameters: RollupParameters,
}

impl Own {
    /// `None` if not all of its probes were asked for.
    pub(super) fn of_platform(
        service: &ServiceHistory,
        platform: &PlatformHistory,
        frame: Frame<'_>,
    ) -> Option<Self> {
        let of = |period| {
            let outages = outages_of_platform(service, platform, period);
            let totals = Totals::of_platform(platform, period, &outages)?;
            Some((totals, outages))
        };
        Self::new(&platform.subject, platform.counted()?, of, frame)
    }

    /// `None` if not all of its probes were asked for.
    pub(super) fn of_service(service: &ServiceHistory, frame: Frame<'_>) -> Option<Self> {
        let of = |period| {
            let outages = outages_of_service(service, period);
            let totals = Totals::of_service(service, period, &outages)?;
            Some((totals, outages))
        };
        Self::new(&service.subject, service.counted()?, of, frame)
    }

    /// `rollup` as far as it counts; `of` tells what a period had.
    fn new(
        subject: &Subject,
        rollup: &Rollup,
        of: impl Fn(Period) -> Option<(Totals, Vec<Outage>)>,
        frame: Frame<'_>,
    ) -> Option<Self> {
        let &Request { period, before, .. } = frame.request;
        let measured = frame.measurements.of(subject);
        let (totals, outages) = of(period)?;
        let before = before.and_then(|before| {
            let (totals, _) = of(before)?;
            Some(Before::new(before, &totals, &measured))
        });
        Some(Self {
            outages,
            timeline: timeline(&rollup.track, period),
            weighted_down: rollup.weighted_down(period),
            comparison: before.map(|before| Comparison::new(before, &totals, &measured)),
            days: Day::all(&rollup.track, frame.days),
            windowed: WindowedAvailability::of(&rollup.track, period),
            measured,
            totals,
        })
    }
}

/// Those of the period in order of time; at least one.
pub(super) fn in_force(history: &RollupHistory, period: Period) -> Vec<InForce> {
    let mut all = vec![InForce {
        from: None,
        parameters: *history.at(period.from),
    }];
    for from in history.changes() {
        let parameters = *history.at(from);
        let changes = all.last().is_none_or(|last| last.parameters != parameters);
        if period.from < from && from < period.to && changes {
            all.push(InForce {
                from: Some(from),
                parameters,
            });
        }
    }
    all
}

/// In force at the end of the period.
pub fn last(policies: &[InForce]) -> RollupParameters {
    policies
        .last()
        .map(|last| last.parameters)
        .unwrap_or_default()
}
