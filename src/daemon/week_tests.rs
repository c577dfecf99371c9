//! A week of virtual time: what a daemon remembers of its probes does not grow with it.

use std::cell::Cell;
use std::fmt::Write;
use std::fs;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::Announcer;
use super::asker::Inquirer;
use super::epochs::Epochs;
use super::fleet::{Fleet, configured};
use crate::clock::Clock;
use crate::config;
use crate::domain::observation::{Answer, Cause, Failure, Outcome, Phase, Reason};
use crate::domain::outage::OutageWindow;
use crate::domain::probe::ProbeId;
use crate::domain::rollup::Turn;
use crate::domain::schedule::agenda::Limits;
use crate::domain::subject::Subject;
use crate::domain::time::{Micros, Pace, UnixMillis};
use crate::evidence::Evidence;
use crate::prober::{Hints, Reply};
use crate::scheduler::{Ask, Started};
use crate::store::Store;

/// Some Monday when the clock was right.
const BEGIN: UnixMillis = UnixMillis(1_780_272_000_000);

const DAYS: i64 = 7;

const INTERVAL: &str = "5m";

const DAY_MS: i64 = 86_400_000;

/// Endpoints that do as they please: each by its number fails now and then for one asking, for an
/// hour or for half a day, is slow, or flaps; of one nothing is known for days.
struct Played {
    asked: Cell<u64>,
}

impl Ask for Played {
    type Probe = config::Probe;
    type Answer = Reply;

    async fn ask(&self, probe: Rc<config::Probe>, started: Started) -> Reply {
        self.asked.set(self.asked.get() + 1);
        sleep(TAKES).await;
        let number = probe.probe.endpoint.slug().trim_start_matches('p');
        let number: i64 = number.parse().expect("they are numbered");
        let since = (started.ts - BEGIN).0 + number * 977_000;
        let fails = match number % 5 {
            0 => since % (4 * 3_600_000) < 3_600_000,
            1 => since % DAY_MS < DAY_MS / 2,
            // every third asking or so
            2 => since / 300_000 % 3 == 0,
            _ => since / 300_000 % 97 == 0,
        };
        let nobody_knows = (started.ts - BEGIN).0 < DAYS / 2 * DAY_MS;
        let outcome = if probe.probe.platform.slug() == "mobile" && number == 0 && nobody_knows {
            Outcome::Inconclusive {
                reason: Some(Reason::ObserverOffline),
                detail: None,
            }
        } else if fails {
            Outcome::Fail(Failure {
                cause: Some(Cause::Status),
                phase: Some(Phase::Verdict),
                detail: Some("503 Service Unavailable".into()),
            })
        } else if since / 300_000 % 11 == 0 {
            Outcome::Slow { detail: None }
        } else {
            Outcome::Ok
        };
        Reply {
            outcome,
            duration: Micros::from_duration(TAKES),
            answer: Answer::default(),
            evidence: fails.then(|| Box::new(Evidence::default())),
            hints: Hints::default(),
        }
    }
}

/// Far less often than a daemon does: a look takes longer than all askings in between.
const LOOK_EVERY: Duration = Duration::from_mins(5);

const TAKES: Duration = Duration::from_millis(50);

impl Inquirer for Played {
    fn watch_over<'p>(&self, _: impl Iterator<Item = &'p config::Probe>) {}

    fn under_way(&self, _: &config::Probe, _: Started) {}
}

struct Nobody;

impl Announcer for Nobody {
    fn opened(&self, _: &ProbeId, _: &OutageWindow, _: bool) {}
    fn closed(&self, _: &ProbeId, _: &OutageWindow) {}
    fn taken_back(&self, _: &ProbeId, _: &OutageWindow) {}
    fn turned(&self, _: &Subject, _: &Turn) {}
}

