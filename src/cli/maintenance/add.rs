//! `outwatch maintenance add`: declares one.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::upcoming;
use crate::cli::by::ByArgs;
use crate::cli::{BadUsage, Exit};
use crate::domain::cron::Cron;
use crate::domain::line::{LINE_BYTES_MAX, one_line};
use crate::domain::maintenance::{Declaration, Schedule};
use crate::domain::probe::{Name, Probe};
use crate::domain::subject::Subject;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::zone::{self, Zone};
use crate::replay::unknown;
use crate::report::document::{Document, Text};
use crate::report::table::{self, Page};
use crate::store::{Ledger, Reader};

const EXAMPLES: &str = "\
Examples:
  outwatch maintenance add --service spotify --for 2h --note 'database upgrade'
  outwatch maintenance add --platform spotify/web \\
      --from 2026-12-01T02:00:00Z --to 2026-12-01T04:00:00Z
  outwatch maintenance add --probe spotify/web/player --for 2h \\
      --cron '0 3 * * SUN' --timezone Europe/Berlin

What was not declared beforehand is annotated afterwards: outwatch annotate OUTAGE --planned";

/// How long ago it may begin: whoever types takes a while.
const TYPING: Millis = Millis::from_secs(60);

/// Declare maintenance, once or again and again
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Add {
    #[command(flatten)]
    subject: SubjectArgs,
    /// Where it begins: RFC 3339, or the local time of --timezone. Default: now
    #[arg(long, value_name = "WHEN", conflicts_with = "cron")]
    from: Option<String>,
    /// Where it ends, written in the same ways
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["cron", "length"])]
    to: Option<String>,
    /// How long it takes, as in 2h or 90m
    #[arg(long = "for", id = "length", value_name = "LENGTH")]
    length: Option<String>,
    /// When it begins, again and again: minute, hour, day of the month, month, day of the week
    #[arg(long, value_name = "CRON", requires = "length")]
    cron: Option<Cron>,
    /// Whose clocks --cron and times without an offset go by, as in Europe/Berlin. Default: UTC for
    /// --cron
    #[arg(long, value_name = "ZONE")]
    timezone: Option<Zone>,
    /// What it is for, in one line
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    by: ByArgs,
}

/// What is maintained. The only service, if there is one, needs no name.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct SubjectArgs {
    /// A whole service
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// One platform of a service
    #[arg(long, value_name = "SERVICE/PLATFORM")]
    platform: Option<String>,
    /// One endpoint, by the id of its probe
    #[arg(long, value_name = "ID")]
    probe: Option<String>,
}

impl Add {
    pub(super) fn run(
        &self,
        db: &Path,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let by = self.by.name()?;
        let schedule = self.schedule(now)?;
        let note = self.note.as_deref().map(note).transpose()?;
        let subject = self.subject.find(&configured(&Reader::open(db)?)?)?;
        let declaration = Declaration {
            subject,
            schedule,
            note,
        };
        let id = Ledger::open(db, now)?.declare(&declaration, &by, now)?;

        let scope = declaration.subject.scope();
        let begin = format!(
            "maintenance {} of the {scope} {}: ",
            id.0, declaration.subject
        );
        let next = upcoming(declaration.schedule.next(now), now);
        let mut document = Document::default();
        document.paragraph(match &declaration.schedule {
            Schedule::Once(_) => Text::from(begin).then(next),
            recurring @ Schedule::Recurring { .. } => {
                Text::from(format!("{begin}{recurring}; next ")).then(next)
            }
        });
        table::render(&document, Page::PLAIN, out)?;
        Ok(Exit::Done)
    }

