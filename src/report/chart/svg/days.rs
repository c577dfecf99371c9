//! A calendar. The worse a day was, the higher its bar. A few days stand in a row; more in weeks, one
//! a column, with a line for each day of the week.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::canvas::{Across, Anchor, Canvas, Stroke, Style, WIDTH};
use super::ink::Ink;
use super::legend::{self, Entry};
use super::shape::Shape;
use crate::domain::availability::State;
use crate::report::chart::days::{Class, Days, Row, in_words};
use crate::report::chart::ticks::MONTHS;
use crate::report::days::Day;

/// Of a day.
const CELL: i64 = 16;
const BAR: i64 = 13;
/// Between columns, in hundredths of a percent.
const GAP: i64 = 60;
/// Above the days of a subject: its label, and the months of a long period.
const LABEL: i64 = 19;
const MONTH: i64 = 16;
const BELOW: i64 = 12;

/// From the day of the month to its bar.
const NUMBER_APART: i64 = 60;

/// Most days that stand in a row.
const ROW_MAX: usize = 14;

/// Room for the day of the week, left of all columns; for the day of the month; and the least that a
/// column needs for that and for a bar, in pixels.
const WEEKDAY: i64 = 32;
const NUMBER: i64 = 18;
const NUMBERED_MIN: i64 = 34;

/// From when to when, below all rows.
const DATES: i64 = 16;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Most days that tell in words what they were when they are pointed at: each takes a hundred bytes.
const TOLD_MAX: usize = 400;

/// How the days of all rows are arranged.
struct Layout {
    /// The Monday, or with a row of days the first of them.
    first: Option<Date>,
    columns: i64,
    lines: i64,
    is_numbered: bool,
    has_months: bool,
    /// Where the columns begin.
    left: i64,
    /// Of each column, for the day of the month.
    number: i64,
}

/// Gives its height.
pub(super) fn draw(canvas: &mut Canvas, chart: &Days) -> i64 {
    let layout = Layout::of(canvas, chart);
    let entries = entries(chart);
    let rows = i64::try_from(chart.rows.len()).unwrap_or(0);
    let bottom = rows * layout.height() + DATES;
    let height = bottom + legend::height(canvas, &entries);
    let count: usize = chart.rows.iter().map(|row| row.days.len()).sum();
    canvas.begin_shapes(height);
    let mut top = 0;
    for row in &chart.rows {
        layout.shapes(canvas, row, top, count <= TOLD_MAX);
        top += layout.height();
    }
    canvas.end_shapes();
    let mut top = 0;
    for row in &chart.rows {
        canvas.label(top + 13, &row.label);
        layout.words(canvas, row, top);
        top += layout.height();
    }
    layout.dates(canvas, chart, bottom - 4);
    legend::draw(canvas, bottom, &entries);
    height
}

impl Layout {
    fn of(canvas: &Canvas, chart: &Days) -> Self {
        let longest = chart.rows.iter().map(|row| row.days.len()).max();
        let days = longest.unwrap_or(0);
        let dates = chart.rows.iter().filter_map(|row| row.days.first());
        let first = dates.filter_map(date).min();
        let is_row = days <= ROW_MAX;
        let monday = first.and_then(|first| {
            let since = i64::from(first.weekday().to_monday_zero_offset());
            let monday = first.checked_sub(jiff::Span::new().try_days(since).ok()?);
            Some((monday.ok()?, since))
        });
        let before = monday.map_or(0, |(_, since)| since);
        let count = i64::try_from(days).unwrap_or(0).max(1);
        let columns = if is_row {
            count
        } else {
            (count + before + 6) / 7
        };
        let room = i64::try_from(canvas.room_for(1)).unwrap_or(1);
        let left = if is_row {
            0
        } else {
            (WEEKDAY * WIDTH / room).min(WIDTH / 2)
        };
        let is_numbered = room * (WIDTH - left) / WIDTH / columns >= NUMBERED_MIN;
        Self {
            first: if is_row {
                first
            } else {
                monday.map(|(monday, _)| monday)
            },
            columns,
            lines: if is_row { 1 } else { 7 },
            is_numbered,
            has_months: !is_numbered,
            left,
            number: if is_numbered {
                NUMBER * WIDTH / room
            } else {
                0
            },
        }
    }

    fn height(&self) -> i64 {
        let months = if self.has_months { MONTH } else { 0 };
        LABEL + months + self.lines * CELL + BELOW
    }

    /// Where a day's cell begins and ends, and what it stands on.
    fn cell(&self, date: Date, top: i64) -> Option<(i64, i64, i64)> {
        let since = i64::from(date.since(self.first?).ok()?.get_days());
        let (column, line) = (since / self.lines, since % self.lines);
        let room = WIDTH - self.left;
        let from = self.left + column * room / self.columns;
        let gap = GAP.min(room / self.columns / 6);
        let to = self.left + (column + 1) * room / self.columns - gap;
        let floor = top + self.height() - BELOW - (self.lines - 1 - line) * CELL;
        Some((from, to, floor))
    }

    fn shapes(&self, canvas: &mut Canvas, row: &Row, top: i64, is_told: bool) {
        for class in Class::ALL {
            let of_class = row.days.iter().filter(|day| Class::of(day) == class);
            let mut all = Signs::new(canvas);
            for day in of_class {
                let cell = date(day).and_then(|date| self.cell(date, top));
                let Some((from, to, floor)) = cell else {
                    continue;
                };
                all.add(class, from + self.number, to, floor);
                if is_told {
                    all.draw(canvas, class, Some(&in_words(day)));
                    all = Signs::new(canvas);
                }
            }
            all.draw(canvas, class, None);
        }
    }

