//! The controls of a configuration as they are shown, and whose failures they are asked about.

use std::sync::Arc;

use serde::Serialize;

use crate::config::Probe;
use crate::domain::time::Millis;
use crate::observer::controls::{Control, Controls};
use crate::prober::inquiry::Step;
use crate::report::text::many;

/// Controls, and whose failures they are asked about.
#[derive(Serialize)]
pub(super) struct Controlled<'c> {
    services: Vec<&'c str>,
    quorum: u32,
    endpoints: Vec<ControlRow<'c>>,
    #[serde(skip)]
    controls: &'c Arc<Controls>,
}

#[derive(Serialize)]
pub(super) struct ControlRow<'c> {
    url: &'c str,
    timeout_ms: i64,
    /// As of a probe.
    expect: Vec<String>,
}

/// The sets of controls in the order of their first probes.
pub(super) fn controlled(probes: &[Probe]) -> Vec<Controlled<'_>> {
    let mut all: Vec<Controlled<'_>> = Vec::new();
    for probe in probes {
        let Some(controls) = &probe.controls else {
            continue;
        };
        let service = probe.probe.service.display();
        let mut known = all.iter_mut();
        match known.find(|known| Arc::ptr_eq(known.controls, controls)) {
            Some(known) if known.services.contains(&service) => {}
            Some(known) => known.services.push(service),
            None => all.push(Controlled {
                services: vec![service],
                quorum: controls.quorum.get(),
                endpoints: controls.endpoints.iter().map(control_row).collect(),
                controls,
            }),
        }
    }
    all
}

fn control_row(control: &Control) -> ControlRow<'_> {
    ControlRow {
        url: &control.shown_url,
        timeout_ms: Millis::from_duration(control.inquiry.timeout).0,
        expect: words(control.inquiry.last()),
    }
}

impl Controlled<'_> {
    /// As `outwatch check` tells it.
    pub(super) fn line(&self) -> String {
        let urls: Vec<_> = self.endpoints.iter().map(|control| control.url).collect();
        format!(
            "when probes of {} fail, {} of {} must answer, or it is us: {}",
            self.services.join(", "),
            self.quorum,
            many(urls.len() as u64, "control", "controls"),
            urls.join(", ")
        )
    }
}

/// What the answer to a step must be like; secrets are masked.
pub(super) fn words(step: &Step) -> Vec<String> {
    let secrets = &step.request.secrets;
    let words = step.expect.words();
    words
        .iter()
        .map(|words| secrets.mask(words).into_owned())
        .collect()
}
