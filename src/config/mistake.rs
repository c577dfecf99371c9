//! What is wrong in a configuration, and how a person is told.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::conceal;
use super::place::{Place, Source};

/// One thing that is wrong, where it stands, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mistake {
    title: String,
    at: At,
    /// Written at the caret.
    label: String,
    /// Other places that belong to it, each with what it has to do with it.
    also: Vec<(Place, String)>,
    help: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum At {
    Place(Place),
    /// The file or folder as a whole: it could not be read.
    Path(PathBuf),
}

/// Everything that is wrong in the configuration. Its `Display` is the complete text, without
/// colour.
#[derive(Debug)]
pub struct Errors {
    sources: Vec<Source>,
    mistakes: Vec<Mistake>,
}

/// Collects mistakes while reading goes on, and what has to be at hand to show them.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    pub(super) sources: Vec<Source>,
    list: Vec<Mistake>,
    /// A mistake in a default would come once for each endpoint that inherits it.
    seen: HashSet<Mistake>,
}

/// Most mistakes that are shown; whoever has more has one mistake many times.
const SHOWN_MAX: usize = 500;

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
        if self.seen.insert(mistake.clone()) {
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
        })
    }
}

impl Errors {
    /// How many mistakes there are.
    pub fn count(&self) -> usize {
        self.mistakes.len()
    }

    /// Every mistake with file, line, column, the line quoted, and what would be right.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let mut text = match self.count() {
            1 => "1 mistake in the configuration\n".to_owned(),
            count => format!("{count} mistakes in the configuration\n"),
        };
        for mistake in self.mistakes.iter().take(SHOWN_MAX) {
            text.push('\n');
            text.push_str(&renderer.render(&[self.group(mistake)]));
            text.push('\n');
        }
        if let Some(more @ 1..) = self.count().checked_sub(SHOWN_MAX) {
            text.push_str("\nand ");
            text.push_str(&more.to_string());
            text.push_str(" more\n");
        }
        text.truncate(text.trim_end().len());
        text
    }

    fn group<'a>(&'a self, mistake: &'a Mistake) -> Group<'a> {
        let title = Level::ERROR.primary_title(printable(&mistake.title));
        let mut group = Group::with_title(title);
        let mut marks = Vec::new();
        match &mistake.at {
            At::Path(path) => {
                group = group.element(Origin::path(printable(&path.display().to_string())));
            }
            At::Place(place) => marks.push((*place, AnnotationKind::Primary, &*mistake.label)),
        }
        let also = mistake.also.iter();
        marks.extend(also.map(|(place, label)| (*place, AnnotationKind::Context, &**label)));
        // what stands close together is shown together
        let near = |a: &Mark<'_>, b: &Mark<'_>| {
            a.0.file == b.0.file && a.0.start.abs_diff(b.0.start) < NEAR_BYTES
        };
        for marks in marks.chunk_by(near) {
            group = group.element(self.snippet(marks));
        }
        if let Some(help) = &mistake.help {
            group = group.element(Level::HELP.message(printable(help)));
        }
        group
    }

    /// The lines that the places stand in, which are in one file. Only those are handed on: to
    /// look for them in the whole file once for each mistake would take quadratic time.
    fn snippet<'a>(&'a self, marks: &[Mark<'_>]) -> Snippet<'a, Annotation<'a>> {
        let source = &self.sources[marks[0].0.file as usize];
        let ranges = || marks.iter().map(|(place, ..)| place.bytes());
        let first = ranges().map(|range| range.start).min().unwrap_or(0);
        let last = ranges().map(|range| range.end).max().unwrap_or(first);
        let start = source.text[..first]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let end = source.text[last..]
            .find('\n')
            .map_or(source.text.len(), |newline| last + newline);
        let lines: Vec<_> = source.text[start..end]
            .split('\n')
            .map(conceal::line)
            .collect();
        Snippet::source(lines.join("\n"))
            .line_start(1 + source.text[..start].matches('\n').count())
            .path(printable(&source.path.display().to_string()))
            .annotations(marks.iter().map(|(place, kind, label)| {
                let annotation =
                    kind.span(place.start as usize - start..place.end as usize - start);
                if label.is_empty() {
                    annotation
                } else {
                    annotation.label(printable(label))
                }
            }))
    }
}

/// A place, how it is marked, and what is written to it.
type Mark<'m> = (Place, AnnotationKind, &'m str);

/// Places this close together are shown in one quotation.
const NEAR_BYTES: u32 = 4096;

/// Without control characters: a file's content must not steer the terminal it is shown on.
fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Errors {}
