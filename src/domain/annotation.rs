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

/// What is said. Of the first three, the last that is said decides what is counted; the others change
/// nothing of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// It was intended: counts as maintenance.
    Planned,
    /// It was no outage for anybody: counts as maintenance.
    Ignore,
    /// It counts after all, as if nothing had been said.
    Counted,
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
        Counted = "counted",
    }
}

impl Remark {
    pub const fn kind(&self) -> RemarkKind {
        match self {
            Self::Planned => RemarkKind::Planned,
            Self::Ignore => RemarkKind::Ignore,
            Self::Counted => RemarkKind::Counted,
            Self::Cause(_) => RemarkKind::Cause,
            Self::Note(_) => RemarkKind::Note,
        }
    }

    pub fn text(&self) -> Option<&Arc<str>> {
        match self {
            Self::Planned | Self::Ignore | Self::Counted => None,
            Self::Cause(text) | Self::Note(text) => Some(text),
        }
    }

    /// Whether the window's time counts as maintenance from now on. `None` if that stays as it was.
    pub const fn excludes(&self) -> Option<bool> {
        match self {
            Self::Planned | Self::Ignore => Some(true),
            Self::Counted => Some(false),
            Self::Cause(_) | Self::Note(_) => None,
        }
    }
}

impl Annotation {
    /// Whether the window is an incident of the service.
    pub fn is_of_incident(&self) -> bool {
        self.outage == OutageId::of_incident(&self.subject, self.started_at)
    }
}

/// Whether the window that `annotations` are of is left out; they are in the order in which they
/// were made.
pub fn is_excluded<'a>(annotations: impl IntoIterator<Item = &'a Annotation>) -> bool {
    let decisions = annotations.into_iter().map(|said| said.remark.excludes());
    decisions.flatten().last().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_remark_that_decides_wins() {
        let said = |remark| Annotation {
            outage: OutageId(1),
            subject: Subject::Service("music".into()),
            started_at: UnixMillis(0),
            ended_at: None,
            remark,
            by: "ann".into(),
            at: UnixMillis(0),
        };
        let letter = |letter| {
            said(match letter {
                'p' => Remark::Planned,
                'i' => Remark::Ignore,
                'c' => Remark::Counted,
                't' => Remark::Cause("a cable".into()),
                _ => Remark::Note("seen".into()),
            })
        };
        for (remarks, excluded) in [
            ("", false),
            ("tn", false),
            ("p", true),
            ("i", true),
            ("ptn", true),
            ("pc", false),
            ("pct", false),
            ("pci", true),
            ("c", false),
        ] {
            let remarks: Vec<_> = remarks.chars().map(letter).collect();
            assert_eq!(is_excluded(&remarks), excluded, "{remarks:?}");
        }
    }
}
