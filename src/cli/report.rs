//! `outwatch report`: the outage report of a period.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::output::Output;
use super::period::PeriodArgs;
use super::progress::Meter;
use super::terminal::page;
use super::{BadUsage, Exit, incident};
use crate::domain::time::UnixMillis;
use crate::replay::{Extent, Filter, Selection, Source, WhatIf, measurements, read_telling};
use crate::report::chart::svg::{SHEET_WIDTH, sheet};
use crate::report::charts;
use crate::report::format::{self, Format};
use crate::report::model::Report;

const EXAMPLES: &str = "\
Examples:
  outwatch report                           the last 7 days
  outwatch report --month last -o last-month.html
  outwatch report --month 2024-09 --timezone Europe/Berlin -o september.pdf
  outwatch report --service spotify --last 24h
  outwatch report --month 2024-09 -o september.xlsx
  outwatch report --format csv              the figures alone, as a table
  outwatch report -o outages.ics            what a calendar shows
  outwatch report -o week.svg               the charts, for a document
  outwatch report --what-if failure_threshold=5
  outwatch report --incident 77w8 -o post-mortem.md

Counts and sums take the part of each window that lies inside the period. CSV has
the figures; the windows, incidents and unobserved stretches behind them are in
outwatch outages --scope … --format csv and --unobserved --format csv, and all of
it in the sheets of xlsx and the lines of ndjson. A calendar has the outages of
services and platforms, and of endpoints those that no platform was down for.";

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
    /// Write instead the draft of a post-mortem: of the incident whose id, as outages --scope
    /// incident lists it, begins with ID, or in which the outage is whose id does. Without a
    /// period, of all times
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    /// Format of the output. Default: what the name of the file after -o ends in, else table, and
    /// markdown for an incident
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// With --format svg: this chart alone, as in timeline.platforms
    #[arg(long, value_name = "NAME", conflicts_with = "incident")]
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
            Self::Html => value.help("For people, in a browser and on paper: one file"),
            Self::Json => value.help("Everything"),
            Self::Ndjson => value.help("Everything, an object a line"),
            Self::Csv => {
                value.help("The figures: one row for the whole, each service, platform and probe")
            }
            Self::Xlsx => value.help(
                "The figures and what they come from, for a spreadsheet; a sheet for each part",
            ),
            Self::Svg => value.help("The charts, one below the other"),
            Self::Pdf => value.help("For people, on paper and for the files"),
            Self::Icalendar => value
                .help("Outages of services and platforms, and maintenance, for a calendar")
                .alias("ics"),
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
        let format = self.format();
        if format.is_binary() && self.output.is_stdout() && io::stdout().is_terminal() {
            return Err(BadUsage(format!(
                "--format {format} is no text for a terminal; write it to a file with -o FILE"
            ))
            .into());
        }
        if self.chart.is_some() && format != Format::Svg {
            return Err(BadUsage("--chart needs --format svg".to_owned()).into());
        }
        let selection = self.period.select(&self.filter, &self.what_if, clock)?;
        if let Some(begins) = &self.incident {
            return self.post_mortem(source, begins, selection, out);
        }
        let mut meter = Meter::default();
        let histories = read_telling(source, selection, &mut meter.step("probes read"))?;
        let request = selection.request();
        let configured = histories.configured.as_deref();
        let circumstances = &histories.circumstances;
        let measured = measurements(
            source,
            selection,
            &histories.judged,
            &mut meter.step("probes measured"),
        )?;
        let report = Report::new(
            request,
            &histories.judged,
            configured,
            circumstances,
            &measured,
        );
        drop(meter);
        if let Some(name) = &self.chart {
            let chart = one_chart(&report, name)?;
            self.output
                .write(out, |out| Ok(out.write_all(chart.as_bytes())?))?;
            return Ok(Exit::Done);
        }
        self.output.write(out, |out| {
            Ok(format::write(&report, format, page(&self.output), out)?)
        })?;
        Ok(Exit::Done)
    }

    fn format(&self) -> Format {
        let of_file = || self.output.path().and_then(Format::of_file);
        self.format.or_else(of_file).unwrap_or(match self.incident {
            Some(_) => Format::Markdown,
            None => Format::Table,
        })
    }

    fn post_mortem(
        &self,
        source: &impl Source,
        begins: &str,
        selection: Selection<'_>,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let selection = Selection {
            extent: Extent::Windows,
            ..selection
        };
        let ever = !self.period.is_named();
        let told = incident::find(source, begins, selection, ever)?;
        let format = self.format();
        self.output.write(out, |out| {
            if format::write_post_mortem(&told, format, page(&self.output), out)? {
                return Ok(());
            }
            Err(BadUsage(format!(
                "--incident has no format {format}: it is a text, for people, or json"
            ))
            .into())
        })?;
        Ok(Exit::Done)
    }
}

/// A file of its own.
fn one_chart(report: &Report, name: &str) -> Result<String, BadUsage> {
    let charts = charts::all(report);
    if let Some(chart) = charts.iter().find(|chart| chart.name == name) {
        return Ok(sheet(std::slice::from_ref(chart), SHEET_WIDTH));
    }
    let known: Vec<_> = charts.iter().map(|chart| chart.name.as_str()).collect();
    Err(BadUsage(format!(
        "--chart {name}: there is no such chart; use one of {}",
        known.join(", ")
    )))
}
