//! Windowed availability, after Hauer et al., "Meaningful Availability" (NSDI 2020): the worst window
//! of every length tells one long outage from many short ones.
//!
//! Only time that was observed down counts: maintenance, and time that nobody watched, count as not
//! down, wherever the window lies.

use std::collections::{BTreeMap, BinaryHeap};

use super::availability::{Percent, partition};
use super::period_set::PeriodSet;
use super::time::{Millis, Period};
use super::track::Track;

/// The window of one length that holds the most time down, the earliest of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worst {
    pub window: Period,
    pub down: Millis,
}

/// What is known of windows of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub length: Millis,
    /// By the reported outages.
    pub worst: Worst,
    /// 1 - down / length, of the worst window.
    pub availability: Percent,
    /// The same had every outage been as long as it can have been, and as short; the worst windows of
    /// these may lie elsewhere.
    pub low: Percent,
    pub high: Percent,
}

/// Of ascending lengths, from a minute to the whole period. Of a period shorter than that, only the
/// whole.
///
/// The most time down never falls as windows become longer, and never grows faster than they do. So
/// between two lengths it is known where it stays, or grows as much as it can.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowedAvailability {
    pub points: Vec<Point>,
    /// Whether a straight line between neighbours, of the time down, is exact everywhere.
    pub is_complete: bool,
}

/// Most points; those where a straight line would be off the most come first.
const POINTS_MAX: usize = 96;

/// Most stretches that are walked over to find them, so that a subject with very many outages does not
/// hold up a report; for each point as many as there are.
const STRETCHES_MAX: usize = 2_000_000;

/// Lengths that people know, ascending: 1, 5 and 15 minutes, 1, 6 and 12 hours, 1, 7, 30, 90 and 365
/// days.
const LENGTHS_MIN: [i64; 11] = [
    1, 5, 15, 60, 360, 720, 1440, 10_080, 43_200, 129_600, 525_600,
];

impl WindowedAvailability {
    /// Of what counts of a track.
    pub fn of(track: &Track, period: Period) -> Self {
        let parts = partition(track, period);
        let observed = parts.observed();
        let possible = track
            .possible
            .iter()
            .map(|stretch| stretch.period.clip(period));
        // a window lies between the two, whatever the track says
        let possible = possible.collect::<PeriodSet>().intersection(&observed);
        let possible = possible.union(&parts.down);
        let certain = track.certain.clip(period).intersection(&parts.down);
        let search = |down: &PeriodSet| Search::new(down, period);
        let (reported, least, most) = (search(&parts.down), search(&certain), search(&possible));
        let (worst, is_complete) = reported.refined();
        let point = |worst: Worst| {
            let length = worst.window.length();
            let share = |down: Millis| {
                let up = Percent::of(length - down, length);
                up.unwrap_or(Percent::HUNDRED)
            };
            // a failure at a single instant makes no certain time, but 100 % it is not
            let certain = least.worst(length).down.max(worst.down.min(Millis(1)));
            Point {
                length,
                worst,
                availability: share(worst.down),
                low: share(most.worst(length).down),
                high: share(certain),
            }
        };
        Self {
            points: worst.into_iter().map(point).collect(),
            is_complete,
        }
    }
}

/// The window of a length within the period that holds the most of `down`. A length beyond that of
/// the period is cut to it.
pub fn worst(down: &PeriodSet, period: Period, length: Millis) -> Worst {
    Search::new(down, period).worst(length)
}

/// Looks for the worst windows of a period.
struct Search {
    period: Period,
    down: Vec<Stretch>,
}

/// Instants are milliseconds since the period began.
#[derive(Clone, Copy)]
struct Stretch {
    from: i64,
    to: i64,
    /// Time down before it.
    before: i64,
}

impl Search {
    fn new(down: &PeriodSet, period: Period) -> Self {
        let clipped = down.clip(period);
        let mut before = 0;
        let stretch = |stretch: &Period| {
            let found = Stretch {
                from: (stretch.from - period.from).0,
                to: (stretch.to - period.from).0,
                before,
            };
            before += found.to - found.from;
            found
        };
        Self {
            period,
            down: clipped.periods().iter().map(stretch).collect(),
        }
    }

