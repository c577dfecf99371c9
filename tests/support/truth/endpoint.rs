//! Whether the windows of an endpoint tell the truth.

use outwatch::domain::history::History;
use outwatch::domain::outage::{EndKind, OutageWindow, StartKind};
use outwatch::domain::time::{Millis, Period, UnixMillis};

use super::case::Case;
use super::observer::{Followed, LIFE, Observed};
use super::shown::{Outage, Shown};
use super::world::{BEGIN, Condition, InterruptionKind, Stretch, World};

/// What is true of one endpoint, as the observer's clock shows it.
#[derive(Debug)]
pub(crate) struct Truth {
    pub(crate) outages: Vec<Outage>,
    /// Of each outage: it was watched for so long that it must have been confirmed.
    pub(crate) is_certain: Vec<bool>,
}

/// Windows that are one outage, as far as anybody can know: each but the first is resumed.
struct Chain<'a> {
    first: &'a OutageWindow,
    /// The last that holds a failure. One that only a success has resumed so far tells nothing of
    /// the end.
    last: &'a OutageWindow,
    windows: &'a [OutageWindow],
}

impl Truth {
    pub(crate) fn of(
        case: &Case,
        world: &World,
        observed: &Observed,
        shown: &Shown,
        endpoint: usize,
    ) -> Self {
        let outages = shown.outages(&world.down(endpoint));
        let watched: Vec<Period> = watched(case, world, &observed.endpoints[endpoint])
            .into_iter()
            .flat_map(|stretch| shown.pieces(stretch))
            .collect();
        let enough = case.certainly_confirmed_after();
        let is_certain = outages
            .iter()
            .map(|outage| {
                watched
                    .iter()
                    .any(|piece| piece.clip(outage.period).length() >= enough)
            })
            .collect();
        Self::new(outages, is_certain)
    }

    pub(crate) fn new(outages: Vec<Outage>, is_certain: Vec<bool>) -> Self {
        Self {
            outages,
            is_certain,
        }
    }

    /// The outage at an instant.
    pub(crate) fn at(&self, instant: UnixMillis) -> Option<&Outage> {
        let after = self
            .outages
            .partition_point(|outage| outage.period.to <= instant);
        self.outages
            .get(after)
            .filter(|outage| outage.period.from <= instant)
    }

    /// Says what is wrong with a history of the endpoint.
    pub(crate) fn check(&self, history: &History, wrong: &mut Vec<String>) {
        for chain in chains(&history.windows, wrong) {
            self.check_chain(&chain, wrong);
        }
        for blip in &history.blips {
            if self.at(blip.first).is_none() || self.at(blip.last).is_none() {
                wrong.push(format!("a blip without an outage: {blip:?}"));
            }
        }
        self.check_missed(&history.windows, wrong);
    }

    /// What must have been confirmed has a window.
    pub(crate) fn check_missed(&self, windows: &[OutageWindow], wrong: &mut Vec<String>) {
        for (outage, is_certain) in self.outages.iter().zip(&self.is_certain) {
            let is_seen = windows
                .iter()
                .any(|window| window.period().overlaps(outage.period));
            if *is_certain && !is_seen {
                wrong.push(format!(
                    "missed, though it was watched for long enough: {outage:?}"
                ));
            }
        }
    }

    /// From the true start of the first outage in a window to the true end of the last in it, and
    /// in those that it is resumed by; without what lies between two successes there.
    pub(crate) fn told_in(&self, history: &History) -> impl Iterator<Item = Period> {
        chains(&history.windows, &mut Vec::new())
            .into_iter()
            .flat_map(|chain| {
                let begun = self.at(chain.first.start);
                let ended = self.at(chain.last.end_earliest);
                let told = begun
                    .zip(ended)
                    .map(|(begun, ended)| Period::new(begun.period.from, ended.period.to));
                let around = |window: &OutageWindow| {
                    Period::new(
                        window.start_earliest.unwrap_or(UnixMillis(i64::MIN / 2)),
                        window.end_latest.unwrap_or(UnixMillis(i64::MAX / 2)),
                    )
                };
                let windows = chain.windows.iter();
                windows.filter_map(move |window| Some(told?.clip(around(window))))
            })
    }

