//! A report line by line (NDJSON): one object each, of which `type` says what it is. Its fields are
//! those that the same has in the JSON of a report; what is made of others comes before these.

use std::io::{self, Write};

use serde::Serialize;

use super::incident::IncidentJson;
use super::maintenance::MaintenanceJson;
use super::outage::OutageJson;
use super::report::{
    BlipJson, HeadJson, OwnHeadJson, PlatformHeadJson, ProbeHeadJson, ServiceHeadJson,
};
use super::unobserved::{SpanJson, UnobservedJson};
use crate::domain::probe::Name;
use crate::report::model::{PlatformReport, ProbeReport, Report, ServiceReport};
use crate::report::outage_list::Outage;

/// One object on one line; with the names of what it is in, where it does not tell them itself.
#[derive(Serialize)]
struct Line<'m, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probe_id: Option<&'m str>,
    #[serde(flatten)]
    told: T,
}

/// A service or a platform, without its windows.
#[derive(Serialize)]
struct WholeJson<'m, T> {
    #[serde(flatten)]
    head: T,
    /// What it was as such; `null` if not all of its probes were asked for.
    own: Option<OwnHeadJson<'m>>,
}

/// The whole model, of which no more than a line is made up at once.
pub fn lines(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write("report", HeadJson::from(report), out)?;
    for service in &report.services {
        of_service(service, out)?;
    }
    for maintenance in &report.maintenance {
        write("maintenance", MaintenanceJson::from(maintenance), out)?;
    }
    for stretch in &report.unobserved.stretches {
        write("unobserved", UnobservedJson::from(stretch), out)?;
    }
    for span in &report.unobserved.spans {
        write("unobserved_span", SpanJson::from(span), out)?;
    }
    Ok(())
}

fn of_service(service: &ServiceReport, out: &mut dyn Write) -> io::Result<()> {
    let head = WholeJson {
        head: ServiceHeadJson::from(service),
        own: service.own.as_ref().map(Into::into),
    };
    write("service", head, out)?;
    outages(service.own.iter().flat_map(|own| &own.outages), out)?;
    for incident in service.incidents.iter().flatten() {
        write("incident", IncidentJson::from(incident), out)?;
    }
    for platform in &service.platforms {
        of_platform(&service.name, platform, out)?;
    }
    Ok(())
}

fn of_platform(service: &Name, platform: &PlatformReport, out: &mut dyn Write) -> io::Result<()> {
    let head = WholeJson {
        head: PlatformHeadJson::from(platform),
        own: platform.own.as_ref().map(Into::into),
    };
    let line = Line {
        service: Some(service.slug()),
        ..Line::new("platform", head)
    };
    line.write(out)?;
    outages(platform.own.iter().flat_map(|own| &own.outages), out)?;
    for probe in &platform.probes {
        of_probe(probe, out)?;
    }
    Ok(())
}

fn of_probe(probe: &ProbeReport, out: &mut dyn Write) -> io::Result<()> {
    let of = &probe.probe;
    let line = Line {
        service: Some(of.service.slug()),
        platform: Some(of.platform.slug()),
        ..Line::new("probe", ProbeHeadJson::from(probe))
    };
    line.write(out)?;
    outages(&probe.outages, out)?;
    for blip in &probe.blips {
        let line = Line {
            probe_id: Some(of.id.as_str()),
            ..Line::new("blip", BlipJson::from(blip))
        };
        line.write(out)?;
    }
    Ok(())
}

fn outages<'m>(
    outages: impl IntoIterator<Item = &'m Outage>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for outage in outages {
        write("outage", OutageJson::from(outage), out)?;
    }
    Ok(())
}

fn write(kind: &'static str, told: impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    Line::new(kind, told).write(out)
}

impl<T: Serialize> Line<'_, T> {
    const fn new(kind: &'static str, told: T) -> Self {
        Self {
            kind,
            service: None,
            platform: None,
            probe_id: None,
            told,
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        writeln!(out)
    }
}
