//! Incidents: what of a service went wrong at about the same time, as one story. No window is
//! changed by it.

use super::outage::{Blip, OutageWindow, StartKind};
use super::outage_id::OutageId;
use super::period_set::PeriodSet;
use super::rollup::{DownWhen, Member, Rollup, RollupHistory, RollupParameters};
use super::subject::Subject;
use super::time::{Micros, Millis, Period, UnixMillis};
use super::track::Track;

/// Windows and flapping stretches of one service with no long pause between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    pub id: OutageId,
    pub kind: IncidentKind,
    pub severity: Severity,
    /// From the first start to the last end so far.
    pub period: Period,
    /// The earliest that it can have begun. `None` if nobody saw what was before.
    pub start_earliest: Option<UnixMillis>,
    /// The latest that it can have ended. `None` if it has not, or nobody saw what was after.
    pub end_latest: Option<UnixMillis>,
    /// Whether something of it has not ended.
    pub is_open: bool,
    /// In the order of the service's platforms; those that had no part in it are left out.
    pub platforms: Vec<Share>,
    /// Time in which at least one platform was down,
    pub any_down: Millis,
    /// and in which every platform that votes was.
    pub all_down: Millis,
    /// Time in it in which the state of the service was not known.
    pub unknown: Millis,
    /// Time down weighted by how much of the service was.
    pub weighted_down: Micros,
    /// Failures too few to be an outage: so many times in a row, in it.
    pub blips: u64,
    /// The windows of its endpoints, in order of start.
    pub windows: Vec<Part>,
    /// Where failures were scattered, of all its endpoints together.
    pub flapping: PeriodSet,
}

/// What one platform had of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Among the service's platforms.
    pub platform: usize,
    /// The sum of its windows in the incident,
    pub down: Millis,
    /// for sure,
    pub certain: Millis,
    /// and at most; `None` if a bound is missing.
    pub possible: Option<Millis>,
    pub windows: usize,
    /// Of its endpoints.
    pub blips: u64,
    /// Time in which failures of its endpoints were scattered.
    pub flapping: Millis,
}

/// A window of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    pub platform: usize,
    /// Among the platform's endpoints.
    pub endpoint: usize,
    /// Among the endpoint's windows.
    pub window: usize,
}

words! {
    /// Whether it was one stretch. Numbers are stored: only ever add at the end.
    IncidentKind, "incident kind" {
        Continuous = "continuous",
        /// It came and went.
        Intermittent = "intermittent",
    }
}

words! {
    /// How much of the service was down at the worst instant. Numbers are stored: only ever add at the end.
    Severity, "severity" {
        /// Failures came and went without a platform being down.
        IntermittentOnly = "intermittent_only",
        /// At least one platform.
        Partial = "partial",
        /// Every platform that votes.
        Full = "full",
    }
}

/// A platform of the service.
#[derive(Clone, Copy, Debug)]
pub struct PlatformPast<'a> {
    pub rollup: &'a Rollup,
    pub parameters: &'a RollupHistory,
    pub endpoints: &'a [EndpointPast<'a>],
}

/// An endpoint of a platform.
#[derive(Clone, Copy, Debug)]
pub struct EndpointPast<'a> {
    pub track: &'a Track,
    pub flapping: &'a PeriodSet,
    pub blips: &'a [Blip],
}

/// What makes or lengthens an incident.
#[derive(Clone, Copy, Debug)]
struct Item<'a> {
    period: Period,
    /// `None` for a flapping stretch.
    window: Option<(&'a OutageWindow, Part)>,
}

/// Items without a long pause.
struct Group<'a> {
    period: Period,
    items: Vec<Item<'a>>,
}

/// The incidents of a service, in order of start. `service` is its roll-up, and `parameters` the
/// history of its policy, of which the merge gap counts that was in force when an item began.
pub fn incidents(
    service: &Subject,
    rollup: &Rollup,
    parameters: &RollupHistory,
    platforms: &[PlatformPast<'_>],
) -> Vec<Incident> {
    let groups = groups(items(platforms), parameters);
    if groups.is_empty() {
        return Vec::new();
    }
    let members: Vec<_> = platforms
        .iter()
        .map(|platform| Member {
            track: &platform.rollup.track,
            parameters: platform.parameters,
        })
        .collect();
    let down_when = |down_when| {
        let policy = RollupHistory::constant(RollupParameters {
            down_when,
            ..RollupParameters::default()
        });
        let windows = Rollup::new(&members, &policy).track.windows;
        windows.iter().map(OutageWindow::period).collect()
    };
    let together = Together {
        service,
        rollup,
        any_down: down_when(DownWhen::Any),
        all_down: down_when(DownWhen::All),
    };
    groups
        .into_iter()
        .map(|group| incident(&group, &together, platforms))
        .collect()
}

/// What the platforms were together.
struct Together<'a> {
    service: &'a Subject,
    rollup: &'a Rollup,
    any_down: PeriodSet,
    all_down: PeriodSet,
}

fn items<'a>(platforms: &[PlatformPast<'a>]) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    for (platform, past) in platforms.iter().enumerate() {
        for (endpoint, past) in past.endpoints.iter().enumerate() {
            items.extend(past.track.windows.iter().enumerate().map(|(at, window)| {
                let part = Part {
                    platform,
                    endpoint,
                    window: at,
                };
                Item {
                    period: window.period(),
                    window: Some((window, part)),
                }
            }));
            items.extend(past.flapping.periods().iter().map(|&period| Item {
                period,
                window: None,
            }));
        }
    }
    items.sort_by_key(|item| (item.period, item.window.map(|(_, part)| part)));
    items
}

