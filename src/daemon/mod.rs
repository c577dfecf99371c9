//! Wires the parts: the scheduler's answers become observations, which the reducer judges and the
//! store keeps, until it is told to stop.

mod announcer;
mod fleet;
mod follower;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use tracing::{debug, error, info, warn};

pub use announcer::{Announcer, Log};

use crate::clock::Clock;
use crate::config;
use crate::domain::schedule::agenda::{Limits, Tally};
use crate::domain::time::{Micros, Millis, UnixMillis};
use crate::prober::{self, Prober, ProberError};
use crate::store::{Counts, Reader, Sender, Store, StoreError, Writer};

pub use fleet::records;

use fleet::Fleet;
use watch::Watch;

/// What a daemon runs with.
pub struct Settings {
    /// Files and folders of the configuration.
    pub config: Vec<PathBuf>,
    pub db: PathBuf,
    pub clock: Clock,
    pub limits: Limits,
    pub announcer: Box<dyn Announcer>,
}

/// What a daemon is told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Reload,
    Stop,
}

/// Why it could not start, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    #[error(transparent)]
    Config(#[from] config::Errors),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Prober(#[from] ProberError),
    #[error(
        "the clock shows {now}, but the newest observation is of {newest}: set the clock, or begin a new database with --db"
    )]
    ClockBehind { now: UnixMillis, newest: UnixMillis },
}

/// What it did.
#[derive(Clone, Debug)]
pub struct Summary {
    pub tally: Tally,
    pub counts: Counts,
}

/// A clock set back further than this is not trusted.
const SET_BACK_MAX: Millis = Millis::from_secs(24 * 3600);

/// How often the daemon tells, at debug, how it fares.
const TALLY_EVERY: Duration = Duration::from_mins(5);

/// Changes of files come in bursts: an editor writes, renames and touches.
const SETTLE: Duration = Duration::from_millis(200);

/// Probes until `signals` says stop, or ends. What is under way then is recorded as inconclusive.
pub async fn run(
    settings: Settings,
    mut signals: impl AsyncFnMut() -> Signal,
) -> Result<Summary, DaemonError> {
    let Settings {
        config: paths,
        db,
        clock,
        limits,
        announcer,
    } = settings;
    let configuration = config::load(&paths)?;
    let prober = Prober::new(prober::Settings {
        pace: clock.pace(),
        ..prober::Settings::default()
    })?;
    let now = clock.now();
    let mut store = Store::create_or_open(&db, now)?;
    let reader = Reader::open(&db)?;
    if let Some(newest) = reader.newest_hour()?
        && now < newest.saturating_sub(SET_BACK_MAX)
    {
        return Err(DaemonError::ClockBehind { now, newest });
    }
    drop(reader);
    store.register(&records(&configuration), now)?;
    let epoch = store.begin_epoch(now)?;
    let mut fleet = Fleet::new(clock, limits, &prober, epoch, announcer);
    fleet.start(configuration.probes, &Reader::open(&db)?)?;
    let (writer, sender) = Writer::start(store)?;
    let mut watch = Watch::new(&configuration.sources);
    let mut tally = tokio::time::interval(TALLY_EVERY);
    info!(probes = fleet.len(), db = %db.display(), "probing");

    loop {
        tokio::select! {
            biased;
            signal = signals() => match signal {
                Signal::Stop => break,
                Signal::Reload => reload(&paths, &mut fleet, &sender, &mut watch).await?,
            },
            finished = fleet.next() => {
                if let Some((probe, observation)) = fleet.take(finished) {
                    sender.send(probe, observation).await?;
                }
            }
            () = watch.changed() => {
                tokio::time::sleep(SETTLE).await;
                watch.forget();
                reload(&paths, &mut fleet, &sender, &mut watch).await?;
            }
            _ = tally.tick() => tell(fleet.tally(), sender.counts()),
        }
    }
    for (probe, observation) in fleet.cut_short() {
        sender.send(probe, observation).await?;
    }
    let tally = fleet.tally().clone();
    drop(fleet);
    sender.flush().await?;
    let counts = sender.counts();
    drop(sender);
    writer.join()?;
    info!(observations = counts.committed, "stopped");
    Ok(Summary { tally, counts })
}

/// Takes over what changed in the configuration. A bad one leaves the old one in force.
async fn reload(
    paths: &[PathBuf],
    fleet: &mut Fleet<'_>,
    sender: &Sender,
    watch: &mut Watch,
) -> Result<(), DaemonError> {
    let configuration = match config::load(paths) {
        Ok(configuration) => configuration,
        Err(errors) => {
            error!("the configuration stays as it was; the new one is refused:\n{errors}");
            return Ok(());
        }
    };
    let now = fleet.now();
    sender.register(records(&configuration), now).await?;
    *watch = Watch::new(&configuration.sources);
    let change = fleet.change(configuration.probes, now);
    if change.is_nothing() {
        debug!("nothing changed in the configuration");
    } else {
        info!(
            added = change.added,
            removed = change.removed,
            changed = change.changed,
            probes = fleet.len(),
            "configuration reloaded"
        );
    }
    Ok(())
}

fn tell(tally: &Tally, counts: Counts) {
    let ms = |late: Option<Micros>| late.map(|late| late.to_millis().0);
    let lateness = &tally.lateness;
    debug!(
        asked = lateness.count(),
        late_p50_ms = ms(lateness.percentile(50)),
        late_p99_ms = ms(lateness.percentile(99)),
        late_max_ms = ms(Some(lateness.max())),
        missed = tally.missed,
        committed = counts.committed,
        batches = counts.batches,
        waited = counts.waited,
        retries = counts.retries,
        "so far"
    );
    if counts.unknown > 0 {
        warn!(
            observations = counts.unknown,
            "lost: of probes that are not registered"
        );
    }
}
