//! Wires the parts: the scheduler's answers become observations, which the reducer judges and the
//! store keeps, until it is told to stop.

mod announcer;
mod asker;
mod course;
pub mod descriptors;
mod epochs;
mod fleet;
mod follower;
mod followers;
mod keeper;
mod load;
mod overload;
mod reload;
mod resume;
mod services;
mod shortage;
mod timekeeper;
mod vitals;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, timeout};
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
use crate::store::{Counts, Declarations, Sender, Store, StoreError, Writer};

use asker::Asker;
use course::Course;
use epochs::Epochs;
use fleet::{Fleet, Taken};
use overload::Overload;
use reload::Reload;
use timekeeper::Timekeeper;
use vitals::{TELL_EVERY, Vitals};

/// What a daemon runs with.
pub struct Settings {
    /// Files and folders of the configuration.
    pub config: Vec<PathBuf>,
    pub db: PathBuf,
    pub clock: Clock,
    pub limits: Limits,
    /// Most descriptors that this process may have. `None` if that is not known.
    pub descriptors_max: Option<usize>,
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

/// How often the daemon tells, at debug, how it fares.
const TALLY_EVERY: Duration = Duration::from_mins(5);

/// How often it is looked whether anything was declared, or turned by time alone.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// When a configuration that the store did not take is offered again.
const OFFER_AGAIN: Duration = Duration::from_secs(5);

/// Longest that handing over the last observations may take: a disk that is full must not hold up
/// the shutdown.
const LAST_WORDS_MAX: Duration = Duration::from_secs(2);

/// The thread that writes, and the way to it.
struct Archive {
    writer: Writer,
    sender: Sender,
}

/// Probes until `signals` says stop. What is under way then is recorded as inconclusive.
pub async fn run(
    settings: Settings,
    mut signals: impl AsyncFnMut() -> Signal,
) -> Result<Summary, DaemonError> {
    let Settings {
        config: paths,
        db,
        clock,
        limits,
        descriptors_max,
        announcer,
    } = settings;
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
        let waited = until_trusted(&mut timekeeper, newest, &mut reload, &mut signals).await;
        let Some(changed) = waited else {
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
    let mut fleet = Fleet::new(clock.clone(), limits, &asker, epochs, announcer);
    let astray = fleet.start(configuration, &store.reader()?, now)?;
    if let Err(error) = store.change_evidence(&astray) {
        warn!("evidence that belongs to no outage stays in the database: {error}");
    }
    let declarations = store.declarations()?;
    let (writer, sender) = Writer::start(store)?;
    let archive = Archive { writer, sender };
    if let Some(lost) = lost {
        archive.sender.record_trouble(lost).await?;
    }
    info!(probes = fleet.len(), down = fleet.down(), db = %db.display(), "probing");

    let course = Course::new(timekeeper);
    let mut vitals = Vitals::new(descriptors_max);
    let serving = Serving {
        course,
        reload,
        declarations,
        archive: &archive,
        vitals: &mut vitals,
    };
    let served = serve(&mut fleet, serving, signals).await;
    let Archive { writer, sender } = archive;
    let troubles = if fleet.is_in_epoch() {
        fleet.look_at_services(clock.now());
        asker.end()
    } else {
        Vec::new()
    };
    let last_words = async {
        for trouble in troubles {
            sender.record_trouble(trouble).await?;
        }
        for (probe, observation) in fleet.cut_short() {
            sender.send(probe, observation).await?;
        }
        for (probe, evidence) in fleet.last_evidence() {
            sender.send_evidence(probe, evidence).await?;
        }
        vitals.tell_stopped(&fleet, &sender, clock.now());
        Ok::<_, StoreError>(())
    };
    let told = timeout(LAST_WORDS_MAX, last_words).await;
    let tally = fleet.agenda().tally().clone();
    drop(sender);
    // if the writer has ended by itself, why is what matters
    let counts = writer.join()?;
    served?;
    if !matches!(told, Ok(Ok(()))) {
        warn!("what was under way could not be recorded");
    }
    info!(observations = counts.committed, "stopped");
    Ok(Summary { tally, counts })
}

/// Waits for the clock to be set. `None` if told to stop before; else the configuration, if it has
/// changed meanwhile.
async fn until_trusted(
    timekeeper: &mut Timekeeper,
    newest: Option<UnixMillis>,
    reload: &mut Reload,
    signals: &mut impl AsyncFnMut() -> Signal,
) -> Option<Option<Configuration>> {
    let mut changed = None;
    let mut beats = interval(timekeeper.spacing());
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            signal = signals() => match signal {
                Signal::Stop => return None,
                Signal::Reload => reload.ask_in(Duration::ZERO),
            },
            configuration = reload.ready() => {
                info!(probes = configuration.probes.len(), "configuration reloaded");
                changed = Some(configuration);
            }
            _ = beats.tick() => {
                timekeeper.beat();
                if timekeeper.trust(newest).is_ok() {
                    return Some(changed);
                }
            }
        }
    }
}

