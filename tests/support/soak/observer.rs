//! Puts the daemon through its troubles, and writes down what was done to it when.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::bail;
use nix::sys::signal::Signal;
use outwatch::clock::system_now;
use outwatch::domain::time::{Millis, Period, UnixMillis};

use super::daemon::Daemon;
use super::diary::{Absence, AbsenceKind, ClockChange, Diary, Moment, TroubleKind};
use super::observed;
use super::pause;
use super::settings::{LATE, Settings};
use super::site::{Site, Variant};
use super::troubles::{Step, Troubles, to_packing};

pub(crate) struct Observer {
    pub(crate) site: Site,
    daemon: Option<Daemon>,
    troubles: Troubles,
    pub(crate) diary: Diary,
    ports: Vec<u16>,
    settings: Settings,
    /// When a script began in which it need not watch everything.
    since: Option<UnixMillis>,
    full_since: Option<UnixMillis>,
    /// The clock was set while there was no daemon to see it.
    unseen_ahead: Option<Millis>,
    /// Lines of observations that were on disk.
    pub(crate) committed: BTreeSet<String>,
    /// What the binary did that it should not have.
    pub(crate) wrong: Vec<String>,
    pub(crate) starts: u64,
    /// Of each daemon, from when it was started until it probed.
    pub(crate) start_max: Duration,
    pub(crate) first_resident_kib: Option<u64>,
}

/// A daemon that does not probe by then, or is not gone, never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// Before a kill, as much of the past is noted.
const NOTED: Millis = Millis::from_secs(120);

/// Beside the hour, so that it is packed soon.
const BEGIN_IN_HOUR_MS: i64 = 58 * 60_000;

impl Observer {
    pub(crate) fn new(settings: &Settings, site: Site, ports: &[u16]) -> anyhow::Result<Self> {
        let mut observer = Self {
            site,
            daemon: None,
            troubles: Troubles::new(settings),
            diary: Diary::default(),
            ports: ports.to_vec(),
            settings: settings.clone(),
            since: None,
            full_since: None,
            unseen_ahead: None,
            committed: BTreeSet::new(),
            wrong: Vec::new(),
            starts: 0,
            start_max: Duration::ZERO,
            first_resident_kib: None,
        };
        observer.configure(Variant::Plain)?;
        let now = system_now();
        let ahead = Millis(now.0.div_euclid(3_600_000) * 3_600_000 + BEGIN_IN_HOUR_MS - now.0);
        observer.site.shim.set(ahead)?;
        observer.diary.clock.push(ClockChange {
            before: now,
            after: now,
            ahead,
        });
        observer.diary.absences.push(Absence {
            kind: AbsenceKind::Dead,
            begin: Moment::now(),
            end: None,
        });
        observer.start()?;
        observer.first_resident_kib = observer.resident_kib();
        Ok(observer)
    }

    /// Does what is due. `may_begin` until the end is near.
    pub(crate) fn tick(&mut self, may_begin: bool) -> anyhow::Result<()> {
        if let Some(daemon) = &mut self.daemon
            && let Some(status) = daemon.ended()?
        {
            let tail = daemon.tail();
            self.wrong.push(format!(
                "{}: the daemon ended by itself, {status}:\n{tail}",
                self.site.shim.now()
            ));
            self.daemon = None;
            self.absent(AbsenceKind::Dead, Moment::now());
            self.troubles.abandon(true);
            self.since.get_or_insert(system_now());
        }
        while let Some(step) = self.troubles.next(may_begin) {
            self.take(step)?;
            if self.troubles.is_calm() {
                self.calm();
            }
        }
        Ok(())
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.troubles.is_calm()
    }

