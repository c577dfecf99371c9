//! Platforms and the service: the vote of the members, held against the same vote on the truth.

use std::num::NonZeroU8;

use outwatch::domain::outage::{EndKind, OutageWindow, StartKind};
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::rollup::{DownWhen, Member, Rollup, RollupHistory, RollupParameters};
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::Track;

use super::Judged;
use super::case::Case;
use super::endpoint::Truth;
use super::rules::Reported;
use super::shown::Outage;
use super::world::{Shape, World};

/// Half of the three endpoints, rounded up.
pub(crate) const NEEDED: usize = 2;

/// What its endpoints say of a platform, and what is true of it.
#[derive(Debug)]
pub(crate) struct Platform {
    /// With `down_when: 50%`.
    pub(crate) track: Track,
    /// Of the endpoints' true outages.
    pub(crate) truth: Truth,
}

fn roll_up(tracks: &[Track], down_when: DownWhen) -> Track {
    let parameters = RollupHistory::constant(RollupParameters {
        down_when,
        ..RollupParameters::default()
    });
    let members: Vec<_> = tracks
        .iter()
        .map(|track| Member {
            track,
            parameters: &parameters,
        })
        .collect();
    Rollup::new(&members, &parameters).track
}

fn half() -> DownWhen {
    DownWhen::Share(NonZeroU8::new(50).expect("fifty is not zero"))
}

impl Platform {
    pub(crate) fn of(case: &Case, endpoints: &[Judged]) -> Self {
        let truths: Vec<_> = endpoints.iter().map(|endpoint| &endpoint.truth).collect();
        Self {
            track: roll_up(&tracks(endpoints), half()),
            truth: Truth::voted(case, &truths),
        }
    }

    /// Says what does not hold of the vote. What a member's windows tell is taken as true from the
    /// true start of the first outage in them to the true end of the last: no vote can know of
    /// outages that its members were too short of time to see.
    pub(crate) fn check(&self, endpoints: &[Judged], world: &World, wrong: &mut Vec<String>) {
        let told: Vec<PeriodSet> = endpoints
            .iter()
            .map(|endpoint| endpoint.truth.told_in(&endpoint.history).collect())
            .collect();
        let truth = PeriodSet::from_iter(vote(&told, NEEDED));
        let possible = self.track.possible.iter().map(|stretch| stretch.period);
        let possible: PeriodSet = possible.collect();
        if !self.track.certain.difference(&truth).is_empty() {
            wrong.push(format!(
                "certain, and not true: {:?}",
                self.track.certain.difference(&truth)
            ));
        }
        if !truth.difference(&possible).is_empty() {
            wrong.push(format!(
                "true, and not possible: {:?}",
                truth.difference(&possible)
            ));
        }
        for window in &self.track.windows {
            check_window(window, &truth, endpoints, world, wrong);
        }
        check_policies(&tracks(endpoints), wrong);
    }

    pub(crate) fn reported(&self) -> Vec<Reported> {
        let windows = self.track.windows.iter();
        windows
            .map(|window| Reported {
                period: window.period(),
                down: window.duration(),
                is_mute: window.failures == 0,
            })
            .collect()
    }
}

/// One window of a platform, of which `truth` is the vote on what is true.
fn check_window(
    window: &OutageWindow,
    truth: &PeriodSet,
    endpoints: &[Judged],
    world: &World,
    wrong: &mut Vec<String>,
) {
    let around = Period::new(
        window.start_earliest.unwrap_or(UnixMillis(i64::MIN / 2)),
        window.end_latest.unwrap_or(UnixMillis(i64::MAX / 2)),
    );
    let within = truth.clip(around);
    let down = within.length();
    let mut claim = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!(
                "{what} does not hold: truly {within:?}, {window:?}"
            ));
        }
    };
    claim(window.duration_min() <= down, "duration_min");
    claim(
        window.duration_max().is_none_or(|max| down <= max),
        "duration_max",
    );
    // where all went down and came back together, the window itself is as exact as an endpoint's
    let (Some(begun), Some(ended)) = (within.periods().first(), within.periods().last()) else {
        return;
    };
    let is_common = endpoints
        .iter()
        .flat_map(|endpoint| &endpoint.truth.outages)
        .filter(|outage| outage.period.overlaps(around))
        .all(|outage| {
            let shape = world.events[outage.event].shape;
            matches!(shape, Shape::Full | Shape::Platforms)
        });
    if !is_common || within.periods().len() != 1 {
        return;
    }
    // what is resumed, or goes on after a gap, has its edges elsewhere
    if window.start_kind != StartKind::Resumed {
        let is_after = window
            .start_earliest
            .is_none_or(|earliest| earliest < begun.from);
        claim(is_after && begun.from <= window.start, "start");
    }
    // resumed without a failure, it tells no more of the end than the window before it
    let is_mute = window.start_kind == StartKind::Resumed && window.certain == Millis::ZERO;
    if window.end_kind == EndKind::Seen && !is_mute {
        let is_before = window.end_latest.is_none_or(|latest| ended.to <= latest);
        claim(window.end_earliest < ended.to && is_before, "end");
    }
}