    /// Without troubles: degraded only where the endpoint was slow or down, and wherever it was
    /// slow for long enough.
    pub(crate) fn check_degraded(
        case: &Case,
        stretches: &[Stretch],
        end: UnixMillis,
        history: &History,
        wrong: &mut Vec<String>,
    ) {
        let enough = case.certainly_degraded_after();
        for degraded in history.degraded.periods() {
            let mut is_amiss = stretches.iter().map(|stretch| stretch.period);
            if !is_amiss.any(|amiss| amiss.from <= degraded.from && degraded.from < amiss.to) {
                wrong.push(format!("degraded without a reason: {degraded:?}"));
            }
        }
        let now = Period::new(BEGIN, end.saturating_sub(enough));
        for stretch in stretches {
            let is_found = || {
                let mut degraded = history.degraded.periods().iter();
                degraded.any(|degraded| degraded.overlaps(stretch.period))
            };
            let is_slow = stretch.condition == Condition::Slow;
            if is_slow && stretch.period.clip(now).length() >= enough && !is_found() {
                wrong.push(format!("slow, and not degraded: {stretch:?}"));
            }
        }
    }

    /// Without troubles: from the first observation on, nothing is unknown.
    pub(crate) fn check_coverage(history: &History, wrong: &mut Vec<String>) {
        let unknown = history.unknown.periods();
        if unknown.len() > 1 || unknown.iter().any(|period| period.from != LIFE.from) {
            wrong.push(format!("unknown without trouble: {unknown:?}"));
        }
    }

    fn check_chain(&self, chain: &Chain<'_>, wrong: &mut Vec<String>) {
        let Chain { first, last, .. } = *chain;
        let (Some(begun), Some(ended)) = (self.at(first.start), self.at(last.end_earliest)) else {
            wrong.push(format!("a window without an outage: {:?}", chain.windows));
            return;
        };
        let true_start = begun.period.from;
        let true_end = (!ended.is_open).then_some(ended.period.to);
        let mut claim = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!(
                    "{what} does not hold: truly {true_start} to {}, windows {:?}",
                    ended.period.to, chain.windows
                ));
            }
        };
        claim(
            first
                .start_earliest
                .is_none_or(|earliest| earliest < true_start),
            "start_earliest",
        );
        claim(true_start <= first.start, "start");
        // one that goes on ends later than any bound but one that is not there
        let ended_by = |bound: UnixMillis| true_end.is_some_and(|end| end <= bound);
        claim(last.end_latest.is_none_or(ended_by), "end_latest");
        if last.end_kind == EndKind::Seen {
            claim(ended_by(last.end), "end");
        }
        let lasted = ended.period.to - true_start;
        if let [only] = chain.windows {
            claim(only.duration_min() <= lasted, "duration_min");
            claim(
                only.duration_max().is_none_or(|max| lasted <= max),
                "duration_max",
            );
        }
        claim(
            first
                .detected_at
                .is_some_and(|at| true_start <= at && first.opened_at <= Some(at)),
            "detected_at",
        );
    }
}

fn chains<'a>(windows: &'a [OutageWindow], wrong: &mut Vec<String>) -> Vec<Chain<'a>> {
    let goes_on = |_: &OutageWindow, next: &OutageWindow| next.start_kind == StartKind::Resumed;
    windows
        .chunk_by(goes_on)
        .filter_map(|windows| {
            let first = windows.first()?;
            // at the present it may be provisional
            let mut over = windows.iter().filter(|window| !window.is_open());
            if over.any(|window| window.failures == 0) {
                wrong.push(format!("a window without a failure: {windows:?}"));
            }
            let last = windows.iter().rfind(|window| window.failures > 0);
            if first.start_kind == StartKind::Resumed || last.is_none() {
                wrong.push(format!("resumed from nothing: {windows:?}"));
            }
            Some(Chain {
                first,
                last: last?,
                windows,
            })
        })
        .collect()
}

/// The stretches, by the right clock, in which nothing kept the endpoint's answers from counting.
/// What interrupts cuts them, however short it is.
fn watched(case: &Case, world: &World, followed: &Followed) -> Vec<Period> {
    let timeout = case.parameters().timeout;
    // a request under way when the trouble begins is lost too
    let hindered = |period: Period| Period::new(period.from.saturating_sub(timeout), period.to);
    let troubles = &world.troubles;
    let mut cuts: Vec<Period> = troubles.offline.iter().map(|p| hindered(*p)).collect();
    cuts.extend(
        troubles
            .interruptions
            .iter()
            .map(|interruption| match interruption.kind {
                InterruptionKind::Step(_) => interruption.period,
                _ => hindered(interruption.period),
            }),
    );
    cuts.extend(
        followed
            .lost
            .iter()
            .map(|at| Period::new(*at, *at + Millis(1))),
    );
    // what is under way at the present has not been judged
    cuts.push(hindered(Period::new(world.end, world.end)));
    cuts.sort_unstable();
    let mut from = BEGIN;
    let mut stretches = Vec::with_capacity(cuts.len());
    for cut in cuts {
        let stretch = Period::new(from, cut.from);
        if !stretch.is_empty() {
            stretches.push(stretch);
        }
        from = from.max(cut.to);
    }
    stretches
}
