//! A replay from a sync point says the same of a period as one from the beginning.

mod notation;

use notation::{at, clock, count};
use outwatch::domain::availability::{availability, timeline};
use outwatch::domain::history::{History, Life, reduce};
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::sighting::Sighting;
use outwatch::domain::sync::SyncSearch;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::Track;
use proptest::prelude::*;

fn sync_point(
    sightings: &[Sighting],
    parameters: &ParameterHistory,
    lives: &[Life],
    from: UnixMillis,
) -> Option<UnixMillis> {
    let mut search = SyncSearch::new(parameters, lives);
    let before = sightings.iter().rev().filter(|s| s.ts < from);
    before
        .into_iter()
        .find_map(|sighting| search.push(sighting))
}

/// Small numbers, so that sync points are many.
fn parameters() -> Parameters {
    Parameters {
        flap_failures: count(2),
        flap_of: count(3),
        ..Parameters::default()
    }
}

#[test]
fn a_sync_point_is_one_success_more_than_are_needed() {
    for (story, from, expected) in [
        ("oooo FF oooo FF", "10:00", "03:00"),
        ("oooo FF oooo FF", "04:00", "00:00"),
        ("oooo FF ooo FF", "10:00", "00:00"),
        ("oooo FF oos oo FF", "10:00", "00:00"),
        ("ooo FF ooo FF", "10:00", "none"),
        ("ooo @10:00 ooo", "20:00", "none"),
        ("o?o?o?o", "10:00", "00:00"),
        // the failure of the same instant counts
        ("oooo F @01:30 F", "10:00", "none"),
    ] {
        let mut sightings = notation::sightings(story);
        sightings.sort_by_key(|sighting| sighting.ts);
        let parameters = ParameterHistory::constant(parameters());
        let found = sync_point(&sightings, &parameters, &[], at(from));
        let found = found.map_or_else(|| "none".to_owned(), clock);
        assert_eq!(found, expected, "{story} before {from}");
    }
}

/// All that a report of the period takes from a history.
fn seen(history: &History, period: Period) -> impl PartialEq + std::fmt::Debug + use<> {
    let track = Track::of(history, PeriodSet::default());
    let windows = history.windows.iter();
    let blips = history.blips.iter();
    (
        windows
            .filter(|window| window.period().overlaps(period))
            .cloned()
            .collect::<Vec<_>>(),
        blips
            .filter(|blip| blip.first >= period.from)
            .cloned()
            .collect::<Vec<_>>(),
        timeline(&track, period),
        availability(&track, period),
        history.last.clone(),
    )
}

/// Spacing in seconds, and outcome.
fn story() -> impl Strategy<Value = Vec<(i64, char)>> {
    let letter = prop::sample::select(vec!['o', 'o', 'o', 'o', 'o', 'o', 'F', 'F', 's', '?']);
    let spacing = prop_oneof![1 => Just(0i64), 12 => 5i64..40, 1 => 60i64..300];
    proptest::collection::vec((spacing, letter), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    #[test]
    fn a_replay_from_there_says_the_same(
        story in story(),
        from in 0i64..2_000,
        patience in (1u32..4, 1u32..4),
        changed_at in 0i64..1_500,
        removed in proptest::option::of((0i64..1_500, 1i64..300)),
    ) {
        let second = |seconds| UnixMillis(0) + Millis::from_secs(seconds);
        let mut ts = 0;
        let sightings: Vec<_> = story
            .iter()
            .map(|&(spacing, letter)| {
                ts += spacing;
                notation::sighting(second(ts), notation::outcome(letter))
            })
            .collect();
        let changed = Parameters {
            failure_threshold: count(patience.0),
            recovery_threshold: count(patience.1),
            flap_of: count(5),
            ..parameters()
        };
        let parameters = ParameterHistory::from_changes(vec![
            (second(0), parameters()),
            (second(changed_at), changed),
        ])
        .unwrap();
        let lives = match removed {
            None => vec![Life { from: second(0), to: None }],
            Some((at, pause)) => vec![
                Life { from: second(0), to: Some(second(at)) },
                Life { from: second(at + pause), to: None },
            ],
        };
        let (from, now) = (second(from), second(ts.max(from) + 50));
        let Some(start) = sync_point(&sightings, &parameters, &lives, from) else {
            return Ok(());
        };
        prop_assert!(start < from);
        let later: Vec<_> = sightings.iter().filter(|s| s.ts >= start).cloned().collect();
        let whole = reduce(sightings, &parameters, &lives, now);
        let part = reduce(later, &parameters, &lives, now);
        let period = Period::new(from, now);
        prop_assert_eq!(seen(&whole, period), seen(&part, period));
    }
}
