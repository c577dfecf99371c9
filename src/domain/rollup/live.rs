//! Platforms and services as their probes are observed: the same vote, taken again whenever a
//! member turned, over no more of the past than can still change.

use super::build::Rollup;
use super::parameters::RollupHistory;
use super::sweep::Member;
use crate::domain::outage::{CauseCounts, OutageWindow, StartKind};
use crate::domain::subject::Subject;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::track::Track;

/// A service that is followed. `K` is what its probes are found by.
#[derive(Clone, Debug)]
pub struct LiveService<K> {
    pub subject: Subject,
    parameters: RollupHistory,
    platforms: Vec<LivePlatform<K>>,
    told: Told,
}

#[derive(Clone, Debug)]
struct LivePlatform<K> {
    subject: Subject,
    parameters: RollupHistory,
    members: Vec<LiveMember<K>>,
    told: Told,
}

/// A probe of a platform that is followed.
#[derive(Clone, Debug)]
pub struct LiveMember<K> {
    pub probe: K,
    /// Of which only the weight matters.
    pub parameters: RollupHistory,
    /// It was removed, and is still needed for what was down until then.
    pub is_gone: bool,
}

/// What a platform or service came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It went down; how that ends is not known yet.
    Opened(OutageWindow, Standing),
    /// It is over, or went out of sight.
    Closed(OutageWindow),
    /// What was told to be open turned out to be none: a declaration or a set clock took it back.
    TakenBack(UnixMillis),
}

/// How the members stand at the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// So many are down,
    pub down: usize,
    /// of so many.
    pub members: usize,
    /// None of them counts: all are maintained.
    pub is_maintained: bool,
}

/// What was told of a subject so far.
#[derive(Clone, Debug)]
struct Told {
    /// The start of the window that is open.
    open: Option<UnixMillis>,
    /// Windows that ended by then are told.
    until: UnixMillis,
    /// What of the open window lies before all that is known still.
    carried: Option<Carried>,
}

/// The beginning of a window, whose members' pieces are forgotten.
#[derive(Clone, Debug)]
struct Carried {
    /// Its first part, with the counts of the members' windows that ended in it.
    window: OutageWindow,
    /// Where what is known begins.
    to: UnixMillis,
}

impl<K: Copy> LiveService<K> {
    /// Windows that ended before `now` are taken as told.
    pub fn new(subject: Subject, parameters: RollupHistory, now: UnixMillis) -> Self {
        Self {
            subject,
            parameters,
            platforms: Vec::new(),
            told: Told::at(now),
        }
    }

    /// Adds a probe to one of its platforms.
    pub fn add(
        &mut self,
        platform: &Subject,
        parameters: &RollupHistory,
        member: LiveMember<K>,
        now: UnixMillis,
    ) {
        // the latest first, since those of a platform come together
        let mut latest = self.platforms.iter_mut().rev();
        match latest.find(|p| p.subject == *platform) {
            Some(found) => found.members.push(member),
            None => self.platforms.push(LivePlatform {
                subject: platform.clone(),
                parameters: parameters.clone(),
                members: vec![member],
                told: Told::at(now),
            }),
        }
    }

    pub fn members(&self) -> impl Iterator<Item = K> {
        let platforms = self.platforms.iter();
        platforms.flat_map(|platform| platform.members.iter().map(|member| member.probe))
    }

    /// Takes over what was told of the same service before its probes were changed.
    pub fn go_on_from(&mut self, before: &Self) {
        self.told = before.told.clone();
        for platform in &mut self.platforms {
            let mut earlier = before.platforms.iter();
            if let Some(earlier) = earlier.find(|p| p.subject == platform.subject) {
                platform.told = earlier.told.clone();
            }
        }
    }

    /// The clock was set back: what ends after `now` was not told of the time that comes now.
    pub fn set_back(&mut self, now: UnixMillis) {
        for told in self
            .platforms
            .iter_mut()
            .map(|p| &mut p.told)
            .chain([&mut self.told])
        {
            told.until = told.until.min(now);
            told.carried = None;
        }
    }

    /// Whether anything was told to be open.
    pub fn is_down(&self) -> bool {
        let mut platforms = self.platforms.iter();
        self.told.open.is_some() || platforms.any(|platform| platform.told.open.is_some())
    }

