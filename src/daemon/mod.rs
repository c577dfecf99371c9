//! Wires the parts: the scheduler's answers become observations, which the reducer judges and the
//! store keeps, until it is told to stop.

mod announcer;
mod archive;
mod asker;
mod course;
pub mod descriptors;
mod epochs;
mod fleet;
mod follower;
mod followers;
mod keeper;
mod load;
mod lookout;
mod overload;
mod reload;
pub mod reports;
mod resume;
mod services;
mod shortage;
mod signals;
pub mod supervisor;
mod timekeeper;
mod unsaved;
mod vitals;
mod watch;
#[cfg(test)]
mod week_tests;

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval, interval_at};
use tracing::{error, info, warn};

pub use announcer::{Announcer, Log};
pub use fleet::configured;
pub use load::shortfalls;

use crate::clock::Clock;
use crate::config::{self, Configuration};
use crate::domain::observation::Reason;
use crate::domain::schedule::agenda::{Limits, Tally};
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::trouble::Trouble;
use crate::prober::{self, Prober, ProberError, Reply};
use crate::scheduler::Finished;
use crate::store::{Counts, Store, StoreError, Writer};

use archive::Archive;
use asker::Asker;
use course::Course;
use epochs::Epochs;
use fleet::Fleet;
use lookout::Lookout;
use overload::Overload;
use reload::Reload;
use reports::Reports;
use signals::Signals;
use supervisor::Supervisor;
use timekeeper::Timekeeper;
use vitals::{LOG_EVERY, TELL_EVERY, Vitals};

/// What a daemon runs with.
pub struct Settings {
    /// Files and folders of the configuration.
    pub config: Vec<PathBuf>,
    pub db: PathBuf,
    pub clock: Clock,
    pub limits: Limits,
    /// Most descriptors that this process may have. `None` without a limit, or if it is not known.
    pub descriptors_max: Option<usize>,
    /// Most memory for what waits while the database takes nothing.
    pub backlog_bytes: usize,
    pub announcer: Box<dyn Announcer>,
    pub supervisor: Box<dyn Supervisor>,
}

/// What a daemon is told from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Reload,
    Stop,
    /// Told after the other: not to wait for the database either.
    StopNow,
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
        "told twice to stop, it ended at once: up to {waiting} observations that waited for the database are lost"
    )]
    EndedAtOnce { waiting: usize },
}

/// What it did.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub tally: Tally,
    pub counts: Counts,
}

/// A clock set back further than this is not trusted: with a newest observation further ahead,
/// nothing is recorded.
pub const SET_BACK_MAX: Millis = Millis::from_secs(24 * 3600);

/// How often it is looked whether anything was declared, or turned by time alone.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// When a configuration that the store did not take is offered again.
const OFFER_AGAIN: Duration = Duration::from_secs(5);

