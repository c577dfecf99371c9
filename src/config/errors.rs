//! Everything that is wrong, as a person is told.

use std::fmt;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::conceal;
use super::mistake::{At, Mistake};
use super::place::{Place, Source};

/// Everything that is wrong in the configuration. Its `Display` is the complete text, without
/// colour, and so is its `Debug`: the files themselves may hold credentials.
pub struct Errors {
    pub(super) sources: Vec<Source>,
    pub(super) mistakes: Vec<Mistake>,
    /// Mistakes that were not kept.
    pub(super) more: usize,
}

/// Most mistakes that are shown; whoever has more has one mistake many times.
const SHOWN_MAX: usize = 500;

/// Most bytes of lines that are looked through to be quoted: a whole file may be one line.
const QUOTED_BYTES_MAX: usize = 256 << 20;

impl Errors {
    /// How many mistakes there are.
    pub fn count(&self) -> usize {
        self.mistakes.len() + self.more
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
        let (mut shown, mut quoted) = (0, 0);
        for mistake in self.mistakes.iter().take(SHOWN_MAX) {
            if quoted > QUOTED_BYTES_MAX {
                break;
            }
            text.push('\n');
            text.push_str(&renderer.render(&[self.group(mistake, &mut quoted)]));
            text.push('\n');
            shown += 1;
        }
        if let more @ 1.. = self.count() - shown {
            text.push_str("\nand ");
            text.push_str(&more.to_string());
            text.push_str(" more\n");
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// Adds to `quoted` the bytes of the lines in it.
    fn group<'a>(&'a self, mistake: &'a Mistake, quoted: &mut usize) -> Group<'a> {
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
            group = group.element(self.snippet(marks, quoted));
        }
        if let Some(help) = &mistake.help {
            group = group.element(Level::HELP.message(printable(help)));
        }
        group
    }

    /// The lines that the places stand in, which are in one file. Only those are handed on: to
    /// look for them in the whole file once for each mistake would take quadratic time.
    fn snippet<'a>(
        &'a self,
        marks: &[Mark<'_>],
        quoted: &mut usize,
    ) -> Snippet<'a, Annotation<'a>> {
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
        *quoted += end - start;
        let lines: Vec<_> = source.text[start..end]
            .split('\n')
            // a blank for a blank, so that the places stay right
            .map(|line| conceal::line(line).replace('\r', " "))
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

impl fmt::Debug for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Errors {}
