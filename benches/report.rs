//! What a report of a month costs: `cargo bench --bench report -- --probes 1000 --days 31`.
//!
//! It fills a database as the daemon does, and then starts the real `outwatch report` over it, once for
//! each format. `--folder` names one in which the database stays, and is taken up again if it is there;
//! `--formats json,html` asks for these alone.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on need not")]
#![expect(clippy::cast_precision_loss, reason = "shown with few digits")]

#[path = "support/filling.rs"]
mod filling;
#[path = "support/observations.rs"]
mod observations;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use filling::Filling;
use nix::sys::resource::{UsageWho, getrusage};
use observations::{Random, observation};
use outwatch::domain::observation::{Cause, Failure, Observation, Outcome, Phase};
use outwatch::report::format::Format;

/// 2024-10-01, a month of 31 days.
const FROM: i64 = 1_727_740_800_000;

const DAY_MS: i64 = 86_400_000;

/// With this the benchmark starts itself, so that the memory of one report is not that of another.
const MEASURE: &str = "--measure";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == MEASURE) {
        measure(&arguments[at + 1..]);
        return;
    }
    let text = |flag: &str| {
        let mut arguments = arguments.iter().skip_while(|argument| *argument != flag);
        arguments.nth(1).cloned()
    };
    let number = |flag: &str, default: i64| text(flag).map_or(default, |it| it.parse().unwrap());
    let filling = Filling {
        probes: number("--probes", 1_000),
        interval_ms: number("--interval-ms", 30_000),
        rounds: number("--days", 31) * DAY_MS / number("--interval-ms", 30_000),
        from: FROM,
    };
    let formats = text("--formats").map_or_else(
        || Format::ALL.iter().map(ToString::to_string).collect(),
        |formats| formats.split(',').map(str::to_owned).collect::<Vec<_>>(),
    );
    let temporary = tempfile::tempdir().unwrap();
    let named = text("--folder").map(std::path::PathBuf::from);
    let folder = named.as_deref().unwrap_or(temporary.path());
    fs::create_dir_all(folder).unwrap();
    let db = folder.join("outwatch.db");
    if !db.exists() {
        let mut endpoints = Endpoints::new(filling.probes);
        filling::fill(&db, filling, |probe, ts| endpoints.ask(probe, ts));
    }
    let (probes, all) = (filling.probes, filling.probes * filling.rounds);
    println!("a report of {probes} probes, {all} observations:");
    let to = (FROM + filling.rounds * filling.interval_ms) / 1000;
    for format in formats {
        // the second finds the pages in memory, as one does that is made beside a daemon
        for _ in 0..2 {
            let status = Command::new(std::env::current_exe().unwrap())
                .args([MEASURE, &format, &to.to_string()])
                .current_dir(folder)
                .status();
            assert!(status.unwrap().success(), "{format}");
        }
    }
}

/// Starts one report, of a format up to an instant (seconds since 1970), in the folder that we are in.
fn measure(arguments: &[String]) {
    let [format, to] = arguments else {
        panic!("of one format, up to one instant");
    };
    let to = outwatch::domain::time::UnixMillis(to.parse::<i64>().unwrap() * 1000).to_string();
    let from = outwatch::domain::time::UnixMillis(FROM).to_string();
    let path = Path::new("report").with_extension(format);
    let begun = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_outwatch"))
        .args(["report", "--format", format, "--from", &from])
        .args(["--to", &to, "--generated-at", &to])
        .stdout(File::create(&path).unwrap())
        .status()
        .unwrap();
    let wall = begun.elapsed();
    assert!(status.success(), "{format}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6);
    println!(
        "  {format}: {:.2} s, {:.2} s of CPU, {:.0} MB, {:.1} kB written",
        wall.as_secs_f64(),
        cpu.iter().sum::<f64>(),
        usage.max_rss() as f64 / 1000.0,
        fs::metadata(&path).unwrap().len() as f64 / 1000.0
    );
}

/// Endpoints that fail as services do: two outages and ten short failures of each in a month.
struct Endpoints {
    random: Random,
    /// By probe, how many of its next observations fail.
    failing: Vec<u64>,
}

impl Endpoints {
    fn new(probes: i64) -> Self {
        Self {
            random: Random(1),
            failing: vec![0; usize::try_from(probes).unwrap()],
        }
    }

    fn ask(&mut self, probe: i64, ts: i64) -> Observation {
        let failing = &mut self.failing[usize::try_from(probe).unwrap()];
        // a month of every 30 s is 89,280 observations
        if *failing == 0 && self.random.below(89_280 / 12) == 0 {
            *failing = match self.random.below(6) {
                0 => 2 + self.random.below(90),
                _ => 1,
            };
        }
        let mut observation = observation(ts, &mut self.random);
        observation.outcome = if *failing > 0 {
            *failing -= 1;
            let (cause, phase, detail) = match probe % 3 {
                0 => (Cause::Timeout, Phase::Connect, "no answer within 10 s"),
                1 => (Cause::Status, Phase::Verdict, "503 Service Unavailable"),
                _ => (Cause::Reset, Phase::Headers, "connection reset"),
            };
            Outcome::Fail(Failure {
                cause: Some(cause),
                phase: Some(phase),
                detail: Some(detail.into()),
            })
        } else {
            Outcome::Ok
        };
        observation
    }
}
