//! What happened in an incident at which instant, so that it can be told in order of time.

use super::model::Maintenance;
use super::outage_list::Outage;
use super::unobserved::{UnobservedSpan, Why};
use crate::domain::annotation::Annotation;
use crate::domain::observation::{Failure, Reason};
use crate::domain::outage::{Blip, EndKind, StartKind};
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::trouble::Trouble;

/// One entry of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    pub at: UnixMillis,
    /// Of what; `None` for the observer itself.
    pub subject: Option<Subject>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The last success before anything failed.
    LastSuccess,
    /// The first failure of an outage of an endpoint.
    Failed {
        start: StartKind,
        failure: Option<Failure>,
    },
    /// So many failures in a row made it an outage; nobody could know before `known`.
    Opened {
        known: Option<UnixMillis>,
    },
    /// The platform or the service was down from here on.
    WentDown {
        start: StartKind,
    },
    /// The outage of an endpoint, a platform or a service ended.
    Ended {
        how: EndKind,
        lasted: Millis,
    },
    /// Enough successes in a row.
    Closed,
    /// Failures were scattered from here on; so many too few for an outage, and the first of them.
    Flapped {
        until: UnixMillis,
        failures: u64,
        failure: Option<Failure>,
    },
    /// Failures too few for an outage.
    Blipped(Blip),
    /// Declared maintenance.
    Maintained {
        until: UnixMillis,
        note: Option<String>,
    },
    /// Nobody watched so many probes, until about then.
    Unobserved {
        until: UnixMillis,
        probes: usize,
        reasons: Vec<Why>,
    },
    /// The observer itself was hindered, without time going unobserved.
    Hindered {
        until: UnixMillis,
        reason: Reason,
    },
    Said(Annotation),
}

impl What {
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::LastSuccess => "last_success",
            Self::Failed { .. } => "failed",
            Self::Opened { .. } => "opened",
            Self::WentDown { .. } => "went_down",
            Self::Ended { .. } => "ended",
            Self::Closed => "closed",
            Self::Flapped { .. } => "flapped",
            Self::Blipped(_) => "blipped",
            Self::Maintained { .. } => "maintained",
            Self::Unobserved { .. } => "unobserved",
            Self::Hindered { .. } => "hindered",
            Self::Said(_) => "said",
        }
    }

    /// At one instant, what ends comes before what begins.
    const fn order(&self) -> u8 {
        match self {
            Self::Ended { .. } => 0,
            Self::LastSuccess => 1,
            Self::Maintained { .. } | Self::Unobserved { .. } | Self::Hindered { .. } => 2,
            Self::Blipped(_) | Self::Failed { .. } => 3,
            Self::Flapped { .. } => 4,
            Self::Opened { .. } => 5,
            Self::WentDown { .. } => 6,
            Self::Closed => 7,
            Self::Said(_) => 8,
        }
    }
}

/// How much a story would lack without a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// How the verdict came about.
    Detail,
    /// What single endpoints were.
    Endpoint,
    /// What platforms and the service were, and all that is not of the service.
    Story,
}

impl Moment {
    fn new(at: UnixMillis, subject: &Subject, what: What) -> Self {
        Self {
            at,
            subject: Some(subject.clone()),
            what,
        }
    }

    fn weight(&self) -> Weight {
        match (&self.what, &self.subject) {
            (What::Opened { .. } | What::Closed | What::Blipped(_), _) => Weight::Detail,
            (What::Failed { .. } | What::Ended { .. }, Some(Subject::Endpoint(_))) => {
                Weight::Endpoint
            }
            _ => Weight::Story,
        }
    }

    /// What a window tells.
    pub(super) fn of_outage(outage: &Outage) -> Vec<Self> {
        let (subject, window) = (&outage.subject, &outage.window);
        let at = |at, what| Self::new(at, subject, what);
        let start = window.start_kind;
        let mut moments = vec![at(
            window.end,
            What::Ended {
                how: window.end_kind,
                lasted: window.duration(),
            },
        )];
        if subject.scope() != Scope::Endpoint {
            moments.push(at(window.start, What::WentDown { start }));
            return moments;
        }
        let failure = window.first_failure.clone();
        moments.push(at(window.start, What::Failed { start, failure }));
        let known = window.detected_at;
        let opened = window.opened_at.map(|opened| (opened, known));
        moments.extend(opened.map(|(opened, known)| at(opened, What::Opened { known })));
        // one success may do
        let closed = window.closed_at.filter(|closed| *closed > window.end);
        moments.extend(closed.map(|closed| at(closed, What::Closed)));
        moments
    }

