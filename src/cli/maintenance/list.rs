//! `outwatch maintenance list`: what was declared, by whom, and when it is or was in force.

use std::io::Write;

use clap::ValueEnum;
use serde::Serialize;

use super::{end, upcoming};
use crate::cli::Exit;
use crate::cli::output::Output;
use crate::cli::terminal::page;
use crate::domain::maintenance::{Declared, Origin, Schedule};
use crate::domain::time::{Period, UnixMillis};
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::table;
use crate::report::text::instant_utc;
use crate::store::Reader;

const EXAMPLES: &str = "\
Examples:
  outwatch maintenance list                      what is under way or to come
  outwatch maintenance list --all                what is over, too
  outwatch maintenance list --format json | jq '.maintenance[] | select(.state == \"under_way\")'";

/// Show what is under way and what comes, from probes.yaml and from the command line
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    /// Also what is over, was ended or taken back
    #[arg(long)]
    all: bool,
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

/// Where a declaration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    UnderWay,
    Ahead,
    /// It comes no more.
    Over,
    /// Before it was over.
    Ended,
}

/// One of the list in JSON. Instants are RFC 3339; what there is none of is null.
#[derive(Serialize)]
struct Row<'d> {
    id: u32,
    scope: &'static str,
    subject: String,
    state: State,
    from: Option<String>,
    to: Option<String>,
    cron: Option<&'d str>,
    duration_ms: Option<i64>,
    timezone: Option<&'d str>,
    note: Option<&'d str>,
    /// Whether it stands in the configuration; then nobody declared it by hand.
    configured: bool,
    by: Option<&'d str>,
    declared_at: String,
    ended_at: Option<String>,
    /// Of what is under way, or else comes next.
    next_from: Option<String>,
    next_to: Option<String>,
}

#[derive(Serialize)]
struct Page<'d> {
    generated_at: String,
    maintenance: Vec<Row<'d>>,
}

impl List {
    pub(super) fn run(
        &self,
        reader: &Reader,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let declared = reader.maintenance()?;
        let shown = declared.iter().map(|declared| Standing::of(declared, now));
        let shown: Vec<_> = shown
            .filter(|standing| self.all || standing.is_to_come())
            .collect();
        self.output.write(out, |out| match self.format {
            Format::Table => {
                let document = document(&shown, declared.len(), now);
                Ok(table::render(&document, page(&self.output), out)?)
            }
            Format::Json => {
                let page = Page {
                    generated_at: now.to_string(),
                    maintenance: shown.iter().map(Standing::row).collect(),
                };
                serde_json::to_writer_pretty(&mut *out, &page)?;
                Ok(writeln!(out)?)
            }
        })?;
        Ok(Exit::Done)
    }
}

/// A declaration and where it stands.
struct Standing<'d> {
    declared: &'d Declared,
    state: State,
    next: Option<Period>,
}

impl<'d> Standing<'d> {
    fn of(declared: &'d Declared, now: UnixMillis) -> Self {
        let next = declared.next(now);
        let ended = declared.until.is_some_and(|until| until <= now);
        // what was ended after it was over was over
        let cut_short = |until| declared.declaration.schedule.next(until).is_some();
        let state = match next {
            Some(next) if next.from <= now => State::UnderWay,
            Some(_) => State::Ahead,
            None if ended && declared.until.is_some_and(cut_short) => State::Ended,
            None => State::Over,
        };
        Self {
            declared,
            state,
            next,
        }
    }

    const fn is_to_come(&self) -> bool {
        matches!(self.state, State::UnderWay | State::Ahead)
    }

    fn row(&self) -> Row<'d> {
        let declared = self.declared;
        let declaration = &declared.declaration;
        let (once, recurring) = match &declaration.schedule {
            Schedule::Once(period) => (Some(*period), None),
            Schedule::Recurring {
                cron,
                duration,
                zone,
            } => (None, Some((cron, duration, zone))),
        };
        Row {
            id: declared.id.0,
            scope: declaration.subject.scope().as_str(),
            subject: declaration.subject.key(),
            state: self.state,
            from: once.map(|period| period.from.to_string()),
            to: once.map(|period| period.to.to_string()),
            cron: recurring.map(|(cron, ..)| cron.as_str()),
            duration_ms: recurring.map(|(_, duration, _)| duration.0),
            timezone: recurring.map(|(.., zone)| zone.as_str()),
            note: declaration.note.as_deref(),
            configured: declared.origin == Origin::Configured,
            by: match &declared.origin {
                Origin::Configured => None,
                Origin::By(by) => Some(by),
            },
            declared_at: declared.from.to_string(),
            ended_at: declared.until.map(|until| until.to_string()),
            next_from: self.next.map(|next| next.from.to_string()),
            next_to: self.next.and_then(end).map(|to| to.to_string()),
        }
    }

    fn words(&self, now: UnixMillis) -> Text {
        match (self.state, self.declared.until) {
            (State::Ended, Some(until)) => {
                let how = match &self.declared.declaration.schedule {
                    Schedule::Once(period) if until <= period.from => "taken back",
                    Schedule::Once(_) | Schedule::Recurring { .. } => "ended",
                };
                Text::toned(Tone::Faint, format!("{how} {}", instant_utc(until)))
            }
            (State::Ended | State::Over, _) => Text::toned(Tone::Faint, "over"),
            (State::UnderWay | State::Ahead, _) => upcoming(self.next, now),
        }
    }
}

fn document(shown: &[Standing], all: usize, now: UnixMillis) -> Document {
    let mut document = Document::default();
    if shown.is_empty() {
        document.paragraph(match all {
            0 => "No maintenance was ever declared.",
            _ => "No maintenance is under way or to come; --all shows what was.",
        });
        return document;
    }
    let mut grid = Grid::new(&[
        right("ID"),
        left("Scope"),
        left("Subject"),
        left("When"),
        left("Next"),
        left("Declared"),
        left("By"),
        left("Note"),
    ])
    .conceding(&[
        Concession::Below("Note", ""),
        Concession::Below("Declared", "declared "),
        Concession::Below("When", ""),
    ]);
    for standing in shown {
        let declared = standing.declared;
        let declaration = &declared.declaration;
        grid.row([
            declared.id.0.to_string().into(),
            declaration.subject.scope().as_str().into(),
            Text::quoted(declaration.subject.key()),
            when(&declaration.schedule).into(),
            standing.words(now),
            instant_utc(declared.from).into(),
            match &declared.origin {
                Origin::Configured => Text::toned(Tone::Faint, "probes.yaml"),
                Origin::By(by) => (&**by).into(),
            },
            declaration.note.as_deref().unwrap_or_default().into(),
        ]);
    }
    document.grid(grid);
    document
}

/// As in `2026-12-01 02:00:00Z to 2026-12-01 04:00:00Z` and `0 3 * * SUN (Europe/Berlin), for 2h`.
pub(in crate::cli) fn when(schedule: &Schedule) -> String {
    match schedule {
        Schedule::Once(period) => {
            format!("{} to {}", instant_utc(period.from), instant_utc(period.to))
        }
        recurring @ Schedule::Recurring { .. } => recurring.to_string(),
    }
}
