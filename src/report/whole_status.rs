//! Where a platform or a service stands as such, by the vote of its members.

use super::outage_list::{Outage, outages_of_platform, outages_of_service};
use super::service_history::{PlatformHistory, ServiceHistory};
use super::status::{LastSeen, Since, StateCounts, UPTIME_SPAN, state_since};
use crate::domain::availability::{Availability, State, availability};
use crate::domain::incident::Incident;
use crate::domain::rollup::{DownWhen, RollupHistory};
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::track::Track;

#[derive(Clone, Debug, PartialEq)]
pub struct WholeStatus {
    pub state: State,
    /// `None` if nothing of it was ever asked.
    pub since: Option<Since>,
    pub vote: Vote,
    /// The window that has not ended.
    pub outage: Option<Outage>,
    /// What it was when that was last known; told only while it is unknown.
    pub last_seen: Option<LastSeen>,
    /// Over the latest [`UPTIME_SPAN`].
    pub availability: Availability,
}

/// How a state comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    pub down_when: DownWhen,
    /// So many of those that vote must be down: of all members, but for those in maintenance.
    pub needed: u32,
    pub members: StateCounts,
}

/// An incident that is under way, or may go on: what failed now would still be part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ongoing {
    pub incident: Incident,
    /// For so long nothing of it has been the matter; `None` while something is.
    pub calm: Option<Millis>,
}

impl WholeStatus {
    /// `None` if the platform is not whole.
    pub(super) fn of_platform(
        service: &ServiceHistory,
        platform: &PlatformHistory,
        members: StateCounts,
        now: UnixMillis,
    ) -> Option<Self> {
        let track = &platform.counted()?.track;
        let begins = platform.probes.iter().filter_map(|probe| probe.past.begins);
        let vote = Vote::new(&platform.parameters, members, now);
        let outages = outages_of_platform(service, platform, until(now));
        Some(Self::new(track, begins.max(), vote, outages, now))
    }

    /// `None` if the service is not whole.
    pub(super) fn of_service(
        service: &ServiceHistory,
        members: StateCounts,
        now: UnixMillis,
    ) -> Option<Self> {
        let track = &service.counted()?.track;
        let begins = service.probes().filter_map(|probe| probe.past.begins);
        let vote = Vote::new(&service.parameters, members, now);
        let outages = outages_of_service(service, until(now));
        Some(Self::new(track, begins.max(), vote, outages, now))
    }

    fn new(
        track: &Track,
        begins: Option<UnixMillis>,
        vote: Vote,
        mut outages: Vec<Outage>,
        now: UnixMillis,
    ) -> Self {
        let (since, state) = state_since(track, begins, now);
        let known = since.filter(|_| state == State::Unknown);
        Self {
            state,
            since,
            vote,
            outage: outages.pop().filter(|outage| outage.window.is_open()),
            last_seen: known.and_then(|since| last_known(track, since)),
            availability: availability(track, Period::new(now.saturating_sub(UPTIME_SPAN), now)),
        }
    }
}

/// All there ever was.
fn until(now: UnixMillis) -> Period {
    Period::new(UnixMillis(i64::MIN), now)
}

/// What was before the unknown. `None` if nothing was.
fn last_known(track: &Track, since: Since) -> Option<LastSeen> {
    let Since::At(at) = since else { return None };
    let existed = track
        .covered
        .iter()
        .any(|life| life.from < at && at <= life.to);
    existed.then(|| LastSeen {
        down: track.windows.iter().any(|window| window.end == at),
        at,
    })
}

impl Vote {
    fn new(parameters: &RollupHistory, members: StateCounts, now: UnixMillis) -> Self {
        let down_when = parameters.at(now).down_when;
        let voters = match members.total() - members.maintenance {
            0 => members.total(),
            voters => voters,
        };
        Self {
            down_when,
            needed: down_when.needed(u32::try_from(voters).unwrap_or(u32::MAX)),
            members,
        }
    }
}

impl Ongoing {
    /// `flapping`: whether any of its probes is at the present.
    pub(super) fn of(service: &ServiceHistory, flapping: bool, now: UnixMillis) -> Option<Self> {
        let incident = service.whole.as_ref()?.incidents.last()?;
        let calm = now - incident.period.to;
        let merge_gap = service.parameters.at(now).merge_gap;
        (incident.is_open || calm <= merge_gap).then(|| Self {
            incident: incident.clone(),
            calm: (!incident.is_open && !flapping).then_some(calm),
        })
    }
}
