//! `outwatch report`: the outage report of a period.

use std::io::Write;

use anyhow::bail;
use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::Exit;
use super::output::Output;
use super::period::PeriodArgs;
use super::terminal::page;
use crate::domain::time::UnixMillis;
use crate::replay::{Filter, Source, WhatIf, measurements, read};
use crate::report::chart::svg::{SHEET_WIDTH, sheet};
use crate::report::charts;
use crate::report::format::{self, Format};
use crate::report::model::Report;

const EXAMPLES: &str = "\
Examples:
  outwatch report                           the last 7 days
  outwatch report --month 2024-09 --format markdown -o september.md
  outwatch report --service spotify --last 24h
  outwatch report --format csv              the figures, for a spreadsheet
  outwatch report --format svg -o week.svg  the charts, for a document
  outwatch report --what-if failure_threshold=5

Counts and sums take the part of each window that lies inside the period. CSV has
the figures; the windows, incidents and unobserved stretches behind them are in
outwatch outages --scope … --format csv and --unobserved --format csv.";

/// Report on a period: outages, uptime with its bounds, coverage, and the method
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    what_if: WhatIf,
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// With --format svg: this chart alone, as in timeline.platforms
    #[arg(long, value_name = "NAME")]
    chart: Option<String>,
    #[command(flatten)]
    output: Output,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let value = PossibleValue::new(self.as_str());
        Some(match self {
            Self::Table => value.help("For people, on a terminal"),
            Self::Markdown => value.help("For people, in documents").alias("md"),
            Self::Json => value.help("Everything"),
            Self::Csv => {
                value.help("The figures: one row for the whole, each service, platform and probe")
            }
            Self::Svg => value.help("The charts, one below the other"),
        })
    }
}

impl ReportArgs {
    pub(super) fn run(
        &self,
        source: &impl Source,
        clock: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        if self.chart.is_some() && self.format != Format::Svg {
            bail!("--chart needs --format svg");
        }
        let selection = self.period.select(&self.filter, &self.what_if, clock)?;
        let histories = read(source, selection)?;
        let request = selection.request();
        let configured = histories.configured.as_deref();
        let circumstances = &histories.circumstances;
        let report = Report::new(
            request,
            &histories.judged,
            configured,
            circumstances,
            &measurements(source, selection, |_, _| {})?,
        );
        if let Some(name) = &self.chart {
            let chart = one_chart(&report, name)?;
            self.output
                .write(out, |out| Ok(out.write_all(chart.as_bytes())?))?;
            return Ok(Exit::Done);
        }
        self.output.write(out, |out| {
            Ok(format::write(
                &report,
                self.format,
                page(&self.output),
                out,
            )?)
        })?;
        Ok(Exit::Done)
    }
}

/// A file of its own.
fn one_chart(report: &Report, name: &str) -> anyhow::Result<String> {
    let charts = charts::all(report);
    match charts.iter().find(|chart| chart.name == name) {
        Some(chart) => Ok(sheet(std::slice::from_ref(chart), SHEET_WIDTH)),
        None => {
            let known: Vec<_> = charts.iter().map(|chart| chart.name.as_str()).collect();
            bail!(
                "there is no chart `{name}`; use one of {}",
                known.join(", ")
            )
        }
    }
}
