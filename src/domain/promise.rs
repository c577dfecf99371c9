//! What was promised of a platform or a service: objectives (`slo`) and agreements (`sla`), as they
//! are kept. What the terms say is read by [`objective`](super::objective) and
//! [`agreement`](super::agreement).

use std::sync::Arc;

use super::subject::Subject;
use super::time::UnixMillis;

words! {
    /// Numbers are stored: only ever add at the end.
    PromiseKind, "kind of promise" {
        /// An objective: what somebody sets out to keep.
        Slo = "slo",
        /// An agreement: what was signed, with credits.
        Sla = "sla",
    }
}

/// One of them, in force from the configuration that it stands in until one without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// A platform or a service.
    pub subject: Subject,
    pub kind: PromiseKind,
    /// None of one kind twice for a subject.
    pub name: Arc<str>,
    /// The terms on one line, as [`Objective`](super::objective::Objective) and
    /// [`Agreement`](super::agreement::Agreement) write and read them.
    pub terms: Arc<str>,
}

/// A promise and when it was in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promised {
    pub promise: Promise,
    pub from: UnixMillis,
    /// `None`: it still is.
    pub to: Option<UnixMillis>,
}

impl Promised {
    /// Whether it was in force at the end of time that ends there.
    pub fn is_in_force(&self, end: UnixMillis) -> bool {
        self.from < end && self.to.is_none_or(|to| end <= to)
    }
}
