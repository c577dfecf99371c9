//! What is wrong in a configuration, as it is found.

use std::collections::HashSet;
use std::path::PathBuf;

use super::errors::Errors;
use super::place::{Place, Source};

/// One thing that is wrong, where it stands, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mistake {
    pub(super) title: String,
    pub(super) at: At,
    /// Written at the caret.
    pub(super) label: String,
    /// Other places that belong to it, each with what it has to do with it.
    pub(super) also: Vec<(Place, String)>,
    pub(super) help: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum At {
    Place(Place),
    /// The file or folder as a whole: it could not be read.
    Path(PathBuf),
}

/// Collects mistakes while reading goes on, and what has to be at hand to show them.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    pub(super) sources: Vec<Source>,
    list: Vec<Mistake>,
    /// A mistake in a default would come once for each endpoint that inherits it.
    seen: HashSet<Mistake>,
    /// Those that were not kept.
    more: usize,
}

/// Most that are kept.
const KEPT_MAX: usize = 10_000;

impl Mistake {
    pub(super) fn at(place: Place, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            at: At::Place(place),
            label: String::new(),
            also: Vec::new(),
            help: None,
        }
    }

    pub(super) fn path(path: impl Into<PathBuf>, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            at: At::Path(path.into()),
            label: String::new(),
            also: Vec::new(),
            help: None,
        }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) fn also(mut self, place: Place, label: impl Into<String>) -> Self {
        self.also.push((place, label.into()));
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Mistakes {
    pub(super) fn push(&mut self, mistake: Mistake) {
        if self.list.len() >= KEPT_MAX {
            self.more += 1;
        } else if self.seen.insert(mistake.clone()) {
            self.list.push(mistake);
        }
    }

    /// The mistakes in the order of the files and lines, if there are any.
    pub(super) fn into_errors(self) -> Option<Errors> {
        let mut mistakes = self.list;
        if mistakes.is_empty() {
            return None;
        }
        // stable: what has no place was found first and comes first
        mistakes.sort_by_key(|mistake| match mistake.at {
            At::Path(_) => None,
            At::Place(place) => Some(place),
        });
        Some(Errors {
            sources: self.sources,
            mistakes,
            more: self.more,
        })
    }
}