fn tracks(endpoints: &[Judged]) -> Vec<Track> {
    let plain = |endpoint: &Judged| Track::of(&endpoint.history, PeriodSet::default());
    endpoints.iter().map(plain).collect()
}

/// Where so many are at once.
pub(crate) fn vote(members: &[PeriodSet], needed: usize) -> Vec<Period> {
    let mut changes: Vec<(UnixMillis, i32)> = members
        .iter()
        .flat_map(PeriodSet::periods)
        .flat_map(|period| [(period.from, 1), (period.to, -1)])
        .collect();
    // ends first: half-open periods that touch are not both at any instant
    changes.sort_unstable();
    let mut periods = Vec::new();
    let (mut count, mut since) = (0, None);
    for (at, change) in changes {
        count += change;
        if count >= needed as i32 {
            since.get_or_insert(at);
        } else if let Some(from) = since.take() {
            periods.push(Period::new(from, at));
        }
    }
    PeriodSet::from_iter(periods).periods().to_vec()
}

/// The stricter the policy, the less down time; and certain windows lie inside the windows, and
/// these inside the possible ones.
fn check_policies(members: &[Track], wrong: &mut Vec<String>) {
    let down =
        |track: &Track| -> PeriodSet { track.windows.iter().map(OutageWindow::period).collect() };
    let policies = [DownWhen::All, half(), DownWhen::Any];
    let voted: Vec<Track> = policies
        .into_iter()
        .map(|policy| roll_up(members, policy))
        .collect();
    for track in &voted {
        let possible: PeriodSet = track
            .possible
            .iter()
            .map(|stretch| stretch.period)
            .collect();
        if !track.certain.difference(&down(track)).is_empty()
            || !down(track).difference(&possible).is_empty()
        {
            wrong.push("certain, reported and possible windows are in order".to_owned());
        }
    }
    let ordered = |less: &PeriodSet, more: &PeriodSet| less.difference(more).is_empty();
    let sets: Vec<_> = voted.iter().map(down).collect();
    let of_members: Vec<_> = members.iter().map(down).collect();
    let sum: Millis = of_members.iter().map(PeriodSet::length).sum();
    let (all, any) = (&sets[0], &sets[2]);
    let holds = ordered(all, &sets[1])
        && ordered(&sets[1], any)
        && any.length() <= sum
        && of_members
            .iter()
            .all(|member| ordered(member, any) && ordered(all, member));
    if !holds {
        wrong.push("all, half and any are in order of down time".to_owned());
    }
}

impl Truth {
    /// What is true of a platform with these endpoints. Certain is what lasts, and is of endpoints
    /// that must have been confirmed.
    fn voted(case: &Case, members: &[&Truth]) -> Self {
        let enough = case.certainly_confirmed_after();
        let sets: Vec<PeriodSet> = members
            .iter()
            .map(|member| member.outages.iter().map(|outage| outage.period).collect())
            .collect();
        let is_at = |member: &&&Truth, period: Period| {
            let mut pairs = member.outages.iter().zip(&member.is_certain);
            pairs.any(|(outage, certain)| *certain && outage.period.overlaps(period))
        };
        let mut outages = Vec::new();
        let mut is_certain = Vec::new();
        for period in vote(&sets, NEEDED) {
            let by = members.iter().find_map(|member| member.at(period.from));
            let Some(by) = by else { continue };
            outages.push(Outage {
                period,
                event: by.event,
                is_open: members
                    .iter()
                    .flat_map(|member| &member.outages)
                    .any(|outage| outage.is_open && outage.period.to == period.to),
            });
            let sure = members.iter().filter(|member| is_at(member, period));
            is_certain.push(period.length() >= enough && sure.count() >= NEEDED);
        }
        Self::new(outages, is_certain)
    }
}
