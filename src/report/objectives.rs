//! How the objectives of a platform or service fare.

use std::sync::Arc;

use super::own::Frame;
use super::promised::Series;
use crate::domain::objective::{Kept, Objective, Span};
use crate::domain::promise::PromiseKind;
use crate::domain::rollup::Rollup;
use crate::domain::subject::Subject;
use crate::domain::time::UnixMillis;

/// An objective, and how it fares. Where the terms changed in the period there is one for each.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveReport {
    pub name: Arc<str>,
    pub objective: Objective,
    /// Of each month that reaches into the period, at its end or that of the period; of the last so
    /// many days, at the end of the period. In order of time; not empty.
    pub kept: Vec<Kept>,
}

impl ObjectiveReport {
    /// The last month, or the last days.
    pub fn last(&self) -> Option<&Kept> {
        self.kept.last()
    }

    /// In order of their names, then of time. `counted` is what counts of the subject.
    pub(super) fn all(subject: &Subject, counted: &Rollup, frame: Frame<'_>) -> Vec<Self> {
        let track = &counted.track;
        let Some(existed_from) = track.covered.first().map(|life| life.from) else {
            return Vec::new();
        };
        let period = frame.request.period;
        let first = period.from.max(existed_from);
        let mut reports: Vec<Self> = Vec::new();
        for series in Series::all(frame.promises, subject, PromiseKind::Slo) {
            let month_before = |objective: &Objective, until: UnixMillis| match objective.over {
                Span::Month(_) => {
                    let from = objective.span(until)?.from;
                    (first < from).then_some(from)
                }
                Span::Days(_) => None,
            };
            let moments = series.back_from(period.to, month_before);
            for (objective, until) in moments.into_iter().rev() {
                if !frame.is_known_from(objective.looks_at(until).from) {
                    continue;
                }
                let Some(kept) = Kept::of(&objective, track, until) else {
                    continue;
                };
                match reports.last_mut() {
                    Some(last) if last.name == *series.name && last.objective == objective => {
                        last.kept.push(kept);
                    }
                    _ => reports.push(Self {
                        name: series.name.clone(),
                        objective,
                        kept: vec![kept],
                    }),
                }
            }
        }
        reports
    }
}
