//! What people say of an outage afterwards. Only ever added: the window stays what it is.

use std::sync::Arc;

use super::outage_id::OutageId;
use super::subject::Subject;
use super::time::UnixMillis;

/// One remark on one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The window's.
    pub outage: OutageId,
    pub subject: Subject,
    /// Where the window began when the remark was made,
    pub started_at: UnixMillis,
    /// and ended; `None` if it was open.
    pub ended_at: Option<UnixMillis>,
    pub remark: Remark,
    /// Who said so.
    pub by: Arc<str>,
    /// When.
    pub at: UnixMillis,
}

/// What is said. The first two change what is counted, the others nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// It was intended: counts as maintenance.
    Planned,
    /// It was no outage for anybody: counts as maintenance.
    Ignore,
    /// Why it came about; one line.
    Cause(Arc<str>),
    Note(Arc<str>),
}

words! {
    /// The kind of a [`Remark`], without its text. Numbers are stored: only ever add at the end.
    RemarkKind, "remark" {
        Planned = "planned",
        Ignore = "ignore",
        Cause = "cause",
        Note = "note",
    }
}

impl Remark {
    pub const fn kind(&self) -> RemarkKind {
        match self {
            Self::Planned => RemarkKind::Planned,
            Self::Ignore => RemarkKind::Ignore,
            Self::Cause(_) => RemarkKind::Cause,
            Self::Note(_) => RemarkKind::Note,
        }
    }

    pub fn text(&self) -> Option<&Arc<str>> {
        match self {
            Self::Planned | Self::Ignore => None,
            Self::Cause(text) | Self::Note(text) => Some(text),
        }
    }

    /// Whether the window's time counts as maintenance then.
    pub const fn excludes(&self) -> bool {
        matches!(self, Self::Planned | Self::Ignore)
    }
}
