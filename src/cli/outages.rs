//! `outwatch outages`: the outage windows of a period.

use std::io::{self, Write};

use clap::ValueEnum;

use super::output::Output;
use super::period::PeriodArgs;
use super::terminal::page;
use super::{BadUsage, Exit, evidence};
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::UnixMillis;
use crate::replay::{Extent, Filter, Histories, Selection, Source, WhatIf, read};
use crate::report::difference::{Difference, Listed};
use crate::report::document::Document;
use crate::report::incident_list::IncidentList;
use crate::report::outage_evidence::OutageEvidence;
use crate::report::outage_list::OutageList;
use crate::report::unobserved::UnobservedList;
use crate::report::{csv, json, table, wording};

const EXAMPLES: &str = "\
Examples:
  outwatch outages                                   the last 7 days
  outwatch outages --last 24h --platform web
  outwatch outages --month 2024-09 --format csv -o outages.csv
  outwatch outages --from 2024-09-29 --to 2024-09-30 --format json
  outwatch outages --scope platform                  which platforms were down
  outwatch outages --scope incident                  what belongs together
  outwatch outages --unobserved                      what nobody watched, and why
  outwatch outages --what-if failure_threshold=5     had it been patient
  outwatch outages --scope service --what-if down_when=all --difference
  outwatch outages --evidence 77w8                   what was seen of one of them

Windows that reach into the period are listed with their true times, also
outside of it. A length stands with the shortest and the longest that it can
have been. A platform or a service of which a filter leaves only some of the
probes has no windows that could be told.";

/// List the outage windows of a period
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct OutagesArgs {
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    filter: Filter,
    /// Show what was seen of the first and the last failure of one outage: that whose id, as it is
    /// listed, begins with ID. Without a period, of all times
    #[arg(long, value_name = "ID")]
    evidence: Option<String>,
    /// Whose windows
    #[arg(long, value_enum, value_name = "SCOPE", default_value = "endpoint")]
    scope: ScopeArg,
    /// List instead what nobody watched, and why
    #[arg(long, conflicts_with_all = ["scope", "evidence"])]
    unobserved: bool,
    #[command(flatten)]
    what_if: WhatIf,
    /// List instead what is otherwise than as configured: what is only there with the change, what
    /// is gone with it, and what starts or ends at another time
    #[arg(long, requires = "what_if", conflicts_with_all = ["unobserved", "evidence"])]
    difference: bool,
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

/// What is listed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScopeArg {
    /// Windows of each endpoint
    Endpoint,
    /// Windows of each platform as such, made of its endpoints'
    Platform,
    /// Windows of each service as such, made of its platforms'
    Service,
    /// What went wrong of a service at about the same time, as one story
    Incident,
}

impl ScopeArg {
    fn listed(self) -> Listed {
        match self {
            Self::Endpoint => Listed::Windows(Scope::Endpoint),
            Self::Platform => Listed::Windows(Scope::Platform),
            Self::Service => Listed::Windows(Scope::Service),
            Self::Incident => Listed::Incidents,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One object with all of them
    Json,
    /// One row each
    Csv,
}

impl OutagesArgs {
    pub(super) fn run(
        &self,
        source: &impl Source,
        clock: UnixMillis,
        out: &mut dyn Write,
    ) -> anyhow::Result<Exit> {
        let selection = Selection {
            extent: Extent::Windows,
            ..self.period.select(&self.filter, &self.what_if, clock)?
        };
        if let Some(begins) = &self.evidence {
            let ever = !self.period.is_named();
            let evidence = evidence::find(source, begins, selection, ever)?;
            return self.show(&evidence, out);
        }
        let histories = read(source, selection)?;
        let shown = self.shown(selection, &histories);
        for subject in shown.partial() {
            // JSON and tables say it themselves
            if let Format::Csv = self.format {
                tracing::warn!(
                    "nothing is told of {subject}: only some of its probes were asked for"
                );
            }
        }
        self.output.write(out, |out| {
            match self.format {
                Format::Table => table::render(&shown.document(), page(&self.output), out)?,
                Format::Json => shown.json(out)?,
                Format::Csv => shown.csv(out)?,
            }
            Ok(())
        })?;
        Ok(Exit::Done)
    }

    fn shown(&self, selection: Selection<'_>, histories: &Histories) -> Shown {
        let request = selection.request();
        let (judged, configured) = (&histories.judged, histories.configured.as_deref());
        if self.unobserved {
            let circumstances = &histories.circumstances;
            return Shown::Unobserved(UnobservedList::new(request, judged, circumstances));
        }
        let listed = self.scope.listed();
        match (configured.filter(|_| self.difference), listed) {
            (Some(configured), _) => {
                Shown::Difference(Difference::new(request, listed, judged, configured))
            }
            (None, Listed::Windows(scope)) => {
                Shown::Outages(OutageList::new(request, scope, judged, configured))
            }
            (None, Listed::Incidents) => {
                Shown::Incidents(IncidentList::new(request, judged, configured))
            }
        }
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

/// One of the lists that the command knows.
enum Shown {
    Outages(OutageList),
    Incidents(IncidentList),
    Unobserved(UnobservedList),
    Difference(Difference),
}

impl Shown {
    fn partial(&self) -> &[Subject] {
        match self {
            Self::Outages(list) => &list.partial,
            Self::Incidents(list) => &list.partial,
            Self::Unobserved(_) => &[],
            Self::Difference(difference) => &difference.partial,
        }
    }

    fn document(&self) -> Document {
        match self {
            Self::Outages(list) => wording::outages(list),
            Self::Incidents(list) => wording::incidents(list),
            Self::Unobserved(list) => wording::unobserved(list),
            Self::Difference(difference) => wording::difference(difference),
        }
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Outages(list) => json::outages(list, out),
            Self::Incidents(list) => json::incidents(list, out),
            Self::Unobserved(list) => json::unobserved(list, out),
            Self::Difference(difference) => json::difference(difference, out),
        }
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Outages(list) => csv::outages(list, out),
            Self::Incidents(list) => csv::incidents(list, out),
            Self::Unobserved(list) => csv::unobserved(list, out),
            Self::Difference(difference) => csv::difference(difference, out),
        }
    }
}
