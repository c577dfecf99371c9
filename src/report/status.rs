//! Where every probe stands at an instant.

use super::outage_list::{Outage, outages_of};
use super::probe_history::ProbeHistory;
use super::service_history::{PlatformHistory, ServiceHistory};
use crate::domain::availability::{Availability, State, availability, state_now};
use crate::domain::observation::Outcome;
use crate::domain::probe::{Name, Probe};
use crate::domain::reducer::Pending;
use crate::domain::time::{Millis, Period, UnixMillis};

/// Over which the uptime beside each state is taken.
pub const UPTIME_SPAN: Millis = Millis::from_secs(24 * 3600);

/// How far back it is looked, at the least, for when a probe came into its state.
pub const SINCE_SPAN: Millis = Millis::from_secs(7 * 24 * 3600);

/// Of all configured probes.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub generated_at: UnixMillis,
    pub counts: StateCounts,
    /// In order of their slugs.
    pub services: Vec<ServiceStatus>,
    /// Probes with a history that are configured no more.
    pub removed: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ServiceStatus {
    pub name: Name,
    pub counts: StateCounts,
    /// In order of their slugs.
    pub platforms: Vec<PlatformStatus>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlatformStatus {
    pub name: Name,
    pub counts: StateCounts,
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

/// How many probes are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    pub up: usize,
    pub degraded: usize,
    pub down: usize,
    pub unknown: usize,
    pub maintenance: usize,
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

    pub fn probes(&self) -> usize {
        self.worst_first().iter().map(|(_, count)| count).sum()
    }

    /// The worst state that any probe is in. Not a state of the platform or service: for that its
    /// probes would have to vote. `None` without probes.
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
            .filter_map(|platform| PlatformStatus::new(platform, now))
            .collect();
        (!platforms.is_empty()).then(|| Self {
            name: service.name.clone(),
            counts: platforms.iter().map(|platform| platform.counts).sum(),
            platforms,
        })
    }
}

impl PlatformStatus {
    /// `None` if nothing of it is configured any more.
    fn new(platform: &PlatformHistory, now: UnixMillis) -> Option<Self> {
        let probes = platform.probes.iter();
        let probes: Vec<_> = probes
            .filter(|probe| probe.is_configured())
            .map(|probe| ProbeStatus::new(probe, now))
            .collect();
        (!probes.is_empty()).then(|| Self {
            name: platform.name.clone(),
            counts: StateCounts::of(probes.iter().map(|probe| probe.state)),
            probes,
        })
    }
}

impl ProbeStatus {
    fn new(probe: &ProbeHistory, now: UnixMillis) -> Self {
        let history = &probe.past.history;
        let span = Period::new(now.saturating_sub(UPTIME_SPAN), now);
        let (since, state) = match state_now(&probe.track, now) {
            Some((stretch, state)) => {
                let begins = probe.past.begins.filter(|begins| stretch.from <= *begins);
                let since = begins.map_or(Since::At(stretch.from), Since::Before);
                (Some(since), state)
            }
            None => (None, State::Unknown),
        };
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
            availability: availability(&probe.track, span),
            probe: probe.probe.clone(),
            url: probe.url.clone(),
        }
    }
}