/// Probes until `signals` says stop. What is under way then is recorded as inconclusive.
pub async fn run(
    settings: Settings,
    signals: impl AsyncFnMut() -> Signal,
) -> Result<Summary, DaemonError> {
    let Settings {
        config: paths,
        db,
        clock,
        limits,
        descriptors_max,
        backlog_bytes,
        announcer,
        supervisor,
    } = settings;
    let mut signals = Signals::new(signals, supervisor);
    signals.status("reading the configuration and the database");
    let mut configuration = config::load(&paths)?;
    let mut reload = Reload::new(paths, &configuration.sources);
    let prober = Prober::new(prober::Settings {
        pace: clock.pace(),
        ..prober::Settings::default()
    })?;
    let asker = Asker::new(prober, clock.clone());
    let mut timekeeper = Timekeeper::new(clock.clone());
    let mut store = Store::create_or_open(&db, timekeeper.now())?;
    let newest = store.reader()?.newest_hour()?;
    let mut lost = None;
    if let Err(why) = timekeeper.trust(newest) {
        let begin = timekeeper.boot_time();
        error!("nothing is asked until the clock is right: {why}");
        signals.status(CLOCK_WRONG);
        // it does what can be done: whoever waits for it to start would wait for the clock
        signals.ready();
        let waited = until_trusted(&mut timekeeper, newest, &mut reload, &mut signals).await;
        let Some(changed) = waited else {
            signals.stopping();
            store.close()?;
            return Ok(Summary::default());
        };
        configuration = changed.unwrap_or(configuration);
        let (now, length) = (timekeeper.now(), timekeeper.boot_time() - begin);
        info!(%now, "the clock is trusted");
        lost = Some(Trouble {
            period: Period::new(now.saturating_sub(length.to_millis()), now),
            reason: Reason::ClockUntrusted,
        });
    }
    let now = timekeeper.now();
    store.register(&configured(&configuration), now)?;
    let epochs = Epochs::new(store.begin_epoch(now)?, now);
    let storage = configuration.storage;
    let scheduled = std::mem::take(&mut configuration.reports);
    let mut fleet = Fleet::new(clock.clone(), limits, &asker, epochs, announcer);
    let astray = fleet.start(configuration, &store.reader()?, now)?;
    if let Err(error) = store.change_evidence(&astray) {
        warn!("evidence that belongs to no outage stays in the database: {error}");
    }
    let declarations = store.declarations()?;
    let (writer, sender) = Writer::start_with(store, backlog_bytes)?;
    let mut archive = Archive::new(writer, sender);
    archive.sender.settle(storage).await?;
    if let Some(lost) = lost {
        archive.record(lost)?;
    }
    info!(probes = fleet.len(), down = fleet.down(), db = %db.display(), "probing");
    signals.status(standing(&fleet, &archive));
    signals.ready();

    let reports = Reports::new(scheduled, archive.writer.readers());
    let mut lookout = Lookout::new(declarations, reports);
    let course = Course::new(timekeeper);
    let mut vitals = Vitals::new(descriptors_max);
    let served = serve(
        &mut fleet,
        course,
        reload,
        &mut archive,
        &mut lookout,
        &mut vitals,
        &mut signals,
    )
    .await;
    drop(lookout);
    signals.stopping();
    let now = clock.now();
    // if the writer has ended by itself, why is what matters, and it says so when it is joined
    let _ = archive.last_words(&mut fleet, now);
    vitals.tell_stopped(&fleet, &archive.sender, now);
    let tally = fleet.agenda().tally().clone();
    let closed = archive.close(now, &mut signals).await?;
    unsaved::save(&closed.unsaved, &db, now, |probe| fleet.shown_url(probe));
    let counts = closed.counts?;
    served?;
    info!(observations = counts.committed, "stopped");
    Ok(Summary { tally, counts })
}

/// Waits for the clock to be set. `None` if told to stop before; else the configuration, if it has
/// changed meanwhile.
async fn until_trusted(
    timekeeper: &mut Timekeeper,
    newest: Option<UnixMillis>,
    reload: &mut Reload,
    signals: &mut Signals<impl AsyncFnMut() -> Signal>,
) -> Option<Option<Configuration>> {
    let mut changed = None;
    let mut beats = interval(timekeeper.spacing());
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Signal::Stop | Signal::StopNow => return None,
                Signal::Reload => reload.ask_in(Duration::ZERO),
            },
            configuration = reload.ready() => {
                info!(probes = configuration.probes.len(), "configuration reloaded");
                changed = Some(configuration);
            }
            _ = beats.tick() => {
                timekeeper.beat();
                if reload.is_idle() {
                    signals.reloaded();
                }
                if timekeeper.trust(newest).is_ok() {
                    return Some(changed);
                }
            }
        }
    }
}

