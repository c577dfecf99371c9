//! Charts: what each shows, apart from how it is drawn, and the one drawing of each, as SVG.

pub mod days;
pub mod latency_bands;
pub mod svg;
pub mod ticks;
pub mod timelines;
pub mod windowed_curves;

use days::Days;
use latency_bands::LatencyBands;
use timelines::Timelines;
use windowed_curves::WindowedCurves;

/// One chart, all numbers worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Tells it from the others of a report, in slug form.
    pub name: String,
    pub title: String,
    /// What it shows, in words, for those who do not see it.
    pub description: String,
    pub drawing: Drawing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drawing {
    Timelines(Timelines),
    Days(Days),
    Latency(LatencyBands),
    Windowed(WindowedCurves),
}