    /// Resident memory of the daemon.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        self.daemon.as_ref()?.resident_kib()
    }

    /// Whatever was under way, the daemon lives, and has a disk and its configuration.
    pub(crate) fn settle(&mut self) -> anyhow::Result<()> {
        if !self.is_calm() {
            self.take(Step::Resume)?;
            self.take(Step::Free)?;
            self.configure(Variant::Plain)?;
            if self.daemon.is_none() {
                self.start()?;
            }
            self.calm();
        }
        Ok(())
    }

    /// Stops the daemon for the last time.
    pub(crate) fn end(&mut self) -> anyhow::Result<()> {
        if self.daemon.is_some() {
            self.terminate()?;
        }
        Ok(())
    }

    /// A script is over; what it did may be felt for a while.
    fn calm(&mut self) {
        let settle = self.settings.timeout() + self.settings.interval + LATE;
        if let Some(since) = self.since.take() {
            let period = Period::new(since, system_now() + settle);
            self.diary.disturbed.push(period);
        }
    }

    fn take(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Begin(kind) => {
                self.diary.count(kind);
                self.since = kind.disturbs().then(system_now);
            }
            Step::Pause(_) => {}
            Step::NoteCommitted => self.note_committed()?,
            Step::Kill => self.kill()?,
            Step::Terminate => self.terminate()?,
            Step::Start => self.start()?,
            Step::Suspend => {
                let (moment, sent) = Moment::of(|| self.signal(Signal::SIGSTOP));
                sent?;
                self.absent(AbsenceKind::Suspended, moment);
            }
            Step::Resume => {
                let (moment, sent) = Moment::of(|| self.signal(Signal::SIGCONT));
                sent?;
                self.present(moment);
            }
            Step::SetClock(by) => self.set_clock(by)?,
            Step::SetClockToPacking => self.set_clock(to_packing(self.site.shim.now()))?,
            Step::Fill => {
                self.full_since = Some(system_now());
                self.site.fill()?;
            }
            Step::Free => {
                self.site.free()?;
                if let Some(since) = self.full_since.take() {
                    let period = Period::new(since, system_now());
                    self.diary.full.push(period);
                }
            }
            Step::Configure(variant) => {
                self.configure(variant)?;
                self.signal(Signal::SIGHUP)?;
            }
            Step::SecondDaemon => {
                let done = self.site.run(&["run", "--for", "5s"])?;
                if done.code != Some(4) {
                    self.wrong.push(format!(
                        "a second daemon ended with {:?} instead of 4: {}",
                        done.code, done.stderr
                    ));
                }
            }
        }
        Ok(())
    }

    fn configure(&self, variant: Variant) -> anyhow::Result<()> {
        self.site.configure(&self.settings, &self.ports, variant)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        match &self.daemon {
            Some(daemon) => daemon.signal(signal),
            None => Ok(()),
        }
    }

    fn absent(&mut self, kind: AbsenceKind, begin: Moment) {
        if self.diary.absence().is_none() {
            self.diary.absences.push(Absence {
                kind,
                begin,
                end: None,
            });
        }
    }

    fn present(&mut self, end: Moment) {
        if let Some(absence) = self.diary.absence() {
            absence.end = Some(end);
        }
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        let Some(mut daemon) = self.daemon.take() else {
            return Ok(());
        };
        let (moment, killed) = Moment::of(|| {
            daemon.signal(Signal::SIGKILL)?;
            daemon.wait()
        });
        killed?;
        self.absent(AbsenceKind::Dead, moment);
        Ok(())
    }

    fn terminate(&mut self) -> anyhow::Result<()> {
        let Some(mut daemon) = self.daemon.take() else {
            return Ok(());
        };
        let deadline = Instant::now() + PATIENCE;
        let (moment, ended) = Moment::of(|| {
            daemon.signal(Signal::SIGTERM)?;
            while Instant::now() < deadline {
                if let Some(status) = daemon.ended()? {
                    return Ok(Some(status));
                }
                pause(Duration::from_millis(2));
            }
            anyhow::Ok(None)
        });
        let now = self.site.shim.now();
        match ended? {
            Some(status) if status.success() => {}
            Some(status) => self.wrong.push(format!(
                "{now}: on SIGTERM the daemon ended with {status}:\n{}",
                daemon.tail()
            )),
            None => self.wrong.push(format!(
                "{now}: SIGTERM did not end the daemon within {PATIENCE:?}:\n{}",
                daemon.tail()
            )),
        }
        self.absent(AbsenceKind::Dead, moment);
        Ok(())
    }

    fn start(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let earliest = system_now();
        let mut daemon = Daemon::start(&self.site)?;
        if let Some(ahead) = self.unseen_ahead.take() {
            let before = self
                .diary
                .absence()
                .map_or(earliest, |absence| absence.begin.earliest);
            self.diary.clock.push(ClockChange {
                before,
                after: earliest,
                ahead,
            });
        }
        self.starts += 1;
        while !daemon.is_probing() {
            if let Some(status) = daemon.ended()? {
                bail!("the daemon did not start, {status}:\n{}", daemon.tail());
            }
            if begun.elapsed() > PATIENCE {
                bail!("the daemon does not probe:\n{}", daemon.tail());
            }
            pause(Duration::from_millis(2));
        }
        self.start_max = self.start_max.max(begun.elapsed());
        let latest = system_now() + Millis(1);
        self.present(Moment { earliest, latest });
        self.daemon = Some(daemon);
        Ok(())
    }

    fn set_clock(&mut self, by: Millis) -> anyhow::Result<()> {
        let ahead = self.site.shim.ahead() + by;
        let (moment, set) = Moment::of(|| self.site.shim.set(ahead));
        set?;
        if self.daemon.is_none() {
            self.unseen_ahead = Some(ahead);
        } else {
            self.diary.clock.push(ClockChange {
                before: moment.earliest,
                after: moment.latest,
                ahead,
            });
        }
        Ok(())
    }

    /// What `export` shows is committed, and no crash may take it back.
    fn note_committed(&mut self) -> anyhow::Result<()> {
        let from = (self.site.shim.now().saturating_sub(NOTED)).to_string();
        let printed = self.site.printed(&["export", "--from", &from])?;
        for line in String::from_utf8_lossy(&printed).lines() {
            self.committed.insert(observed::identity(line)?);
        }
        Ok(())
    }

    /// How many of these there were.
    pub(crate) fn count(&self, kind: TroubleKind) -> u64 {
        self.diary.troubles.get(&kind).copied().unwrap_or_default()
    }
}
