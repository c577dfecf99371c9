//! Bars over time, one a subject. The worse it was, the higher: up is a thin line, degraded half a
//! bar, down a whole one; what nobody watched is hatched, maintenance dotted, and what was not
//! configured is empty. Above each window its bounds are drawn as error bars.

use super::axis::{self, TimeAxis};
use super::canvas::{Across, Canvas, Stroke, Style, across};
use super::ink::Ink;
use super::legend::{self, Entry};
use super::shape::Shape;
use crate::domain::availability::State;
use crate::domain::time::Period;
use crate::report::chart::timelines::{Bounds, Row, Timelines};

const BAR: i64 = 16;
const UP: i64 = 4;
const DEGRADED: i64 = 9;
/// Of what was not observed or in maintenance.
const BESIDE: i64 = 12;
const LABEL: i64 = 17;
/// From the top of a row to that of its bar: the label, and error bars.
const ABOVE: i64 = 26;
const ROW: i64 = ABOVE + BAR + 10;

/// Closer together, two shapes are one: less than half a pixel of a wide page.
const APART: i64 = 4;

/// A shorter error bar is no more than the stroke that it is drawn with.
const BOUND_MIN: i64 = 12;

/// Arrows closer together would lie on each other.
const ARROWS_APART: i64 = 250;

/// A shorter window has no room for arrows, unless it goes on at the end of the period.
const ARROW_MIN: i64 = 30;

const BOUNDS: Stroke = Stroke::solid(Ink::Text, "1");
const HATCHED: Stroke = hatched(Ink::State(State::Unknown));

/// All shapes of one sign, over all rows.
#[derive(Debug)]
struct Signs {
    up: Shape,
    degraded: Shape,
    down: Shape,
    unknown: Shape,
    hatching: Shape,
    maintenance: Shape,
    dots: Shape,
    bounds: Shape,
    /// Where a bound was not seen, with the height.
    arrows: Vec<(i64, i64, &'static str)>,
}

const ARROW_LEFT: &str = "M6-3L1 0L6 3M1 0h8";
const ARROW_RIGHT: &str = "M-6-3L-1 0L-6 3M-1 0h-8";

/// Strokes of a thick line, which makes an area of upright lines.
const fn hatched(ink: Ink) -> Stroke {
    Stroke {
        ink,
        width: "12",
        dashes: "1 3",
    }
}

const fn dotted(ink: Ink) -> Stroke {
    Stroke {
        ink,
        width: "2",
        dashes: "2 3",
    }
}

const fn outlined(ink: Ink) -> Style {
    Style::stroked(Stroke::solid(ink, "1"))
}

/// Gives its height.
pub(super) fn draw(canvas: &mut Canvas, chart: &Timelines) -> i64 {
    let bottom = i64::try_from(chart.rows.len()).unwrap_or(0) * ROW;
    let entries = entries(chart);
    let height = bottom + axis::HEIGHT + legend::height(canvas, &entries);
    let axis = TimeAxis::new(canvas, chart.period);
    let signs = Signs::of(canvas, chart);
    canvas.begin_shapes(height);
    // not behind the labels
    let rows: Vec<_> = (0..bottom / ROW)
        .map(|row| (row * ROW + LABEL, (row + 1) * ROW))
        .collect();
    axis.lines(canvas, &rows, bottom);
    signs.draw(canvas);
    canvas.end_shapes();
    for (x, y, d) in &signs.arrows {
        canvas.symbol(Across::Part(*x), *y, d, Style::stroked(BOUNDS));
    }
    let mut y = 13;
    for row in &chart.rows {
        canvas.label(y, &row.label);
        y += ROW;
    }
    axis.words(canvas, bottom);
    legend::draw(canvas, bottom + axis::HEIGHT, &entries);
    height
}

impl Signs {
    fn of(canvas: &Canvas, chart: &Timelines) -> Self {
        let mut signs = Self {
            up: canvas.shape(),
            degraded: canvas.shape(),
            down: canvas.shape(),
            unknown: canvas.shape(),
            hatching: canvas.shape(),
            maintenance: canvas.shape(),
            dots: canvas.shape(),
            bounds: canvas.shape(),
            arrows: Vec::new(),
        };
        let mut top = 0;
        for row in &chart.rows {
            signs.add(row, chart.period, top + ABOVE + BAR);
            top += ROW;
        }
        signs
    }

    fn add(&mut self, row: &Row, period: Period, floor: i64) {
        // what is higher hides it, so that it need not be left out there
        for (from, to) in merged(row, period, &[State::Up, State::Degraded, State::Down]) {
            self.up.rectangle(from, to, floor - UP, UP);
        }
        for (from, to) in merged(row, period, &[State::Degraded]) {
            self.degraded
                .rectangle(from, to, floor - DEGRADED, DEGRADED);
        }
        for (from, to) in merged(row, period, &[State::Down]) {
            self.down.rectangle(from, to, floor - BAR, BAR);
        }
        for (from, to) in merged(row, period, &[State::Unknown]) {
            self.unknown.rectangle(from, to, floor - BESIDE, BESIDE);
            self.hatching.level(from, to, floor - BESIDE / 2);
        }
        for (from, to) in merged(row, period, &[State::Maintenance]) {
            self.maintenance.rectangle(from, to, floor - BESIDE, BESIDE);
            self.dots.level(from, to, floor - 8);
            self.dots.level(from, to, floor - 4);
        }
        let mut arrows = (i64::MIN, i64::MIN);
        for bounds in &row.bounds {
            self.bound(bounds, period, floor - BAR - 5, &mut arrows);
        }
    }

