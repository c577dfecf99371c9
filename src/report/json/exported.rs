//! What is exported besides observations: one object a line.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::measured::FiguresJson;
use super::outage::OutageJson;
use super::{FailureJson, Instant, Ms};
use crate::domain::latency::LatencyPart;
use crate::domain::observation::Reason;
use crate::domain::probe::Probe;
use crate::report::latency::Figures;
use crate::report::latency_list::Bucket;
use crate::report::outage_list::Outage;
use crate::report::run_list::Run;

#[derive(Serialize)]
struct WhoseJson<'m> {
    service: &'m str,
    platform: &'m str,
    endpoint: &'m str,
    probe_id: &'m str,
}

#[derive(Serialize)]
struct RunJson<'m> {
    #[serde(flatten)]
    whose: WhoseJson<'m>,
    kind: &'static str,
    /// Of an outage.
    id: Option<String>,
    started_at: Instant,
    ended_at: Option<Instant>,
    duration_ms: Ms,
    failures: Option<u64>,
    observations: Option<u64>,
    first_failure: Option<FailureJson<'m>>,
    reason: Option<&'static str>,
}

#[derive(Serialize)]
struct BucketJson<'m> {
    #[serde(flatten)]
    whose: WhoseJson<'m>,
    from: Instant,
    to: Instant,
    observations: u64,
    ok: u64,
    slow: u64,
    fail: u64,
    inconclusive: u64,
    set_aside: u64,
    rounded: bool,
    latency: Parts<'m>,
}

/// By the name of the part.
struct Parts<'m>(&'m [Option<Figures>; LatencyPart::ALL.len()]);

/// Windows of any scope.
pub fn outage_lines<'m>(
    outages: impl IntoIterator<Item = &'m Outage>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for outage in outages {
        line(&OutageJson::from(outage), out)?;
    }
    Ok(())
}

/// The stretches of a probe.
pub fn run_lines(probe: &Probe, runs: &[Run], out: &mut dyn Write) -> io::Result<()> {
    for run in runs {
        let json = RunJson {
            whose: probe.into(),
            kind: run.kind.as_str(),
            id: run.id.map(|id| id.to_string()),
            started_at: Instant(run.from),
            ended_at: run.to.map(Instant),
            duration_ms: run.duration.into(),
            failures: run.failures,
            observations: run.observations,
            first_failure: run.first_failure.as_ref().map(Into::into),
            reason: run.reason.map(Reason::as_str),
        };
        line(&json, out)?;
    }
    Ok(())
}

/// The steps of a probe.
pub fn latency_lines<'m>(
    probe: &Probe,
    buckets: impl IntoIterator<Item = &'m Bucket>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for bucket in buckets {
        let tally = &bucket.tally;
        let json = BucketJson {
            whose: probe.into(),
            from: Instant(bucket.period.from),
            to: Instant(bucket.period.to),
            observations: tally.observations(),
            ok: tally.ok,
            slow: tally.slow,
            fail: tally.fail,
            inconclusive: tally.inconclusive,
            set_aside: tally.set_aside,
            rounded: bucket.is_rounded,
            latency: Parts(&bucket.parts),
        };
        line(&json, out)?;
    }
    Ok(())
}

fn line(json: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, json)?;
    writeln!(out)
}

impl<'m> From<&'m Probe> for WhoseJson<'m> {
    fn from(probe: &'m Probe) -> Self {
        Self {
            service: probe.service.slug(),
            platform: probe.platform.slug(),
            endpoint: probe.endpoint.slug(),
            probe_id: probe.id.as_str(),
        }
    }
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = LatencyPart::ALL.iter().zip(self.0);
        serializer.collect_map(parts.map(|(part, figures)| {
            let figures = figures.as_ref().map(FiguresJson::from);
            (part.as_str(), figures)
        }))
    }
}
