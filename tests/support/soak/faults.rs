//! The timer of the faults: one after the other on each of several tracks, all from one seed.

use std::time::{Duration, Instant};

use super::diary::{Diary, Fault, FaultKind, Moment};
use super::service::Service;
use super::settings::{EXTRA, PLATFORMS, Settings};
use super::shim::Shim;
use crate::truth::rng::Rng;

pub(crate) struct Faults {
    tracks: Vec<Track>,
    /// Whose endpoint a track makes fail.
    is_taken: Vec<bool>,
}

/// Pauses, and then makes something fail for a while.
struct Track {
    /// Stops and freezes whole servers: only one may.
    is_of_servers: bool,
    rng: Rng,
    due: Instant,
    active: Option<Active>,
}

struct Active {
    kind: FaultKind,
    scope: Vec<usize>,
    /// Of a fault of servers.
    platforms: Vec<usize>,
    /// Which of the diary's faults they are.
    open: Vec<usize>,
    over: Instant,
}

/// What is needed to make something fail.
pub(crate) struct Stage<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) service: &'a mut Service,
    pub(crate) shim: &'a Shim,
    pub(crate) diary: &'a mut Diary,
}

impl Faults {
    pub(crate) fn new(settings: &Settings) -> Self {
        let tracks = 1 + settings.probes.div_ceil(8).max(2);
        let now = Instant::now();
        let tracks = (0..tracks).map(|nth| {
            let mut rng = Rng::of_part(settings.seed, 100 + nth as u64);
            // all is well first, so that there is something to compare with
            let first = settings.interval.0 * rng.between(1500, 4000) / 1000;
            Track {
                is_of_servers: nth == 0,
                due: now + ms(first),
                rng,
                active: None,
            }
        });
        Self {
            tracks: tracks.collect(),
            is_taken: vec![false; settings.probes],
        }
    }

    /// Begins and ends what is due. `may_begin` until the end is near.
    pub(crate) fn tick(&mut self, stage: &mut Stage<'_>, may_begin: bool) -> anyhow::Result<()> {
        for track in &mut self.tracks {
            if Instant::now() < track.due {
                continue;
            }
            if track.active.is_some() {
                track.go_on(stage, &mut self.is_taken)?;
            } else if may_begin {
                track.begin(stage, &mut self.is_taken)?;
            }
        }
        Ok(())
    }

    /// Ends all that goes on.
    pub(crate) fn end(&mut self, stage: &mut Stage<'_>) -> anyhow::Result<()> {
        for track in &mut self.tracks {
            if track.active.is_some() {
                track.end(stage, &mut self.is_taken)?;
            }
        }
        Ok(())
    }
}

impl Track {
    fn begin(&mut self, stage: &mut Stage<'_>, is_taken: &mut [bool]) -> anyhow::Result<()> {
        let (kind, platforms, scope) = if self.is_of_servers {
            let kind = [FaultKind::Refused, FaultKind::Frozen][self.rng.index(2)];
            let mut platforms: Vec<_> = (0..PLATFORMS.len()).collect();
            // every third time the whole service
            if !self.rng.chance(33) {
                platforms = vec![self.rng.index(PLATFORMS.len())];
            }
            let scope = (0..is_taken.len())
                .chain([EXTRA])
                .filter(|probe| platforms.contains(&Settings::platform_of(*probe)))
                .collect();
            (kind, platforms, scope)
        } else {
            let kind = FaultKind::ALL[self.rng.index(FaultKind::ALL.len())];
            let kind = match kind {
                FaultKind::Refused | FaultKind::Frozen => FaultKind::Status,
                FaultKind::Slow if !stage.settings.may_be_slow() => FaultKind::Hang,
                of_endpoints => of_endpoints,
            };
            let first = self.rng.index(is_taken.len());
            // sometimes a whole platform
            let is_wide = self.rng.chance(15);
            let mut scope: Vec<_> = (0..is_taken.len())
                .filter(|probe| {
                    let is_near = Settings::platform_of(*probe) == Settings::platform_of(first);
                    *probe == first || (is_wide && is_near)
                })
                .collect();
            scope.retain(|probe| !is_taken[*probe]);
            (kind, Vec::new(), scope)
        };
        if scope.is_empty() {
            self.due = Instant::now() + ms(stage.settings.interval.0);
            return Ok(());
        }
        if !self.is_of_servers {
            for probe in &scope {
                is_taken[*probe] = true;
            }
        }
        let lasts = self.length(stage.settings, kind);
        self.active = Some(Active {
            kind,
            scope,
            platforms,
            open: Vec::new(),
            over: Instant::now() + lasts,
        });
        self.due = Instant::now() + self.piece(stage.settings).unwrap_or(lasts);
        self.switch_on(stage)
    }