/// The most that is remembered on each day: in pieces of the past, and in KiB of this process.
async fn remembered(probes: usize) -> Vec<(usize, u64)> {
    let place = tempfile::tempdir().expect("a folder for a test");
    let file = place.path().join("probes.yaml");
    let mut text = format!(
        "defaults: {{ interval: {INTERVAL}, timeout: 10s, confirm_interval: 10s }}\nplatforms:\n"
    );
    for platform in ["web", "mobile"] {
        writeln!(text, "  {platform}:").expect("a String takes all");
        for number in 0..probes / 2 {
            let line = format!("    - {{ name: p{number}, url: \"http://127.0.0.1/{number}\" }}");
            writeln!(text, "{line}").expect("a String takes all");
        }
    }
    fs::write(&file, text).expect("a folder that can be written to");
    let configuration = config::load(&[file]).expect("a good configuration");
    let clock = Clock::replay(BEGIN, Pace::REAL);
    let mut store = Store::create_or_open(&place.path().join("week.db"), BEGIN).expect("a new one");
    store
        .register(&configured(&configuration), BEGIN)
        .expect("a store that works");
    let epoch = store.begin_epoch(BEGIN).expect("a store that works");
    let asker = Played {
        asked: Cell::new(0),
    };
    let limits = Limits {
        in_flight: 512,
        in_flight_per_host: 512,
    };
    let epochs = Epochs::new(epoch, BEGIN);
    let mut fleet = Fleet::new(clock.clone(), limits, &asker, epochs, Box::new(Nobody));
    let reader = store.reader().expect("a store that works");
    fleet
        .start(configuration, &reader, BEGIN)
        .expect("a store that works");

    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let begin = Instant::now();
    let mut remembered = Vec::new();
    let (mut outages, mut pieces) = (0, 0);
    while i64::try_from(remembered.len()).expect("few") < DAYS {
        tokio::select! {
            biased;
            _ = looks.tick() => {
                fleet.look_at_overdue();
                fleet.look_at_turned(clock.now());
                fleet.look_at_services(clock.now());
                pieces = pieces.max(fleet.pieces());
            }
            finished = fleet.next() => {
                let taken = fleet.take(finished).expect("all are followed, in one epoch");
                outages += taken.evidence.len();
            }
        }
        let day = begin.elapsed().as_millis() / 86_400_000;
        if usize::try_from(day).expect("few") > remembered.len() {
            let rss_kib = rss_kib();
            tracing::info!(
                day,
                asked = asker.asked.get(),
                pieces,
                rss_kib,
                "remembered"
            );
            remembered.push((std::mem::take(&mut pieces), rss_kib));
        }
    }
    assert!(outages > 10 * probes, "much happened: {outages}");
    remembered
}

/// Of this process, of memory that is not of files; 0 where the system does not tell.
fn rss_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.map_or(0, |number| number.parse().expect("a number of KiB"))
}

/// Each of a handful of pieces, whatever is unknown.
const PIECES_EACH: usize = 20;

#[tokio::test(start_paused = true)]
async fn what_is_remembered_in_a_week_does_not_grow() {
    let probes = 20;
    for (pieces, _) in remembered(probes).await {
        assert!(pieces <= PIECES_EACH * probes, "{pieces}");
    }
}

/// `OUTWATCH_TEST_PROBES=10000 cargo test --lib -- --ignored --nocapture a_week_of_many`, which takes
/// long: two million askings a day.
#[tokio::test(start_paused = true)]
#[ignore = "takes long"]
async fn a_week_of_many_probes_needs_no_more_memory_than_two_days() {
    tracing_subscriber::fmt().init();
    let probes = std::env::var("OUTWATCH_TEST_PROBES");
    let probes = probes.map_or(1_000, |probes| probes.parse().expect("a number"));
    let days = remembered(probes).await;
    for (pieces, rss_kib) in &days[2..] {
        assert!(*pieces <= PIECES_EACH * probes, "{days:?}");
        assert!(*rss_kib <= days[1].1 + days[1].1 / 8, "{days:?}");
    }
}
