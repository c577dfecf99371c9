//! `outwatch demo`: a scripted outage of a sample service, and what Outwatch makes of it.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use super::terminal;
use super::{Exit, incident};
use crate::daemon::Announcer;
use crate::demo::{self, Check, DAY, FLIGHT_MAX};
use crate::domain::outage::OutageWindow;
use crate::domain::probe::ProbeId;

use crate::domain::rollup::Turn;
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::UnixMillis;
use crate::domain::zone::Zone;
use crate::files::write_whole;
use crate::replay::{Extent, Filter, Selection, WhatIf, measurements, read};
use crate::report::document::{Concession, Document, Grid, Text, Tone, left};
use crate::report::format::{self, Format};
use crate::report::model::Report;
use crate::report::outage_list::OutageList;
use crate::report::probe_history::ProbeHistory;
use crate::report::service_history::ServiceHistory;
use crate::report::table::{self, Page};
use crate::report::text::length;
use crate::report::wording;
use crate::store::Reader;

/// Play a scripted outage of a sample service in 40 seconds, and report on it
///
/// Nothing leaves this machine, and nothing is left running. The demo checks itself: every window
/// must hold the scripted truth within its bounds, or it exits with 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  outwatch demo
  outwatch demo --report sunday.pdf         where the report goes, and its format
  outwatch demo --reports sunday/           one in every format
  outwatch demo --keep demo/                keep the database, to look at:
  outwatch outages --db demo/demo.db --from 2024-09-29 --to 2024-09-30")]
pub struct Demo {
    /// Where the report is written, in the format that the name ends in: html, pdf, md, …
    #[arg(long, value_name = "FILE", default_value = "outwatch-demo-report.html")]
    report: PathBuf,
    /// Write besides the report in every format, and the draft of a post-mortem, into this folder
    #[arg(long, value_name = "FOLDER")]
    reports: Option<PathBuf>,
    /// Keep database and configuration in this folder, which must not exist yet
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
}

