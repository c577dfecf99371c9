//! How long answers took: the median as a line, bands up to p95 and p99, and the longest of each
//! step. Nothing where nothing answered.

use super::axis::{self, TimeAxis};
use super::canvas::{Canvas, Stroke, Style, WIDTH, across, hundredths};
use super::ink::Ink;
use super::legend::{self, Entry};
use super::scale::Scale;
use crate::domain::time::{Micros, Period};
use crate::report::chart::latency_bands::LatencyBands;
use crate::report::latency::Figures;

/// Where the area that it is drawn in begins and ends.
const TOP: i64 = 16;
const BOTTOM: i64 = TOP + 170;

const INK: Ink = Ink::Curve(0);
const MEDIAN: Stroke = Stroke::solid(INK, "2");
const P95: Stroke = Stroke {
    ink: INK,
    width: "1",
    dashes: "6 3",
};
const P99: Stroke = Stroke {
    ink: INK,
    width: "1",
    dashes: "2 3",
};
const LONGEST: Stroke = Stroke::solid(Ink::Text, "1");

/// So much of the fill is opaque, in percent.
const INNER: u8 = 30;
const OUTER: u8 = 14;

/// Which number of a step is drawn.
type Which = fn(&Figures) -> Micros;

const MEDIAN_OF: Which = |figures| figures.median;
const P95_OF: Which = |figures| figures.p95;
const P99_OF: Which = |figures| figures.p99;

/// Gives its height.
pub(super) fn draw(canvas: &mut Canvas, chart: &LatencyBands) -> i64 {
    let plot = Plot::new(chart);
    let entries = entries();
    let height = BOTTOM + axis::HEIGHT + legend::height(canvas, &entries);
    let axis = TimeAxis::new(canvas, chart.period);
    let ticks = plot.scale.ticks(6);
    canvas.begin_shapes(height);
    let mut grid = canvas.shape();
    for tick in &ticks {
        grid.curve([0, WIDTH].map(|x| (x, plot.y(*tick))));
    }
    canvas.draw(&grid, Style::stroked(Stroke::solid(Ink::Line, "1")));
    axis.lines(canvas, &[(TOP, BOTTOM)], BOTTOM);
    plot.draw(canvas);
    canvas.end_shapes();
    for tick in ticks {
        canvas.level_words(plot.y(tick), &words(tick));
    }
    axis.words(canvas, BOTTOM);
    legend::draw(canvas, BOTTOM + axis::HEIGHT, &entries);
    height
}

struct Plot<'c> {
    period: Period,
    /// Stretches in which there were answers, step by step.
    runs: Vec<Vec<(Period, &'c Figures)>>,
    scale: Scale,
}

impl<'c> Plot<'c> {
    fn new(chart: &'c LatencyBands) -> Self {
        let mut runs: Vec<Vec<(Period, &Figures)>> = Vec::new();
        let mut goes_on = false;
        for (step, figures) in &chart.steps {
            if let Some(figures) = figures {
                match runs.last_mut().filter(|_| goes_on) {
                    Some(run) => run.push((*step, figures)),
                    None => runs.push(vec![(*step, figures)]),
                }
            }
            goes_on = figures.is_some();
        }
        let all = || runs.iter().flatten().map(|(_, figures)| figures);
        let smallest = all().map(|figures| figures.median.0).min();
        let largest = all().map(|figures| figures.max.0).max();
        Self {
            period: chart.period,
            scale: Scale::of(smallest.unwrap_or(0), largest.unwrap_or(0)),
            runs,
        }
    }

    /// In hundredths of a pixel.
    fn y(&self, micros: u64) -> i64 {
        self.scale.place(micros, BOTTOM * 100, TOP * 100)
    }

    fn draw(&self, canvas: &mut Canvas) {
        for (lower, upper, opacity) in [(P95_OF, P99_OF, OUTER), (MEDIAN_OF, P95_OF, INNER)] {
            let mut band = canvas.shape();
            for run in &self.runs {
                let above = self.stairs(run, upper);
                let below = self.stairs(run, lower);
                let around = above.into_iter().chain(below.into_iter().rev());
                band.curve(around);
                band.close();
            }
            canvas.draw(
                &band,
                Style {
                    opacity: Some(opacity),
                    ..Style::filled(INK)
                },
            );
        }
        for (which, stroke) in [(P99_OF, P99), (P95_OF, P95), (MEDIAN_OF, MEDIAN)] {
            let mut line = canvas.shape();
            for run in &self.runs {
                line.curve(self.stairs(run, which));
            }
            canvas.draw(&line, Style::stroked(stroke));
        }
        let mut longest = canvas.shape();
        for (step, figures) in self.runs.iter().flatten() {
            let y = self.y(figures.max.0);
            longest.curve([step.from, step.to].map(|at| (across(at, self.period), y)));
        }
        canvas.draw(&longest, Style::stroked(LONGEST));
    }

    /// Each step is level, since its number is that of all of it.
    fn stairs(&self, run: &[(Period, &Figures)], which: Which) -> Vec<(i64, i64)> {
        let mut line = Vec::with_capacity(2 * run.len());
        for (step, figures) in run {
            let y = self.y(which(figures).0);
            line.extend([step.from, step.to].map(|at| (across(at, self.period), y)));
        }
        line
    }
}

fn entries() -> Vec<Entry> {
    let band = |opacity| Style {
        opacity: Some(opacity),
        ..Style::filled(INK)
    };
    vec![
        Entry::new(vec![("M0-5h14", Style::stroked(MEDIAN))], "median"),
        Entry::new(
            vec![
                ("M0-9h14v9h-14z", band(INNER)),
                ("M0-9h14", Style::stroked(P95)),
            ],
            "to p95",
        ),
        Entry::new(
            vec![
                ("M0-9h14v9h-14z", band(OUTER)),
                ("M0-9h14", Style::stroked(P99)),
            ],
            "to p99",
        ),
        Entry::new(vec![("M0-5h14", Style::stroked(LONGEST))], "longest"),
    ]
}

/// Of microseconds on the axis, which are round.
fn words(micros: u64) -> String {
    let of = |unit: u64| hundredths(i64::try_from(micros / (unit / 100)).unwrap_or(i64::MAX));
    match micros {
        0 => "0".to_owned(),
        us if us < 1000 => format!("{us} µs"),
        us if us < 1_000_000 => format!("{} ms", of(1000)),
        _ => format!("{} s", of(1_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_numbers_of_an_axis_are_told_alike() {
        for largest in [1, 3, 450, 1_500, 15_000, 450_000, 1_800_000, 70_000_000] {
            let ticks = Scale::of(largest, largest).ticks(6);
            let told: Vec<_> = ticks.iter().map(|tick| words(*tick)).collect();
            let mut once = told.clone();
            once.dedup();
            assert_eq!(told, once);
        }
        assert_eq!(words(1_500_000), "1.5 s");
        assert_eq!(words(2_500), "2.5 ms");
        assert_eq!(words(20_000), "20 ms");
    }
}
