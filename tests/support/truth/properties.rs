//! What must hold for every history of one endpoint, whatever is true of it: section by section as
//! the rules of outages name it.

use outwatch::domain::availability::{Availability, availability, timeline};
use outwatch::domain::history::Life;
use outwatch::domain::history::{History, reduce};
use outwatch::domain::observation::Outcome;
use outwatch::domain::outage::OutageWindow;
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::reducer::Until;
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::Track;

use super::observer::{Followed, LIFE};
use super::rng::Rng;

/// One endpoint's observations with what they were reduced to.
pub(crate) struct Reduced<'a> {
    pub(crate) followed: &'a Followed,
    pub(crate) parameters: &'a ParameterHistory,
    pub(crate) now: UnixMillis,
    pub(crate) history: &'a History,
}

impl Reduced<'_> {
    /// Those that cost next to nothing.
    pub(crate) fn check(&self, wrong: &mut Vec<String>) {
        let windows = &self.history.windows;
        for pair in windows.windows(2) {
            if pair[0].end > pair[1].start {
                wrong.push(format!("windows overlap: {pair:?}"));
            }
        }
        for window in windows {
            let is_bounded = window.start < window.end
                && window
                    .start_earliest
                    .is_none_or(|earliest| earliest <= window.start)
                && window.end_earliest <= window.end
                && window.end_latest.is_none_or(|latest| window.end <= latest)
                && window.duration_min() <= window.duration()
                && window
                    .duration_max()
                    .is_none_or(|max| window.duration() <= max);
            if !is_bounded {
                wrong.push(format!("a window outside its bounds: {window:?}"));
            }
        }
        self.check_streaming(wrong);
    }

    /// What was told while it came is what all of it together gives.
    fn check_streaming(&self, wrong: &mut Vec<String>) {
        let mut told = self.followed.told.clone();
        self.followed.reducer.until(Until::Now(self.now), &mut told);
        let History {
            windows,
            blips,
            degraded,
            ..
        } = self.history;
        let told_degraded: PeriodSet = told.degraded.into_iter().collect();
        let first = self
            .followed
            .stored
            .iter()
            .find(|sighting| sighting.counts());
        let before_first = Period::new(LIFE.from, first.map_or(self.now, |first| first.ts));
        let unknown: PeriodSet = told.unknown.into_iter().chain([before_first]).collect();
        if told.windows != *windows
            || told.blips != *blips
            || told_degraded != *degraded
            || unknown != self.history.unknown
        {
            wrong.push(format!(
                "streaming told {:?}, all together {windows:?}",
                told.windows
            ));
        }
    }

    /// Those that reduce the same observations again, or count time.
    pub(crate) fn check_thoroughly(&self, rng: &mut Rng, wrong: &mut Vec<String>) {
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                wrong.push(what.to_owned());
            }
        };
        let whole = Period::new(
            self.history
                .covered
                .first()
                .map_or(LIFE.from, |covered| covered.from),
            self.now,
        );
        let instant = |rng: &mut Rng| UnixMillis(rng.between(whole.from.0, whole.to.0));

        // 1: the five states partition every range
        let range = Period::new(instant(rng), instant(rng));
        let maintenance = PeriodSet::from_iter([Period::new(instant(rng), instant(rng))]);
        let track = Track::of(self.history, maintenance);
        let some = availability(&track, range);
        let parts = some.up + some.degraded + some.down + some.unknown + some.maintenance;
        expect(
            parts == some.covered && some.covered == range.length(),
            "the states partition a range",
        );
        let stretches = timeline(&track, range);
        let is_gapless = stretches
            .windows(2)
            .all(|pair| pair[0].0.to == pair[1].0.from);
        expect(is_gapless, "the states follow one another without a gap");

        // 6: parts add up to the whole
        let all = numbers(self.history, whole);
        let cut = instant(rng);
        let (before, after) = (Period::new(whole.from, cut), Period::new(cut, whole.to));
        let sum = numbers(self.history, before) + numbers(self.history, after);
        expect(sum == all, "a range cut in two adds up to the whole");

        // 9: windows add up to the down time
        let windows: Millis = self
            .history
            .windows
            .iter()
            .map(OutageWindow::duration)
            .sum();
        expect(windows == all.down, "the windows add up to the down time");

        // 12: certain windows lie inside the windows, and these inside the possible ones
        expect(
            all.down_certain <= all.down && all.down <= all.down_possible,
            "certain, reported and possible down time are in order",
        );

        // 15: no percentage lies at its ends
        if let Some(uptime) = all.uptime() {
            let (shows, up) = (uptime.to_string(), all.up + all.degraded);
            expect(
                (shows == "100.000") == (all.down == Millis::ZERO),
                "100 % has no down time",
            );
            expect(
                (shows == "0.000") == (up == Millis::ZERO),
                "0 % has no up time",
            );
        }
        self.check_by_reducing_again(rng, &all, wrong);
    }

    fn again(&self, sightings: Vec<Sighting>, change: impl FnMut(&mut Parameters)) -> History {
        reduce(
            sightings,
            &self.parameters.clone().map(change),
            &[LIFE],
            self.now,
        )
    }

    fn check_by_reducing_again(&self, rng: &mut Rng, all: &Availability, wrong: &mut Vec<String>) {
        let stored = &self.followed.stored;
        let whole = Period::new(UnixMillis(i64::MIN / 2), self.now);
        let down = |history: &History| numbers(history, whole).down;
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                wrong.push(what.to_owned());
            }
        };

        // 4: any order of arrival, with exact repeats, gives the same
        let mut arrived = stored.clone();
        arrived.extend(stored.iter().step_by(7).cloned());
        rng.shuffle(&mut arrived);
        expect(
            self.again(arrived, |_| {}) == *self.history,
            "the order of arrival does not matter",
        );

        // 7: patience lowers down time, distrust raises it
        let patient = self.again(stored.clone(), |p| {
            p.failure_threshold = p.failure_threshold.saturating_add(1);
        });
        expect(
            down(&patient) <= all.down,
            "a higher failure_threshold adds no down time",
        );
        let distrustful = self.again(stored.clone(), |p| {
            p.recovery_threshold = p.recovery_threshold.saturating_add(1);
        });
        expect(
            down(&distrustful) >= all.down,
            "a higher recovery_threshold removes no down time",
        );

        // 8: shifting all times shifts the result
        let shift = Millis(rng.between(-1_000_000_000, 1_000_000_000));
        let moved: Vec<_> = stored
            .iter()
            .map(|sighting| Sighting {
                ts: sighting.ts + shift,
                finished: sighting.finished + shift,
                ..sighting.clone()
            })
            .collect();
        let life = Life {
            from: LIFE.from + shift,
            to: None,
        };
        let there = reduce(moved, self.parameters, &[life], self.now + shift);
        let periods = |history: &History, by: Millis| -> Vec<_> {
            let windows = history.windows.iter();
            windows
                .map(|w| (w.start + by, w.end + by, w.failures))
                .collect()
        };
        expect(
            periods(self.history, shift) == periods(&there, Millis::ZERO),
            "shifting all times shifts the windows",
        );

        // 13: what says nothing changes nothing
        let mut more = stored.clone();
        more.push(Sighting {
            ts: UnixMillis(rng.between(LIFE.from.0, self.now.0)),
            outcome: Outcome::Inconclusive {
                reason: None,
                detail: None,
            },
            ..example()
        });
        expect(
            self.again(more, |_| {}) == *self.history,
            "an inconclusive observation changes nothing",
        );

        // 14: one more of the same between two alike changes no down time
        if let Some(between) = self.one_more_between_two(rng) {
            let mut more = stored.clone();
            more.push(between);
            expect(
                down(&self.again(more, |_| {})) == all.down,
                "one more of the same between two alike changes no down time",
            );
        }
    }

    /// Between two that count, are alike, labelled as they are, and connected.
    fn one_more_between_two(&self, rng: &mut Rng) -> Option<Sighting> {
        let counted: Vec<_> = self.followed.stored.iter().filter(|s| s.counts()).collect();
        let is_down = |sighting: &Sighting| {
            let windows = &self.history.windows;
            let after = windows.partition_point(|window| window.end <= sighting.ts);
            windows
                .get(after)
                .is_some_and(|window| window.start <= sighting.ts)
        };
        let failed = |sighting: &Sighting| matches!(sighting.outcome, Outcome::Fail(_));
        let start = rng.index(counted.len().max(1));
        counted[start.min(counted.len())..]
            .windows(2)
            .find_map(|pair| {
                let (a, b) = (pair[0], pair[1]);
                let is_near =
                    b.ts - a.ts <= self.parameters.at(a.ts).grace && b.ts - a.ts > Millis(1);
                let is_alike = failed(a) == failed(b);
                let is_named = is_down(a) == failed(a) && is_down(b) == failed(b);
                (is_near && is_alike && is_named).then(|| {
                    let ts = UnixMillis(i64::midpoint(a.ts.0, b.ts.0));
                    Sighting {
                        ts,
                        finished: ts,
                        ..a.clone()
                    }
                })
            })
    }
}

fn numbers(history: &History, range: Period) -> Availability {
    availability(&Track::of(history, PeriodSet::default()), range)
}

/// An observation that counts, at the beginning.
fn example() -> Sighting {
    Sighting {
        ts: LIFE.from,
        finished: LIFE.from,
        outcome: Outcome::Ok,
        epoch: None,
        set_aside: false,
    }
}
