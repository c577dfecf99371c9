//! Which windows or incidents differ between two ways of judging the same observations.

use std::collections::BTreeMap;

use super::incident_list::incidents_of;
use super::outage_list::Told;
use super::request::Request;
use super::service_history::ServiceHistory;
use super::what_if::{DownTime, WhatIf};
use crate::domain::outage_id::OutageId;
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::{Millis, Period, UnixMillis};

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    Windows(Scope),
    Incidents,
}

/// What a period has only as configured, only with the changes, or with other bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub request: Request,
    pub listed: Listed,
    pub what_if: WhatIf,
    /// In order of start, then of the subject.
    pub differing: Vec<Differing>,
    /// So many are the same in both.
    pub same: u64,
    /// Platforms or services of which nothing is told, since only some of their probes were asked
    /// for. In order.
    pub partial: Vec<Subject>,
}

/// One that is not in both, or not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    pub subject: Subject,
    pub sides: Sides,
}

/// As configured, with the changes, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    Configured(Span),
    Changed(Span),
    /// They overlap, but do not start or end alike.
    Other {
        configured: Span,
        changed: Span,
    },
}

/// From when to when a window or incident was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: UnixMillis,
    /// The present while it is open.
    pub end: UnixMillis,
    pub is_open: bool,
    pub id: OutageId,
}

impl Listed {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Windows(scope) => scope.as_str(),
            Self::Incidents => "incident",
        }
    }
}

impl Span {
    pub fn period(&self) -> Period {
        Period::new(self.start, self.end)
    }

    pub fn duration(&self) -> Millis {
        self.end - self.start
    }
}

impl Sides {
    pub const fn configured(&self) -> Option<Span> {
        match self {
            Self::Configured(span)
            | Self::Other {
                configured: span, ..
            } => Some(*span),
            Self::Changed(_) => None,
        }
    }

    pub const fn changed(&self) -> Option<Span> {
        match self {
            Self::Changed(span) | Self::Other { changed: span, .. } => Some(*span),
            Self::Configured(_) => None,
        }
    }

    /// As it is told in every format.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Configured(_) => "only_configured",
            Self::Changed(_) => "only_changed",
            Self::Other { .. } => "other",
        }
    }

    fn start(&self) -> UnixMillis {
        match self {
            Self::Configured(span) | Self::Changed(span) => span.start,
            Self::Other {
                configured,
                changed,
            } => configured.start.min(changed.start),
        }
    }
}

impl Difference {
    /// `judged` with the changes of the request, and the same services as configured.
    pub fn new(
        request: Request,
        listed: Listed,
        judged: &[ServiceHistory],
        configured: &[ServiceHistory],
    ) -> Self {
        let [changed, configured] =
            [judged, configured].map(|services| Side::new(listed, services, request.period));
        let what_if = WhatIf {
            changes: request.what_if.clone(),
            configured: configured.down,
            changed: changed.down,
        };
        let mut spans = changed.spans;
        let mut differing = Vec::new();
        let mut same = 0;
        for (subject, configured) in configured.spans {
            let changed = spans.remove(&subject).unwrap_or_default();
            same += compare(&subject, &configured, &changed, &mut differing);
        }
        for (subject, changed) in spans {
            same += compare(&subject, &[], &changed, &mut differing);
        }
        differing.sort_by(|a, b| {
            (a.sides.start(), &a.subject, a.sides.as_str()).cmp(&(
                b.sides.start(),
                &b.subject,
                b.sides.as_str(),
            ))
        });
        Self {
            request,
            listed,
            what_if,
            differing,
            same,
            partial: changed.partial,
        }
    }
}

/// One way of judging.
struct Side {
    /// Of each subject in order of time, apart from each other.
    spans: BTreeMap<Subject, Vec<Span>>,
    down: DownTime,
    partial: Vec<Subject>,
}