/// Until told to stop, or the store takes no more.
async fn serve(
    fleet: &mut Fleet<'_>,
    mut course: Course,
    mut reload: Reload,
    archive: &mut Archive,
    lookout: &mut Lookout,
    vitals: &mut Vitals,
    signals: &mut Signals<impl AsyncFnMut() -> Signal>,
) -> Result<(), StoreError> {
    let asker = fleet.asker();
    let mut tally = every(LOG_EVERY, LOG_EVERY);
    let mut tells = every(TELL_EVERY, Duration::ZERO);
    let mut overload = Overload::new();
    let mut beats = every(course.spacing(), Duration::ZERO);
    let mut looks = every(LOOK_EVERY, Duration::ZERO);
    // told once
    let mut postponed = false;
    loop {
        let next = tokio::select! {
            // answers come without end; nothing else may starve behind them
            biased;
            signal = signals.next() => match signal {
                Signal::Stop | Signal::StopNow => return Ok(()),
                Signal::Reload => {
                    reload.ask_in(Duration::ZERO);
                    continue;
                }
            },
            _ = tally.tick() => {
                vitals.log(fleet, &archive.sender);
                continue;
            }
            _ = tells.tick() => {
                overload.look(fleet.agenda());
                vitals.tell(fleet, &archive.sender, course.now());
                continue;
            }
            _ = beats.tick() => Next::Beat,
            _ = looks.tick() => Next::Look,
            // nothing is registered at an instant that is worth nothing
            configuration = reload.ready(), if fleet.is_in_epoch() => Next::Configuration(configuration),
            trouble = asker.trouble() => Next::Trouble(trouble),
            finished = fleet.next() => Next::Finished(finished),
        };
        // what has happened to us is known before anything is judged
        let kept = course.keep(fleet, archive);
        if !unless_stopped(kept, &mut reload, signals).await? {
            return Ok(());
        }
        match next {
            Next::Beat => {
                archive.look(course.now())?;
                fleet.look_at_overdue();
                if fleet.is_in_epoch() {
                    fleet.look_at_turned(course.now());
                }
                // it was refused, or will be read once the clock is right
                if reload.is_idle() || !fleet.is_in_epoch() {
                    signals.reloaded();
                }
            }
            Next::Look => {
                let look = lookout.look(fleet, archive, course.now());
                if !unless_stopped(look, &mut reload, signals).await? {
                    return Ok(());
                }
                signals.status(standing(fleet, archive));
            }
            // its instants are worth nothing
            Next::Trouble(_) if !fleet.is_in_epoch() => {}
            Next::Trouble(trouble) => archive.record(trouble)?,
            Next::Configuration(_) if !fleet.is_in_epoch() => reload.ask_in(Duration::ZERO),
            Next::Configuration(mut configuration) => {
                let storage = configuration.storage;
                let scheduled = std::mem::take(&mut configuration.reports);
                let change = async {
                    fleet.change(configuration, course.now(), archive).await?;
                    archive.sender.settle(storage).await
                };
                match unless_stopped(change, &mut reload, signals).await {
                    Ok(true) => {
                        postponed = false;
                        lookout.reports.change(scheduled);
                    }
                    Ok(false) => return Ok(()),
                    Err(ended @ StoreError::WriterEnded) => return Err(ended),
                    Err(failed) => {
                        if !std::mem::replace(&mut postponed, true) {
                            error!("the configuration stays as it was for now: {failed}");
                        }
                        reload.ask_in(OFFER_AGAIN);
                    }
                }
                signals.reloaded();
            }
            // what is judged must be kept
            Next::Finished(_) if archive.sender.is_closed() => {
                return Err(StoreError::WriterEnded);
            }
            Next::Finished(finished) => take(fleet, archive, finished, course.now())?,
        }
    }
}

/// Ticks first after `phase`; after a tick that came late the next come later, too.
fn every(period: Duration, phase: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + phase, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Judges what an asking gave and keeps it, or neither where there is no room.
fn take(
    fleet: &mut Fleet<'_>,
    archive: &mut Archive,
    finished: Finished<Reply>,
    now: UnixMillis,
) -> Result<(), StoreError> {
    if archive.has_room() {
        if let Some(taken) = fleet.take(finished) {
            archive.keep(taken, now)?;
        }
        return Ok(());
    }
    let ts = finished.started.ts;
    if fleet.lose(&finished) {
        archive.lose(ts, now);
    }
    Ok(())
}

/// How the daemon fares, in one line for whoever started it.
fn standing(fleet: &Fleet<'_>, archive: &Archive) -> String {
    if !fleet.is_in_epoch() {
        return CLOCK_WRONG.to_owned();
    }
    let probes = match fleet.len() {
        1 => "1 probe".to_owned(),
        probes => format!("{probes} probes"),
    };
    let stuck = if archive.is_stuck() {
        "; the database takes nothing, and what is seen waits"
    } else {
        ""
    };
    format!("{probes}, {} in an outage{stuck}", fleet.down())
}

const CLOCK_WRONG: &str = "nothing is recorded until the clock is right";

/// What there is to do.
enum Next {
    Beat,
    Look,
    Trouble(Trouble),
    Configuration(Configuration),
    Finished(Finished<Reply>),
}

/// Waits for the store, which has its time. Told to stop meanwhile it waits no longer, and that
/// is `false`; a reload comes after it.
async fn unless_stopped(
    storing: impl Future<Output = Result<(), StoreError>>,
    reload: &mut Reload,
    signals: &mut Signals<impl AsyncFnMut() -> Signal>,
) -> Result<bool, StoreError> {
    let mut storing = std::pin::pin!(storing);
    loop {
        tokio::select! {
            biased;
            stored = &mut storing => return stored.map(|()| true),
            signal = signals.next() => match signal {
                Signal::Stop | Signal::StopNow => return Ok(false),
                Signal::Reload => reload.ask_in(Duration::ZERO),
            },
        }
    }
}
