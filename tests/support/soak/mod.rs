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
mod held_up;
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
use outwatch::domain::time::UnixMillis;
use serde_json::Value;

use check::Check;
use commands::Commands;
use diary::Diary;
use faults::{Faults, Stage};
use figures::Figures;
use held_up::HeldUp;
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
    /// What was compared at the end.
    pub(crate) observed: Observed,
    /// When that was read, by the system's clock.
    pub(crate) read_at: UnixMillis,
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

/// One that is under way.
struct Soak<'a> {
    settings: &'a Settings,
    service: Service,
    observer: Observer,
    commands: Commands,
    faults: Faults,
    held_up: HeldUp,
    begun: Instant,
    comparisons: u64,
    wrong: Vec<String>,
}

/// What one comparison gave.
struct Compared {
    read_at: UnixMillis,
    observed: Observed,
    wrong: Vec<String>,
    figures: Figures,
}

/// From one look at what is due to the next.
const TICK: Duration = Duration::from_millis(10);

/// Mismatches of comparisons on the way, beyond which it is of no use to go on.
const WRONG_MAX: usize = 200;

/// Until `settings.length` is over or `interrupted` says so.
pub(crate) fn run(
    settings: &Settings,
    interrupted: &Receiver<()>,
    progress: impl FnMut(&Progress<'_>),
) -> anyhow::Result<Outcome> {
    let mut soak = Soak::begin(settings)?;
    soak.go_on(interrupted, progress)?;
    soak.end()
}

impl<'a> Soak<'a> {
    fn begin(settings: &'a Settings) -> anyhow::Result<Self> {
        let site = Site::new(settings)?;
        let service = Service::start(site.folder(), settings.service, &site.shim)?;
        let commands = Commands::new(settings.seed, &site)?;
        let observer = Observer::new(settings, site, &service.ports)?;
        Ok(Self {
            settings,
            service,
            observer,
            commands,
            faults: Faults::new(settings),
            held_up: HeldUp::watch(),
            begun: Instant::now(),
            comparisons: 0,
            wrong: Vec::new(),
        })
    }

    /// What began last is over and seen after as long.
    fn tail(&self) -> Duration {
        (self.settings.interval + self.settings.grace() + LATE).to_duration()
    }

    fn go_on(
        &mut self,
        interrupted: &Receiver<()>,
        mut progress: impl FnMut(&Progress<'_>),
    ) -> anyhow::Result<()> {
        let end = self.begun + self.settings.length.saturating_sub(self.tail());
        let mut compare_at = self.begun + self.settings.compare_every;
        loop {
            let may_begin = Instant::now() < end && self.wrong.len() < WRONG_MAX;
            if !may_begin && self.observer.is_calm() {
                return Ok(());
            }
            self.tick(may_begin)?;
            if self.observer.is_calm() && Instant::now() > compare_at {
                let found = self.compare()?;
                self.wrong.extend(found.wrong);
                compare_at = Instant::now() + self.settings.compare_every;
            }
            progress(&Progress {
                elapsed: self.begun.elapsed(),
                diary: &self.observer.diary,
                comparisons: self.comparisons,
                wrong: self.wrong.len() + self.observer.wrong.len(),
            });
            match interrupted.recv_timeout(TICK) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn tick(&mut self, may_begin: bool) -> anyhow::Result<()> {
        let (faults, mut stage) = self.stage();
        faults.tick(&mut stage, may_begin)?;
        self.observer.tick(may_begin)?;
        // a command may need a disk and a daemon
        if self.observer.is_calm() {
            self.wrong.extend(self.commands.tick(&self.observer.site)?);
        }
        Ok(())
    }

    fn stage(&mut self) -> (&mut Faults, Stage<'_>) {
        let stage = Stage {
            settings: self.settings,
            service: &mut self.service,
            shim: &self.observer.site.shim,
            diary: &mut self.observer.diary,
        };
        (&mut self.faults, stage)
    }

    fn compare(&mut self) -> anyhow::Result<Compared> {
        self.comparisons += 1;
        self.observer.diary.held_up = self.held_up.periods();
        // what is read later tells no less
        let read_at = system_now();
        let observed = Observed::read(&self.observer.site)?;
        let check = Check {
            settings: self.settings,
            diary: &self.observer.diary,
            observed: &observed,
            committed: &self.observer.committed,
            now: read_at,
        };
        let (wrong, figures) = check.run();
        Ok(Compared {
            read_at,
            observed,
            wrong,
            figures,
        })
    }

    /// Ends what goes on, lets it be seen, and compares for the last time.
    fn end(mut self) -> anyhow::Result<Outcome> {
        self.observer.settle()?;
        let (faults, mut stage) = self.stage();
        faults.end(&mut stage)?;
        pause(self.tail());
        let resident_kib = [
            self.observer.first_resident_kib,
            self.observer.resident_kib(),
        ];
        let own = commands::own(&self.observer.site)?;
        self.observer.end()?;
        let compared = self.compare()?;
        let mut wrong = std::mem::take(&mut self.wrong);
        // on the way the same was said of a part
        wrong.retain(|said| !compared.wrong.contains(said));
        wrong.extend(compared.wrong);
        wrong.append(&mut self.observer.wrong);
        let (site, ports) = (&self.observer.site, &self.service.ports);
        wrong.extend(commands::check_db(site)?);
        rebuild::check(site, self.settings, ports, &compared.observed, &mut wrong)?;
        let (disk, db_bytes) = (site.disk(), site.db_bytes());
        let Observer {
            site,
            diary,
            committed,
            starts,
            start_max,
            ..
        } = self.observer;
        let kept = if wrong.is_empty() {
            None
        } else {
            Some(site.keep()?)
        };
        Ok(Outcome {
            service: self.service.kind,
            disk,
            lasted: self.begun.elapsed(),
            wrong,
            figures: compared.figures,
            diary,
            commands: self.commands.runs,
            comparisons: self.comparisons,
            observed: compared.observed,
            read_at: compared.read_at,
            committed,
            starts,
            start_max,
            db_bytes,
            resident_kib,
            own,
            kept,
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is watched are other processes, which live by the real clock"
)]
pub(crate) fn pause(length: Duration) {
    std::thread::sleep(length);
}
