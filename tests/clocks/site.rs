//! A configuration, a database, and a daemon in this process whose clocks the test moves.

use std::cell::RefCell;
use std::fs;
use std::future::poll_fn;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use outwatch::clock::{Clock, Hand};
use outwatch::daemon::supervisor::Nobody;
use outwatch::daemon::{self, Announcer, Settings, Signal, Summary};
use outwatch::domain::observation::Reason;
use outwatch::domain::outage::OutageWindow;
use outwatch::domain::probe::ProbeId;
use outwatch::domain::rollup::Turn;
use outwatch::domain::schedule::agenda::Limits;
use outwatch::domain::subject::Subject;
use outwatch::domain::time::{Millis, Pace, Period, UnixMillis};
use outwatch::store::{BACKLOG_BYTES, Reader, StoredEpoch, StoredProbe};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::service::Service;

/// Far more than anything takes, also on a machine with other things to do.
const DEADLINE: Duration = Duration::from_mins(1);

/// A second is 50 ms.
pub(crate) const PACE: u32 = 20;

pub(crate) const HOUR: Millis = Millis::from_secs(3600);

/// Some day when the clock was right, at which nothing special happens.
pub(crate) const BEGIN: UnixMillis = UnixMillis(1_780_000_000_000);

/// Two failures make an outage and two successes end it; an asking every 10 s.
pub(crate) const DEFAULTS: &str = "interval: 10s, timeout: 10s, confirm_interval: 1s, grace: 10m";

pub(crate) struct Site {
    folder: TempDir,
    /// What was told of outages: a word, and where each began and ended.
    pub(crate) told: Rc<RefCell<Vec<Told>>>,
    tell: mpsc::UnboundedSender<Signal>,
    signals: RefCell<mpsc::UnboundedReceiver<Signal>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) what: &'static str,
    pub(crate) window: OutageWindow,
}

struct Notes(Rc<RefCell<Vec<Told>>>);

impl Notes {
    fn note(&self, what: &'static str, window: &OutageWindow) {
        let window = window.clone();
        self.0.borrow_mut().push(Told { what, window });
    }
}

impl Announcer for Notes {
    fn opened(&self, _: &ProbeId, window: &OutageWindow, _: bool) {
        self.note("opened", window);
    }

    fn closed(&self, _: &ProbeId, window: &OutageWindow) {
        self.note("closed", window);
    }

    fn taken_back(&self, _: &ProbeId, window: &OutageWindow) {
        self.note("taken back", window);
    }

    fn turned(&self, _: &Subject, _: &Turn) {}
}

/// A clock that shows `begin` now and runs `pace` times as fast as time does.
pub(crate) fn scripted(begin: UnixMillis, pace: u32) -> (Clock, Hand) {
    Clock::scripted(begin, Pace(NonZeroU32::new(pace).unwrap()))
}

impl Site {
    /// A platform with one endpoint for each service.
    pub(crate) fn new(defaults: &str, platforms: &[(&str, &Service)]) -> Self {
        let (tell, signals) = mpsc::unbounded_channel();
        let site = Self {
            folder: tempfile::tempdir().unwrap(),
            told: Rc::default(),
            tell,
            signals: RefCell::new(signals),
        };
        site.configure(defaults, platforms);
        site
    }

