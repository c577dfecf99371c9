//! The stretches of a period that nobody watched, and why.

use std::cmp::Reverse;

use super::circumstances::Circumstances;
use super::probe_history::ProbeHistory;
use super::request::Request;
use super::service_history::ServiceHistory;
use super::totals::Totals;
use crate::domain::availability::{State, timeline};
use crate::domain::observation::Reason;
use crate::domain::period_set::PeriodSet;
use crate::domain::probe::{Name, Probe};
use crate::domain::time::{Millis, Period, UnixMillis};

/// Everything that nobody watched in a period.
#[derive(Clone, Debug, PartialEq)]
pub struct UnobservedList {
    pub request: Request,
    /// Of each probe. In order of start, then of the probe's id.
    pub stretches: Vec<Unobserved>,
    /// The same, with what several probes missed at once together.
    pub spans: Vec<UnobservedSpan>,
    /// Over all probes.
    pub totals: Totals,
}

/// A longest stretch of the period in which nobody watched a probe, without declared maintenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unobserved {
    pub probe: Probe,
    pub period: Period,
    /// Why, the most telling first. Empty if nothing is known but that there is no observation.
    pub reasons: Vec<Why>,
}

/// Why nobody watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Before the first observation of the probe.
    NotYetAsked,
    Trouble {
        reason: Reason,
        /// So many requests were inconclusive for that reason; 0 if only the observer says so.
        observations: u64,
    },
}

/// Stretches of several probes that have a common part, and the same main reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnobservedSpan {
    /// From the earliest start to the latest end.
    pub period: Period,
    /// Of the stretches, the shortest and the longest.
    pub shortest: Millis,
    pub longest: Millis,
    /// In order of their stretches.
    pub probes: Vec<Probe>,
    pub whom: Whom,
    /// Of all of them together, in the order of [`Unobserved::reasons`].
    pub reasons: Vec<Why>,
}

/// Which probes they are, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    One(Probe),
    /// All there were in the period.
    All,
    /// All there were of a service,
    Service(Name),
    /// or of a platform.
    Platform {
        service: Name,
        platform: Name,
    },
    Some,
}

impl Why {
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotYetAsked => "not_yet_asked",
            Self::Trouble { reason, .. } => reason.as_str(),
        }
    }

    pub const fn observations(&self) -> u64 {
        match self {
            Self::NotYetAsked => 0,
            Self::Trouble { observations, .. } => *observations,
        }
    }
}

impl UnobservedList {
    /// The longest spans, at most so many, in their order.
    pub fn longest(&self, most: usize) -> Vec<&UnobservedSpan> {
        let mut all: Vec<_> = self.spans.iter().enumerate().collect();
        all.sort_by_key(|(_, span)| Reverse(span.longest));
        all.truncate(most);
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, span)| span).collect()
    }

    pub fn new(
        request: Request,
        services: &[ServiceHistory],
        circumstances: &Circumstances,
    ) -> Self {
        let period = request.period;
        let probes = services.iter().flat_map(ServiceHistory::probes);
        let probes: Vec<_> = probes.filter(|probe| probe.existed_in(period)).collect();
        let totals: Vec<_> = probes
            .iter()
            .map(|probe| Totals::of(probe, period, &[]))
            .collect();
        let mut stretches: Vec<_> = probes
            .iter()
            .flat_map(|probe| unobserved_of(probe, circumstances, period))
            .collect();
        stretches.sort_by(|a, b| (a.period, &a.probe.id).cmp(&(b.period, &b.probe.id)));
        let all: Vec<_> = probes.iter().map(|probe| &probe.probe).collect();
        Self {
            spans: spans(&stretches, &all),
            stretches,
            totals: Totals::sum(&totals),
            request,
        }
    }
}

/// The stretches of the period that nobody watched a probe, in order of time.
pub fn unobserved_of(
    probe: &ProbeHistory,
    circumstances: &Circumstances,
    period: Period,
) -> Vec<Unobserved> {
    let unknown = timeline(probe.counted(), period).into_iter();
    unknown
        .filter(|(_, state)| *state == State::Unknown)
        .map(|(stretch, _)| Unobserved {
            probe: probe.probe.clone(),
            reasons: reasons(probe, circumstances, stretch),
            period: stretch,
        })
        .collect()
}

/// Why nobody watched in a stretch. The whole of the gap is looked at that it is a part of.
fn reasons(probe: &ProbeHistory, circumstances: &Circumstances, stretch: Period) -> Vec<Why> {
    let unknown = probe.track.unknown.periods();
    let next = unknown.partition_point(|gap| gap.from <= stretch.from);
    let gap = next.checked_sub(1).map_or(stretch, |at| unknown[at]);
    let before_first = probe.track.covered.iter().any(|life| life.from == gap.from);
    let interval = probe.parameters.interval;
    // the label of the last observation was held for an interval before it
    let since = if before_first {
        gap.from
    } else {
        gap.from.saturating_sub(interval)
    };
    let silent = Period::new(since, gap.to);
    let mut found: Vec<Found> = Vec::new();
    let inconclusive = &probe.past.inconclusive;
    let later = inconclusive.partition_point(|run| run.first < silent.to);
    let runs = inconclusive[..later].iter().rev();
    for run in runs.take_while(|run| run.last >= silent.from) {
        if let Some(reason) = run.reason {
            let found = Found::of(&mut found, reason);
            found.observations += run.count;
            found
                .times
                .push(Period::new(run.first, run.last + interval).clip(silent));
        }
    }
    for trouble in &circumstances.troubles {
        let time = trouble.period.clip(silent);
        if !time.is_empty() {
            Found::of(&mut found, trouble.reason).times.push(time);
        }
    }
    found.sort_by_key(|found| {
        (
            Reverse(found.observations),
            Reverse(found.time()),
            found.reason,
        )
    });
    let mut reasons: Vec<_> = found.iter().map(Found::why).collect();
    // a request that was under way when the daemon ended says no more than that it ended
    let telling = found
        .iter()
        .filter(|found| found.reason != Reason::Shutdown);
    let explained: PeriodSet = telling
        .flat_map(|found| found.times.iter().copied())
        .collect();
    if explained.length() + explained.length() < silent.length() {
        if before_first {
            reasons.insert(0, Why::NotYetAsked);
        } else if began_in(&circumstances.epochs, silent) {
            reasons.retain(|why| why.as_str() != Reason::NotRunning.as_str());
            reasons.insert(
                0,
                Why::Trouble {
                    reason: Reason::NotRunning,
                    observations: 0,
                },
            );
        }
    }
    reasons
}

