//! `--repeat`: a line for each asking as it comes, and figures at the end.

use std::io::Write;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use super::Format;
use super::asking::{Course, Rounds, again_and_again};
use super::durations::parse_duration;
use super::json;
use super::line::Columns;
use super::page::{Ink, Page};
use super::question::Question;
use super::summary::Summary;
use super::summary_text;
use crate::domain::time::Millis;
use crate::prober::Prober;
use crate::report::table;

/// Asking again and again.
#[derive(Clone, Copy, Debug, clap::Args)]
#[command(next_help_heading = "Asking again")]
pub(super) struct RepeatArgs {
    /// How often to ask; 0 or `forever` until Ctrl-C
    #[arg(long, value_name = "N", value_parser = parse_count)]
    repeat: Option<Count>,
    /// From the start of one asking to the start of the next, however long it takes; alone, until
    /// Ctrl-C [default: 1s]
    #[arg(long, value_name = "DURATION", value_parser = parse_every)]
    every: Option<Duration>,
}

/// `None`: until told to stop.
#[derive(Clone, Copy, Debug)]
struct Count(Option<NonZeroU64>);

const EVERY_DEFAULT: Duration = Duration::from_secs(1);

/// A hundred a second: more is load, not measurement.
const EVERY_MIN: Duration = Duration::from_millis(10);

fn parse_count(text: &str) -> Result<Count, String> {
    match text {
        "forever" => Ok(Count(None)),
        text => text
            .parse()
            .map(|count| Count(NonZeroU64::new(count)))
            .map_err(|_| "write a whole number, 0 or forever".to_owned()),
    }
}

fn parse_every(text: &str) -> Result<Duration, String> {
    let every = parse_duration(text)?;
    if every < EVERY_MIN {
        return Err("at least 10ms".to_owned());
    }
    Ok(every)
}

impl RepeatArgs {
    /// `None` to ask once.
    pub(super) fn rounds(self) -> Option<Rounds> {
        let (count, every) = match (self.repeat, self.every) {
            (None, None) => return None,
            (count, every) => (count.and_then(|Count(count)| count), every),
        };
        Some(Rounds {
            count,
            every: every.unwrap_or(EVERY_DEFAULT),
        })
    }
}

/// Asks until it is over, and writes each answer as it comes. Whether all were ok or slow, and there
/// were any.
pub(super) async fn run(
    prober: &Prober,
    questions: &[Arc<Question>],
    rounds: Rounds,
    how: (Format, table::Page),
    out: &mut dyn Write,
) -> anyhow::Result<bool> {
    let (format, page) = how;
    let mut summaries = vec![Summary::default(); questions.len()];
    let names: Vec<_> = questions.iter().map(|question| question.name()).collect();
    let columns = Columns::new(&names, page.width);
    let mut fine = true;
    match format {
        Format::Text => {
            let mut page = Page { format: page, out };
            let intro = intro(&names, rounds);
            page.paragraph(Ink::Bold, &intro)?;
            page.blank()?;
            columns.head(&mut page)?;
            page.out.flush()?;
        }
        Format::Json => write!(out, "{{\"observations\": [")?,
        Format::Ndjson => {}
    }
    let mut first = true;
    let course = again_and_again(prober, questions, rounds, |answer| {
        let answered = &answer.answered;
        summaries[answer.number].add(&answered.examination.reply);
        fine &= answered.is_fine();
        match format {
            Format::Text => columns.line(
                &answer,
                &mut Page {
                    format: page,
                    out: &mut *out,
                },
            )?,
            Format::Json => {
                out.write_all(if first { b"\n" } else { b",\n" })?;
                json::one(answered, &[], out)?;
            }
            Format::Ndjson => {
                json::one(answered, &[], out)?;
                writeln!(out)?;
            }
        }
        first = false;
        // a person is waiting for it, or a program
        Ok(out.flush()?)
    })
    .await?;
    let summarized = questions.iter().zip(&summaries);
    match format {
        Format::Text => {
            let mut page = Page { format: page, out };
            for (question, summary) in summarized {
                page.blank()?;
                summary_text::write(&question.name(), summary, &mut page)?;
            }
            tell(course, &mut page)?;
        }
        Format::Json => {
            write!(out, "\n], \"summaries\": ")?;
            json::summaries(summarized, out)?;
            writeln!(out, "}}")?;
        }
        Format::Ndjson => {}
    }
    Ok(fine && !first)
}

/// What is asked, and how often.
fn intro(names: &[String], rounds: Rounds) -> String {
    let whom = match names {
        [only] => only.clone(),
        names => format!("{} endpoints", names.len()),
    };
    let every = Millis::from_duration(rounds.every);
    match rounds.count {
        Some(count) if count.get() == 1 => format!("{whom}, once"),
        Some(count) => format!("{whom}, {count} times, every {every}"),
        None => format!("{whom}, every {every} until Ctrl-C"),
    }
}

/// What was not asked, so that nobody takes it for answered.
fn tell(course: Course, page: &mut Page<'_>) -> anyhow::Result<()> {
    if course.left_out > 0 {
        let rounds = course.left_out;
        page.blank()?;
        page.paragraph(
            Ink::Warn,
            &format!("{rounds} rounds were left out, since too many answers were still awaited"),
        )?;
    }
    if course.cut_short > 0 {
        let under_way = course.cut_short;
        page.blank()?;
        page.paragraph(
            Ink::Faint,
            &format!("{under_way} under way at the end, not counted"),
        )?;
    }
    Ok(())
}