    /// What turned since the last time, platforms before the service. `track` gives what a probe
    /// was, as far back as it is known. That something is down is told at once, and that it is over
    /// when no member can change it any more: `settled` is the earliest
    /// [`Reducer::settled`](crate::domain::reducer::Reducer::settled) of all members.
    pub fn turns(
        &mut self,
        settled: UnixMillis,
        track: impl FnMut(K) -> Track,
    ) -> Vec<(Subject, Turn)> {
        let (platforms, whole) = self.roll_up(track);
        let mut turns = Vec::new();
        for (platform, made) in self.platforms.iter_mut().zip(&platforms) {
            let told = platform.told.turns(made, settled);
            turns.extend(
                told.into_iter()
                    .map(|turn| (platform.subject.clone(), turn)),
            );
        }
        let told = self.told.turns(&whole, settled);
        turns.extend(told.into_iter().map(|turn| (self.subject.clone(), turn)));
        turns
    }

    /// Before which instant the members' pieces may be forgotten: not after `settled`, at which no
    /// member may be unknown. What of open windows lies before is kept here.
    #[must_use]
    pub fn carry(&mut self, settled: UnixMillis, track: impl FnMut(K) -> Track) -> UnixMillis {
        let (platforms, whole) = self.roll_up(track);
        let instant = uncut(&platforms, &whole, settled);
        self.carry_at(instant, &platforms, &whole);
        instant
    }

    /// As [`carry`](Self::carry), whoever is unknown: the members' pieces before `settled` may be
    /// forgotten. Of one that comes back later, the bounds may then reach back less far than they
    /// should.
    pub fn cut(&mut self, settled: UnixMillis, track: impl FnMut(K) -> Track) {
        let (platforms, whole) = self.roll_up(track);
        self.carry_at(settled, &platforms, &whole);
    }

    fn carry_at(&mut self, instant: UnixMillis, platforms: &[Made], whole: &Made) {
        for (platform, made) in self.platforms.iter_mut().zip(platforms) {
            platform.told.carry(made, instant);
        }
        self.told.carry(whole, instant);
    }

    /// The platforms, in their order, and the service.
    fn roll_up(&self, mut track: impl FnMut(K) -> Track) -> (Vec<Made>, Made) {
        let platforms = self.platforms.iter().map(|platform| {
            let members = platform.members.iter();
            let tracks = members.clone().map(|member| track(member.probe)).collect();
            let weights = members.map(|member| &member.parameters);
            let present = platform.present();
            let told = &platform.told;
            told.make(tracks, present, weights, &platform.parameters)
        });
        let platforms: Vec<_> = platforms.collect();
        let present = self.platforms.iter().filter(|p| p.present() > 0).count();
        let tracks = platforms.iter().map(|made| made.rollup.track.clone());
        let weights = self.platforms.iter().map(|platform| &platform.parameters);
        let tracks = tracks.collect();
        let whole = self.told.make(tracks, present, weights, &self.parameters);
        (platforms, whole)
    }
}

impl<K> LivePlatform<K> {
    /// So many of its members were not removed.
    fn present(&self) -> usize {
        self.members.iter().filter(|member| !member.is_gone).count()
    }
}

/// The last instant up to `settled` that cuts no possible down time of what is no open window.
fn uncut(platforms: &[Made], whole: &Made, settled: UnixMillis) -> UnixMillis {
    let all = platforms.iter().chain([whole]);
    let tracks = || {
        let all = all.clone();
        all.flat_map(|made| made.members.iter().chain([&made.rollup.track]))
    };
    let mut instant = settled;
    loop {
        let cut = tracks().filter_map(|track| {
            let stretch = track.possible_at(instant)?.period;
            let is_cut = stretch.from < instant && window_over(track, instant).is_none();
            is_cut.then_some(stretch.from)
        });
        match cut.min() {
            Some(earlier) => instant = earlier,
            None => return instant,
        }
    }
}

/// The window of which a part lies before and a part after an instant.
fn window_over(track: &Track, instant: UnixMillis) -> Option<usize> {
    track.windows.iter().position(|window| {
        let goes_on = instant < window.end || window.is_open();
        window.start < instant && instant <= window.end && goes_on
    })
}

/// A platform or service, and what its members were.
struct Made {
    rollup: Rollup,
    members: Vec<Track>,
    /// So many of them were not removed.
    present: usize,
}

impl Made {
    fn standing(&self) -> Standing {
        let is_down = |track: &&Track| track.windows.last().is_some_and(OutageWindow::is_open);
        let Track {
            covered,
            maintenance,
            ..
        } = &self.rollup.track;
        let now = covered.last().map(|life| life.to);
        let maintained = maintenance.periods().last().map(|period| period.to);
        Standing {
            down: self.members.iter().filter(is_down).count(),
            members: self.present,
            is_maintained: maintained.is_some() && maintained == now,
        }
    }
}

