//! iCalendar (RFC 5545): outages and maintenance as events that a calendar shows beside others.
//!
//! An event for each window of a service and of a platform, and for each window of an endpoint that
//! is in none of a platform's: either nobody can say what the platform was, or it was not enough to
//! take it down. Another for each stretch of maintenance inside the period.

mod event;
mod lines;

use std::collections::HashSet;
use std::io::{self, Write};

use lines::{Lines, moment};

use super::model::Report;
use super::outage_list::Outage;

/// The calendar of a report. It has its windows with their true times: also where they reach out of
/// the period.
pub fn report(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let request = &report.request;
    let mut lines = Lines::new(out);
    lines.line("BEGIN", "VCALENDAR")?;
    lines.line("VERSION", "2.0")?;
    let version = request.version;
    lines.text("PRODID", &format!("-//Outwatch//Outwatch {version}//EN"))?;
    lines.line("CALSCALE", "GREGORIAN")?;
    // the name of RFC 7986, and the one that calendars knew before
    for name in ["NAME", "X-WR-CALNAME"] {
        lines.text(name, "Outages and maintenance")?;
    }
    let stamp = moment(request.generated_at);
    for outage in outages(report) {
        lines.event(&stamp, &event::of_outage(outage, request.generated_at))?;
    }
    for maintenance in &report.maintenance {
        for stretch in maintenance.stretches.periods() {
            lines.event(
                &stamp,
                &event::of_maintenance(&maintenance.declared, *stretch),
            )?;
        }
    }
    lines.line("END", "VCALENDAR")
}

/// In order of start; of those that began at once, the widest first.
fn outages(report: &Report) -> Vec<&Outage> {
    let platforms = report.outages_of_platforms();
    let told: HashSet<_> = platforms.iter().flat_map(|outage| &outage.parts).collect();
    let alone = report.outages().into_iter();
    let alone = alone.filter(|outage| !told.contains(&outage.id));
    let mut all = report.outages_of_services();
    all.extend(platforms.iter().copied().chain(alone));
    all.sort_by_key(|outage| (outage.window.start, outage.subject.scope() as u8 ^ u8::MAX));
    all
}
