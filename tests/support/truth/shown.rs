//! The truth as the observer's clock shows it. Where the clock was set back, the later epoch tells
//! a time again, and what the earlier one told of it does not count.

use outwatch::domain::time::{Millis, Period, UnixMillis};

use super::observer::Span;
use super::world::Stretch;

/// The epochs, as far as they count.
#[derive(Debug)]
pub(crate) struct Shown {
    /// In order of time and apart: what the clock showed, and by how much it was ahead.
    ranges: Vec<(Period, Millis)>,
}

/// A true outage of one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outage {
    pub(crate) period: Period,
    /// Which of the events it belongs to.
    pub(crate) event: usize,
    /// It has not ended.
    pub(crate) is_open: bool,
}

impl Shown {
    pub(crate) fn of(spans: &[Span]) -> Self {
        let mut ranges = Vec::new();
        let mut told_again_from = UnixMillis(i64::MAX);
        for span in spans.iter().rev() {
            let shown = span.shown();
            let counts = Period::new(shown.from, shown.to.min(told_again_from));
            told_again_from = told_again_from.min(shown.from);
            if !counts.is_empty() {
                ranges.push((counts, span.shift));
            }
        }
        ranges.reverse();
        Self { ranges }
    }

    /// What the clock showed in a period, piece by piece.
    pub(crate) fn pieces(&self, real: Period) -> impl Iterator<Item = Period> {
        self.ranges.iter().filter_map(move |(range, shift)| {
            let shown = Period::new(real.from + *shift, real.to + *shift).clip(*range);
            (!shown.is_empty()).then_some(shown)
        })
    }

    /// The outages that `down` shows as. One that goes on over a step of the clock is one.
    pub(crate) fn outages<'a>(
        &self,
        down: &(impl Iterator<Item = &'a Stretch> + Clone),
    ) -> Vec<Outage> {
        let mut outages: Vec<Outage> = Vec::new();
        let end = self.ranges.last().map(|(range, _)| range.to);
        let mut before_step = None;
        for (range, shift) in &self.ranges {
            for stretch in down.clone() {
                let Period { from, to } = stretch.period;
                let period = Period::new(from + *shift, to + *shift).clip(*range);
                if period.is_empty() {
                    continue;
                }
                let is_open = Some(period.to) == end;
                match outages.last_mut() {
                    Some(last)
                        if period.from == range.from && Some(last.period.to) == before_step =>
                    {
                        last.period.to = period.to;
                        last.is_open = is_open;
                    }
                    _ => outages.push(Outage {
                        period,
                        event: stretch.event,
                        is_open,
                    }),
                }
            }
            before_step = Some(range.to);
        }
        outages
    }
}
