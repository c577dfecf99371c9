//! Availability of the worst window over the window's length, one curve a subject, with its bounds
//! as a band. The length is logarithmic; the curves differ in their dashes and in their
//! marks.

use super::axis::mark;
use super::canvas::{Across, Anchor, Canvas, Stroke, Style, WIDTH};
use super::ink::Ink;
use super::legend::{self, Entry};
use super::scale::Scale;
use crate::domain::availability::Percent;
use crate::domain::time::Millis;
use crate::domain::windowed::{Point, WindowedAvailability};
use crate::report::chart::ticks::lengths;
use crate::report::chart::windowed_curves::WindowedCurves;

/// Where the area that it is drawn in begins and ends.
const TOP: i64 = 18;
const BOTTOM: i64 = TOP + 190;
/// With the words below it.
const AXIS: i64 = 38;

/// Kept free at both ends, for the marks.
const MARGIN: i64 = 150;

/// Lengths further apart are filled in, since a curve between them is not straight on this axis.
const APART: i64 = 120;

const WHOLE: u32 = 100_000;

/// One more than the marks, so that neither repeats with the other.
const DASHES: [&str; 5] = ["", "8 3", "2 3", "10 3 2 3", "5 2"];

/// Around a place on the curve.
const MARKS: [&str; 4] = [
    "M-4-4h8v8h-8z",
    "M0-5L5 4H-5z",
    "M0-5L5 0L0 5L-5 0z",
    "M-4-4L4 4M4-4L-4 4",
];

/// On one of its three lines.
#[derive(Clone, Copy)]
struct Place {
    length: u64,
    /// Thousandths of a percent.
    availability: u64,
}

/// Gives its height.
pub(super) fn draw(canvas: &mut Canvas, chart: &WindowedCurves) -> i64 {
    let entries = entries(chart);
    let height = BOTTOM + AXIS + legend::height(canvas, &entries);
    let longest = chart.curves.iter().filter_map(|curve| {
        let last = curve.windowed.points.last()?;
        Some(last.length)
    });
    let longest = longest.max().unwrap_or(MINUTE).max(MINUTE);
    let plot = Plot::new(longest);
    canvas.begin_shapes(height);
    plot.grid(canvas, longest);
    for (at, curve) in chart.curves.iter().enumerate() {
        plot.draw(canvas, at, &curve.windowed);
    }
    canvas.end_shapes();
    plot.words(canvas, longest);
    for (at, curve) in chart.curves.iter().enumerate() {
        if let Some((x, y)) = plot.marked(&curve.windowed) {
            canvas.symbol(
                Across::Part(x),
                y / 100,
                MARKS[at % MARKS.len()],
                marking(at),
            );
        }
    }
    legend::draw(canvas, BOTTOM + AXIS, &entries);
    height
}

const MINUTE: Millis = Millis(60_000);

struct Plot {
    lengths: Scale,
}

impl Plot {
    fn new(longest: Millis) -> Self {
        Self {
            lengths: Scale::Logarithmic {
                from: whole(MINUTE),
                to: whole(longest),
            },
        }
    }

    fn x(&self, length: u64) -> i64 {
        self.lengths.place(length, MARGIN, WIDTH - MARGIN)
    }

    fn grid(&self, canvas: &mut Canvas, longest: Millis) {
        let mut grid = canvas.shape();
        for percent in (0..=100).step_by(25) {
            grid.curve([0, WIDTH].map(|x| (x, y(percent * 1000))));
        }
        for (length, _) in lengths(longest) {
            grid.upright(self.x(whole(length)), TOP, BOTTOM - TOP);
        }
        canvas.draw(&grid, Style::stroked(Stroke::solid(Ink::Line, "1")));
        let mut axis = canvas.shape();
        axis.level(0, WIDTH, BOTTOM);
        for (length, _) in lengths(longest) {
            axis.upright(self.x(whole(length)), BOTTOM, 4);
        }
        canvas.draw(&axis, Style::stroked(Stroke::solid(Ink::Muted, "1")));
    }

    fn words(&self, canvas: &mut Canvas, longest: Millis) {
        for percent in (0..=100).step_by(25) {
            canvas.level_words(y(percent * 1000), &format!("{percent} %"));
        }
        for (length, label) in lengths(longest) {
            mark(canvas, self.x(whole(length)), BOTTOM + 16, label);
        }
        let words = "length of the window";
        let end = Across::Part(WIDTH);
        canvas.words(end, BOTTOM + 32, Anchor::End, Ink::Muted, words);
    }

