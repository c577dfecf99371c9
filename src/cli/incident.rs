//! Finds the incident that somebody asks about, by its id or by that of an outage in it, and all
//! that is known of it.

use super::BadUsage;
use super::sought;
use crate::domain::time::{Millis, Period};
use crate::replay::{Filter, Selection, Source, read};
use crate::report::annotated::Annotated;
use crate::report::outage_evidence::Seen;
use crate::report::post_mortem::{PostMortem, ProbeSeen, incident_in};

/// The incident whose id begins so, or that of the outage of any scope whose id does: one of the
/// period, or, if `ever`, any of which there is evidence.
pub(super) fn find(
    source: &impl Source,
    begins: &str,
    selection: Selection<'_>,
    ever: bool,
) -> anyhow::Result<PostMortem> {
    let found: Annotated = sought::find(source, "--incident", begins, selection, ever)?;
    let untold = || {
        BadUsage(format!(
            "--incident {begins}: nothing is known of an incident of {} then",
            found.subject
        ))
    };
    let stored = source.probes()?;
    let mut of_it = stored.iter().map(|(_, stored)| &stored.probe);
    let member = of_it.find(|probe| found.subject.includes(probe));
    // of the service as such: whatever was asked for, others may have a part in it
    let filter = Filter::service(member.ok_or_else(untold)?);
    let there = Selection {
        filter: &filter,
        period: found.period,
        ..selection
    };
    let histories = read(source, there)?;
    let mut services = histories.judged.iter();
    let (service, incident) = services
        .find_map(|service| Some((service, incident_in(service, found.period)?)))
        .ok_or_else(untold)?;
    // its end belongs to it: scattered failures reach to the last of them
    let whole = Period::new(incident.period.from, incident.period.to + Millis(1));
    let mut kept = Vec::new();
    for (key, stored) in &stored {
        if !service.subject.includes(&stored.probe) {
            continue;
        }
        for (ts, evidence) in source.evidence(*key, whole)? {
            kept.push(ProbeSeen {
                probe: stored.probe.id.clone(),
                seen: Seen { ts, evidence },
            });
        }
    }
    let request = there.request();
    let circumstances = &histories.circumstances;
    let told = PostMortem::new(request, service, incident, circumstances, kept);
    Ok(told.ok_or_else(untold)?)
}