impl Side {
    fn new(listed: Listed, services: &[ServiceHistory], period: Period) -> Self {
        let mut spans: BTreeMap<Subject, Vec<Span>> = BTreeMap::new();
        let (down, partial) = match listed {
            Listed::Windows(scope) => {
                let told = Told::new(scope, services, period);
                for outage in told.outages {
                    spans.entry(outage.subject).or_default().push(Span {
                        start: outage.window.start,
                        end: outage.window.end,
                        is_open: outage.window.is_open(),
                        id: outage.id,
                    });
                }
                (DownTime::of(&told.totals), told.partial)
            }
            Listed::Incidents => {
                let incidents = incidents_of(services, period);
                let down = DownTime::of_incidents(&incidents);
                for one in incidents {
                    spans.entry(one.subject).or_default().push(Span {
                        start: one.incident.period.from,
                        end: one.incident.period.to,
                        is_open: one.incident.is_open,
                        id: one.incident.id,
                    });
                }
                let partial = Told::new(Scope::Service, services, period).partial;
                (down, partial)
            }
        };
        Self {
            spans,
            down,
            partial,
        }
    }
}

/// Pairs those that overlap, each with the first that does; both in order of time. Returns how many
/// are the same.
fn compare(
    subject: &Subject,
    configured: &[Span],
    changed: &[Span],
    differing: &mut Vec<Differing>,
) -> u64 {
    let mut same = 0;
    let (mut old, mut new) = (configured.iter().peekable(), changed.iter().peekable());
    loop {
        let sides = match (old.peek(), new.peek()) {
            (None, None) => return same,
            (Some(&&a), Some(&&b)) if a == b => {
                same += 1;
                old.next();
                new.next();
                continue;
            }
            (Some(&&a), Some(&&b)) if a.period().overlaps(b.period()) => Sides::Other {
                configured: a,
                changed: b,
            },
            (Some(&&a), Some(b)) if a.start < b.start => Sides::Configured(a),
            (Some(&&a), None) => Sides::Configured(a),
            (_, Some(&&b)) => Sides::Changed(b),
        };
        if sides.configured().is_some() {
            old.next();
        }
        if sides.changed().is_some() {
            new.next();
        }
        differing.push(Differing {
            subject: subject.clone(),
            sides,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<Span> {
        let spans = text.split_whitespace().map(|span| {
            let (start, end) = span.split_once('-').unwrap();
            let [start, end] = [start, end].map(|at| UnixMillis(at.parse().unwrap()));
            Span {
                start,
                end,
                is_open: false,
                id: OutageId::of(&subject(), start),
            }
        });
        spans.collect()
    }

    fn subject() -> Subject {
        Subject::Service("music".into())
    }

    fn show(sides: &Sides) -> String {
        let span = |span: Option<Span>| {
            span.map_or("none".to_owned(), |span| {
                format!("{}-{}", span.start.0, span.end.0)
            })
        };
        format!("{}>{}", span(sides.configured()), span(sides.changed()))
    }

    #[test]
    fn those_that_overlap_are_paired_and_the_others_stand_alone() {
        for (configured, changed, expected, same) in [
            ("", "", "", 0),
            ("1-3 5-7", "1-3 5-7", "", 2),
            ("1-3 5-7", "5-7", "1-3>none", 1),
            ("5-7", "1-3 5-7 8-9", "none>1-3 none>8-9", 1),
            ("1-3 5-7", "1-4 5-7", "1-3>1-4", 1),
            // one that falls apart, and two that become one
            ("1-9", "1-3 5-9", "1-9>1-3 none>5-9", 0),
            ("1-3 5-9", "2-9", "1-3>2-9 5-9>none", 0),
            ("1-2", "2-3", "1-2>none none>2-3", 0),
        ] {
            let mut differing = Vec::new();
            let (old, new) = (spans(configured), spans(changed));
            let found = compare(&subject(), &old, &new, &mut differing);
            let shown: Vec<_> = differing.iter().map(|one| show(&one.sides)).collect();
            assert_eq!(shown.join(" "), expected, "{configured} > {changed}");
            assert_eq!(found, same, "{configured} > {changed}");
        }
    }
}