    fn draw(&self, canvas: &mut Canvas, at: usize, windowed: &WindowedAvailability) {
        let line = |which: fn(&Point) -> Percent| {
            let points = windowed.points.iter();
            self.line(
                &points
                    .map(|point| Place::of(point, which))
                    .collect::<Vec<_>>(),
            )
        };
        let (low, high) = (line(|point| point.low), line(|point| point.high));
        let ink = Ink::Curve(at);
        if low != high {
            let mut band = canvas.shape();
            band.curve(high.into_iter().chain(low.into_iter().rev()));
            band.close();
            let style = Style {
                opacity: Some(16),
                ..Style::filled(ink)
            };
            canvas.draw(&band, style);
        }
        let mut curve = canvas.shape();
        curve.curve(line(|point| point.availability));
        canvas.draw(&curve, Style::stroked(stroke(at)));
    }

    /// Where a curve gets its mark: on its way up, since at the end many curves meet.
    fn marked(&self, windowed: &WindowedAvailability) -> Option<(i64, i64)> {
        let points = windowed.points.iter();
        let points: Vec<_> = points
            .map(|point| Place::of(point, |point| point.availability))
            .collect();
        let line = self.line(&points);
        let half = y(u64::from(WHOLE) / 2);
        let up = line.iter().find(|(_, y)| *y <= half);
        up.or(line.last()).copied()
    }

    /// Between points the time down grows evenly with the length.
    fn line(&self, points: &[Place]) -> Vec<(i64, i64)> {
        let mut line = Vec::new();
        let mut before: Option<Place> = None;
        for point in points {
            if let Some(before) = before {
                self.between(before, *point, &mut line);
            }
            line.push((self.x(point.length), y(point.availability)));
            before = Some(*point);
        }
        line
    }

    fn between(&self, from: Place, to: Place, line: &mut Vec<(i64, i64)>) {
        let middle = Place::between(from, to);
        if self.x(to.length) - self.x(from.length) <= APART || middle.length <= from.length {
            return;
        }
        self.between(from, middle, line);
        line.push((self.x(middle.length), y(middle.availability)));
        self.between(middle, to, line);
    }
}

/// In hundredths of a pixel.
fn y(thousandths: u64) -> i64 {
    let shares = Scale::Linear { to: WHOLE.into() };
    shares.place(thousandths, BOTTOM * 100, TOP * 100)
}

impl Place {
    fn of(point: &Point, which: fn(&Point) -> Percent) -> Self {
        Self {
            length: whole(point.length),
            availability: which(point).thousandths.min(WHOLE).into(),
        }
    }

    /// In the middle of the axis between two.
    fn between(from: Self, to: Self) -> Self {
        let length = (u128::from(from.length) * u128::from(to.length)).isqrt();
        let down = |place: Self| {
            u128::from(place.length) * u128::from(u64::from(WHOLE) - place.availability)
        };
        let (first, last) = (down(from), down(to));
        let along = length.saturating_sub(from.length.into());
        let all = u128::from(to.length.saturating_sub(from.length)).max(1);
        let more = last.abs_diff(first) / all * along;
        let down = if last >= first {
            first + more
        } else {
            first.saturating_sub(more)
        };
        let share = down / length.max(1);
        Self {
            length: u64::try_from(length).unwrap_or(u64::MAX),
            availability: u64::from(WHOLE) - u64::try_from(share).unwrap_or(0).min(WHOLE.into()),
        }
    }
}

fn whole(length: Millis) -> u64 {
    u64::try_from(length.0).unwrap_or(0)
}

const fn stroke(at: usize) -> Stroke {
    Stroke {
        ink: Ink::Curve(at),
        width: "2",
        dashes: DASHES[at % DASHES.len()],
    }
}

/// Of a mark on a curve.
const fn marking(at: usize) -> Style {
    Style {
        stroke: Some(Stroke::solid(Ink::Curve(at), "2")),
        ..Style::filled(Ink::Background)
    }
}

fn entries(chart: &WindowedCurves) -> Vec<Entry> {
    let curves = chart.curves.iter().enumerate();
    curves
        .map(|(at, curve)| {
            let sign = vec![
                ("M0-4h22", Style::stroked(stroke(at))),
                (MARKS_IN_LEGEND[at % MARKS.len()], marking(at)),
            ];
            Entry {
                sign_width: 28,
                ..Entry::new(sign, &curve.label)
            }
        })
        .collect()
}

/// [`MARKS`] on the line in the legend.
const MARKS_IN_LEGEND: [&str; 4] = [
    "M18-8h8v8h-8z",
    "M22-9L27 0H17z",
    "M22-9L27-4L22 1L17-4z",
    "M18-8L26 0M26-8L18 0",
];