fn groups<'a>(items: Vec<Item<'a>>, parameters: &RollupHistory) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for item in items {
        let merge_gap = parameters.at(item.period.from).merge_gap;
        let resumed = item
            .window
            .is_some_and(|(window, _)| window.start_kind == StartKind::Resumed);
        match groups.last_mut() {
            Some(group) if resumed || item.period.from - group.period.to <= merge_gap => {
                group.period.to = group.period.to.max(item.period.to);
                group.items.push(item);
            }
            _ => groups.push(Group {
                period: item.period,
                items: vec![item],
            }),
        }
    }
    groups
}

fn incident(
    group: &Group<'_>,
    together: &Together<'_>,
    platforms: &[PlatformPast<'_>],
) -> Incident {
    let period = group.period;
    let shares = shares(group, platforms);
    let inside = |set: &PeriodSet| set.clip(period).length();
    let windows = group.items.iter().filter_map(|item| item.window);
    let flapping = group.items.iter().filter(|item| item.window.is_none());
    let flapping: PeriodSet = flapping.map(|item| item.period).collect();
    let (any_down, all_down) = (inside(&together.any_down), inside(&together.all_down));
    Incident {
        id: OutageId::of_incident(together.service, period.from),
        kind: kind(group, &flapping, platforms),
        severity: match (any_down > Millis::ZERO, all_down > Millis::ZERO) {
            (_, true) => Severity::Full,
            (true, false) => Severity::Partial,
            (false, false) => Severity::IntermittentOnly,
        },
        period,
        start_earliest: start_earliest(group),
        end_latest: end_latest(group),
        is_open: windows.clone().any(|(window, _)| window.is_open()),
        blips: shares.iter().map(|share| share.blips).sum(),
        platforms: shares,
        any_down,
        all_down,
        unknown: inside(&together.rollup.track.unknown),
        weighted_down: together.rollup.weighted_down(period),
        windows: windows.map(|(_, part)| part).collect(),
        flapping,
    }
}

fn shares(group: &Group<'_>, platforms: &[PlatformPast<'_>]) -> Vec<Share> {
    let mut shares = Vec::new();
    for (platform, past) in platforms.iter().enumerate() {
        let track = &past.rollup.track;
        let windows = &track.windows[track.windows_in(group.period)];
        let flapping = past.endpoints.iter().flat_map(|endpoint| {
            let inside = endpoint.flapping.clip(group.period);
            inside.periods().to_vec()
        });
        let flapping = flapping.collect::<PeriodSet>().length();
        let blips = past.endpoints.iter().map(|endpoint| group.blips(endpoint));
        let blips = blips.sum();
        let mut items = group.items.iter().filter_map(|item| item.window);
        let has_part = items.any(|(_, part)| part.platform == platform);
        if has_part || !windows.is_empty() || flapping > Millis::ZERO || blips > 0 {
            shares.push(Share {
                platform,
                down: windows.iter().map(OutageWindow::duration).sum(),
                certain: windows.iter().map(OutageWindow::duration_min).sum(),
                possible: windows.iter().map(OutageWindow::duration_max).sum(),
                windows: windows.len(),
                blips,
                flapping,
            });
        }
    }
    shares
}

/// It came and went if failures were scattered, or if one platform was down twice. Where a platform
/// was never down as such, its endpoints tell.
fn kind(group: &Group<'_>, flapping: &PeriodSet, platforms: &[PlatformPast<'_>]) -> IncidentKind {
    let anew = |track: &Track| {
        let windows = track.windows[track.windows_in(group.period)].iter();
        windows
            .enumerate()
            .filter(|(at, window)| *at == 0 || window.start_kind != StartKind::Resumed)
            .count()
    };
    let came_and_went = platforms
        .iter()
        .any(|platform| match anew(&platform.rollup.track) {
            0 => {
                let mut endpoints = platform.endpoints.iter();
                endpoints.any(|endpoint| anew(endpoint.track) > 1)
            }
            times => times > 1,
        });
    if came_and_went || !flapping.is_empty() {
        IncidentKind::Intermittent
    } else {
        IncidentKind::Continuous
    }
}

/// Of the windows that it begins with, the earliest start that is possible.
fn start_earliest(group: &Group<'_>) -> Option<UnixMillis> {
    let bounds = group.items.iter().map(|item| match item.window {
        Some((window, _)) => window.start_earliest,
        None => Some(item.period.from),
    });
    // one without a bound may have begun at any time before
    let bounds: Option<Vec<_>> = bounds.collect();
    bounds?.into_iter().min()
}

fn end_latest(group: &Group<'_>) -> Option<UnixMillis> {
    let bounds = group.items.iter().map(|item| match item.window {
        Some((window, _)) => window.end_latest,
        None => Some(item.period.to),
    });
    let bounds: Option<Vec<_>> = bounds.collect();
    bounds?.into_iter().max()
}

impl Group<'_> {
    /// How many of an endpoint's blips began in it. Its end belongs to it: scattered failures reach
    /// to the last of them.
    fn blips(&self, endpoint: &EndpointPast<'_>) -> u64 {
        let blips = endpoint.blips;
        let first = blips.partition_point(|blip| blip.first < self.period.from);
        let held = blips[first..].partition_point(|blip| blip.first <= self.period.to);
        held as u64
    }
}

impl Incident {
    pub fn duration(&self) -> Millis {
        self.period.length()
    }
}