    /// One walk over the stretches. The most is held by the first window, by one that begins where a
    /// stretch does, or by one that ends where one does: any other holds no less if it is moved back
    /// to the nearest of these.
    fn worst(&self, length: Millis) -> Worst {
        let whole = self.period.length().0;
        let length = length.0.clamp(whole.min(1), whole);
        // down before the end of windows that move on, and before their beginning
        let (mut ends, mut begins) = (Walk::new(&self.down), Walk::new(&self.down));
        let (mut most, mut at) = (ends.down_before(length), 0);
        let mut take = |down: i64, from: i64| {
            if down > most || (down == most && from < at) {
                (most, at) = (down, from);
            }
        };
        for stretch in &self.down {
            if stretch.from + length <= whole {
                let to = stretch.from + length;
                take(ends.down_before(to) - stretch.before, stretch.from);
            }
            if stretch.to >= length {
                let from = stretch.to - length;
                let to_here = stretch.before + stretch.to - stretch.from;
                take(to_here - begins.down_before(from), from);
            }
        }
        let from = self.period.from + Millis(at);
        Worst {
            window: Period::new(from, from + Millis(length)),
            down: Millis(most),
        }
    }

    /// The worst windows of the lengths that people know, and of those between which the most time
    /// down bends; whether these are all.
    fn refined(&self) -> (Vec<Worst>, bool) {
        let whole = self.period.length();
        if whole == Millis::ZERO {
            return (Vec::new(), true);
        }
        let known = LENGTHS_MIN.map(|minutes| Millis::from_secs(minutes * 60));
        let mut found = BTreeMap::new();
        for length in known
            .into_iter()
            .filter(|known| *known < whole)
            .chain([whole])
        {
            found.insert(length, self.worst(length));
        }
        let is_known = |length| length == whole || known.contains(&length);
        let mut bends = bends_between(&found, Millis(1), whole);
        let mut walks_left =
            (STRETCHES_MAX / self.down.len().max(1)).clamp(POINTS_MAX, 10 * POINTS_MAX);
        while found.len() + Bend::GUESSES <= POINTS_MAX
            && walks_left >= Bend::GUESSES
            && let Some(bend) = bends.pop()
        {
            let (from, to) = (bend.from, bend.to);
            for guess in bend.guesses() {
                found.insert(guess, self.worst(guess));
                walks_left -= 1;
                if bends_between(&found, from, to).is_empty() {
                    break;
                }
            }
            bends.append(&mut bends_between(&found, from, to));
            for length in bend.guesses().into_iter().chain([from, to]) {
                if !is_known(length) && is_straight(&found, length) {
                    found.remove(&length);
                }
            }
        }
        (found.into_values().collect(), bends.is_empty())
    }
}

/// Neighbouring lengths between which the most time down neither stays nor grows as much as it can.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Bend {
    /// How far off a straight line can be: the greatest share of the length that may be missing, in
    /// billionths.
    off: i128,
    from: Millis,
    to: Millis,
    grows: Millis,
}

impl Bend {
    const GUESSES: usize = 3;

    fn between(from: &Worst, to: &Worst) -> Option<Self> {
        let (shorter, longer) = (from.window.length(), to.window.length());
        let (by, grows) = (longer - shorter, to.down - from.down);
        let off = i128::from(grows.0) * i128::from((by - grows).0);
        (off > 0).then(|| Self {
            off: off * 1_000_000_000 / i128::from(by.0) / i128::from(longer.0),
            from: shorter,
            to: longer,
            grows,
        })
    }

    /// Where it bends if it grows first and then stays, or the other way round; and the middle.
    fn guesses(&self) -> [Millis; Self::GUESSES] {
        let middle = Millis(i64::midpoint(self.from.0, self.to.0));
        [self.from + self.grows, self.to - self.grows, middle]
    }
}

