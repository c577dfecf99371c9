//! What a platform or a service was in a period as such, by the vote of its members.

use super::outage_list::{Outage, outages_of_platform, outages_of_service};
use super::service_history::{PlatformHistory, ServiceHistory};
use super::totals::Totals;
use crate::domain::availability::{State, timeline};
use crate::domain::rollup::{Rollup, RollupHistory, RollupParameters};
use crate::domain::time::{Micros, Period, UnixMillis};

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
        period: Period,
    ) -> Option<Self> {
        let outages = outages_of_platform(service, platform, period);
        let totals = Totals::of_platform(platform, period, &outages)?;
        Some(Self::new(platform.counted()?, &totals, outages, period))
    }

    /// `None` if not all of its probes were asked for.
    pub(super) fn of_service(service: &ServiceHistory, period: Period) -> Option<Self> {
        let outages = outages_of_service(service, period);
        let totals = Totals::of_service(service, period, &outages)?;
        Some(Self::new(service.counted()?, &totals, outages, period))
    }

    /// `rollup` as far as it counts.
    fn new(rollup: &Rollup, totals: &Totals, outages: Vec<Outage>, period: Period) -> Self {
        Self {
            totals: *totals,
            outages,
            timeline: timeline(&rollup.track, period),
            weighted_down: rollup.weighted_down(period),
        }
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
