//! Months of virtual time, restarts and downtimes, and folders as people leave them.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::time::advance;
use tracing::subscriber::DefaultGuard;

use super::*;
use crate::config;
use crate::daemon::configured;
use crate::domain::observation::{Answer, Cause, Failure, Observation, Outcome, Phase, Provenance};
use crate::domain::probe::ProbeId;
use crate::domain::time::Micros;
use crate::store::{Sender, Store, StoreError, Writer};

/// A configuration, a database, and a folder for reports.
struct Site {
    folder: TempDir,
    /// Beside the probes, which were configured from an instant on.
    reports: String,
}

const PLATFORMS: &str =
    "service: Music\nplatforms: { web: [{ name: player, url: 'http://127.0.0.1/' }] }\n";

fn at(text: &str) -> UnixMillis {
    text.parse().unwrap()
}

impl Site {
    /// Whose probes are configured since this instant.
    fn since(instant: &str, reports: &str) -> Self {
        let site = Self {
            folder: tempfile::tempdir().unwrap(),
            reports: reports.to_owned(),
        };
        site.register(PLATFORMS, instant);
        site
    }

    fn register(&self, yaml: &str, instant: &str) {
        let configuration = self.load(yaml);
        let mut store = self.store();
        store
            .register(&configured(&configuration), at(instant))
            .unwrap();
        store.close().unwrap();
    }

    fn load(&self, yaml: &str) -> config::Configuration {
        let file = self.folder.path().join("probes.yaml");
        fs::write(&file, yaml).unwrap();
        config::load(&[file]).unwrap()
    }

    fn store(&self) -> Store {
        Store::create_or_open(&self.folder.path().join("outwatch.db"), UnixMillis(0)).unwrap()
    }

    /// An outage of two minutes from this instant on, in a quarter of an hour of observations.
    fn observe(&self, instant: &str) {
        let observations = (0..30).map(|number| {
            let outcome = if (10..14).contains(&number) {
                Outcome::Fail(Failure {
                    cause: Some(Cause::Status),
                    phase: Some(Phase::Verdict),
                    detail: Some("503 Service Unavailable".into()),
                })
            } else {
                Outcome::Ok
            };
            let observation = Observation {
                ts: at(instant) + Millis::from_secs((number - 10) * 30),
                outcome,
                duration: Some(Micros(250_000)),
                answer: Answer::default(),
                provenance: Provenance::Imported { set_aside: false },
            };
            let probe: ProbeId = "music/web/player".parse().unwrap();
            Ok::<_, StoreError>((probe, observation))
        });
        let mut store = self.store();
        store.import(observations).unwrap();
        store.close().unwrap();
    }

    fn start(&self) -> Daemon {
        let (writer, sender) = Writer::start(self.store()).unwrap();
        let scheduled = self.scheduled();
        Daemon {
            reports: Reports::new(scheduled, writer.readers()),
            writer,
            sender,
        }
    }

    fn scheduled(&self) -> Vec<ScheduledReport> {
        self.load(&format!("{}\n{PLATFORMS}", self.reports)).reports
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("reports").join(name)
    }

    /// The names of the files, in order.
    fn files(&self) -> String {
        names(&self.path(""))
    }
}

fn names(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names.join(" ")
}

/// What of a daemon reports need.
struct Daemon {
    reports: Reports,
    writer: Writer,
    /// As long as there is one, the writer goes on.
    sender: Sender,
}

impl Daemon {
    /// Looks as the daemon does, and sees through what is due. Whether anything was.
    fn look(&mut self, now: &str) -> bool {
        let now = at(now);
        let begins = self.reports.look(now);
        if begins {
            self.reports.begin(now);
            let pass = self.reports.pass.take();
            self.reports.ended(pass.unwrap().join());
        }
        begins
    }

