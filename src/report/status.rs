//! Where every service, platform and endpoint stands at an instant.

use super::outage_list::{Outage, outages_of};
use super::probe_history::ProbeHistory;
use super::service_history::{PlatformHistory, ServiceHistory};
use super::whole_status::{Ongoing, WholeStatus};
use crate::domain::availability::{Availability, State, availability, state_now};
use crate::domain::history::History;
use crate::domain::observation::Outcome;
use crate::domain::probe::{Name, Probe};
use crate::domain::reducer::Pending;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::track::Track;

/// Over which the uptime beside each state is taken.
pub const UPTIME_SPAN: Millis = Millis::from_secs(24 * 3600);

/// How far back it is looked, at the least, for when something came into its state.
pub const SINCE_SPAN: Millis = Millis::from_secs(7 * 24 * 3600);

/// Of all that is configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub generated_at: UnixMillis,
    /// Of the probes.
    pub counts: StateCounts,
    /// In order of their slugs.
    pub services: Vec<ServiceStatus>,
    /// Probes with a history that are configured no more.
    pub removed: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ServiceStatus {
    pub name: Name,
    /// Of its own; `None` if not all of its probes were asked for.
    pub whole: Option<WholeStatus>,
    /// The latest, if it is not over yet.
    pub incident: Option<Ongoing>,
    /// Of its probes.
    pub counts: StateCounts,
    pub signs: Signs,
    /// In order of their slugs.
    pub platforms: Vec<PlatformStatus>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlatformStatus {
    pub name: Name,
    /// Of its own; `None` if not all of its probes were asked for.
    pub whole: Option<WholeStatus>,
    /// Of its probes.
    pub counts: StateCounts,
    pub signs: Signs,
    /// In order of their ids.
    pub probes: Vec<ProbeStatus>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ProbeStatus {
    pub probe: Probe,
    /// Free of secrets.
    pub url: String,
    pub state: State,
    /// Since when it is in this state without a break. `None` if it was never asked.
    pub since: Option<Since>,
    /// The latest observation of any outcome.
    pub last: Option<Last>,
    /// Whether failures are scattered among its latest observations, few as they may be in a row.
    pub flapping: bool,
    /// Observations that speak against the state, but are too few to turn it.
    pub pending: Option<Pending>,
    /// The window that has not ended.
    pub outage: Option<Outage>,
    /// What it was when it was last seen; told only while it is unknown.
    pub last_seen: Option<LastSeen>,
    /// Over the latest [`UPTIME_SPAN`].
    pub availability: Availability,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    At(UnixMillis),
    /// Longer than was looked back, which was to this instant.
    Before(UnixMillis),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    pub ts: UnixMillis,
    pub age: Millis,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSeen {
    pub down: bool,
    pub at: UnixMillis,
}

/// How many probes, or members of a platform or service, are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    pub up: usize,
    pub degraded: usize,
    pub down: usize,
    pub unknown: usize,
    pub maintenance: usize,
}

/// How many probes show signs that no state tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    pub flapping: usize,
    /// Failures are pending that are too few to be an outage.
    pub failing: usize,
}

impl std::iter::Sum for Signs {
    fn sum<I: Iterator<Item = Self>>(signs: I) -> Self {
        signs.fold(Self::default(), |sum, one| Self {
            flapping: sum.flapping + one.flapping,
            failing: sum.failing + one.failing,
        })
    }
}

impl Signs {
    fn of(probe: &ProbeStatus) -> Self {
        let failing = probe.pending.is_some_and(|pending| pending.failing);
        Self {
            flapping: probe.flapping.into(),
            failing: failing.into(),
        }
    }
}

impl Since {
    pub fn instant(self) -> UnixMillis {
        let (Self::At(instant) | Self::Before(instant)) = self;
        instant
    }
}

impl std::iter::Sum for StateCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            up: sum.up + one.up,
            degraded: sum.degraded + one.degraded,
            down: sum.down + one.down,
            unknown: sum.unknown + one.unknown,
            maintenance: sum.maintenance + one.maintenance,
        })
    }
}

impl StateCounts {
    pub fn of(states: impl IntoIterator<Item = State>) -> Self {
        let mut counts = Self::default();
        for state in states {
            *match state {
                State::Up => &mut counts.up,
                State::Degraded => &mut counts.degraded,
                State::Down => &mut counts.down,
                State::Unknown => &mut counts.unknown,
                State::Maintenance => &mut counts.maintenance,
            } += 1;
        }
        counts
    }

    pub fn total(&self) -> usize {
        self.worst_first().iter().map(|(_, count)| count).sum()
    }

    /// The worst state that any is in. Not a state of the platform or service: for that its
    /// members vote. `None` without any.
    pub fn worst(&self) -> Option<State> {
        let mut states = self.worst_first().into_iter();
        states.find(|&(_, count)| count > 0).map(|(state, _)| state)
    }

