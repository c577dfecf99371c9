//! The real daemon against a service that fails on a timer, with trouble of its own on another; at
//! the end its windows are held against what the timers did. Shared by `cargo bench --bench soak`
//! and a short test.
#![allow(
    dead_code,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "each binary uses a part of it; lengths of time and counts are far below 2^52"
)]

pub(crate) mod axis;
mod builtin;
pub(crate) mod check;
mod commands;
mod conditions;
mod daemon;
pub(crate) mod diary;
mod faults;
pub(crate) mod figures;
mod nginx;
pub(crate) mod observed;
mod observer;
mod rebuild;
mod service;
pub(crate) mod settings;
mod shim;
mod site;
pub(crate) mod telling;
mod troubles;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use outwatch::clock::system_now;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use serde_json::Value;

use check::Check;
use commands::Commands;
use diary::Diary;
use faults::{Faults, Stage};
use figures::Figures;
use observed::Observed;
use observer::Observer;
use service::Service;
use settings::{LATE, ServiceKind, Settings};
use site::Site;

/// What came of a soak.
pub(crate) struct Outcome {
    pub(crate) service: ServiceKind,
    pub(crate) disk: &'static str,
    pub(crate) lasted: Duration,
    /// Everything that should not be; empty if all is well.
    pub(crate) wrong: Vec<String>,
    pub(crate) figures: Figures,
    pub(crate) diary: Diary,
    pub(crate) commands: Vec<(&'static str, u64)>,
    pub(crate) comparisons: u64,
    /// What was compared at the end, and when.
    pub(crate) observed: Observed,
    pub(crate) compared_at: UnixMillis,
    /// Observations that were on disk before a kill.
    pub(crate) committed: BTreeSet<String>,
    pub(crate) starts: u64,
    pub(crate) start_max: Duration,
    pub(crate) db_bytes: u64,
    pub(crate) resident_kib: [Option<u64>; 2],
    /// What `status --self` tells, if the binary knows it.
    pub(crate) own: Option<Value>,
    /// Where everything is, if something is wrong.
    pub(crate) kept: Option<PathBuf>,
}

/// How far it is.
pub(crate) struct Progress<'a> {
    pub(crate) elapsed: Duration,
    pub(crate) diary: &'a Diary,
    pub(crate) comparisons: u64,
    pub(crate) wrong: usize,
}

/// From one look at what is due to the next.
const TICK: Duration = Duration::from_millis(10);

/// Who is held up for longer than this does not know what others met meanwhile.
const HELD_UP_MIN: Duration = Duration::from_millis(250);

/// Mismatches of comparisons on the way, beyond which it is of no use to go on.
const WRONG_MAX: usize = 200;