/// Whether a run of the daemon began in it, or at its end.
fn began_in(epochs: &[UnixMillis], silent: Period) -> bool {
    let next = epochs.partition_point(|epoch| *epoch <= silent.from);
    epochs.get(next).is_some_and(|epoch| *epoch <= silent.to)
}

/// A reason with what speaks for it.
struct Found {
    reason: Reason,
    observations: u64,
    times: Vec<Period>,
}

impl Found {
    fn of(all: &mut Vec<Self>, reason: Reason) -> &mut Self {
        let at = all.iter().position(|found| found.reason == reason);
        let at = at.unwrap_or_else(|| {
            all.push(Self {
                reason,
                observations: 0,
                times: Vec::new(),
            });
            all.len() - 1
        });
        &mut all[at]
    }

    fn time(&self) -> Millis {
        self.times.iter().map(Period::length).sum()
    }

    fn why(&self) -> Why {
        Why::Trouble {
            reason: self.reason,
            observations: self.observations,
        }
    }
}

/// Stretches that are put together.
struct Group<'a> {
    /// What all of them have in common.
    core: Period,
    stretches: Vec<&'a Unobserved>,
}

/// `stretches` in order of start; `all` are the probes there were.
fn spans(stretches: &[Unobserved], all: &[&Probe]) -> Vec<UnobservedSpan> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    // of those before it nothing can join any more
    let mut open = 0;
    for stretch in stretches {
        while groups
            .get(open)
            .is_some_and(|group| group.core.to <= stretch.period.from)
        {
            open += 1;
        }
        // never two of one probe, which have nothing in common
        let fits = groups[open..].iter_mut().find(|group| {
            group.core.overlaps(stretch.period) && main(group.stretches[0]) == main(stretch)
        });
        match fits {
            Some(group) => {
                group.core = group.core.clip(stretch.period);
                group.stretches.push(stretch);
            }
            None => groups.push(Group {
                core: stretch.period,
                stretches: vec![stretch],
            }),
        }
    }
    groups.iter().map(|group| group.span(all)).collect()
}

fn main(stretch: &Unobserved) -> Option<&'static str> {
    stretch.reasons.first().map(Why::as_str)
}

impl Group<'_> {
    fn span(&self, all: &[&Probe]) -> UnobservedSpan {
        let periods = || self.stretches.iter().map(|stretch| stretch.period);
        let mut probes: Vec<_> = self.stretches.iter().map(|one| one.probe.clone()).collect();
        probes.sort_by(|a, b| a.id.cmp(&b.id));
        let core = self.core;
        UnobservedSpan {
            period: Period::new(
                periods()
                    .map(|period| period.from)
                    .min()
                    .unwrap_or(core.from),
                periods().map(|period| period.to).max().unwrap_or(core.to),
            ),
            shortest: periods()
                .map(|period| period.length())
                .min()
                .unwrap_or_default(),
            longest: periods()
                .map(|period| period.length())
                .max()
                .unwrap_or_default(),
            whom: whom(&probes, all),
            probes,
            reasons: self.reasons(),
        }
    }

    fn reasons(&self) -> Vec<Why> {
        let mut sum: Vec<Why> = Vec::new();
        for why in self.stretches.iter().flat_map(|stretch| &stretch.reasons) {
            let same = sum.iter_mut().find(|known| known.as_str() == why.as_str());
            match (same, *why) {
                (
                    Some(Why::Trouble { observations, .. }),
                    Why::Trouble {
                        observations: more, ..
                    },
                ) => *observations += more,
                (Some(_), _) => {}
                (None, why) => sum.push(why),
            }
        }
        sum
    }
}

fn whom(probes: &[Probe], all: &[&Probe]) -> Whom {
    let [first, rest @ ..] = probes else {
        return Whom::Some;
    };
    let are_all = |of: &dyn Fn(&Probe) -> bool| {
        probes.iter().all(of) && all.iter().filter(|probe| of(probe)).count() == probes.len()
    };
    let same_service = |probe: &Probe| probe.service == first.service;
    let same_platform = |probe: &Probe| same_service(probe) && probe.platform == first.platform;
    if rest.is_empty() {
        Whom::One(first.clone())
    } else if probes.len() == all.len() {
        Whom::All
    } else if are_all(&same_service) {
        Whom::Service(first.service.clone())
    } else if are_all(&same_platform) {
        Whom::Platform {
            service: first.service.clone(),
            platform: first.platform.clone(),
        }
    } else {
        Whom::Some
    }
}
