//! `outwatch demo`: a scripted outage of a sample service, and what Outwatch makes of it.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use super::Exit;
use super::filter::FilterArgs;
use super::histories::{Selection, read};
use super::output::write_whole;
use super::terminal;
use super::what_if::WhatIfArgs;
use crate::daemon::Announcer;
use crate::demo::{self, Check, DAY, FLIGHT_MAX};
use crate::domain::outage::OutageWindow;
use crate::domain::probe::ProbeId;
use crate::domain::time::UnixMillis;
use crate::report::model::Report;
use crate::report::outage_list::OutageList;
use crate::report::probe_history::ProbeHistory;
use crate::report::request::Request;
use crate::report::{markdown, table, wording};
use crate::store::Reader;

/// Play a day of a sample service in 40 seconds: a scripted outage, the real pipeline, a report
///
/// Nothing leaves this machine, and nothing is left running. The demo checks itself: every window
/// must hold the scripted truth within its bounds, or it exits with 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  outwatch demo
  outwatch demo --report sunday.md              where the report goes
  outwatch demo --keep demo/                    keep the database, to look around in it:
  outwatch outages --db demo/demo.db --from 2024-09-29 --to 2024-09-30")]
pub struct Demo {
    /// Where the report is written, as Markdown
    #[arg(long, value_name = "FILE", default_value = "outwatch-demo-report.md")]
    report: PathBuf,
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
        writeln!(out, "{INTRODUCTION}")?;
        // it takes a while until there is more
        out.flush()?;
        play(folder)?;

        let reader = Reader::open(&folder.join(demo::DATABASE))?;
        let selection = Selection {
            filter: &FilterArgs::default(),
            what_if: &WhatIfArgs::default(),
            period: DAY,
            now: DAY.to,
        };
        let probes = read(&reader, selection)?.judged;
        let request = Request {
            generated_at: DAY.to,
            period: DAY,
            version: env!("CARGO_PKG_VERSION"),
            what_if: Vec::new(),
        };
        let outages = OutageList::new(request.clone(), &probes, None);
        let report = Report::new(request, &probes, None);
        write_whole(&self.report, |file| {
            Ok(markdown::render(&wording::report(&report), file)?)
        })
        .with_context(|| format!("cannot write {}", self.report.display()))?;

        table::render(&wording::outages(&outages), terminal::page_of_stdout(), out)?;
        let check = demo::check(probes.iter().map(windows));
        tell(&check, out)?;
        writeln!(out, "\nThe report is in {}.", self.report.display())?;
        Ok(if check.holds() {
            Exit::Done
        } else {
            Exit::Failing
        })
    }
}

const INTRODUCTION: &str = "\
A made-up music service on loopback has a bad Sunday, in the manner of 29 September 2024: a script
lets its web player flap and go down, its mobile API hang and its desktop logins be refused. The
script is synthetic; the pipeline that watches it is the real one. Four hours pass in 40 seconds.
";

fn windows(probe: &ProbeHistory) -> (&ProbeId, &[OutageWindow]) {
    (&probe.probe.id, &probe.past.history.windows)
}

/// Lets the day pass, with a bar on a terminal that shows the clock.
fn play(folder: &Path) -> anyhow::Result<()> {
    let bar = if io::stderr().is_terminal() {
        let style = ProgressStyle::with_template("{msg}  [{bar:50}] {percent:>3} %")
            .context("the progress bar's template")?
            .progress_chars("=> ");
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
    fn opened(&self, probe: &ProbeId, window: &OutageWindow) {
        let why = window.first_failure.as_ref();
        let why = why.and_then(|failure| failure.detail.as_deref());
        let since = clock_of(window.start);
        self.say(&format!(
            "{since}  {probe} is down: {}",
            why.unwrap_or("it fails")
        ));
    }

    fn closed(&self, probe: &ProbeId, window: &OutageWindow) {
        let (at, lasted) = (clock_of(window.end), window.duration());
        self.say(&format!("{at}  {probe} is up again, after {lasted}"));
    }
}

/// As `14:30:20`.
fn clock_of(instant: UnixMillis) -> String {
    let text = instant.to_string();
    text.get(11..19).unwrap_or(&text).to_owned()
}

/// Prints the truth beside every window.
fn tell(check: &Check<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nAgainst the script:")?;
    for finding in &check.findings {
        let mark = if finding.holds { "✓" } else { "✗" };
        let (from, to) = (clock_of(finding.truth.from), clock_of(finding.truth.to));
        write!(
            out,
            "{mark} {:<24} was down {from} to {to}",
            finding.probe.as_str()
        )?;
        match finding.window {
            None => writeln!(out, "; no window was found")?,
            Some(window) => {
                let side = |instant: Option<UnixMillis>| {
                    instant.map_or_else(|| "unknown".to_owned(), clock_of)
                };
                writeln!(
                    out,
                    "; the window says: from {}..{} to {}..{}",
                    side(window.start_earliest),
                    clock_of(window.start),
                    clock_of(window.end_earliest),
                    side(window.end_latest),
                )?;
            }
        }
    }
    for (probe, window) in &check.unexplained {
        let (from, to) = (clock_of(window.start), clock_of(window.end));
        writeln!(
            out,
            "✗ {:<24} has a window {from} to {to} that the script knows nothing of",
            probe.as_str()
        )?;
    }
    if check.holds() {
        writeln!(
            out,
            "Every window holds the truth within its bounds (and the {FLIGHT_MAX} that a request may be on its way)."
        )
    } else {
        writeln!(
            out,
            "FAILED. Was this machine too busy to keep the replay's time?"
        )
    }
}
