//! What the commands tell of what was observed.

use std::collections::BTreeMap;

use anyhow::Context;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use serde_json::Value;

use super::site::Site;

/// Everything that there is to compare with.
#[derive(Clone)]
pub(crate) struct Observed {
    /// By probe, in order of time.
    pub(crate) observations: BTreeMap<String, Vec<Observation>>,
    pub(crate) windows: BTreeMap<String, Vec<Window>>,
    pub(crate) unobserved: BTreeMap<String, Vec<Unobserved>>,
    /// Windows of platforms and of the service, by its name.
    pub(crate) wholes: BTreeMap<String, Vec<Window>>,
    pub(crate) count: u64,
    /// The lines of the export.
    pub(crate) export: Vec<u8>,
    /// The list of windows as it was printed.
    pub(crate) outages: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) ts: UnixMillis,
    pub(crate) lasted: Millis,
    pub(crate) outcome: Outcome,
    pub(crate) set_aside: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Good,
    Fail(String),
    Inconclusive(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) id: String,
    pub(crate) start_earliest: Option<UnixMillis>,
    pub(crate) start: UnixMillis,
    pub(crate) end_earliest: UnixMillis,
    /// `None` while it is open.
    pub(crate) end: Option<UnixMillis>,
    pub(crate) end_latest: Option<UnixMillis>,
    pub(crate) start_kind: String,
    pub(crate) end_kind: String,
    pub(crate) failures: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Unobserved {
    pub(crate) period: Period,
    /// The main one; empty if none is known.
    pub(crate) reason: String,
}

/// Far more than a run lasts, in the clock of the daemon.
pub(crate) const ALL: [&str; 2] = ["--last", "60d"];

impl Observed {
    pub(crate) fn read(site: &Site) -> anyhow::Result<Self> {
        let list = |more: &[&str]| {
            let arguments = [&["outages", "--format", "json"], &ALL[..], more].concat();
            site.json(&arguments)
        };
        let outages = list(&[])?;
        let windows = windows(&outages, "probe_id")?;
        let mut wholes = windows_of(&list(&["--scope", "platform"])?)?;
        wholes.append(&mut windows_of(&list(&["--scope", "service"])?)?);
        let unobserved = unobserved(&list(&["--unobserved"])?)?;
        let export = site.printed(&["export"])?;
        let mut observations: BTreeMap<String, Vec<Observation>> = BTreeMap::new();
        let mut count = 0;
        for line in export.split(|byte| *byte == b'\n') {
            if line.is_empty() {
                continue;
            }
            let (probe, observation) = observation(line)
                .with_context(|| format!("export: {}", String::from_utf8_lossy(line)))?;
            observations.entry(probe).or_default().push(observation);
            count += 1;
        }
        for of_probe in observations.values_mut() {
            of_probe.sort_by_key(|observation| observation.ts);
        }
        Ok(Self {
            observations,
            windows,
            unobserved,
            wholes,
            count,
            export,
            outages,
        })
    }

    /// The observation of a probe that counts and began at this instant.
    pub(crate) fn at(&self, probe: &str, ts: UnixMillis) -> Option<&Observation> {
        let all = self.observations.get(probe)?;
        let first = all.partition_point(|observation| observation.ts < ts);
        all[first..]
            .iter()
            .take_while(|observation| observation.ts == ts)
            .find(|observation| observation.counts())
    }
}

impl Window {
    /// One that is open goes on for ever.
    pub(crate) fn period(&self) -> Period {
        Period::new(self.start, self.end.unwrap_or(UnixMillis(i64::MAX / 4)))
    }
}

impl Observation {
    pub(crate) fn counts(&self) -> bool {
        !self.set_aside && !matches!(self.outcome, Outcome::Inconclusive(_))
    }
}

/// What is always the same of an observation: it may be set aside later.
pub(crate) fn identity(line: &str) -> anyhow::Result<String> {
    let mut parsed: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
    if let Some(fields) = parsed.as_object_mut() {
        fields.remove("set_aside");
    }
    Ok(parsed.to_string())
}

fn observation(line: &[u8]) -> anyhow::Result<(String, Observation)> {
    let parsed: Value = serde_json::from_slice(line)?;
    let text = |field: &str| parsed[field].as_str().unwrap_or_default().to_owned();
    let outcome = match parsed["outcome"].as_str() {
        Some("ok" | "slow") => Outcome::Good,
        Some("fail") => Outcome::Fail(text("cause")),
        Some("inconclusive") => Outcome::Inconclusive(text("reason")),
        _ => anyhow::bail!("no outcome"),
    };
    let lasted = parsed["duration_ms"].as_f64().unwrap_or_default().ceil();
    Ok((
        text("probe_id"),
        Observation {
            ts: instant(&parsed["ts"])?,
            lasted: Millis(lasted as i64),
            outcome,
            set_aside: parsed["set_aside"] == true,
        },
    ))
}

fn instant(value: &Value) -> anyhow::Result<UnixMillis> {
    let text = value.as_str().context("no instant")?;
    Ok(text.parse()?)
}

fn maybe(value: &Value) -> anyhow::Result<Option<UnixMillis>> {
    if value.is_null() {
        return Ok(None);
    }
    instant(value).map(Some)
}

fn windows_of(list: &Value) -> anyhow::Result<BTreeMap<String, Vec<Window>>> {
    let is_service = |one: &Value| one["platform"].is_null();
    let mut found: BTreeMap<String, Vec<Window>> = BTreeMap::new();
    for one in list["outages"].as_array().context("no outages")? {
        let name = if is_service(one) {
            "service"
        } else {
            "platform"
        };
        let name = one[name].as_str().context("no name")?.to_lowercase();
        found.entry(name).or_default().push(window(one)?);
    }
    Ok(found)
}

fn windows(list: &Value, by: &str) -> anyhow::Result<BTreeMap<String, Vec<Window>>> {
    let mut found: BTreeMap<String, Vec<Window>> = BTreeMap::new();
    for one in list["outages"].as_array().context("no outages")? {
        let name = one[by].as_str().context("no name")?;
        found.entry(name.to_owned()).or_default().push(window(one)?);
    }
    for of_one in found.values_mut() {
        of_one.sort_by_key(|window| window.start);
    }
    Ok(found)
}

fn window(one: &Value) -> anyhow::Result<Window> {
    let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
    let read = || {
        anyhow::Ok(Window {
            id: text("id"),
            start_earliest: maybe(&one["start_earliest"])?,
            start: instant(&one["started_at"])?,
            end_earliest: instant(&one["end_earliest"])?,
            end: maybe(&one["ended_at"])?,
            end_latest: maybe(&one["end_latest"])?,
            start_kind: text("start_kind"),
            end_kind: text("end_kind"),
            failures: one["failures"].as_u64().unwrap_or_default(),
        })
    };
    read().with_context(|| one.to_string())
}

fn unobserved(list: &Value) -> anyhow::Result<BTreeMap<String, Vec<Unobserved>>> {
    let mut found: BTreeMap<String, Vec<Unobserved>> = BTreeMap::new();
    for one in list["unobserved"].as_array().context("no unobserved")? {
        let probe = one["probe_id"].as_str().context("no probe")?.to_owned();
        found.entry(probe).or_default().push(Unobserved {
            period: Period::new(instant(&one["from"])?, instant(&one["to"])?),
            reason: one["reason"].as_str().unwrap_or_default().to_owned(),
        });
    }
    Ok(found)
}