    /// Of scattered failures one, and one of each blip apart from these. Both in order of time.
    pub(super) fn of_scattered<'h>(
        subject: &Subject,
        flapping: impl Iterator<Item = &'h Period>,
        blips: impl Iterator<Item = &'h Blip>,
    ) -> Vec<Self> {
        let flapping: Vec<_> = flapping.collect();
        let mut inside: Vec<Vec<&Blip>> = vec![Vec::new(); flapping.len()];
        let mut moments = Vec::new();
        for blip in blips {
            let mut stretches = flapping.iter();
            // a stretch ends with the last of its failures
            match stretches.position(|one| one.from <= blip.first && blip.first <= one.to) {
                Some(at) => inside[at].push(blip),
                None => moments.push(Self::new(blip.first, subject, What::Blipped(blip.clone()))),
            }
        }
        for (stretch, blips) in flapping.iter().zip(inside) {
            let first = blips.first();
            let what = What::Flapped {
                until: stretch.to,
                failures: blips.iter().map(|blip| blip.failures).sum(),
                failure: first.and_then(|blip| blip.first_failure.clone()),
            };
            moments.push(Self::new(stretch.from, subject, what));
        }
        moments
    }

    pub(super) fn of_last_success(service: &Subject, at: UnixMillis) -> Self {
        Self::new(at, service, What::LastSuccess)
    }

    pub(super) fn of_annotation(said: &Annotation) -> Self {
        Self::new(said.at, &said.subject, What::Said(said.clone()))
    }

    pub(super) fn of_maintenance(maintenance: &Maintenance) -> Vec<Self> {
        let declaration = &maintenance.declared.declaration;
        let stretches = maintenance.stretches.periods().iter();
        let moment = |stretch: &Period| {
            let what = What::Maintained {
                until: stretch.to,
                note: declaration.note.as_deref().map(str::to_owned),
            };
            Self::new(stretch.from, &declaration.subject, what)
        };
        stretches.map(moment).collect()
    }

    pub(super) fn of_unobserved(span: &UnobservedSpan) -> Self {
        let subject = match &span.probes[..] {
            [only] => Some(Subject::Endpoint(only.id.clone())),
            _ => None,
        };
        Self {
            at: span.period.from,
            subject,
            what: What::Unobserved {
                until: span.period.to,
                probes: span.probes.len(),
                reasons: span.reasons.clone(),
            },
        }
    }

    pub(super) fn of_trouble(trouble: &Trouble) -> Self {
        Self {
            at: trouble.period.from,
            subject: None,
            what: What::Hindered {
                until: trouble.period.to,
                reason: trouble.reason,
            },
        }
    }
}

/// In order of time; of one instant, in that in which it is told best.
pub(super) fn sort(moments: &mut [Moment]) {
    // the service comes after its platforms, these after their endpoints
    let breadth = |moment: &Moment| moment.subject.as_ref().map(Subject::scope);
    moments.sort_by(|a, b| {
        let key = |moment: &Moment| (moment.at, moment.what.order(), breadth(moment));
        key(a).cmp(&key(b)).then_with(|| a.subject.cmp(&b.subject))
    });
}

/// At most so many: where there are more, those are left out first that a story lacks least, and
/// then those in the middle.
pub(super) fn most_telling(moments: &[Moment], most: usize) -> Vec<&Moment> {
    for least in [Weight::Detail, Weight::Endpoint, Weight::Story] {
        let told: Vec<_> = moments
            .iter()
            .filter(|moment| moment.weight() >= least)
            .collect();
        if told.len() <= most {
            return told;
        }
        if least == Weight::Story {
            let first = most.div_ceil(2);
            let last = told.len() - (most - first);
            return [&told[..first], &told[last..]].concat();
        }
    }
    Vec::new()
}
