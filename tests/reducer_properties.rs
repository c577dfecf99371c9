//! What must hold for every history of one probe, tried on random ones with gaps, ties, slow and
//! inconclusive observations.

mod notation;
#[path = "notation/oracle.rs"]
mod oracle;
#[path = "notation/tape.rs"]
mod tape;

use notation::{count, outcome, sighting};
use oracle::{Label, judge};
use outwatch::domain::availability::{Availability, Percent, availability, timeline};
use outwatch::domain::checkpoint::{Checkpoint, News};
use outwatch::domain::history::{History, HistoryBuilder, Life, reduce};
use outwatch::domain::observation::Outcome;
use outwatch::domain::outage::OutageWindow;
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::past::{Past, PastBuilder};
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::reducer::{Reducer, Sink};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::tally::Tally;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::Track;
use proptest::prelude::*;
use tape::through_tape;

pub(crate) fn failed(sighting: &Sighting) -> bool {
    matches!(sighting.outcome, Outcome::Fail(_))
}

pub(crate) fn severity(sighting: &Sighting) -> u8 {
    match sighting.outcome {
        Outcome::Inconclusive { .. } => 0,
        Outcome::Ok => 1,
        Outcome::Slow { .. } => 2,
        Outcome::Fail(_) => 3,
    }
}

/// One random case.
#[derive(Clone, Debug)]
struct Case {
    sightings: Vec<Sighting>,
    parameters: ParameterHistory,
    now: UnixMillis,
}

fn parameters() -> impl Strategy<Value = Parameters> {
    (1u32..=4, 1u32..=4, 1u32..=4, 1u32..=10).prop_map(|(down, up, failures, of)| Parameters {
        failure_threshold: count(down),
        recovery_threshold: count(up),
        flap_failures: count(failures),
        flap_of: count(of),
        ..Parameters::default()
    })
}

/// Mostly constant, sometimes changed on the way.
fn parameter_history() -> impl Strategy<Value = ParameterHistory> {
    prop_oneof![
        3 => parameters().prop_map(ParameterHistory::constant),
        1 => (parameters(), parameters(), 0i64..1_000_000).prop_map(|(first, second, at)| {
            ParameterHistory::from_changes(vec![(UnixMillis(0), first), (UnixMillis(at), second)])
                .expect("two sets are not none")
        }),
    ]
}

fn sightings() -> impl Strategy<Value = Vec<Sighting>> {
    let spacing = prop_oneof![
        6 => Just(30_000),
        2 => Just(5_000),
        1 => 1i64..70_000,
        1 => Just(0),
        1 => Just(70_000),
        1 => Just(70_001),
        1 => 70_000i64..400_000,
    ];
    let letter = prop_oneof![5 => Just('o'), 5 => Just('F'), 1 => Just('s'), 1 => Just('?')];
    proptest::collection::vec((spacing, letter), 0..40).prop_map(|all| {
        let mut ts = UnixMillis(0);
        all.into_iter()
            .map(|(spacing, letter)| {
                ts = ts + Millis(spacing);
                sighting(ts, outcome(letter))
            })
            .collect()
    })
}

fn case() -> impl Strategy<Value = Case> {
    (sightings(), parameter_history(), 0i64..200_000).prop_map(|(sightings, parameters, later)| {
        let last = sightings.last().map_or(UnixMillis(0), |s| s.ts);
        Case {
            sightings,
            parameters,
            now: last + Millis(later),
        }
    })
}

const LIFE: Life = Life {
    from: UnixMillis(-50_000),
    to: None,
};

/// One from before all observations, or two with a pause in between, or a third to come.
fn lives() -> impl Strategy<Value = Vec<Life>> {
    (any::<bool>(), 0i64..600_000, 0i64..300_000, any::<bool>()).prop_map(
        |(one, removed, later, ends)| {
            let removed = UnixMillis(removed);
            let added = removed + Millis(later);
            let end = UnixMillis(1_000_000).max(added);
            let life = |from, to| Life { from, to };
            match (one, ends) {
                (true, false) => vec![LIFE],
                (true, true) => vec![life(LIFE.from, Some(end))],
                (false, _) => vec![
                    life(LIFE.from, Some(removed)),
                    life(added, ends.then_some(end)),
                ],
            }
        },
    )
}

