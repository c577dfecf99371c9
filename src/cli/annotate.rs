//! `outwatch annotate`: what became known of an outage afterwards.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;

use super::by::ByArgs;
use super::output::Output;
use super::period::PeriodArgs;
use super::terminal::page;
use super::{BadUsage, Exit, sought};
use crate::domain::annotation::{Annotation, Remark};
use crate::domain::line::{LINE_BYTES_MAX, one_line};
use crate::domain::time::UnixMillis;
use crate::replay::{Extent, Filter, Selection, Source, WhatIf};
use crate::report::annotated::Annotated;
use crate::report::{json, table, wording};
use crate::store::{Ledger, Reader};

const EXAMPLES: &str = "\
Examples:
  outwatch annotate 77w8 --planned --note \"database upgrade\" --by ann
  outwatch annotate 77w8 --cause \"a certificate ran out\"
  outwatch annotate 77w8 --counted                   it counts after all
  outwatch annotate 77w8                             what was said of it so far

The id is that of a window of an endpoint, a platform or a service, or of an
incident, as outwatch outages lists it. What is planned or to be ignored counts
as maintenance, of that endpoint, platform or service and of all it is made of.
The window stays, and reports show what was observed and what counts. Remarks
are only ever added; of --planned, --ignore and --counted the last one counts.";

/// Say what became known of an outage afterwards: that it was planned, or why it came about
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Annotate {
    /// The beginning of its id. Without a period, of the last 7 days, and of all earlier ones of
    /// whose first failure there is evidence
    #[arg(value_name = "OUTAGE")]
    outage: String,
    /// It was intended: it counts as maintenance
    #[arg(long, help_heading = "Remarks", group = "decision")]
    planned: bool,
    /// It was no outage for anybody: it counts as maintenance
    #[arg(long, help_heading = "Remarks", group = "decision")]
    ignore: bool,
    /// It counts after all: takes back --planned and --ignore
    #[arg(long, help_heading = "Remarks", group = "decision")]
    counted: bool,
    /// Why it came about
    #[arg(long, help_heading = "Remarks", value_name = "TEXT", value_parser = text)]
    cause: Option<Arc<str>>,
    /// Anything else
    #[arg(long, help_heading = "Remarks", value_name = "TEXT", value_parser = text)]
    note: Option<Arc<str>>,
    #[command(flatten)]
    by: ByArgs,
    #[command(flatten)]
    period: PeriodArgs,
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
    /// One object with all remarks
    Json,
}

fn text(written: &str) -> Result<Arc<str>, String> {
    one_line(written).ok_or_else(|| {
        format!("write one line of at most {LINE_BYTES_MAX} bytes, without control characters")
    })
}

impl Annotate {
    /// Adds the remarks, if there are any, and shows all that there are then.
    pub(super) fn run(
        &self,
        db: &Path,
        now: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let remarks = self.remarks();
        let mut id = self.outage.clone();
        if !remarks.is_empty() {
            if self.period.present.is_given() {
                return Err(BadUsage(
                    "--generated-at is for looking: what is said is said now".to_owned(),
                )
                .into());
            }
            let by = self.by.name()?;
            // the reader is gone before anything is written
            let outage = self.find(&Reader::open(db)?, &id, now)?;
            id = outage.id.to_string();
            let mut ledger = Ledger::open(db, now)?;
            ledger.annotate(&annotations(&outage, remarks, &by, now))?;
        }
        let outage = self.find(&Reader::open(db)?, &id, now)?;
        self.show(&outage, out)
    }

    fn remarks(&self) -> Vec<Remark> {
        let decision = [
            (self.planned, Remark::Planned),
            (self.ignore, Remark::Ignore),
            (self.counted, Remark::Counted),
        ];
        let decision = decision.into_iter().filter(|(said, _)| *said);
        let mut remarks: Vec<_> = decision.map(|(_, remark)| remark).collect();
        remarks.extend(self.cause.clone().map(Remark::Cause));
        remarks.extend(self.note.clone().map(Remark::Note));
        remarks
    }

    fn find(
        &self,
        source: &impl Source,
        begins: &str,
        clock: UnixMillis,
    ) -> anyhow::Result<Annotated> {
        let (filter, what_if) = (Filter::default(), WhatIf::default());
        let selection = Selection {
            extent: Extent::Windows,
            ..self.period.select(&filter, &what_if, clock)?
        };
        let ever = !self.period.is_named();
        sought::find(source, "outage", begins, selection, ever)
    }

    fn show(&self, outage: &Annotated, out: &mut dyn Write) -> anyhow::Result<Exit> {
        self.output.write(out, |out| {
            match self.format {
                Format::Table => {
                    table::render(&wording::annotated(outage), page(&self.output), out)?;
                }
                Format::Json => json::annotated(outage, out)?,
            }
            Ok(())
        })?;
        Ok(Exit::Done)
    }
}

fn annotations(
    outage: &Annotated,
    remarks: Vec<Remark>,
    by: &Arc<str>,
    now: UnixMillis,
) -> Vec<Annotation> {
    let remarks = remarks.into_iter();
    let annotation = |remark| Annotation {
        outage: outage.id,
        subject: outage.subject.clone(),
        started_at: outage.period.from,
        ended_at: (!outage.is_open).then_some(outage.period.to),
        remark,
        by: Arc::clone(by),
        at: now,
    };
    remarks.map(annotation).collect()
}