/// Until `settings.length` is over or `interrupted` says so.
pub(crate) fn run(
    settings: &Settings,
    interrupted: &Receiver<()>,
    mut progress: impl FnMut(&Progress<'_>),
) -> anyhow::Result<Outcome> {
    let site = Site::new(settings)?;
    let mut service = Service::start(site.folder(), settings.service, &site.shim)?;
    let disk = site.disk();
    let mut observer = Observer::new(settings, site, &service.ports)?;
    let mut commands = Commands::new(settings.seed, &observer.site)?;
    let mut faults = Faults::new(settings);
    let watch = HeldUp::watch();

    let begun = Instant::now();
    let mut compare_at = begun + settings.compare_every;
    let mut comparisons = 0;
    let mut wrong: Vec<String> = Vec::new();
    // so that what began last is over and seen
    let tail = (settings.interval + settings.grace() + LATE).to_duration();
    let end = begun + settings.length.saturating_sub(tail);
    loop {
        let may_begin = Instant::now() < end && wrong.len() < WRONG_MAX;
        if !may_begin && observer.is_calm() {
            break;
        }
        let mut stage = Stage {
            settings,
            service: &mut service,
            shim: &observer.site.shim,
            diary: &mut observer.diary,
        };
        faults.tick(&mut stage, may_begin)?;
        observer.tick(may_begin)?;
        if observer.is_calm() {
            wrong.extend(commands.tick(&observer.site)?);
            if Instant::now() > compare_at {
                observer.diary.held_up = watch.periods();
                let (found, ..) = compare(settings, &observer)?;
                wrong.extend(found);
                comparisons += 1;
                compare_at = Instant::now() + settings.compare_every;
            }
        }
        progress(&Progress {
            elapsed: begun.elapsed(),
            diary: &observer.diary,
            comparisons,
            wrong: wrong.len() + observer.wrong.len(),
        });
        match interrupted.recv_timeout(TICK) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    observer.settle()?;
    let mut stage = Stage {
        settings,
        service: &mut service,
        shim: &observer.site.shim,
        diary: &mut observer.diary,
    };
    faults.end(&mut stage)?;
    pause(tail);
    let resident_kib = [observer.first_resident_kib, observer.resident_kib()];
    let self_told = ["status", "--self", "--format", "json"];
    let own = match observer.site.knows(&self_told)? {
        true => Some(observer.site.json(&self_told)?),
        false => None,
    };
    observer.end()?;
    observer.diary.held_up = watch.periods();
    let compared_at = system_now();
    let (found, figures, observed) = compare(settings, &observer)?;
    // on the way the same was said of a part
    wrong.retain(|said| !found.contains(said));
    wrong.extend(found);
    wrong.append(&mut observer.wrong);
    rebuild::check(
        &observer.site,
        settings,
        &service.ports,
        &observed,
        &mut wrong,
    )?;
    let db_bytes = observer.site.db_bytes();
    let Observer {
        site,
        diary,
        committed,
        starts,
        start_max,
        ..
    } = observer;
    let kept = match wrong.is_empty() {
        true => None,
        false => Some(site.keep()?),
    };
    Ok(Outcome {
        service: service.kind,
        disk,
        lasted: begun.elapsed(),
        wrong,
        figures,
        diary,
        commands: commands.runs,
        comparisons: comparisons + 1,
        observed,
        compared_at,
        committed,
        starts,
        start_max,
        db_bytes,
        resident_kib,
        own,
        kept,
    })
}

fn compare(
    settings: &Settings,
    observer: &Observer,
) -> anyhow::Result<(Vec<String>, Figures, Observed)> {
    // what is read later tells no less
    let now = system_now();
    let observed = Observed::read(&observer.site)?;
    let check = Check {
        settings,
        diary: &observer.diary,
        observed: &observed,
        committed: &observer.committed,
        now,
    };
    let (wrong, figures) = check.run();
    Ok((wrong, figures, observed))
}

/// A thread that notes when it was not given a turn.
struct HeldUp(std::sync::Arc<std::sync::Mutex<Vec<Period>>>);

impl HeldUp {
    /// Ends with this value.
    fn watch() -> Self {
        let periods = std::sync::Arc::<std::sync::Mutex<Vec<Period>>>::default();
        let of_us = std::sync::Arc::downgrade(&periods);
        std::thread::spawn(move || {
            let mut before = (Instant::now(), system_now());
            while let Some(periods) = of_us.upgrade() {
                pause(TICK);
                let now = (Instant::now(), system_now());
                if now.0 - before.0 > HELD_UP_MIN
                    && let Ok(mut periods) = periods.lock()
                {
                    periods.push(Period::new(before.1, now.1 + Millis(1)));
                }
                before = now;
            }
        });
        Self(periods)
    }

    fn periods(&self) -> Vec<Period> {
        // nobody panics while holding it
        self.0
            .lock()
            .map(|periods| periods.clone())
            .unwrap_or_default()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is watched are other processes, which live by the real clock"
)]
pub(crate) fn pause(length: Duration) {
    std::thread::sleep(length);
}
