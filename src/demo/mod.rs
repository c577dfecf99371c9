//! A day in a minute: a sample service with a scripted disruption, probed by the real pipeline with
//! a clock that runs fast, and the windows that come out held against the script.

mod script;
mod service;
mod truth;

use std::convert::Infallible;
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::daemon::supervisor::Nobody;
use crate::daemon::{self, Announcer, DaemonError, Settings, Signal};
use crate::domain::schedule::agenda::Limits;
use crate::domain::time::{Micros, MonoMicros, Pace, UnixMillis};
use crate::store::BACKLOG_BYTES;

pub use script::DAY;
pub use truth::{Check, FLIGHT_MAX, Finding, check};

/// How much faster than real the day passes: four hours in 40 seconds.
pub const PACE: Pace = match NonZeroU32::new(360) {
    Some(pace) => Pace(pace),
    None => Pace::REAL,
};

/// Why the demo could not be played.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("cannot serve the sample service on loopback: {0}")]
    Service(std::io::Error),
    #[error("cannot write the sample configuration: {0}")]
    Configuration(std::io::Error),
    #[error(transparent)]
    Daemon(#[from] DaemonError),
}

/// Plays the day: the database is in `folder` afterwards, as [`DATABASE`]. `progress` is told now
/// and then what the clock shows.
pub async fn play(
    folder: &Path,
    announcer: Box<dyn Announcer>,
    mut progress: impl FnMut(UnixMillis),
) -> Result<(), DemoError> {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(DemoError::Service)?;
    let address = listener.local_addr().map_err(DemoError::Service)?;
    let config = folder.join("demo.yaml");
    fs::write(&config, configuration(address)).map_err(DemoError::Configuration)?;

    let clock = Clock::replay(DAY.from, PACE);
    let settings = Settings {
        config: vec![config],
        db: folder.join(DATABASE),
        clock: clock.clone(),
        limits: Limits {
            in_flight: 64,
            in_flight_per_host: 64,
        },
        descriptors_max: None,
        backlog_bytes: BACKLOG_BYTES,
        announcer,
        supervisor: Box::new(Nobody),
    };
    let over = clock.instant(MonoMicros(Micros::from(DAY.length()).0));
    let signals = async || {
        tokio::time::sleep_until(over).await;
        Signal::Stop
    };
    // not among the signals, which the daemon waits for anew whenever something else has happened
    let mut tell = async || -> Infallible {
        let mut ticks = tokio::time::interval(PROGRESS_EVERY);
        loop {
            ticks.tick().await;
            progress(clock.now());
        }
    };
    tokio::select! {
        never = tell() => match never {},
        served = service::serve(listener, clock.clone()) => {
            // it serves until it is dropped, unless something is wrong
            Err(DemoError::Service(served.err().unwrap_or_else(|| std::io::Error::other("it ended"))))
        }
        run = daemon::run(settings, signals) => {
            run?;
            Ok(())
        }
    }
}

/// The database's file name within the folder.
pub const DATABASE: &str = "demo.db";

const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// The sample service's probes.yaml.
fn configuration(address: std::net::SocketAddr) -> String {
    format!(
        "\
service: Melody
slo: {{ target: 99.9%, over: month }}
sla:
  name: subscribers
  outage_min: 5m
  credits:
    - {{ below: 99.9%, credit: 10% }}
    - {{ below: 99%, credit: 25% }}
defaults:
  interval: 60s
  timeout: 30s
  confirm_interval: 15s
  failure_threshold: 2
  recovery_threshold: 2
platforms:
  desktop:
    - {{ name: access points, url: \"http://{address}/desktop/access-points\", expect: {{ body_contains: accesspoint }},
        maintenance: [{{ from: 2024-09-29T17:35:00Z, to: 2024-09-29T17:45:00Z, note: certificates are renewed }}] }}
    - {{ name: login, url: \"http://{address}/desktop/login\" }}
  mobile:
    - {{ name: web api, url: \"http://{address}/mobile/api\" }}
  web:
    - {{ name: player, url: \"http://{address}/web/player\", expect: {{ body_contains: Player }} }}
"
    )
}
