//! How the daemon fares, as `status --self` shows it.

use outwatch::report::fares::{
    AskedFares, CommitFares, Fares, ProcessFares, ScheduleFares, SelfStatus, Spread, StoreFares,
};

use super::*;

fn spread(p50: f64, p99: f64, max: f64) -> Spread {
    Spread {
        p50_ms: Some(p50),
        p99_ms: Some(p99),
        max_ms: Some(max),
    }
}

fn fares() -> Fares {
    Fares {
        version: "1.2.3".to_owned(),
        pid: 4711,
        uptime_ms: 7_380_000,
        is_stopped: false,
        probes: 10_000,
        down: 3,
        epochs: 2,
        schedule: ScheduleFares {
            in_flight: 12,
            in_flight_max: 4096,
            in_flight_per_host_max: 32,
            waiting: 7,
            since_start: AskedFares {
                span_ms: 7_380_000,
                asked: 7_380_000,
                missed: 12,
                lateness: spread(0.575, 1.919, 812.5),
            },
            lately: AskedFares {
                span_ms: 300_000,
                asked: 300_000,
                missed: 0,
                lateness: spread(0.55, 1.8, 12.25),
            },
        },
        store: StoreFares {
            queued: 31,
            queued_max: 1024,
            room: 130_000,
            retries: 1,
            batch_max: 900,
            lost: 0,
            evidence_lost: 2,
            housekeeping_steps: 24,
            housekeeping_time: spread(180.0, 250.0, 251.0),
            since_start: CommitFares {
                span_ms: 7_380_000,
                observations: 7_379_969,
                commits: 29_520,
                commit_time: spread(6.0, 14.0, 320.5),
            },
            lately: CommitFares {
                span_ms: 300_000,
                observations: 300_000,
                commits: 1200,
                commit_time: Spread::default(),
            },
        },
        process: ProcessFares {
            memory_bytes: Some(41_500_000),
            descriptors: Some(29),
            descriptors_max: None,
        },
    }
}

fn status(fares: Fares, is_held: Option<bool>) -> SelfStatus {
    SelfStatus::new(fares, minute(10), is_held, minute(10) + Millis(4200))
}

#[test]
fn how_the_daemon_fares_is_shown_in_words_and_as_json() {
    let status = status(fares(), Some(true));
    let document = wording::self_status(&status);
    golden("self-status.table", &on_terminal(&document));
    golden("self-status.narrow", &within(80, &document));
    golden(
        "self-status.json",
        &text(|out| json::self_status(&status, out)),
    );
}

#[test]
fn whether_the_daemon_runs_is_said_first() {
    let stopped = Fares {
        is_stopped: true,
        ..fares()
    };
    for (fares, is_held, first) in [
        (fares(), Some(true), "The daemon runs since 2024-09-29"),
        // another process has the database by now
        (fares(), Some(false), "The daemon does not run. It ended"),
        (fares(), None, "The daemon told this 4.2s ago, 2h 3m after"),
        (
            stopped.clone(),
            Some(true),
            "The daemon does not run. It was stopped",
        ),
        (
            stopped,
            Some(false),
            "The daemon does not run. It was stopped",
        ),
    ] {
        let shown = on_terminal(&wording::self_status(&status(fares, is_held)));
        assert!(shown.starts_with(first), "{first}:\n{shown}");
    }
}

#[test]
fn what_a_daemon_tells_is_read_back_as_it_was() {
    let json = serde_json::to_string(&fares()).unwrap();
    assert_eq!(serde_json::from_str::<Fares>(&json).unwrap(), fares());
}