    fn schedule(&self, now: UnixMillis) -> Result<Schedule, BadUsage> {
        let length = self.length.as_deref().map(duration).transpose()?;
        if let (Some(cron), Some(duration)) = (&self.cron, length) {
            return Ok(Schedule::Recurring {
                cron: cron.clone(),
                duration,
                zone: self.timezone.clone().unwrap_or_else(Zone::utc),
            });
        }
        let when = |flag: &str, text: &str| {
            zone::instant(text, self.timezone.as_ref())
                .map_err(|bad| BadUsage(format!("{flag} {text} {bad}; {}", bad.help())))
        };
        let local = [&self.from, &self.to]
            .into_iter()
            .flatten()
            .any(|text| !zone::has_offset(text));
        if self.timezone.is_some() && !local {
            let problem = "--timezone means nothing here: no time is without an offset, and there is no --cron";
            return Err(BadUsage(problem.to_owned()));
        }
        let from = match &self.from {
            Some(text) => when("--from", text)?,
            None => now,
        };
        let to = match (&self.to, length) {
            (Some(text), _) => when("--to", text)?,
            (None, Some(length)) => from + length,
            (None, None) => {
                return Err(BadUsage("when does it end? say --to or --for".to_owned()));
            }
        };
        if from < now.saturating_sub(TYPING) {
            return Err(BadUsage(format!(
                "--from {from} is over, and what was counted stays so; what was not declared \
                 beforehand is annotated: outwatch annotate OUTAGE --planned"
            )));
        }
        let period = Period::new(from, to);
        if period.is_empty() || to <= now {
            return Err(BadUsage(format!(
                "it would be over before it begins: from {from} to {to}"
            )));
        }
        Ok(Schedule::Once(period))
    }
}

impl SubjectArgs {
    /// Which of those that the probes make up.
    fn find(&self, probes: &[Probe]) -> Result<Subject, BadUsage> {
        let of = |subject: fn(&Probe) -> Subject| -> BTreeMap<String, Subject> {
            let subjects = probes.iter().map(subject);
            subjects.map(|subject| (subject.key(), subject)).collect()
        };
        let services = of(Subject::service_of);
        let (flag, written, known) = match self {
            Self {
                service: Some(written),
                ..
            } => ("--service", written, services),
            Self {
                platform: Some(written),
                ..
            } => ("--platform", written, of(Subject::platform_of)),
            Self {
                probe: Some(written),
                ..
            } => (
                "--probe",
                written,
                of(|probe| Subject::Endpoint(probe.id.clone())),
            ),
            _ => {
                let mut services = services.into_values();
                return match (services.next(), services.next()) {
                    (Some(only), None) => Ok(only),
                    _ => Err(BadUsage(
                        "what is maintained? say --service, --platform or --probe".to_owned(),
                    )),
                };
            }
        };
        // by its key, or as people write its names
        let slugs = written.split('/').map(|part| Name::try_new(part).ok());
        let slugs: Option<Vec<_>> = slugs.collect();
        let key = slugs.map(|names| names.iter().map(Name::slug).collect::<Vec<_>>().join("/"));
        let found = known.get(written).or_else(|| known.get(&key?));
        found.cloned().ok_or_else(|| {
            let keys = known.keys().map(String::as_str).collect();
            unknown(flag, written, &keys)
        })
    }
}

/// Those that are probed now.
fn configured(reader: &Reader) -> anyhow::Result<Vec<Probe>> {
    let stored = reader.probes()?.into_iter();
    let configured =
        stored.filter(|stored| stored.lives.last().is_some_and(|life| life.to.is_none()));
    Ok(configured.map(|stored| stored.probe).collect())
}

fn duration(text: &str) -> Result<Millis, BadUsage> {
    let found = Millis::from_words(text).filter(|length| *length > Millis::ZERO);
    found.ok_or_else(|| {
        BadUsage(format!(
            "--for {text}: not a length; write it as in 2h or 90m"
        ))
    })
}

fn note(text: &str) -> Result<Arc<str>, BadUsage> {
    one_line(text).ok_or_else(|| {
        BadUsage(format!(
            "--note is one line of at most {LINE_BYTES_MAX} bytes"
        ))
    })
}
