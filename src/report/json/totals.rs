//! The numbers of one probe, platform or service, and sums of them.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Counts, Ms, Share};
use crate::domain::availability::Availability;
use crate::domain::observation::{Cause, Reason};
use crate::report::totals::{OutageTotals, StretchTotals, Totals};

#[derive(Serialize, JsonSchema)]
pub(super) struct TotalsJson {
    probes: usize,
    /// The period's length, once for each probe: the sum of the times in each state.
    period_ms: Ms,
    not_configured_ms: Ms,
    #[serde(flatten)]
    availability: AvailabilityJson,
    /// Had nobody annotated anything; `null` if it were the same.
    as_observed: Option<AvailabilityJson>,
    outages: OutageTotalsJson,
    /// Time up for each outage that began; `null` if none did.
    mean_time_between_outages_ms: Option<Ms>,
    blips: BlipTotalsJson,
    degraded: StretchTotalsJson,
    flapping: StretchTotalsJson,
    unobserved: StretchTotalsJson,
    observations: TallyJson,
}

/// The time in each state, and what follows from it.
#[derive(Serialize, JsonSchema)]
pub(super) struct AvailabilityJson {
    up_ms: Ms,
    degraded_ms: Ms,
    down_ms: Ms,
    unknown_ms: Ms,
    maintenance_ms: Ms,
    down_min_ms: Ms,
    down_max_ms: Ms,
    unknown_possibly_down_ms: Ms,
    uptime_percent: Option<Share>,
    uptime_low_percent: Option<Share>,
    uptime_high_percent: Option<Share>,
    coverage_percent: Option<Share>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct OutageTotalsJson {
    count: u64,
    /// Began inside the period.
    began: u64,
    open: u64,
    resumed: u64,
    /// None of which counts, but for annotations.
    left_out: u64,
    longest_ms: Option<Ms>,
    mean_time_to_restore_ms: Option<Ms>,
    restored: u64,
    left_out_of_restore: u64,
}

#[derive(Serialize, JsonSchema)]
struct BlipTotalsJson {
    count: u64,
    failures: u64,
}

#[derive(Serialize, JsonSchema)]
struct StretchTotalsJson {
    count: u64,
    total_ms: Ms,
    longest_ms: Option<Ms>,
}

#[derive(Serialize, JsonSchema)]
struct TallyJson {
    count: u64,
    ok: u64,
    slow: u64,
    fail: u64,
    inconclusive: u64,
    set_aside: u64,
    causes: Counts<Cause>,
    reasons: Counts<Reason>,
}

impl From<&Totals> for TotalsJson {
    fn from(totals: &Totals) -> Self {
        let tally = &totals.tally;
        Self {
            probes: totals.probes,
            period_ms: totals.whole.into(),
            not_configured_ms: totals.not_configured.into(),
            availability: (&totals.availability).into(),
            as_observed: totals.as_observed.as_ref().map(Into::into),
            outages: (&totals.outages).into(),
            mean_time_between_outages_ms: totals.mean_time_between_outages().map(Ms::from),
            blips: BlipTotalsJson {
                count: totals.blips,
                failures: totals.blip_failures,
            },
            degraded: totals.degraded.into(),
            flapping: totals.flapping.into(),
            unobserved: totals.unobserved.into(),
            observations: TallyJson {
                count: tally.observations(),
                ok: tally.ok,
                slow: tally.slow,
                fail: tally.fail,
                inconclusive: tally.inconclusive,
                set_aside: tally.set_aside,
                causes: Counts(tally.causes()),
                reasons: Counts(tally.reasons()),
            },
        }
    }
}

impl From<&Availability> for AvailabilityJson {
    fn from(times: &Availability) -> Self {
        Self {
            up_ms: times.up.into(),
            degraded_ms: times.degraded.into(),
            down_ms: times.down.into(),
            unknown_ms: times.unknown.into(),
            maintenance_ms: times.maintenance.into(),
            down_min_ms: times.down_certain.into(),
            down_max_ms: times.down_possible.into(),
            unknown_possibly_down_ms: times.unknown_possible.into(),
            uptime_percent: times.uptime().map(Share::from),
            uptime_low_percent: times.uptime_low().map(Share::from),
            uptime_high_percent: times.uptime_high().map(Share::from),
            coverage_percent: times.coverage().map(Share::from),
        }
    }
}

impl From<StretchTotals> for StretchTotalsJson {
    fn from(totals: StretchTotals) -> Self {
        Self {
            count: totals.count,
            total_ms: totals.total.into(),
            longest_ms: totals.longest.map(Ms::from),
        }
    }
}

impl From<&OutageTotals> for OutageTotalsJson {
    fn from(outages: &OutageTotals) -> Self {
        Self {
            count: outages.count,
            began: outages.began,
            open: outages.open,
            resumed: outages.resumed,
            left_out: outages.left_out,
            longest_ms: outages.longest.map(Ms::from),
            mean_time_to_restore_ms: outages.mean_time_to_restore().map(Ms::from),
            restored: outages.restored,
            left_out_of_restore: outages.without_restore_time(),
        }
    }
}