    /// Error bars at both ends. `arrows` are the last ones to the left and to the right.
    fn bound(&mut self, bounds: &Bounds, period: Period, y: i64, arrows: &mut (i64, i64)) {
        let place = |at| across(at, period);
        let (start, end) = (place(bounds.window.from), place(bounds.window.to));
        let has_room = end - start >= ARROW_MIN;
        match bounds.start_earliest {
            Some(earliest) => self.bar(place(earliest), start, y),
            None if has_room && start >= arrows.0.saturating_add(ARROWS_APART) => {
                self.arrows.push((start, y, ARROW_LEFT));
                arrows.0 = start;
            }
            None => {}
        }
        let is_told = has_room || bounds.window.to >= period.to;
        match bounds.end_latest {
            Some(latest) => self.bar(place(bounds.end_earliest), place(latest), y),
            None if is_told && end >= arrows.1.saturating_add(ARROWS_APART) => {
                self.arrows.push((end, y, ARROW_RIGHT));
                arrows.1 = end;
            }
            None => {}
        }
    }

    fn bar(&mut self, from: i64, to: i64, y: i64) {
        if to - from >= BOUND_MIN {
            self.bounds.upright(from, y - 3, 6);
            self.bounds.level(from, to, y);
            self.bounds.upright(to, y - 3, 6);
        }
    }

    fn draw(&self, canvas: &mut Canvas) {
        let [up, degraded, down, unknown, maintenance] = [
            State::Up,
            State::Degraded,
            State::Down,
            State::Unknown,
            State::Maintenance,
        ]
        .map(Ink::State);
        canvas.draw(&self.up, Style::filled(up));
        canvas.draw(&self.maintenance, outlined(maintenance));
        canvas.draw(&self.dots, Style::stroked(dotted(maintenance)));
        canvas.draw(&self.unknown, outlined(unknown));
        canvas.draw(&self.hatching, Style::stroked(HATCHED));
        canvas.draw(&self.degraded, Style::visible(degraded));
        canvas.draw(&self.down, Style::visible(down));
        canvas.draw(&self.bounds, Style::stroked(BOUNDS));
    }
}

/// The places of a row's stretches in these states; those that cannot be told apart are one.
fn merged(row: &Row, period: Period, states: &[State]) -> Vec<(i64, i64)> {
    let mut all: Vec<(i64, i64)> = Vec::new();
    for (stretch, _) in row.stretches.iter().filter(|(_, s)| states.contains(s)) {
        let (from, to) = (across(stretch.from, period), across(stretch.to, period));
        match all.last_mut() {
            Some(last) if from <= last.1 + APART => last.1 = last.1.max(to),
            _ => all.push((from, to)),
        }
    }
    all
}

/// Of the signs that there are.
fn entries(chart: &Timelines) -> Vec<Entry> {
    let has = |state| {
        let mut rows = chart.rows.iter();
        rows.any(|row| row.stretches.iter().any(|(_, s)| *s == state))
    };
    let mut entries: Vec<_> = [
        State::Up,
        State::Degraded,
        State::Down,
        State::Unknown,
        State::Maintenance,
    ]
    .into_iter()
    .filter(|state| has(*state))
    .map(|state| Entry::new(sign(state), word(state)))
    .collect();
    let bounds = || chart.rows.iter().flat_map(|row| &row.bounds);
    if bounds().next().is_some() {
        let sign = vec![("M.5-8v6M.5-5h13M13.5-8v6", Style::stroked(BOUNDS))];
        entries.push(Entry::new(sign, "bounds"));
    }
    if bounds().any(|one| one.start_earliest.is_none() || one.end_latest.is_none()) {
        let sign = vec![("M6-8L1-5L6-2M1-5h10", Style::stroked(BOUNDS))];
        entries.push(Entry::new(sign, "bound not seen"));
    }
    entries
}

fn sign(state: State) -> Vec<(&'static str, Style)> {
    let ink = Ink::State(state);
    match state {
        State::Up => vec![("M0-4h14v4h-14z", Style::filled(ink))],
        State::Degraded => vec![("M0-7h14v7h-14z", Style::filled(ink))],
        State::Down => vec![("M0-11h14v11h-14z", Style::filled(ink))],
        State::Unknown => vec![
            ("M.5-10.5h13v11h-13z", outlined(ink)),
            ("M0-5h14", Style::stroked(HATCHED)),
        ],
        State::Maintenance => vec![
            ("M.5-10.5h13v10h-13z", outlined(ink)),
            ("M2-7.5h11M2-3.5h11", Style::stroked(dotted(ink))),
        ],
    }
}

/// As reports call it.
const fn word(state: State) -> &'static str {
    match state {
        State::Unknown => "unobserved",
        state => state.as_str(),
    }
}