/// What serves a fleet.
struct Serving<'d> {
    course: Course,
    reload: Reload,
    declarations: Declarations,
    archive: &'d Archive,
    vitals: &'d mut Vitals,
}

/// Until told to stop, or the store takes no more.
async fn serve(
    fleet: &mut Fleet<'_>,
    serving: Serving<'_>,
    mut signals: impl AsyncFnMut() -> Signal,
) -> Result<(), StoreError> {
    let Serving {
        mut course,
        mut reload,
        mut declarations,
        archive,
        vitals,
    } = serving;
    let sender = &archive.sender;
    let asker = fleet.asker();
    let mut tally = interval_at(Instant::now() + TALLY_EVERY, TALLY_EVERY);
    tally.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut tells = interval(TELL_EVERY);
    tells.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut overload = Overload::new();
    let mut beats = interval(course.spacing());
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let next = tokio::select! {
            // answers come without end; nothing else may starve behind them
            biased;
            signal = signals() => match signal {
                Signal::Stop => return Ok(()),
                Signal::Reload => {
                    reload.ask_in(Duration::ZERO);
                    continue;
                }
            },
            _ = tally.tick() => {
                vitals.log(fleet, sender);
                tell_lost(sender.counts());
                continue;
            }
            _ = tells.tick() => {
                overload.look(fleet.agenda());
                vitals.tell(fleet, sender, course.now());
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
        if !unless_stopped(kept, &mut reload, &mut signals).await? {
            return Ok(());
        }
        match next {
            Next::Beat => {
                fleet.look_at_overdue();
                if fleet.is_in_epoch() {
                    fleet.look_at_turned(course.now());
                }
            }
            Next::Look => {
                match declarations.changed() {
                    Ok(declared) => fleet.declare(declared),
                    Err(error) => warn!("what is declared could not be read: {error}"),
                }
                if fleet.is_in_epoch() {
                    fleet.look_at_services(course.now());
                }
            }
            // its instants are worth nothing
            Next::Trouble(_) if !fleet.is_in_epoch() => {}
            Next::Trouble(trouble) => {
                let sent = sender.record_trouble(trouble);
                if !unless_stopped(sent, &mut reload, &mut signals).await? {
                    return Ok(());
                }
            }
            Next::Configuration(_) if !fleet.is_in_epoch() => reload.ask_in(Duration::ZERO),
            Next::Configuration(configuration) => {
                let change = fleet.change(configuration, course.now(), archive);
                match unless_stopped(change, &mut reload, &mut signals).await {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(ended @ StoreError::WriterEnded) => return Err(ended),
                    Err(failed) => {
                        error!("the configuration stays as it was for now: {failed}");
                        reload.ask_in(OFFER_AGAIN);
                    }
                }
            }
            Next::Finished(finished) => {
                if let Some(taken) = fleet.take(finished) {
                    let begin = Instant::now();
                    let sent = send(sender, taken);
                    if !unless_stopped(sent, &mut reload, &mut signals).await? {
                        return Ok(());
                    }
                    course.waited_for_store(begin.elapsed());
                }
            }
        }
    }
}

/// What there is to do.
enum Next {
    Beat,
    Look,
    Trouble(Trouble),
    Configuration(Configuration),
    Finished(Finished<Reply>),
}

async fn send(sender: &Sender, taken: Taken) -> Result<(), StoreError> {
    let Taken {
        probe,
        observation,
        evidence,
    } = taken;
    if evidence.is_empty() {
        return sender.send(probe, observation).await;
    }
    sender.send(probe.clone(), observation).await?;
    for change in evidence {
        sender.send_evidence(probe.clone(), change).await?;
    }
    Ok(())
}

/// Waits for the store, which may have no room. Told to stop meanwhile it waits no longer, and that
/// is `false`; a reload comes after it.
async fn unless_stopped(
    storing: impl Future<Output = Result<(), StoreError>>,
    reload: &mut Reload,
    signals: &mut impl AsyncFnMut() -> Signal,
) -> Result<bool, StoreError> {
    let mut storing = std::pin::pin!(storing);
    loop {
        tokio::select! {
            biased;
            stored = &mut storing => return stored.map(|()| true),
            signal = signals() => match signal {
                Signal::Stop => return Ok(false),
                Signal::Reload => reload.ask_in(Duration::ZERO),
            },
        }
    }
}

fn tell_lost(counts: Counts) {
    if counts.unknown > 0 {
        warn!(
            observations = counts.unknown,
            "lost: of probes that are not registered"
        );
    }
    if counts.evidence_lost > 0 {
        warn!(changes = counts.evidence_lost, "lost: evidence of failures");
    }
}