    /// From when to when.
    fn dates(&self, canvas: &mut Canvas, chart: &Days, y: i64) {
        let days = || chart.rows.iter().flat_map(|row| &row.days);
        let first = days().map(|day| &day.date).min();
        let last = days().map(|day| &day.date).max();
        for (date, at, anchor) in [
            (first, self.left, Anchor::Start),
            (last, WIDTH, Anchor::End),
        ] {
            if let Some(date) = date {
                canvas.words(Across::Part(at), y, anchor, Ink::Muted, date);
            }
        }
    }

    fn words(&self, canvas: &mut Canvas, row: &Row, top: i64) {
        if self.lines == 7 {
            let mut y = top + self.height() - BELOW - 6 * CELL - 1;
            for weekday in WEEKDAYS {
                canvas.words(Across::Px(0), y, Anchor::Start, Ink::Muted, weekday);
                y += CELL;
            }
        }
        for day in &row.days {
            let Some(date) = date(day) else {
                continue;
            };
            let Some((from, _, floor)) = self.cell(date, top) else {
                continue;
            };
            if self.is_numbered {
                let number = date.day().to_string();
                let place = Across::Part(from + self.number - NUMBER_APART);
                canvas.words(place, floor - 1, Anchor::End, Ink::Muted, &number);
            } else if self.has_months && date.day() == 1 {
                let month = usize::try_from(date.month() - 1).ok();
                let month = month.and_then(|month| MONTHS.get(month)).unwrap_or(&"");
                let place = Across::Part(from.min(WIDTH - 800));
                canvas.words(place, top + LABEL + 10, Anchor::Start, Ink::Muted, month);
            }
        }
    }
}

/// The shapes of days of one class.
struct Signs {
    area: Shape,
    /// Within the area.
    strokes: Shape,
}

impl Signs {
    fn new(canvas: &Canvas) -> Self {
        Self {
            area: canvas.shape(),
            strokes: canvas.shape(),
        }
    }

    fn add(&mut self, class: Class, from: i64, to: i64, floor: i64) {
        let height = bar(class);
        match class {
            Class::NotConfigured => self.area.level(from, to, floor - 1),
            _ => self.area.rectangle(from, to, floor - height, height),
        }
        match class {
            Class::Unobserved => self.strokes.level(from, to, floor - height / 2),
            Class::Maintenance => {
                self.strokes.level(from, to, floor - height + 4);
                self.strokes.level(from, to, floor - 4);
            }
            _ => {}
        }
    }

    fn draw(&self, canvas: &mut Canvas, class: Class, words: Option<&str>) {
        let [area, strokes] = styles(class);
        canvas.draw_told(&self.area, area, words);
        canvas.draw_told(&self.strokes, strokes, words);
    }
}

fn date(day: &Day) -> Option<Date> {
    day.date.parse().ok()
}

const fn bar(class: Class) -> i64 {
    match class {
        Class::Whole => 3,
        Class::Most => 6,
        Class::Much => 9,
        Class::Less => BAR,
        Class::Unobserved | Class::Maintenance => 11,
        Class::NotConfigured => 0,
    }
}

/// Of the area, and of the strokes in it.
const fn styles(class: Class) -> [Style; 2] {
    let none = Style::filled(Ink::Background);
    match class {
        Class::Whole => [Style::filled(Ink::State(State::Up)), none],
        Class::Most | Class::Much => [Style::filled(Ink::State(State::Degraded)), none],
        Class::Less => [Style::filled(Ink::State(State::Down)), none],
        Class::Unobserved => {
            let ink = Ink::State(State::Unknown);
            let hatched = Stroke {
                ink,
                width: "11",
                dashes: "1 3",
            };
            let outlined = Style::stroked(Stroke::solid(ink, "1"));
            [outlined, Style::stroked(hatched)]
        }
        Class::Maintenance => {
            let ink = Ink::State(State::Maintenance);
            let dotted = Stroke {
                ink,
                width: "2",
                dashes: "2 3",
            };
            let outlined = Style::stroked(Stroke::solid(ink, "1"));
            [outlined, Style::stroked(dotted)]
        }
        Class::NotConfigured => [Style::stroked(Stroke::solid(Ink::Line, "1")), none],
    }
}

/// Of the classes that there are.
fn entries(chart: &Days) -> Vec<Entry> {
    let days = chart.rows.iter().flat_map(|row| &row.days);
    let there: BTreeSet<_> = days.map(Class::of).collect();
    let there = there.into_iter();
    there
        .map(|class| {
            let [area, strokes] = styles(class);
            let sign = match class {
                Class::Whole => vec![("M0-3h14v3h-14z", area)],
                Class::Most => vec![("M0-6h14v6h-14z", area)],
                Class::Much => vec![("M0-9h14v9h-14z", area)],
                Class::Less => vec![("M0-13h14v13h-14z", area)],
                Class::Unobserved => vec![("M0-11h14v11h-14z", area), ("M0-5.5h14", strokes)],
                Class::Maintenance => {
                    vec![("M0-11h14v11h-14z", area), ("M0-7h14M0-4h14", strokes)]
                }
                Class::NotConfigured => vec![("M0-1h14", area)],
            };
            Entry::new(sign, class.word())
        })
        .collect()
}
