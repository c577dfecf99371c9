//! `outwatch outages`: the outage windows of a period.

use std::io::Write;

use clap::ValueEnum;

use super::filter::FilterArgs;
use super::histories::{Selection, read};
use super::output::Output;
use super::period::PeriodArgs;
use super::source::Source;
use super::terminal::page;
use super::what_if::WhatIfArgs;
use super::{BadUsage, Exit, evidence};
use crate::domain::subject::Scope;
use crate::domain::time::UnixMillis;
use crate::report::outage_evidence::OutageEvidence;
use crate::report::outage_list::OutageList;
use crate::report::{csv, json, table, wording};

const EXAMPLES: &str = "\
Examples:
  outwatch outages                                   the last 7 days
  outwatch outages --last 24h --platform web
  outwatch outages --month 2024-09 --format csv -o outages.csv
  outwatch outages --from 2024-09-29 --to 2024-09-30 --format json
  outwatch outages --what-if failure_threshold=5     had it been patient
  outwatch outages --evidence 77w8                   what was seen of one of them

Windows that reach into the period are listed with their true times, also
outside of it. A length stands with the shortest and the longest that it can
have been.";

/// List the outage windows of a period
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct OutagesArgs {
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    filter: FilterArgs,
    /// Show what was seen of the first and the last failure of one outage: that whose id, as it is
    /// listed, begins with ID. Without a period, of all times
    #[arg(long, value_name = "ID")]
    evidence: Option<String>,
    /// Whose windows: those of each endpoint
    #[arg(long, value_name = "SCOPE", default_value = "endpoint")]
    scope: Scope,
    #[command(flatten)]
    what_if: WhatIfArgs,
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
    /// One object with all windows
    Json,
    /// One row a window
    Csv,
}

impl OutagesArgs {
    pub(super) fn run(
        &self,
        source: &impl Source,
        clock: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let selection = Selection::new(&self.filter, &self.what_if, &self.period, clock)?;
        if let Some(begins) = &self.evidence {
            let ever = !self.period.is_named();
            let evidence = evidence::find(source, begins, selection, ever)?;
            return self.show(&evidence, out);
        }
        let histories = read(source, selection)?;
        let request = selection.request();
        let list = OutageList::new(
            request,
            self.scope,
            &histories.judged,
            histories.configured.as_deref(),
        );
        self.output.write(out, |out| {
            match self.format {
                Format::Table => {
                    table::render(&wording::outages(&list), page(&self.output), out)?;
                }
                Format::Json => json::outages(&list, out)?,
                Format::Csv => csv::outages(&list, out)?,
            }
            Ok(())
        })?;
        Ok(Exit::Done)
    }

    fn show(&self, evidence: &OutageEvidence, out: &mut dyn Write) -> anyhow::Result<Exit> {
        if let Format::Csv = self.format {
            return Err(BadUsage(
                "--evidence is no table: it has --format table, for people, and json".to_owned(),
            )
            .into());
        }
        self.output.write(out, |out| {
            match self.format {
                Format::Json => json::evidence(evidence, out)?,
                Format::Table | Format::Csv => {
                    table::render(&wording::evidence(evidence), page(&self.output), out)?;
                }
            }
            Ok(())
        })?;
        Ok(Exit::Done)
    }
}