    /// Near what is just long enough to be confirmed, or far longer.
    fn length(&mut self, settings: &Settings, kind: FaultKind) -> Duration {
        let interval = settings.interval.0;
        let near = interval * 3;
        let length = match kind {
            FaultKind::Flapping => self.rng.between(interval * 3, interval * 10),
            FaultKind::Refused | FaultKind::Frozen => {
                self.rng.by_magnitude(interval / 2, interval * 8)
            }
            _ if self.rng.chance(40) => self.rng.between(interval / 4, near),
            _ => self.rng.by_magnitude(near, interval * 20),
        };
        ms(length)
    }

    /// How long a piece of what flaps lasts, or the pause after it.
    fn piece(&mut self, settings: &Settings) -> Option<Duration> {
        let is_flapping = self.active.as_ref()?.kind == FaultKind::Flapping;
        let interval = settings.interval.0;
        is_flapping.then(|| ms(self.rng.between(interval / 4, interval * 2)))
    }

    fn go_on(&mut self, stage: &mut Stage<'_>, is_taken: &mut [bool]) -> anyhow::Result<()> {
        let over = self.active.as_ref().map(|active| active.over);
        match self.piece(stage.settings) {
            Some(piece) if over.is_some_and(|over| Instant::now() < over) => {
                self.due = Instant::now() + piece;
                let is_on = self
                    .active
                    .as_ref()
                    .is_some_and(|active| !active.open.is_empty());
                if is_on {
                    self.switch_off(stage)
                } else {
                    self.switch_on(stage)
                }
            }
            _ => self.end(stage, is_taken),
        }
    }

    fn end(&mut self, stage: &mut Stage<'_>, is_taken: &mut [bool]) -> anyhow::Result<()> {
        self.switch_off(stage)?;
        let Some(active) = self.active.take() else {
            return Ok(());
        };
        if !self.is_of_servers {
            for probe in active.scope {
                is_taken[probe] = false;
            }
        }
        let interval = stage.settings.interval.0;
        let most = if self.is_of_servers { 60 } else { 12 };
        self.due = Instant::now() + ms(self.rng.by_magnitude(interval, interval * most));
        Ok(())
    }

    fn switch_on(&mut self, stage: &mut Stage<'_>) -> anyhow::Result<()> {
        let Some(active) = &mut self.active else {
            return Ok(());
        };
        let (kind, diary) = (active.kind, &mut *stage.diary);
        let mut note = |probe, begin| {
            active.open.push(diary.faults.len());
            diary.faults.push(Fault {
                kind,
                probe,
                begin,
                end: None,
            });
        };
        let mut of_servers = vec![None; PLATFORMS.len()];
        for platform in &active.platforms {
            of_servers[*platform] = Some(stage.service.begin(*platform, kind)?);
        }
        for probe in &active.scope {
            let begin = match of_servers[Settings::platform_of(*probe)] {
                Some(begin) => begin,
                None => stage.service.conditions.begin(*probe, kind)?,
            };
            note(*probe, begin);
        }
        Ok(())
    }

    fn switch_off(&mut self, stage: &mut Stage<'_>) -> anyhow::Result<()> {
        let Some(active) = &mut self.active else {
            return Ok(());
        };
        let open = std::mem::take(&mut active.open);
        if open.is_empty() {
            return Ok(());
        }
        let mut ended: Vec<Option<Moment>> = vec![None; PLATFORMS.len()];
        for platform in &active.platforms {
            ended[*platform] = Some(stage.service.end(*platform, active.kind, stage.shim)?);
        }
        for at in open {
            let fault = &mut stage.diary.faults[at];
            fault.end = Some(match ended[Settings::platform_of(fault.probe)] {
                Some(end) => end,
                None => stage.service.conditions.end(fault.probe, active.kind)?,
            });
        }
        Ok(())
    }
}

/// Of a length of time that is not negative.
pub(crate) fn ms(length: i64) -> Duration {
    Duration::from_millis(length.unsigned_abs())
}
