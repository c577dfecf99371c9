//! The files of a report that is written by itself: which there are, and what they are called.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use crate::config::ScheduledReport;
use crate::domain::calendar::CalendarPeriod;
use crate::domain::time::UnixMillis;
use crate::report::format::Format;

/// As they are found in its folder.
pub(super) struct Files<'s> {
    scheduled: &'s ScheduledReport,
    /// Of the formats in their order, the periods of which there is a file.
    periods: Vec<BTreeSet<CalendarPeriod>>,
    /// Files that nobody finished.
    parts: Vec<PathBuf>,
}

impl<'s> Files<'s> {
    /// A folder that is not there is empty. Files on periods that are not over at `ready` are none
    /// of its: a clock was wrong.
    pub(super) fn find(scheduled: &'s ScheduledReport, ready: UnixMillis) -> io::Result<Self> {
        let mut found = Self {
            scheduled,
            periods: vec![BTreeSet::new(); scheduled.formats.len()],
            parts: Vec::new(),
        };
        let entries = match fs::read_dir(&scheduled.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            // whatever it is, it is none of these
            let Some(name) = name.to_str() else { continue };
            if let Some((format, period)) = found.told_by(name) {
                // a folder of this name is in the way, which writing will tell
                if !entry.file_type()?.is_dir() && period.period.to <= ready {
                    found.periods[format].insert(period);
                }
            } else if let Some((whole, process)) = unfinished(name)
                && process.bytes().all(|byte| byte.is_ascii_digit())
                && found.told_by(whole).is_some()
            {
                found.parts.push(entry.path());
            }
        }
        Ok(found)
    }

    /// Which of its formats the file is in, and what it is about. `None` of any other file.
    fn told_by(&self, name: &str) -> Option<(usize, CalendarPeriod)> {
        let rest = name.strip_prefix(self.scheduled.name.slug())?;
        let (label, extension) = rest.strip_prefix('-')?.split_once('.')?;
        let mut formats = self.scheduled.formats.iter();
        let format = formats.position(|format| format.extension() == extension)?;
        Some((format, self.scheduled.schedule.labelled(label)?))
    }

    /// The newest period of which there is a file of this format, by its place among them.
    pub(super) fn newest(&self, format: usize) -> Option<&CalendarPeriod> {
        self.periods[format].last()
    }

    /// What is left by a process that was killed.
    pub(super) fn parts(&self) -> &[PathBuf] {
        &self.parts
    }

    /// The files of all but the newest periods.
    pub(super) fn all_but(&self, keep: usize) -> Vec<PathBuf> {
        let all: BTreeSet<_> = self.periods.iter().flatten().collect();
        let old: BTreeSet<_> = all.iter().rev().skip(keep).copied().collect();
        let formats = self.scheduled.formats.iter().zip(&self.periods);
        let files = formats.flat_map(|(format, periods)| {
            let old = periods.iter().filter(|period| old.contains(period));
            old.map(|period| path(self.scheduled, period, *format))
        });
        files.collect()
    }
}

/// The name of the file, and the process that did not finish it.
fn unfinished(name: &str) -> Option<(&str, &str)> {
    name.strip_suffix(".part")?.rsplit_once('.')
}

/// As in `monthly-2024-09.json`.
pub(super) fn path(
    scheduled: &ScheduledReport,
    period: &CalendarPeriod,
    format: Format,
) -> PathBuf {
    let name = format!("{}-{period}.{}", scheduled.name.slug(), format.extension());
    scheduled.folder.join(name)
}