/// The bends from one length to another, both found.
fn bends_between(found: &BTreeMap<Millis, Worst>, from: Millis, to: Millis) -> BinaryHeap<Bend> {
    let mut found = found.range(from..=to).map(|(_, worst)| worst).peekable();
    let mut bends = BinaryHeap::new();
    while let (Some(shorter), Some(longer)) = (found.next(), found.peek()) {
        bends.extend(Bend::between(shorter, longer));
    }
    bends
}

/// Whether a length lies on a straight line between its neighbours.
fn is_straight(found: &BTreeMap<Millis, Worst>, length: Millis) -> bool {
    let before = found.range(..length).next_back();
    let after = found.range(length + Millis(1)..).next();
    let (Some((_, before)), Some(worst), Some((_, after))) = (before, found.get(&length), after)
    else {
        return false;
    };
    let step = |from: &Worst, to: &Worst| {
        let by = to.window.length() - from.window.length();
        (by, to.down - from.down)
    };
    let ((by, grows), (by_next, grows_next)) = (step(before, worst), step(worst, after));
    let stays = grows == Millis::ZERO && grows_next == Millis::ZERO;
    stays || (grows == by && grows_next == by_next)
}

/// Counts the time down before instants, each no earlier than the one before.
struct Walk<'a> {
    down: &'a [Stretch],
    at: usize,
}

impl<'a> Walk<'a> {
    const fn new(down: &'a [Stretch]) -> Self {
        Self { down, at: 0 }
    }

