//! Tracks that are drawn by hand, and tracks of random histories.

use outwatch::domain::availability::{State, timeline};
use outwatch::domain::history::{Life, reduce};
use outwatch::domain::outage::{CauseCounts, EndKind, OutageWindow, StartKind};
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::{Possible, Track};
use proptest::prelude::*;

use crate::notation::{outcome, sighting};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const DAY: i64 = 1440 * MINUTE;

/// All instants of random histories are multiples of it.
pub(crate) const CELL: i64 = 10_000;

pub(crate) fn at(text: &str) -> UnixMillis {
    text.parse().unwrap()
}

pub(crate) fn period(from: UnixMillis, length: i64) -> Period {
    Period::new(from, from + Millis(length))
}

/// September 2024.
pub(crate) fn september() -> Period {
    Period::new(at("2024-09-01T00:00:00Z"), at("2024-10-01T00:00:00Z"))
}

/// An outage, and how much earlier than its start it may have begun, how much earlier than its end it
/// may have ended; in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Drawn {
    pub(crate) from: UnixMillis,
    pub(crate) lasts: i64,
    pub(crate) early: i64,
    pub(crate) late: i64,
}

pub(crate) fn outage(from: &str, lasts: i64, early: i64, late: i64) -> Drawn {
    Drawn {
        from: at(from),
        lasts,
        early,
        late,
    }
}

/// Watched all the time in 2024.
pub(crate) fn track(outages: &[Drawn]) -> Track {
    let window = |drawn: &Drawn| OutageWindow {
        start: drawn.from,
        start_earliest: Some(drawn.from.saturating_sub(Millis(drawn.early))),
        start_kind: StartKind::Seen,
        end: drawn.from + Millis(drawn.lasts),
        end_earliest: drawn.from + Millis(drawn.lasts - drawn.late),
        end_latest: Some(drawn.from + Millis(drawn.lasts)),
        end_kind: EndKind::Seen,
        certain: Millis(drawn.lasts - drawn.late),
        opened_at: None,
        detected_at: None,
        closed_at: None,
        failures: 2,
        observations: 2,
        causes: CauseCounts::default(),
        first_failure: None,
    };
    let windows: Vec<_> = outages.iter().map(window).collect();
    let certain = windows.iter();
    let certain = certain.map(|window| Period::new(window.start, window.end_earliest));
    let possible = windows.iter().map(|window| Possible {
        period: Period::new(window.start_earliest.unwrap(), window.end),
        from_seen: true,
        to_seen: true,
    });
    Track {
        covered: vec![Period::new(
            at("2024-01-01T00:00:00Z"),
            at("2025-01-01T00:00:00Z"),
        )],
        certain: certain.collect(),
        possible: possible.collect(),
        windows,
        degraded: PeriodSet::default(),
        unknown: PeriodSet::default(),
        maintenance: PeriodSet::default(),
    }
}

/// Of random observations from an instant on, on the grid of [`CELL`], with gaps and maintenance;
/// and the present.
pub(crate) fn random(from: UnixMillis) -> impl Strategy<Value = (Track, UnixMillis)> {
    let letter = prop::sample::select(vec!['o', 'o', 'o', 'F', 'F', 'F', 's']);
    let gap = prop_oneof![6 => 1i64..7, 1 => 8i64..40];
    let story = proptest::collection::vec((gap, letter), 0..80);
    let maintenance = proptest::collection::vec((0i64..300, 1i64..30), 0..4);
    (story, maintenance, 0i64..30).prop_map(move |(story, maintenance, rest)| {
        let mut ts = from;
        let sightings = story.into_iter().map(|(gap, letter)| {
            ts = ts + Millis(gap * CELL);
            sighting(ts, outcome(letter))
        });
        let sightings: Vec<_> = sightings.collect();
        let now = ts + Millis((rest + 1) * CELL);
        let lives = [Life { from, to: None }];
        let parameters = ParameterHistory::constant(Parameters::default());
        let history = reduce(sightings, &parameters, &lives, now);
        let maintenance = maintenance.into_iter();
        let maintenance = maintenance
            .map(|(after, length)| period(from + Millis(after * CELL), length * CELL))
            .collect();
        (Track::of(&history, maintenance), now)
    })
}

/// The state of every cell of a period; `None` where it did not exist.
pub(crate) fn cells(track: &Track, of: Period) -> Vec<Option<State>> {
    let count = usize::try_from(of.length().0 / CELL).unwrap();
    let mut cells = vec![None; count];
    for (stretch, state) in timeline(track, of) {
        let cell = |instant: UnixMillis| usize::try_from((instant - of.from).0 / CELL).unwrap();
        cells[cell(stretch.from)..cell(stretch.to)].fill(Some(state));
    }
    cells
}
