//! What was promised of a subject, and which terms were in force when.

use std::str::FromStr;
use std::sync::Arc;

use super::circumstances::Circumstances;
use crate::domain::agreement::Agreement;
use crate::domain::objective::{Objective, Span};
use crate::domain::promise::{Promise, PromiseKind, Promised};
use crate::domain::subject::Subject;
use crate::domain::time::{Millis, Period, UnixMillis};

/// All that was ever promised of a subject under one name.
#[derive(Debug)]
pub(super) struct Series<'a> {
    pub(super) name: &'a Arc<str>,
    /// In order of their beginnings. Not empty.
    terms: Vec<&'a Promised>,
}

impl<'a> Series<'a> {
    /// Those of a subject, in order of their names.
    pub(super) fn all(promises: &'a [Promised], of: &Subject, kind: PromiseKind) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let meant =
            |promised: &&Promised| promised.promise.subject == *of && promised.promise.kind == kind;
        for promised in promises.iter().filter(meant) {
            let name = &promised.promise.name;
            match all.binary_search_by_key(&name, |series| series.name) {
                Ok(known) => all[known].terms.push(promised),
                Err(place) => all.insert(
                    place,
                    Self {
                        name,
                        terms: vec![promised],
                    },
                ),
            }
        }
        all
    }

    /// What was in force at the end of a span of time. Before the first terms, these hold, as it is
    /// with all that is configured.
    pub(super) fn at_end(&self, end: UnixMillis) -> Option<&'a Promise> {
        let begun = self.terms.partition_point(|promised| promised.from < end);
        let Some(last) = begun.checked_sub(1) else {
            return self.terms.first().map(|first| &first.promise);
        };
        let last = self.terms[last];
        last.is_in_force(end).then_some(&last.promise)
    }

    /// The terms at the ends of spans, the last first: `next` tells of terms that were in force at
    /// the end of one where it begins, if the one before is wanted too. Terms that this version does
    /// not know are left out.
    pub(super) fn back_from<T: FromStr>(
        &self,
        end: UnixMillis,
        mut next: impl FnMut(&T, UnixMillis) -> Option<UnixMillis>,
    ) -> Vec<(T, UnixMillis)> {
        let mut all = Vec::new();
        let mut end = Some(end);
        while let Some(at) = end {
            let terms = self
                .at_end(at)
                .and_then(|promise| promise.terms.parse().ok());
            let Some(terms) = terms else { break };
            end = next(&terms, at).filter(|earlier| *earlier < at);
            all.push((terms, at));
        }
        all
    }
}

impl Circumstances {
    /// The earliest instant that the promises of a service and of its platforms look back to, for a
    /// report on a period. `None` if there are none.
    pub fn promises_look_back_to(&self, service: &str, period: Period) -> Option<UnixMillis> {
        let of_service = self.promises.iter().filter(|promised| {
            let is_of_it = match &promised.promise.subject {
                Subject::Service(of) | Subject::Platform { service: of, .. } => **of == *service,
                Subject::Endpoint(_) => false,
            };
            is_of_it && promised.to.is_none_or(|to| period.from < to)
        });
        let first = period.from + Millis(1);
        let looks_back = of_service.filter_map(|promised| {
            let terms = &promised.promise.terms;
            match promised.promise.kind {
                PromiseKind::Slo => {
                    let objective: Objective = terms.parse().ok()?;
                    let at_end = objective.looks_at(period.to).from;
                    let at_start = match objective.over {
                        Span::Month(_) => objective.looks_at(first).from,
                        Span::Days(_) => at_end,
                    };
                    Some(at_end.min(at_start))
                }
                PromiseKind::Sla => {
                    let agreement: Agreement = terms.parse().ok()?;
                    Some(agreement.month(first)?.from)
                }
            }
        });
        looks_back.min()
    }
}