    /// Being down is known, being unknown is not: so down is worse.
    pub fn worst_first(&self) -> [(State, usize); 5] {
        [
            (State::Down, self.down),
            (State::Unknown, self.unknown),
            (State::Degraded, self.degraded),
            (State::Maintenance, self.maintenance),
            (State::Up, self.up),
        ]
    }
}

impl Status {
    pub fn new(services: &[ServiceHistory], now: UnixMillis) -> Self {
        let probes = services.iter().flat_map(ServiceHistory::probes);
        let removed = probes.filter(|probe| !probe.is_configured()).count();
        let services: Vec<_> = services
            .iter()
            .filter_map(|service| ServiceStatus::new(service, now))
            .collect();
        Self {
            generated_at: now,
            counts: services.iter().map(|service| service.counts).sum(),
            services,
            removed,
        }
    }
}

impl ServiceStatus {
    /// `None` if nothing of it is configured any more.
    fn new(service: &ServiceHistory, now: UnixMillis) -> Option<Self> {
        let platforms = service.platforms.iter();
        let platforms: Vec<_> = platforms
            .filter_map(|platform| PlatformStatus::new(service, platform, now))
            .collect();
        if platforms.is_empty() {
            return None;
        }
        let members = platforms.iter().filter_map(|platform| {
            let whole = platform.whole.as_ref()?;
            Some(whole.state)
        });
        let signs: Signs = platforms.iter().map(|platform| platform.signs).sum();
        let whole = WholeStatus::of_service(service, StateCounts::of(members), now);
        Some(Self {
            name: service.name.clone(),
            whole,
            incident: Ongoing::of(service, signs.flapping > 0, now),
            counts: platforms.iter().map(|platform| platform.counts).sum(),
            signs,
            platforms,
        })
    }
}

impl PlatformStatus {
    /// `None` if nothing of it is configured any more.
    fn new(service: &ServiceHistory, platform: &PlatformHistory, now: UnixMillis) -> Option<Self> {
        let probes = platform.probes.iter();
        let probes: Vec<_> = probes
            .filter(|probe| probe.is_configured())
            .map(|probe| ProbeStatus::new(probe, now))
            .collect();
        let counts = StateCounts::of(probes.iter().map(|probe| probe.state));
        (!probes.is_empty()).then(|| Self {
            name: platform.name.clone(),
            whole: WholeStatus::of_platform(service, platform, counts, now),
            counts,
            signs: probes.iter().map(Signs::of).sum(),
            probes,
        })
    }
}

impl ProbeStatus {
    fn new(probe: &ProbeHistory, now: UnixMillis) -> Self {
        let history = &probe.past.history;
        let span = Period::new(now.saturating_sub(UPTIME_SPAN), now);
        let (since, state) = state_since(probe.counted(), probe.past.begins, now);
        let standing = history
            .last
            .as_ref()
            .map(|(last, standing)| (last.ts, *standing));
        let open = |outage: &Outage| outage.window.is_open();
        Self {
            state,
            since,
            last: probe.past.latest.as_ref().map(|latest| Last {
                ts: latest.ts,
                age: now - latest.ts,
                outcome: latest.outcome.clone(),
            }),
            flapping: matches!(state, State::Up | State::Degraded) && is_flapping(history),
            // a gap cuts the run: what was pending before it decides nothing any more
            pending: standing
                .filter(|_| state != State::Unknown)
                .and_then(|(_, standing)| standing.pending),
            outage: outages_of(probe, Period::new(UnixMillis(i64::MIN), now))
                .pop()
                .filter(open),
            last_seen: standing
                .filter(|_| state == State::Unknown)
                .and_then(|(at, standing)| {
                    let down = standing.confirmed_down?;
                    Some(LastSeen { down, at })
                }),
            availability: availability(probe.counted(), span),
            probe: probe.probe.clone(),
            url: probe.url.clone(),
        }
    }
}

/// Whether its latest observations hold scattered failures; not if all of them are of an outage that
/// is over.
fn is_flapping(history: &History) -> bool {
    let recent = history.last.as_ref();
    let recent = recent.is_some_and(|(_, standing)| standing.flapping);
    let scattered = history.flapping.periods().last();
    let ended = history.windows.last().map(|window| window.end);
    recent && scattered.is_some_and(|stretch| ended.is_none_or(|end| end < stretch.to))
}

/// The state at the present, and since when. Nothing is known of what was before `begins`.
pub(super) fn state_since(
    track: &Track,
    begins: Option<UnixMillis>,
    now: UnixMillis,
) -> (Option<Since>, State) {
    let Some((stretch, state)) = state_now(track, now) else {
        return (None, State::Unknown);
    };
    let begins = begins.filter(|begins| stretch.from <= *begins);
    let since = begins.map_or(Since::At(stretch.from), Since::Before);
    (Some(since), state)
}