impl Carried {
    /// The window that begins where what is known does is the rest of it.
    fn go_on_as(&self, rest: &mut OutageWindow) {
        let begun = &self.window;
        if rest.certain == Millis::ZERO {
            rest.end_earliest = begun.end_earliest;
        }
        rest.start = begun.start;
        rest.start_earliest = begun.start_earliest;
        rest.start_kind = begun.start_kind;
        rest.opened_at = begun.opened_at;
        rest.detected_at = begun.detected_at;
        rest.certain = rest.certain + begun.certain;
        rest.failures += begun.failures;
        rest.observations += begun.observations;
        rest.causes.merge(&begun.causes);
        if begun.first_failure.is_some() {
            rest.first_failure.clone_from(&begun.first_failure);
        }
    }
}

/// What is to be kept of the window that `instant` lies in, if it lies in one.
fn carried(made: &Made, before: Option<&Carried>, instant: UnixMillis) -> Option<Carried> {
    let Made {
        rollup, members, ..
    } = made;
    let at = window_over(&rollup.track, instant)?;
    let (window, parts) = (&rollup.track.windows[at], &rollup.parts[at]);
    // what lies before what is known so far was carried already
    let before = before.filter(|before| before.window.start == window.start);
    let known_since = before.map_or(window.start, |before| before.to);
    let certain = rollup.track.certain.clip(Period::new(known_since, instant));
    let mut begun = OutageWindow {
        certain: certain.length(),
        end_earliest: certain.periods().last().map_or(known_since, |last| last.to),
        failures: 0,
        observations: 0,
        causes: CauseCounts::default(),
        ..window.clone()
    };
    if let Some(Carried {
        window: earlier, ..
    }) = before
    {
        if begun.certain == Millis::ZERO {
            begun.end_earliest = earlier.end_earliest;
        }
        begun.certain = begun.certain + earlier.certain;
        begun.failures = earlier.failures;
        begun.observations = earlier.observations;
        begun.causes = earlier.causes;
    }
    let parts = parts.iter();
    let parts = parts.map(|part| &members[part.member].windows[part.window]);
    for part in parts.filter(|part| part.end <= instant && !part.is_open()) {
        begun.failures += part.failures;
        begun.observations += part.observations;
        begun.causes.merge(&part.causes);
    }
    Some(Carried {
        window: begun,
        to: instant,
    })
}

impl Told {
    const fn at(now: UnixMillis) -> Self {
        Self {
            open: None,
            until: now,
            carried: None,
        }
    }

    fn make<'a>(
        &self,
        members: Vec<Track>,
        present: usize,
        weights: impl Iterator<Item = &'a RollupHistory>,
        policy: &RollupHistory,
    ) -> Made {
        let voting = members.iter().zip(weights);
        let voting = voting.map(|(track, parameters)| Member { track, parameters });
        let mut rollup = Rollup::new(&voting.collect::<Vec<_>>(), policy);
        if let Some(carried) = &self.carried {
            let windows = &mut rollup.track.windows;
            for window in windows {
                if window.start == carried.to {
                    carried.go_on_as(window);
                } else if window.start_kind != StartKind::Resumed
                    && window.start_earliest == Some(carried.to)
                {
                    // without a break possible since then
                    window.start_earliest = carried.window.start_earliest;
                }
            }
        }
        Made {
            rollup,
            members,
            present,
        }
    }

    fn carry(&mut self, made: &Made, instant: UnixMillis) {
        let before = self.carried.take();
        self.carried = carried(made, before.as_ref(), instant);
    }

    fn turns(&mut self, made: &Made, settled: UnixMillis) -> Vec<Turn> {
        let mut turns = Vec::new();
        let mut goes_on = false;
        for window in &made.rollup.track.windows {
            if window.is_open() {
                goes_on = true;
                if self.open.replace(window.start).is_none() {
                    turns.push(Turn::Opened(window.clone(), made.standing()));
                }
            } else if window.end > settled {
                // it may still turn out to be longer or shorter
                goes_on |= window.end > self.until;
            } else if window.end > self.until {
                self.until = window.end;
                if self.open.is_some_and(|start| start < window.end) {
                    self.open = None;
                }
                turns.push(Turn::Closed(window.clone()));
            }
        }
        if !goes_on && let Some(start) = self.open.take() {
            turns.push(Turn::TakenBack(start));
        }
        turns
    }
}