fn judged(case: &Case) -> History {
    reduce(case.sightings.clone(), &case.parameters, &[LIFE], case.now)
}

fn everything(now: UnixMillis) -> Period {
    Period::new(LIFE.from, now)
}

fn numbers(history: &History, range: Period) -> Availability {
    availability(&Track::of(history, PeriodSet::default()), range)
}

fn down(history: &History, now: UnixMillis) -> Millis {
    numbers(history, everything(now)).down
}

fn as_oracle(window: &OutageWindow) -> oracle::Window {
    oracle::Window {
        period: window.period(),
        start_earliest: window.start_earliest,
        start_kind: window.start_kind,
        end_earliest: window.end_earliest,
        end_latest: window.end_latest,
        end_kind: window.end_kind,
        failures: window.failures,
        observations: window.observations,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 10_000,
        max_global_rejects: 100_000,
        // a failing case is printed, and belongs into a test of its own
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_streaming_reducer_says_what_the_plain_rules_say(case in case()) {
        let (history, verdict) = (judged(&case), judge(&case.sightings, &case.parameters, case.now));
        let windows: Vec<_> = history.windows.iter().map(as_oracle).collect();
        prop_assert_eq!(&windows, &verdict.windows);
        let first = verdict.counted.first().map_or(case.now, |s| s.ts);
        let unknown: PeriodSet = verdict.stretches.iter()
            .filter(|(_, label)| *label == Label::Unknown)
            .map(|(period, _)| *period)
            .chain([Period::new(LIFE.from, first)])
            .collect();
        prop_assert_eq!(&history.unknown, &unknown);
    }

    #[test]
    fn degraded_is_what_the_plain_rules_say(case in case(), constant in parameters()) {
        // a raised `flap_of` looks no further back than the one before it did
        let case = Case { parameters: ParameterHistory::constant(constant), ..case };
        // the rules of outages once more, with slow as bad as a failure
        let strict: Vec<_> = case.sightings.iter().cloned().map(|mut sighting| {
            if severity(&sighting) == 2 {
                sighting.outcome = outcome('F');
            }
            sighting
        }).collect();
        let slow_or_worse = judge(&strict, &case.parameters, case.now).stretches;
        // any run of at most `flap_of` without a gap that holds enough failures
        let counted = judge(&case.sightings, &case.parameters, case.now).counted;
        let grace = Parameters::default().grace;
        let mut flaps = Vec::new();
        for last in 0..counted.len() {
            let Parameters { flap_failures, flap_of, .. } = *case.parameters.at(counted[last].ts);
            let mut first = last;
            while first > 0
                && last - first + 1 < flap_of.get() as usize
                && counted[first].ts - counted[first - 1].ts <= grace
            {
                first -= 1;
            }
            let failures: Vec<_> = counted[first..=last].iter().filter(|s| failed(s)).collect();
            if failed(&counted[last]) && failures.len() >= flap_failures.get() as usize {
                flaps.push(Period::new(failures[0].ts, counted[last].ts));
            }
        }
        let expected: PeriodSet = slow_or_worse.into_iter()
            .filter(|(_, label)| *label == Label::Down)
            .map(|(period, _)| period)
            .chain(flaps)
            .collect();
        prop_assert_eq!(judged(&case).degraded, expected);
    }

    #[test]
    fn the_states_partition_every_range(
        case in case(),
        from in -100_000i64..1_500_000,
        length in 0i64..1_500_000,
        maintenance in proptest::collection::vec((0i64..1_000_000, 0i64..200_000), 0..3),
    ) {
        let history = judged(&case);
        let range = Period::new(UnixMillis(from), UnixMillis(from + length));
        let maintenance: PeriodSet = maintenance.into_iter()
            .map(|(from, length)| Period::new(UnixMillis(from), UnixMillis(from + length)))
            .collect();
        let track = Track::of(&history, maintenance);
        let all = availability(&track, range);
        prop_assert_eq!(all.covered, range.clip(everything(case.now)).length());
        prop_assert_eq!(
            all.up + all.degraded + all.down + all.unknown + all.maintenance,
            all.covered
        );
        let stretches = timeline(&track, range);
        prop_assert!(stretches.iter().all(|(period, _)| !period.is_empty()));
        for pair in stretches.windows(2) {
            prop_assert_eq!(pair[0].0.to, pair[1].0.from);
            prop_assert_ne!(pair[0].1, pair[1].1);
        }
        prop_assert_eq!(
            stretches.iter().map(|(period, _)| period.length()).sum::<Millis>(),
            all.covered
        );
    }

    #[test]
    fn windows_are_disjoint_ordered_and_bounded(case in case()) {
        let history = judged(&case);
        for pair in history.windows.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start);
        }
        for window in &history.windows {
            prop_assert!(window.start < window.end);
            prop_assert!(window.start_earliest.is_none_or(|earliest| earliest <= window.start));
            prop_assert!(window.end_earliest <= window.end);
            prop_assert!(window.end_latest.is_none_or(|latest| window.end <= latest));
            prop_assert!(window.duration_min() <= window.duration());
            prop_assert!(window.duration_max().is_none_or(|max| window.duration() <= max));
            let opening = window.opened_at.is_none_or(|at| window.start <= at && at < window.end_latest.unwrap_or(at + Millis(1)));
            prop_assert!(opening, "opened outside: {window:?}");
            prop_assert!(window.closed_at.is_none_or(|at| window.end <= at));
        }
    }

    #[test]
    fn order_of_arrival_and_repeats_do_not_matter(
        (case, arrived) in case().prop_flat_map(|case| {
            let mut twice = case.sightings.clone();
            twice.extend(case.sightings.iter().step_by(3).cloned());
            (Just(case), Just(twice).prop_shuffle())
        }),
    ) {
        let again = reduce(arrived, &case.parameters, &[LIFE], case.now);
        prop_assert_eq!(judged(&case), again);
    }

    #[test]
    fn streaming_agrees_with_batch_at_every_prefix_and_never_takes_back(case in case()) {
        #[derive(Default)]
        struct Final(Vec<OutageWindow>);
        impl Sink for Final {
            fn window(&mut self, window: OutageWindow) {
                self.0.push(window);
            }
        }
        let verdict = judge(&case.sightings, &case.parameters, case.now);
        let (mut reducer, mut told) = (Reducer::default(), Final::default());
        for (i, sighting) in verdict.counted.iter().enumerate() {
            let parameters = case.parameters.at(sighting.ts);
            prop_assert_eq!(reducer.push(sighting, parameters, &mut told), Ok(()));
            let prefix = verdict.counted[..=i].to_vec();
            let mut builder = HistoryBuilder::new(&case.parameters, &[LIFE], sighting.ts);
            for sighting in &prefix {
                builder.push(sighting.clone());
            }
            let batch = reduce(prefix.clone(), &case.parameters, &[LIFE], sighting.ts);
            prop_assert_eq!(&builder.finish(), &batch);
            prop_assert_eq!(&batch.windows[..told.0.len()], &told.0[..]);
            // all labels but those of the pending run are what they will be in the end
            let so_far = judge(&prefix, &case.parameters, sighting.ts);
            let pending = reducer.standing().pending.map_or(0, |pending| pending.count as usize);
            let longest = parameters.failure_threshold.max(parameters.recovery_threshold);
            prop_assert!(pending < longest.get() as usize);
            let settled = prefix.len() - pending;
            prop_assert_eq!(&so_far.labels[..settled], &verdict.labels[..settled]);
        }
        let whole = judged(&case);
        prop_assert_eq!(&whole.windows[..told.0.len()], &told.0[..]);
    }

    #[test]
    fn a_walk_paused_anywhere_and_written_down_tells_the_same(
        case in case(),
        pauses in proptest::collection::btree_set(0i64..1_200_000, 0..6),
        lives in lives(),
    ) {
        let whole = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));
        let walk = |sightings: &[Sighting], checkpoint, news, tally| -> (Past, News, Checkpoint, Tally) {
            let begin = || PastBuilder::new(&case.parameters, &lives, whole, case.now)
                .resuming(Checkpoint::clone(&checkpoint), News::clone(&news), tally);
            let [mut past, mut paused] = [begin(), begin()];
            for sighting in sightings {
                past.push(sighting.clone());
                paused.push(sighting.clone());
            }
            let (news, checkpoint) = paused.pause();
            let past = past.finish();
            let tally = past.tally;
            (past, news, through_tape(checkpoint), tally)
        };
        let (expected, ..) = walk(&case.sightings, Checkpoint::default(), News::default(), Tally::default());
        let (mut news, mut checkpoint, mut tally) = (News::default(), Checkpoint::default(), Tally::default());
        let mut rest = &case.sightings[..];
        for pause in pauses {
            let (before, after) = rest.split_at(rest.partition_point(|s| s.ts < UnixMillis(pause)));
            rest = after;
            let (_, more, at, counted) = walk(before, checkpoint, news.clone(), tally);
            prop_assert!(at.told_until() >= news.told.windows.last().map(|window| window.end));
            (news, checkpoint, tally) = (more, at, counted);
        }
        let (past, ..) = walk(rest, checkpoint, news, tally);
        prop_assert_eq!(past, expected);
    }

    #[test]
    fn a_range_split_anywhere_adds_up_to_the_whole(case in case(), at in -60_000i64..1_500_000) {
        let history = judged(&case);
        let (from, to) = (LIFE.from, case.now);
        let at = UnixMillis(at).clamp(from, to);
        let parts = numbers(&history, Period::new(from, at)) + numbers(&history, Period::new(at, to));
        prop_assert_eq!(parts, numbers(&history, Period::new(from, to)));
    }

    #[test]
    fn patience_lowers_down_time_and_distrust_raises_it(
        case in case(), more in 1u32..4,
    ) {
        let raised = |change: fn(&mut Parameters, u32)| {
            let parameters = case.parameters.clone().map(|p| change(p, more));
            down(&reduce(case.sightings.clone(), &parameters, &[LIFE], case.now), case.now)
        };
        let now = down(&judged(&case), case.now);
        let patient = raised(|p, more| {
            p.failure_threshold = p.failure_threshold.saturating_add(more);
        });
        let distrustful = raised(|p, more| {
            p.recovery_threshold = p.recovery_threshold.saturating_add(more);
        });
        prop_assert!(patient <= now, "{patient} > {now}");
        prop_assert!(distrustful >= now, "{distrustful} < {now}");
    }

    #[test]
    fn shifting_all_times_shifts_the_result(
        sightings in sightings(), parameters in parameters(), shift in -1_000_000_000i64..1_000_000_000,
    ) {
        let shift = Millis(shift);
        let now = sightings.last().map_or(UnixMillis(0), |s| s.ts) + Millis(10_000);
        let moved: Vec<_> = sightings.iter()
            .map(|s| sighting(s.ts + shift, s.outcome.clone()))
            .collect();
        let parameters = ParameterHistory::constant(parameters);
        let here = reduce(sightings, &parameters, &[LIFE], now);
        let life = Life { from: LIFE.from + shift, to: None };
        let there = reduce(moved, &parameters, &[life], now + shift);
        let periods = |history: &History, by: Millis| -> Vec<_> {
            history.windows.iter().map(|w| (w.start + by, w.end + by, w.failures)).collect()
        };
        prop_assert_eq!(periods(&here, shift), periods(&there, Millis::ZERO));
        let (here, there) = (
            numbers(&here, everything(now)),
            numbers(&there, Period::new(life.from, now + shift)),
        );
        prop_assert_eq!(here, there);
    }

    #[test]
    fn the_windows_add_up_to_the_down_time(case in case()) {
        let history = judged(&case);
        let sum: Millis = history.windows.iter().map(OutageWindow::duration).sum();
        prop_assert_eq!(sum, down(&history, case.now));
    }

    #[test]
    fn certain_time_lies_in_the_windows_and_these_in_possible_time(case in case()) {
        let history = judged(&case);
        let all = numbers(&history, everything(case.now));
        prop_assert!(all.down_certain <= all.down && all.down <= all.down_possible);
        prop_assert!(all.down_possible <= all.observed());
        prop_assert!(all.unknown_possible <= all.unknown);
        prop_assert!(all.uptime_low() <= all.uptime() && all.uptime() <= all.uptime_high());
    }

    #[test]
    fn inconclusive_observations_change_nothing(
        case in case(), added in proptest::collection::vec(0i64..1_500_000, 1..5),
    ) {
        let mut more = case.sightings.clone();
        more.extend(added.into_iter().map(|ts| sighting(UnixMillis(ts), outcome('?'))));
        let again = reduce(more, &case.parameters, &[LIFE], case.now);
        prop_assert_eq!(judged(&case), again);
    }

    #[test]
    fn one_more_of_the_same_between_two_changes_no_down_time(
        sightings in sightings(), parameters in parameters(), pick in any::<prop::sample::Index>(),
    ) {
        let now = sightings.last().map_or(UnixMillis(0), |s| s.ts) + Millis(1);
        let parameters = ParameterHistory::constant(parameters);
        let verdict = judge(&sightings, &parameters, now);
        let between: Vec<_> = (1..verdict.counted.len())
            .filter(|&i| {
                let (a, b) = (&verdict.counted[i - 1], &verdict.counted[i]);
                let alike = failed(a) == failed(b) && verdict.labels[i - 1] == verdict.labels[i];
                let named = verdict.labels[i] == if failed(a) { Label::Down } else { Label::Up };
                let near = b.ts - a.ts <= Parameters::default().grace && b.ts - a.ts > Millis(1);
                alike && named && near
            })
            .collect();
        prop_assume!(!between.is_empty());
        let i = between[pick.index(between.len())];
        let (a, b) = (&verdict.counted[i - 1], &verdict.counted[i]);
        let middle = UnixMillis(i64::midpoint(a.ts.0, b.ts.0));
        let letter = if failed(a) { 'F' } else { 'o' };
        let mut more = sightings.clone();
        more.push(sighting(middle, outcome(letter)));
        let before = down(&reduce(sightings, &parameters, &[LIFE], now), now);
        let after = down(&reduce(more, &parameters, &[LIFE], now), now);
        prop_assert_eq!(before, after);
    }

    #[test]
    fn no_percentage_lies_at_its_ends(down in 0i64..1 << 40, up in 0i64..1 << 40) {
        if let Some(percent) = Percent::of(Millis(up), Millis(up + down)) {
            prop_assert_eq!(percent.to_string() == "100.000", down == 0);
            prop_assert_eq!(percent.to_string() == "0.000", up == 0);
        }
    }

    #[test]
    fn the_truth_lies_within_the_bounds(
        spacings in proptest::collection::vec(1i64..=70_000, 2..60),
        began in 0i64..2_000_000,
        lasted in 1i64..1_000_000,
        n in 1u32..=3,
        m in 1u32..=3,
    ) {
        let truth = Period::new(UnixMillis(began), UnixMillis(began + lasted));
        let mut ts = UnixMillis(0);
        let sightings: Vec<_> = spacings.into_iter()
            .map(|spacing| {
                ts = ts + Millis(spacing);
                let down = truth.from <= ts && ts < truth.to;
                sighting(ts, outcome(if down { 'F' } else { 'o' }))
            })
            .collect();
        let parameters = ParameterHistory::constant(Parameters {
            failure_threshold: count(n),
            recovery_threshold: count(m),
            ..Parameters::default()
        });
        let failures = sightings.iter().filter(|s| failed(s)).count();
        let history = reduce(sightings, &parameters, &[LIFE], ts + Millis(1));
        prop_assert_eq!(history.windows.len(), usize::from(failures >= n as usize));
        for window in &history.windows {
            prop_assert!(window.start_earliest.is_none_or(|earliest| earliest < truth.from));
            prop_assert!(truth.from <= window.start);
            prop_assert!(window.end_earliest < truth.to);
            prop_assert!(window.end_latest.is_none_or(|latest| truth.to <= latest));
            prop_assert!(window.duration_min() <= truth.length());
            prop_assert!(window.duration_max().is_none_or(|max| truth.length() <= max));
        }
    }
}