    fn down_before(&mut self, instant: i64) -> i64 {
        while let Some(next) = self.down.get(self.at + 1)
            && next.from <= instant
        {
            self.at += 1;
        }
        self.down.get(self.at).map_or(0, |stretch| {
            stretch.before + (instant.min(stretch.to) - stretch.from).max(0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::UnixMillis;
    use proptest::prelude::*;

    fn period(from: i64, to: i64) -> Period {
        Period::new(UnixMillis(from), UnixMillis(to))
    }

    /// Stretches within the first 120 units, some of which reach beyond the period.
    fn down(unit: i64) -> impl Strategy<Value = PeriodSet> {
        proptest::collection::vec((-5i64..115, 1i64..12), 0..9).prop_map(move |stretches| {
            let stretches = stretches.into_iter();
            stretches
                .map(|(from, length)| period(from * unit, (from + length) * unit))
                .collect()
        })
    }

    /// By trying every window on the grid.
    fn tried(down: &PeriodSet, whole: Period, length: i64, unit: i64) -> (i64, i64) {
        let last = whole.to.0 - length;
        let mut best = (-1, 0);
        let mut from = whole.from.0;
        while from <= last {
            let held = down.clip(period(from, from + length)).length().0;
            if held > best.0 {
                best = (held, from);
            }
            from += unit;
        }
        best
    }

    #[test]
    fn one_long_outage_differs_from_many_short_ones() {
        let hour = 3_600_000;
        let whole = period(0, 24 * hour);
        let long = PeriodSet::from_iter([period(2 * hour, 3 * hour)]);
        let short = (0..12).map(|n| period(n * 2 * hour, n * 2 * hour + hour / 12));
        let short: PeriodSet = short.collect();
        assert_eq!(long.length(), short.length());
        for (minutes, of_long, of_short) in [
            (5, 5, 5),
            (60, 60, 5),
            (120, 60, 5),
            (125, 60, 10),
            (1440, 60, 60),
        ] {
            let length = Millis(minutes * 60_000);
            let most = |down: &PeriodSet| worst(down, whole, length).down.0 / 60_000;
            assert_eq!(
                (most(&long), most(&short)),
                (of_long, of_short),
                "{minutes}"
            );
        }
        // of several, the earliest
        let day = worst(&long, whole, Millis(2 * hour));
        assert_eq!(day.window, period(hour, 3 * hour));
        let (points, is_complete) = Search::new(&long, whole).refined();
        assert!(is_complete);
        let shown = points.iter().map(|point| {
            let minutes = |length: Millis| length.0 / 60_000;
            format!(
                "{}: {}",
                minutes(point.window.length()),
                minutes(point.down)
            )
        });
        let shown: Vec<_> = shown.collect();
        assert_eq!(
            shown.join(", "),
            "1: 1, 5: 5, 15: 15, 60: 60, 360: 60, 720: 60, 1440: 60"
        );
    }

    #[test]
    fn short_periods_and_empty_ones_have_no_more_than_one_point() {
        let down = PeriodSet::from_iter([period(10, 20)]);
        assert_eq!(
            Search::new(&down, period(15, 15)).refined(),
            (Vec::new(), true)
        );
        let nowhere = worst(&down, period(15, 15), Millis(1));
        assert_eq!(nowhere.down, Millis::ZERO);
        let (points, is_complete) = Search::new(&down, period(15, 45)).refined();
        assert!(is_complete);
        let whole = Worst {
            window: period(15, 45),
            down: Millis(5),
        };
        assert_eq!(points, [whole]);
        // a length that makes no sense is cut
        for (length, window) in [(0, period(15, 16)), (1_000, period(15, 45))] {
            assert_eq!(worst(&down, period(15, 45), Millis(length)).window, window);
        }
    }

    #[test]
    fn of_too_many_bends_the_greatest_are_told() {
        let whole = period(0, 86_400_000);
        // pauses that grow, so that every length sees another number of them
        let down = (0i64..400).map(|n| period(n * n * 500, n * n * 500 + 400 + n));
        let (points, is_complete) = Search::new(&down.collect(), whole).refined();
        assert!(!is_complete);
        assert!((POINTS_MAX / 2..=POINTS_MAX).contains(&points.len()));
        assert!(points.is_sorted_by_key(|point| point.window.length()));
    }

    #[test]
    fn of_thousands_of_windows_the_whole_adds_up() {
        let whole = period(0, 31 * 86_400_000);
        let down = (0i64..20_000).map(|n| {
            let from = n * 133_000 + n * n % 7919;
            period(from, from + 1000 + n * n % 60_013)
        });
        let down: PeriodSet = down.collect();
        let (points, _) = Search::new(&down, whole).refined();
        assert_eq!(points.last().unwrap().down, down.clip(whole).length());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn the_worst_window_is_that_found_by_trying_all(
            down in down(1),
            from in 0i64..40,
            long in 1i64..110,
            length in 1i64..110,
        ) {
            let whole = period(from, from + long);
            let found = worst(&down, whole, Millis(length));
            let length = length.min(long);
            let (held, at) = tried(&down.clip(whole), whole, length, 1);
            prop_assert_eq!(found.down.0, held);
            prop_assert_eq!(found.window, period(at, at + length));
        }

        #[test]
        fn the_most_time_down_grows_with_the_length_but_no_faster(
            down in down(1),
            a in 1i64..60,
            b in 1i64..60,
        ) {
            let most = |length| worst(&down, period(0, 120), Millis(length)).down.0;
            prop_assert!(most(a) <= most(a + b));
            prop_assert!(most(a + b) <= most(a) + most(b));
            prop_assert!(most(a + b) <= most(a) + b);
        }

        #[test]
        fn between_two_points_lies_a_straight_line(down in down(10_000)) {
            let whole = period(0, 1_200_000);
            let (points, is_complete) = Search::new(&down, whole).refined();
            prop_assert!(is_complete);
            for pair in points.windows(2) {
                let (shorter, longer) = (pair[0].window.length().0, pair[1].window.length().0);
                let (least, most) = (pair[0].down.0, pair[1].down.0);
                for length in (shorter..=longer).step_by(10_000) {
                    let straight = least + (most - least) * (length - shorter) / (longer - shorter);
                    prop_assert_eq!(tried(&down, whole, length, 10_000).0, straight);
                }
            }
        }
    }
}