    pub(crate) fn configure(&self, defaults: &str, platforms: &[(&str, &Service)]) {
        let head = format!("service: Music\ndefaults: {{ {defaults} }}\nplatforms:\n");
        let endpoints = platforms.iter().map(|(platform, service)| {
            let url = service.url();
            format!("  {platform}: [{{ name: player, url: \"{url}\" }}]\n")
        });
        let text: String = std::iter::once(head).chain(endpoints).collect();
        // at once, as an editor does
        let new = self.folder.path().join("probes.new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.configuration()).unwrap();
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("probes.yaml")
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("outwatch.db")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.tell.send(signal).unwrap();
    }

    /// Runs a daemon while the scenario plays, and stops it then.
    pub(crate) async fn watch(&self, clock: &Clock, scenario: impl Future<Output = ()>) -> Summary {
        let log = fs::File::options()
            .append(true)
            .create(true)
            .open(self.log_file());
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(Arc::new(log.unwrap()))
            .finish();
        // of this thread, which is the only one that the daemon runs on
        let _logging = tracing::subscriber::set_default(subscriber);
        let settings = Settings {
            config: vec![self.configuration()],
            db: self.database(),
            clock: clock.clone(),
            limits: Limits {
                in_flight: 64,
                in_flight_per_host: 64,
            },
            descriptors_max: None,
            backlog_bytes: BACKLOG_BYTES,
            announcer: Box::new(Notes(Rc::clone(&self.told))),
            supervisor: Box::new(Nobody),
        };
        let signals = async || {
            let next = poll_fn(|context| self.signals.borrow_mut().poll_recv(context));
            next.await.expect("this site has the other end")
        };
        let mut daemon = std::pin::pin!(daemon::run(settings, signals));
        tokio::select! {
            ended = &mut daemon => panic!("it ended before its time: {ended:?}\n{}", self.log()),
            played = tokio::time::timeout(DEADLINE, scenario) => {
                assert!(played.is_ok(), "waited in vain; {:?}\n{}", self.told, self.log());
            }
        }
        self.signal(Signal::Stop);
        let ended = tokio::time::timeout(DEADLINE, daemon).await;
        ended.expect("it stops when it is told to").unwrap()
    }

    /// Waits until something is so.
    pub(crate) async fn until(&self, is_so: impl Fn() -> bool) {
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        while !is_so() {
            looks.tick().await;
        }
    }

    /// Waits until the log says so for the `count`th time.
    pub(crate) async fn until_logged(&self, text: &str, count: usize) {
        self.until(|| self.logged(text) >= count).await;
    }

    /// Waits until `what` was told of so many outages.
    pub(crate) async fn until_told(&self, what: &str, count: usize) {
        let told = || self.told.borrow().iter().filter(|t| t.what == what).count();
        self.until(|| told() >= count).await;
    }

    /// What was told of outages, in order.
    pub(crate) fn words(&self) -> Vec<&'static str> {
        self.told.borrow().iter().map(|told| told.what).collect()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// How many lines of the log hold the text.
    pub(crate) fn logged(&self, text: &str) -> usize {
        self.log()
            .lines()
            .filter(|line| line.contains(text))
            .count()
    }

    fn printed(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outwatch"));
        let command = command.current_dir(self.folder.path()).args(arguments);
        let output = command.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// As `outages` rebuilds them, once no daemon runs any more.
    pub(crate) fn windows(&self) -> Vec<Value> {
        let from = BEGIN
            .saturating_sub(Millis::from_secs(7 * 86_400))
            .to_string();
        let to = (BEGIN + Millis::from_secs(7 * 86_400)).to_string();
        let json = self.printed(&["outages", "--format", "json", "--from", &from, "--to", &to]);
        let json: Value = serde_json::from_str(&json).unwrap();
        json["outages"].as_array().unwrap().clone()
    }

    /// All observations of a platform's endpoint, in order of time.
    pub(crate) fn observations(&self, platform: &str) -> Vec<Value> {
        let probe = format!("music/{platform}/player");
        let lines = self.printed(&["export", "--probe", &probe]);
        let parse = |line| serde_json::from_str(line).unwrap();
        lines.lines().map(parse).collect()
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.database()).unwrap()
    }

    /// How long each trouble of the observer's own was that has this reason.
    pub(crate) fn troubles(&self, reason: Reason) -> Vec<Millis> {
        let ever = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));
        let mut troubles = self.reader().troubles(ever).unwrap();
        troubles.retain(|trouble| trouble.reason == reason);
        troubles.iter().map(|one| one.period.length()).collect()
    }

    pub(crate) fn epochs(&self) -> Vec<StoredEpoch> {
        self.reader().epochs().unwrap()
    }

    pub(crate) fn probes(&self) -> Vec<StoredProbe> {
        self.reader().probes().unwrap()
    }
}

/// When an observation began.
pub(crate) fn ts(observation: &Value) -> UnixMillis {
    observation["ts"].as_str().unwrap().parse().unwrap()
}

/// Which of the observations are of this outcome.
pub(crate) fn of_outcome<'a>(all: &'a [Value], outcome: &str) -> Vec<&'a Value> {
    all.iter().filter(|one| one["outcome"] == outcome).collect()
}