    /// Stops as a daemon does: nothing is lost.
    fn stop(self) {
        let Self {
            reports,
            writer,
            sender,
        } = self;
        drop((reports, sender));
        writer.join().unwrap();
    }
}

const MONTHLY: &str =
    "reports: { every: month, timezone: Europe/Berlin, formats: [json, csv], folder: reports }";

#[test]
fn each_month_is_told_once_it_is_over_and_its_last_requests_are_in() {
    let site = Site::since("2024-08-10T00:00:00Z", MONTHLY);
    let mut daemon = site.start();
    let mut seen = String::new();
    for now in [
        // the month before: nothing was configured
        "2024-08-10T00:00:05Z",
        "2024-08-31T21:59:59Z",
        // midnight in Berlin
        "2024-08-31T22:00:00Z",
        "2024-08-31T22:04:59.999Z",
        "2024-08-31T22:05:00Z",
        "2024-08-31T22:05:05Z",
        "2024-10-01T00:00:00Z",
        // clocks are put back in October
        "2024-10-31T22:59:00Z",
        "2024-10-31T23:05:00Z",
    ] {
        let begins = daemon.look(now);
        writeln!(seen, "{now} {begins} {}", site.files()).unwrap();
    }
    insta::assert_snapshot!(seen.replace("monthly-", ""), @r"
    2024-08-10T00:00:05Z true 
    2024-08-31T21:59:59Z false 
    2024-08-31T22:00:00Z false 
    2024-08-31T22:04:59.999Z false 
    2024-08-31T22:05:00Z true 2024-08.csv 2024-08.json
    2024-08-31T22:05:05Z false 2024-08.csv 2024-08.json
    2024-10-01T00:00:00Z true 2024-08.csv 2024-08.json 2024-09.csv 2024-09.json
    2024-10-31T22:59:00Z false 2024-08.csv 2024-08.json 2024-09.csv 2024-09.json
    2024-10-31T23:05:00Z true 2024-08.csv 2024-08.json 2024-09.csv 2024-09.json 2024-10.csv 2024-10.json
    ");
    let json = fs::read_to_string(site.path("monthly-2024-10.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["from"], "2024-09-30T22:00:00.000Z");
    assert_eq!(json["to"], "2024-10-31T23:00:00.000Z");
    assert_eq!(json["generated_at"], "2024-10-31T23:05:00.000Z");
}

#[test]
fn weeks_have_the_numbers_of_iso_8601() {
    let site = Site::since(
        "2024-12-20T00:00:00Z",
        "reports: { every: week, formats: markdown, folder: reports }",
    );
    let mut daemon = site.start();
    daemon.look("2025-01-20T00:05:00Z");
    assert_eq!(
        site.files(),
        "weekly-2025-W03.md",
        "only the latest at first"
    );
    daemon.look("2025-01-27T00:05:00Z");
    assert_eq!(site.files(), "weekly-2025-W03.md weekly-2025-W04.md");
}

#[test]
fn what_ended_during_a_downtime_is_made_up_for_with_the_same_bytes() {
    let punctual = Site::since("2024-08-10T00:00:00Z", MONTHLY);
    let late = Site::since("2024-08-10T00:00:00Z", MONTHLY);
    for site in [&punctual, &late] {
        site.observe("2024-08-20T10:00:00Z");
        let mut daemon = site.start();
        daemon.look("2024-09-01T00:00:00Z");
        assert_eq!(site.files(), "monthly-2024-08.csv monthly-2024-08.json");
        daemon.stop();
        site.observe("2024-09-29T14:30:00Z");
        // goes on over the end of the month
        site.observe("2024-10-31T22:59:00Z");
    }
    for now in ["2024-09-30T22:05:00Z", "2024-10-31T23:05:00Z"] {
        let mut daemon = punctual.start();
        daemon.look(now);
        daemon.stop();
    }
    late.observe("2024-12-02T10:00:00Z");
    let mut daemon = late.start();
    daemon.look("2024-12-03T12:00:00Z");
    assert_eq!(
        late.files(),
        "monthly-2024-08.csv monthly-2024-08.json monthly-2024-09.csv monthly-2024-09.json \
         monthly-2024-10.csv monthly-2024-10.json monthly-2024-11.csv monthly-2024-11.json"
    );
    for month in ["2024-08", "2024-09", "2024-10"] {
        for format in ["csv", "json"] {
            let name = format!("monthly-{month}.{format}");
            let [one, other] =
                [&punctual, &late].map(|site| fs::read_to_string(site.path(&name)).unwrap());
            assert_eq!(one, other, "{name}");
            assert!(one.contains("503") || format == "csv", "{name} tells of it");
        }
    }
}

#[test]
fn at_first_only_the_latest_month_is_told_in_which_anything_was_configured() {
    let gone = "service: Other\nplatforms: { web: ['http://127.0.0.1/'] }\n";
    for (removed, now, files) in [
        (None, "2024-12-03T12:00:00Z", "monthly-2024-11.csv"),
        (
            Some("2024-09-10T00:00:00Z"),
            "2024-12-03T12:00:00Z",
            "monthly-2024-09.csv",
        ),
        // it lived into this month, which is not over
        (
            Some("2024-12-02T00:00:00Z"),
            "2024-12-03T12:00:00Z",
            "monthly-2024-11.csv",
        ),
        // not an instant of September
        (
            Some("2024-09-01T00:00:00Z"),
            "2024-12-03T12:00:00Z",
            "monthly-2024-08.csv",
        ),
        (None, "2024-08-31T12:00:00Z", ""),
    ] {
        let reports = "reports: { every: month, formats: csv, folder: reports, services: Music }";
        let site = Site::since("2024-08-10T00:00:00Z", reports);
        if let Some(removed) = removed {
            site.register(gone, removed);
        }
        let mut daemon = site.start();
        daemon.look(now);
        assert_eq!(site.files(), files, "{removed:?} {now}");
        daemon.stop();
    }
}

#[test]
fn a_format_that_is_new_begins_with_the_latest_month() {
    let mut site = Site::since("2024-01-10T00:00:00Z", &MONTHLY.replace("json, csv", "csv"));
    for now in ["2024-02-02T00:00:00Z", "2024-03-02T00:00:00Z"] {
        let mut daemon = site.start();
        daemon.look(now);
        daemon.stop();
    }
    site.reports = MONTHLY.to_owned();
    let mut daemon = site.start();
    daemon.look("2024-04-02T00:00:00Z");
    assert_eq!(
        site.files(),
        "monthly-2024-01.csv monthly-2024-02.csv monthly-2024-03.csv monthly-2024-03.json"
    );
}

#[test]
fn files_of_old_periods_are_deleted_and_no_others() {
    let mut site = Site::since("2023-01-10T00:00:00Z", MONTHLY);
    fs::create_dir(site.path("")).unwrap();
    let others = [
        // another report's, another format's, copies, and what only looks alike
        "weekly-2024-01.csv",
        "monthly-2023-12.txt",
        "monthly-2023-12.csv.bak",
        "monthly-2023-1.csv",
        "monthly-2023-13.csv",
        "monthly-2023-W01.csv",
        "my-monthly-2023-12.csv",
        "monthly-eu-2023-12.csv",
        "monthly-2023-12.csv.part",
        "monthly-2023-12.csv.a1.part",
        "notes-2023-12.csv.12.part",
    ];
    let old = [
        "monthly-2023-11.json",
        "monthly-2023-12.csv",
        "monthly-2024-01.csv",
        "monthly-2024-01.json",
        "monthly-2024-02.csv",
        // of a process that was killed
        "monthly-2024-02.json.4711.part",
    ];
    for name in others.iter().chain(&old) {
        fs::write(site.path(name), "old").unwrap();
    }
    site.reports = MONTHLY.replace("folder", "keep: 2, folder");
    let mut daemon = site.start();
    daemon.look("2024-04-02T00:00:00Z");
    let mut expected: Vec<_> = others.into();
    expected.extend([
        "monthly-2024-02.csv",
        "monthly-2024-03.csv",
        "monthly-2024-02.json",
        "monthly-2024-03.json",
    ]);
    expected.sort_unstable();
    assert_eq!(site.files(), expected.join(" "));
    for name in others {
        assert_eq!(
            fs::read_to_string(site.path(name)).unwrap(),
            "old",
            "{name}"
        );
    }
    assert_eq!(
        fs::read_to_string(site.path("monthly-2024-02.csv")).unwrap(),
        "old",
        "what is there is not made again"
    );
}

#[test]
fn of_a_long_downtime_only_what_is_kept_is_made_up_for() {
    let keeping = MONTHLY
        .replace("folder", "keep: 3, folder")
        .replace("json, csv", "csv");
    let site = Site::since("2020-01-10T00:00:00Z", &keeping);
    let mut daemon = site.start();
    daemon.look("2020-03-02T00:00:00Z");
    daemon.look("2024-04-02T00:00:00Z");
    assert_eq!(
        site.files(),
        "monthly-2024-01.csv monthly-2024-02.csv monthly-2024-03.csv"
    );
}

#[test]
fn a_file_on_a_month_that_is_not_over_is_taken_for_none() {
    let site = Site::since("2024-01-10T00:00:00Z", &MONTHLY.replace("json, csv", "csv"));
    fs::create_dir(site.path("")).unwrap();
    for name in ["monthly-2024-01.csv", "monthly-2031-07.csv"] {
        fs::write(site.path(name), "of a clock that was wrong").unwrap();
    }
    let mut daemon = site.start();
    daemon.look("2024-04-02T00:00:00Z");
    assert_eq!(
        site.files(),
        "monthly-2024-01.csv monthly-2024-02.csv monthly-2024-03.csv monthly-2031-07.csv"
    );
}

#[test]
fn a_clock_that_was_years_ahead_keeps_no_report_back() {
    let site = Site::since("2024-01-10T00:00:00Z", &MONTHLY.replace("json, csv", "csv"));
    let mut daemon = site.start();
    assert!(daemon.look("2031-08-02T00:00:00Z"));
    assert!(daemon.look("2024-02-02T00:00:00Z"));
    assert!(!daemon.look("2024-02-29T12:00:00Z"));
    assert!(daemon.look("2024-03-02T00:00:00Z"));
    assert_eq!(
        site.files(),
        "monthly-2024-01.csv monthly-2024-02.csv monthly-2031-07.csv"
    );
}

/// What is logged on this thread.
fn listen() -> (Arc<Mutex<Vec<u8>>>, DefaultGuard) {
    struct Ear(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Ear {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let heard = Arc::default();
    let ear = Arc::clone(&heard);
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_writer(move || Ear(Arc::clone(&ear)))
        .finish();
    (heard, tracing::subscriber::set_default(subscriber))
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_told_once_and_tried_again_ever_less_often() {
    let both = "reports:\n  - { every: month, formats: csv, folder: reports }\n  - { every: month, name: fine, formats: csv, folder: fine }";
    let site = Site::since("2024-01-10T00:00:00Z", both);
    // where the folder is to be, there is a file
    fs::write(site.folder.path().join("reports"), "in the way").unwrap();
    let (heard, _listening) = listen();
    let mut daemon = site.start();
    let now = "2024-02-02T00:00:00Z";
    assert!(daemon.look(now));
    assert_eq!(names(&site.folder.path().join("fine")), "fine-2024-01.csv");
    let mut tries = Vec::new();
    for second in (0..6 * 3600).step_by(5) {
        if daemon.look(now) {
            tries.push(second / 60);
        }
        advance(Duration::from_secs(5)).await;
    }
    assert_eq!(tries, [1, 3, 7, 15, 31, 63, 123, 183, 243, 303]);
    let told = || {
        let place = site.folder.path().display().to_string();
        let heard = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
        heard.replace(&place, "…")
    };
    let error = "ERROR the report cannot be made, and is tried again: cannot read the folder …/reports: Not a directory (os error 20) report=\"monthly\"\n";
    assert_eq!(told(), error);
    fs::remove_file(site.folder.path().join("reports")).unwrap();
    advance(RETRY_LONGEST).await;
    assert!(daemon.look(now));
    assert_eq!(site.files(), "monthly-2024-01.csv");
    assert!(
        told().ends_with("INFO the report can be made again report=\"monthly\"\n"),
        "{}",
        told()
    );
    advance(RETRY_LONGEST).await;
    assert!(!daemon.look(now), "nothing is left to do");
}

#[test]
fn a_folder_or_a_file_that_cannot_be_written_is_named() {
    let cannot = |reports: &str, prepare: &dyn Fn(&Site)| {
        let site = Site::since("2024-01-10T00:00:00Z", reports);
        prepare(&site);
        let (heard, _listening) = listen();
        site.start().look("2024-02-02T00:00:00Z");
        let place = site.folder.path().display().to_string();
        let heard = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
        let (_, why) = heard.split_once("tried again: ").unwrap();
        why.replace(&place, "…")
    };
    let csv = MONTHLY.replace("json, csv", "csv");
    let in_the_way = |site: &Site| fs::create_dir_all(site.path("monthly-2024-01.csv")).unwrap();
    assert_eq!(
        cannot(&csv, &in_the_way),
        "cannot write …/reports/monthly-2024-01.csv: it is a folder report=\"monthly\"\n"
    );
    let long = csv.replace("folder: reports", &format!("folder: {}", "f".repeat(300)));
    let said = cannot(&long, &|_| {});
    assert!(said.starts_with("cannot read the folder …/ffff"), "{said}");
    assert_eq!(
        cannot(
            &csv.replace("folder: reports", "folder: reports/of/it"),
            &|site| {
                std::os::unix::fs::symlink("nowhere", site.folder.path().join("reports")).unwrap();
            }
        ),
        "cannot make the folder …/reports/of/it: File exists (os error 17) report=\"monthly\"\n"
    );
}

#[test]
fn a_pass_that_panics_is_told_once_and_tried_again() {
    let site = Site::since("2024-01-10T00:00:00Z", MONTHLY);
    let (heard, _listening) = listen();
    let mut daemon = site.start();
    daemon.reports.is_new = false;
    daemon.reports.ended(Err(Box::new("a bug")));
    daemon.reports.ended(Err(Box::new("a bug")));
    let length = daemon.reports.retry.map(|(_, length)| length);
    assert_eq!(length, Some(RETRY_FIRST * 2));
    let heard = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
    assert_eq!(heard.lines().count(), 1, "{heard}");
}

#[test]
fn another_configuration_is_followed_at_once() {
    let mut site = Site::since("2024-01-10T00:00:00Z", MONTHLY);
    let mut daemon = site.start();
    daemon.look("2024-02-02T00:00:00Z");
    daemon.reports.change(site.scheduled());
    assert!(!daemon.look("2024-02-02T00:01:00Z"), "nothing has changed");
    site.reports = "reports: { every: week, name: w, formats: csv, folder: reports }".to_owned();
    daemon.reports.change(site.scheduled());
    assert!(daemon.look("2024-02-02T00:02:00Z"));
    assert_eq!(
        site.files(),
        "monthly-2024-01.csv monthly-2024-01.json w-2024-W04.csv"
    );
    site.reports = String::new();
    daemon.reports.change(site.scheduled());
    assert!(!daemon.look("2024-06-02T00:00:00Z"), "none any more");
}
