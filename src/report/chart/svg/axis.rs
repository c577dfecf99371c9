//! The axis of time below a drawing, and the lines that go up from it.

use super::canvas::{Across, Anchor, Canvas, Stroke, Style, WIDTH, across};
use super::ink::Ink;
use crate::domain::time::Period;
use crate::report::chart::ticks::{Tick, days, ticks};
use crate::report::text::instant_utc;

/// How high it is.
pub(super) const HEIGHT: i64 = 38;

/// Widest words beside a tick, with a gap.
const LABEL: i64 = 60;

/// Half of the widest words, in hundredths of a percent of the narrowest page.
const EDGE: i64 = 700;

#[derive(Debug)]
pub(super) struct TimeAxis {
    period: Period,
    ticks: Vec<Tick>,
}

impl TimeAxis {
    pub(super) fn new(canvas: &Canvas, period: Period) -> Self {
        Self {
            ticks: ticks(period, canvas.room_for(LABEL).saturating_sub(1).min(12)),
            period,
        }
    }

    /// Lines at ticks and where days begin, in stretches from top to bottom, and the axis itself, as
    /// shapes.
    pub(super) fn lines(&self, canvas: &mut Canvas, stretches: &[(i64, i64)], bottom: i64) {
        let mut lines = canvas.shape();
        let at_ticks = self.ticks.iter().map(|tick| tick.at);
        let mut places: Vec<_> = at_ticks
            .chain(days(self.period))
            .map(|at| across(at, self.period))
            .collect();
        places.sort_unstable();
        places.dedup();
        for place in places {
            for (top, bottom) in stretches {
                lines.upright(place, *top, bottom - top);
            }
        }
        canvas.draw(&lines, Style::stroked(Stroke::solid(Ink::Line, "1")));
        let mut axis = canvas.shape();
        axis.level(0, WIDTH, bottom);
        for tick in &self.ticks {
            axis.upright(across(tick.at, self.period), bottom, 4);
        }
        canvas.draw(&axis, Style::stroked(Stroke::solid(Ink::Muted, "1")));
    }

    /// What stands at the ticks, and below them from when to when.
    pub(super) fn words(&self, canvas: &mut Canvas, bottom: i64) {
        for tick in &self.ticks {
            let place = across(tick.at, self.period);
            mark(canvas, place, bottom + 16, &tick.label);
        }
        let Period { from, to } = self.period;
        let y = bottom + 32;
        for (at, anchor, place) in [(from, Anchor::Start, 0), (to, Anchor::End, WIDTH)] {
            let words = instant_utc(at);
            canvas.words(Across::Part(place), y, anchor, Ink::Muted, &words);
        }
    }
}

/// Words at a place, kept inside the drawing.
pub(super) fn mark(canvas: &mut Canvas, place: i64, y: i64, words: &str) {
    let (place, anchor) = match place {
        near if near < EDGE => (near, Anchor::Start),
        far if far > WIDTH - EDGE => (far, Anchor::End),
        place => (place, Anchor::Middle),
    };
    canvas.words(Across::Part(place), y, anchor, Ink::Muted, words);
}