impl Demo {
    pub(super) fn run(&self, out: &mut dyn Write) -> anyhow::Result<Exit> {
        let temporary;
        let folder = if let Some(folder) = &self.keep {
            fs::create_dir(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            folder.as_path()
        } else {
            temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
            temporary.path()
        };
        let page = terminal::page_of_stdout();
        let mut introduction = Document::default();
        introduction.paragraph(INTRODUCTION);
        table::render(&introduction, page, out)?;
        writeln!(out)?;
        // it takes a while until there is more
        out.flush()?;
        play(folder)?;

        let reader = Reader::open(&folder.join(demo::DATABASE))?;
        let selection = Selection {
            filter: &Filter::default(),
            what_if: &WhatIf::default(),
            zone: &Zone::utc(),
            period: DAY,
            now: DAY.to,
            extent: Extent::Report { before: None },
        };
        let histories = read(&reader, selection)?;
        let services = histories.judged;
        let request = selection.request();
        let outages = OutageList::new(request.clone(), Scope::Endpoint, &services, None);
        let report = Report::new(
            request,
            &services,
            None,
            &histories.circumstances,
            &measurements(&reader, selection, &services, &mut |_, _| {})?,
        );
        self.write(&report, &reader, selection)?;

        writeln!(out)?;
        let check = demo::check(
            services
                .iter()
                .flat_map(ServiceHistory::probes)
                .map(windows),
        );
        let mut document = wording::outages(&outages);
        document.blocks.extend(told(&check, &self.report).blocks);
        table::render(&document, page, out)?;
        Ok(if check.holds() {
            Exit::Done
        } else {
            Exit::Failing
        })
    }
}

impl Demo {
    fn write(
        &self,
        report: &Report,
        reader: &Reader,
        selection: Selection<'_>,
    ) -> anyhow::Result<()> {
        let format = Format::of_file(&self.report).unwrap_or(Format::Markdown);
        write_one(&self.report, |file| {
            Ok(format::write(report, format, Page::PLAIN, file)?)
        })?;
        let Some(folder) = &self.reports else {
            return Ok(());
        };
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for format in Format::ALL {
            let file = folder.join(format!("report.{}", format.extension()));
            write_one(&file, |file| {
                Ok(format::write(report, *format, Page::PLAIN, file)?)
            })?;
        }
        // the script has one that is worth it
        let worst = report.incidents().max_by_key(|one| one.incident.any_down);
        if let Some(worst) = worst {
            let id = worst.incident.id.to_string();
            let post_mortem = incident::find(reader, &id, selection, false)?;
            let file = folder.join("post-mortem.md");
            write_one(&file, |file| {
                format::write_post_mortem(&post_mortem, Format::Markdown, Page::PLAIN, file)?;
                Ok(())
            })?;
        }
        Ok(())
    }
}

fn write_one(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    write_whole(path, write).with_context(|| format!("cannot write {}", path.display()))
}

const INTRODUCTION: &str = "\
A made-up music service on loopback has a bad Sunday, in the manner of 29 September 2024: a \
script lets its web player flap and go down, its mobile API hang and its desktop logins be refused. \
The script is synthetic; the pipeline that watches it is the real one. Four hours pass in 40 \
seconds.";

fn windows(probe: &ProbeHistory) -> (&ProbeId, &[OutageWindow]) {
    (&probe.probe.id, &probe.past.history.windows)
}

/// Lets the day pass, with a bar on a terminal that shows the clock.
fn play(folder: &Path) -> anyhow::Result<()> {
    let bar = if io::stderr().is_terminal() {
        let style = ProgressStyle::with_template("{msg}  {wide_bar} {percent:>3} %")
            .context("the progress bar's template")?
            .progress_chars("━╸─");
        ProgressBar::new(DAY.length().0.unsigned_abs()).with_style(style)
    } else {
        ProgressBar::hidden()
    };
    let teller = Teller(bar.clone());
    let progress = |now: UnixMillis| {
        bar.set_position((now - DAY.from).0.unsigned_abs());
        bar.set_message(clock_of(now));
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(demo::play(folder, Box::new(teller), progress))?;
    bar.finish_and_clear();
    Ok(())
}

/// Tells of outages above the progress bar, as they come and go.
struct Teller(ProgressBar);

impl Teller {
    fn say(&self, line: &str) {
        if self.0.is_hidden() {
            // not on a terminal: standard error is where a log would go, and it may be closed
            let _ = writeln!(io::stderr(), "{line}");
        } else {
            self.0.println(line);
        }
    }
}

impl Announcer for Teller {
    fn opened(&self, probe: &ProbeId, window: &OutageWindow, _: bool) {
        let why = window.first_failure.as_ref();
        let why = why.and_then(|failure| failure.detail.as_deref());
        let since = clock_of(window.start);
        self.say(&format!(
            "{since}  {probe} is down: {}",
            why.unwrap_or("it fails")
        ));
    }

    fn closed(&self, probe: &ProbeId, window: &OutageWindow) {
        let (at, lasted) = (clock_of(window.end), length(window.duration()));
        self.say(&format!("{at}  {probe} is up again, after {lasted}"));
    }

    fn taken_back(&self, probe: &ProbeId, window: &OutageWindow) {
        let since = clock_of(window.start);
        self.say(&format!("{since}  {probe} was not down after all"));
    }

    /// Its platforms have one endpoint each, of which all is told.
    fn turned(&self, _: &Subject, _: &Turn) {}
}

/// As `14:30:20`.
fn clock_of(instant: UnixMillis) -> String {
    let text = instant.to_string();
    text.get(11..19).unwrap_or(&text).to_owned()
}

/// The truth beside every window, and what that comes to.
fn told(check: &Check<'_>, report: &Path) -> Document {
    let mut document = Document::default();
    document.heading("Against the script");
    let mut grid = Grid::new(&[
        left(""),
        left("Probe"),
        left("Was down (UTC)"),
        left("Begins between"),
        left("Ends between"),
    ])
    .conceding(&[Concession::Below("Was down (UTC)", "was down ")]);
    for finding in &check.findings {
        let (from, to) = (clock_of(finding.truth.from), clock_of(finding.truth.to));
        let [begins, ends] = match finding.window {
            None => [Text::toned(Tone::Bad, "no window"), Text::default()],
            Some(window) => bounds(window),
        };
        grid.row([
            mark(finding.holds),
            Text::quoted(finding.probe.as_str()),
            format!("{from} – {to}").into(),
            begins,
            ends,
        ]);
    }
    for (probe, window) in &check.unexplained {
        let [begins, ends] = bounds(window);
        grid.row([
            mark(false),
            Text::quoted(probe.as_str()),
            Text::toned(Tone::Bad, "never"),
            begins,
            ends,
        ]);
    }
    document.grid(grid);
    let flight = length(FLIGHT_MAX);
    document.paragraph(if check.holds() {
        Text::toned(Tone::Good, "Every window holds the truth").then(format!(
            " within its bounds (and the {flight} that a request may be on its way)."
        ))
    } else {
        Text::toned(Tone::Bad, "FAILED.").then(
            " A window misses the truth. Was this machine too busy to keep the replay's time?",
        )
    });
    document.paragraph(format!("The report is in {}.", report.display()));
    document
}

fn mark(holds: bool) -> Text {
    if holds {
        Text::toned(Tone::Good, "✓")
    } else {
        Text::toned(Tone::Bad, "✗")
    }
}

/// Of the window's begin and end, each as `14:29:54 – 14:30:54`.
fn bounds(window: &OutageWindow) -> [Text; 2] {
    let side = |at: Option<UnixMillis>| at.map_or_else(|| "unknown".to_owned(), clock_of);
    [
        (window.start_earliest, Some(window.start)),
        (Some(window.end_earliest), window.end_latest),
    ]
    .map(|(earliest, latest)| format!("{} – {}", side(earliest), side(latest)).into())
}
