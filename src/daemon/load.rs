//! What probes ask of the limits, and whether these allow it.

use tracing::{info, warn};

use super::fleet::host;
use crate::config::Probe;
use crate::domain::schedule::agenda::Limits;
use crate::domain::schedule::demand::{self, Demand, Shortfall};

/// What cannot be met of the load that these probes make, the worst first.
pub fn shortfalls<'p>(
    probes: impl IntoIterator<Item = &'p Probe>,
    limits: Limits,
) -> Vec<Shortfall> {
    let probes: Vec<_> = probes
        .into_iter()
        .map(|probe| (probe, host(probe)))
        .collect();
    let demands = probes.iter().map(|(probe, host)| Demand {
        host,
        shown_host: probe.shown_host(),
        is_local: probe.is_local(),
        is_encrypted: probe.inquiry.first().url.scheme() == "https",
        requests: u32::try_from(probe.inquiry.steps.len()).unwrap_or(u32::MAX),
        interval: probe.parameters.interval,
        timeout: probe.parameters.timeout,
    });
    demand::shortfalls(demands, limits)
}

/// Says so in the log.
pub(super) fn tell(shortfalls: &[Shortfall]) {
    for shortfall in shortfalls {
        if shortfall.is_certain() {
            warn!("{shortfall}");
        } else {
            info!("{shortfall}");
        }
    }
}
