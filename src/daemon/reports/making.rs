//! Makes what is missing of a report that is written by itself.

use std::fs;
use std::io::ErrorKind;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use tracing::info;

use super::DELAY;
use super::folder::{Files, path};
use crate::config::ScheduledReport;
use crate::domain::calendar::CalendarPeriod;
use crate::domain::history::Life;
use crate::domain::report_schedule::ReportSchedule;
use crate::domain::time::{Period, UnixMillis};
use crate::files::write_whole;
use crate::replay::{Extent, Filter, Selection, WhatIf, measurements, read};
use crate::report::format::{self, Format};
use crate::report::model::Report;
use crate::report::table::Page;
use crate::store::{Reader, Readers};

/// Writes the files that are missing of periods that were over at `ready`, and deletes those that
/// are not kept any longer. Stops between two files if `is_over`.
pub(super) fn make_missing(
    scheduled: &ScheduledReport,
    readers: &Readers,
    ready: UnixMillis,
    is_over: &AtomicBool,
) -> anyhow::Result<()> {
    let folder = || scheduled.folder.display();
    let cannot_read = || format!("cannot read the folder {}", folder());
    let files = Files::find(scheduled, ready).with_context(cannot_read)?;
    for part in files.parts() {
        remove(part)?;
    }
    for (period, formats) in missing(scheduled, &files, &lives(scheduled, readers)?, ready) {
        // each its own: as long as one lives, the log of the database grows
        let report = report(scheduled, &period, &readers.open()?)?;
        fs::create_dir_all(&scheduled.folder)
            .with_context(|| format!("cannot make the folder {}", folder()))?;
        for format in formats {
            if is_over.load(Ordering::Relaxed) {
                return Ok(());
            }
            let path = path(scheduled, &period, format);
            write_whole(&path, |out| {
                Ok(format::write(&report, format, Page::PLAIN, out)?)
            })
            .with_context(|| format!("cannot write {}", path.display()))?;
            info!(report = scheduled.name.slug(), file = %path.display(), "report written");
        }
    }
    let Some(keep) = scheduled.keep else {
        return Ok(());
    };
    let files = Files::find(scheduled, ready).with_context(cannot_read)?;
    for old in files.all_but(count(keep)) {
        remove(&old)?;
        info!(report = scheduled.name.slug(), file = %old.display(), "old report deleted");
    }
    Ok(())
}

/// Each period with the formats of which a file is missing, in order of time: all since the newest
/// file of that format, or else only the latest, of those in which anything was configured. None
/// that would not be kept.
pub(super) fn missing(
    scheduled: &ScheduledReport,
    files: &Files<'_>,
    lives: &[Life],
    ready: UnixMillis,
) -> Vec<(CalendarPeriod, Vec<Format>)> {
    let schedule = &scheduled.schedule;
    let was_configured = |period: &CalendarPeriod| {
        let Period { from, to } = period.period;
        lives
            .iter()
            .any(|life| life.from < to && life.to.is_none_or(|end| from < end))
    };
    let mut all: Vec<(CalendarPeriod, Vec<Format>)> = Vec::new();
    for (place, format) in scheduled.formats.iter().enumerate() {
        let periods: Vec<_> = match files.newest(place) {
            Some(newest) => {
                let since = schedule.over_between(newest.period.to, ready);
                since.filter(was_configured).collect()
            }
            None => latest(schedule, lives, ready).into_iter().collect(),
        };
        for period in periods {
            match all.binary_search_by_key(&period, |(period, _)| *period) {
                Ok(known) => all[known].1.push(*format),
                Err(place) => all.insert(place, (period, vec![*format])),
            }
        }
    }
    let keep = scheduled.keep.map_or(usize::MAX, count);
    all.split_off(all.len().saturating_sub(keep))
}

/// The latest period that was over at `ready` and in which anything was configured.
fn latest(schedule: &ReportSchedule, lives: &[Life], ready: UnixMillis) -> Option<CalendarPeriod> {
    let mut candidates = lives.iter().filter_map(|life| {
        let over = schedule.latest(ready)?;
        let last_instant = life.to.map(|to| UnixMillis(to.0 - 1));
        match last_instant {
            Some(last) if last < over.period.from => schedule
                .over_between(last, ready)
                .next()
                .filter(|it| life.from < it.period.to),
            _ => (life.from < over.period.to).then_some(over),
        }
    });
    let first = candidates.next()?;
    Some(candidates.fold(first, CalendarPeriod::max))
}

/// When the probes were configured that it is about.
fn lives(scheduled: &ScheduledReport, readers: &Readers) -> anyhow::Result<Vec<Life>> {
    let reader = readers.open()?;
    let probes = reader.probes()?.into_iter().filter(|stored| {
        let slug = stored.probe.service.slug();
        let services = scheduled.services.as_ref();
        services.is_none_or(|services| services.iter().any(|name| name.slug() == slug))
    });
    Ok(probes.flat_map(|stored| stored.lives).collect())
}

fn report(
    scheduled: &ScheduledReport,
    period: &CalendarPeriod,
    reader: &Reader,
) -> anyhow::Result<Report> {
    let zone = &scheduled.schedule.zone;
    let services = scheduled.services.iter().flatten();
    let filter = Filter {
        services: services.map(|name| name.slug().to_owned()).collect(),
        ..Filter::default()
    };
    let what_if = WhatIf::default();
    let selection = Selection {
        filter: &filter,
        what_if: &what_if,
        period: period.period,
        zone,
        now: period.period.to + DELAY,
        extent: Extent::Report {
            before: period.previous(zone).map(|before| before.period),
        },
    };
    let histories = read(reader, selection)?;
    Ok(Report::new(
        selection.request(),
        &histories.judged,
        histories.configured.as_deref(),
        &histories.circumstances,
        &measurements(reader, selection, &histories.judged, &mut |_, _| {})?,
    ))
}

/// One that is gone already is no failure.
fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot delete {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn count(keep: NonZeroU32) -> usize {
    usize::try_from(keep.get()).unwrap_or(usize::MAX)
}
