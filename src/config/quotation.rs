//! The lines that a mistake is about, as they may be shown: without credentials, without what would
//! steer a terminal, and of a line that is as long as a book only what stands around the mistake.

use std::collections::HashMap;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Origin, Snippet};

use super::conceal;
use super::place::{Place, Source};

/// A place, how it is marked, and what is written to it.
pub(super) type Mark<'m> = (Place, AnnotationKind, &'m str);

pub(super) struct Quotations<'s> {
    sources: &'s [Source],
    /// Where each line begins, of the files that were quoted.
    lines: HashMap<u32, Vec<usize>>,
    /// The long line that was quoted last, and what is hidden in it: it may have every mistake.
    long: Option<(u32, usize, Vec<Range<usize>>)>,
    /// Bytes of lines that were looked through.
    bytes: usize,
}

/// Most bytes of lines that are looked through to be quoted: a whole file may be one line.
const BYTES_MAX: usize = 256 << 20;

/// Longer lines are cut.
const LINE_BYTES_MAX: usize = 2000;

/// How much of a long line is shown before and behind a place. The renderer cuts it to the width
/// of a terminal.
const AROUND_BYTES: usize = 200;

/// Most of a line that is marked.
const MARKED_BYTES_MAX: usize = 200;

/// Most characters of a title, a label or a help; all that they quote at length is shortened.
const SAID_CHARS_MAX: usize = 2000;

impl<'s> Quotations<'s> {
    pub(super) fn new(sources: &'s [Source]) -> Self {
        Self {
            sources,
            lines: HashMap::new(),
            long: None,
            bytes: 0,
        }
    }

    /// Whether so much was looked through that it is enough.
    pub(super) fn are_too_much(&self) -> bool {
        self.bytes > BYTES_MAX
    }

    /// The lines that the places stand in, which are in one file and close together. Only those
    /// are handed on: to look for them in the whole file once for each mistake would take
    /// quadratic time.
    pub(super) fn quote(&mut self, marks: &[Mark<'_>]) -> Vec<Element<'s>> {
        let file = marks[0].0.file;
        let source = &self.sources[file as usize];
        let text = &*source.text;
        let marked = |place: Place| {
            let Range { start, end } = place.bytes();
            start..text.ceil_char_boundary(end.min(start + MARKED_BYTES_MAX))
        };
        let ranges = || marks.iter().map(|(place, ..)| marked(*place));
        let first = ranges().map(|range| range.start).min().unwrap_or(0);
        let last = ranges().map(|range| range.end).max().unwrap_or(first);
        let starts = self.lines.entry(file).or_insert_with(|| {
            let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(newlines).collect()
        });
        let number = starts.partition_point(|start| *start <= first) - 1;
        let at = marks[0].0.bytes().start;
        let primary_number = starts.partition_point(|start| *start <= at) - 1;
        let primary = starts[primary_number];
        let until = starts.partition_point(|start| *start <= last);
        let end_of = |line: usize| starts.get(line + 1).map_or(text.len(), |next| next - 1);
        let lines: Vec<_> = (number..until)
            .map(|line| starts[line]..end_of(line))
            .collect();
        let from = text.floor_char_boundary(first.saturating_sub(AROUND_BYTES));
        let to = text.ceil_char_boundary(last + AROUND_BYTES);

        let mut quoted = String::new();
        // where in the text the quotation stands, and what was put before it
        let (mut start, mut before) = (lines[0].start, 0);
        for (i, line) in lines.iter().enumerate() {
            let mut shown = line.clone();
            if line.len() > LINE_BYTES_MAX {
                shown = shown.start.max(from)..shown.end.min(to);
            }
            if i > 0 {
                quoted.push('\n');
            } else if shown.start > line.start {
                (start, before) = (shown.start, CUT.len());
                quoted.push_str(CUT);
            }
            // a blank for a blank, so that the places stay right
            quoted.push_str(&self.shown(file, line, shown.clone()).replace('\r', " "));
            if shown.end < line.end {
                quoted.push_str(CUT);
            }
        }
        let path = printable(&source.path.display().to_string());
        let annotations = marks.iter().map(|(place, kind, label)| {
            let range = marked(*place);
            let span = before + range.start - start..before + range.end - start;
            let annotation: Annotation<'_> = kind.span(span);
            if label.is_empty() {
                annotation
            } else {
                annotation.label(printable(label))
            }
        });
        let snippet = Snippet::source(quoted)
            .line_start(number + 1)
            .annotations(annotations);
        if before == 0 {
            return vec![snippet.path(path).into()];
        }
        // of a line whose beginning is cut off, the renderer cannot tell the column
        let column = text[primary..at].chars().count() + 1;
        let origin = Origin::path(path)
            .line(primary_number + 1)
            .char_column(column);
        vec![origin.into(), snippet.into()]
    }

    /// A stretch of a line without what is not to be shown.
    fn shown(&mut self, file: u32, line: &Range<usize>, shown: Range<usize>) -> String {
        let text = &self.sources[file as usize].text[line.clone()];
        let shown = shown.start - line.start..shown.end - line.start;
        if text.len() <= LINE_BYTES_MAX {
            self.bytes += text.len();
            return conceal::line(text).into_owned();
        }
        let (known_file, known_start, hidden) = match self.long.take() {
            Some(known) if (known.0, known.1) == (file, line.start) => known,
            _ => {
                self.bytes += text.len();
                (file, line.start, conceal::hidden(text))
            }
        };
        let masked = conceal::masked(text, shown, &hidden).into_owned();
        self.long = Some((known_file, known_start, hidden));
        masked
    }
}

/// Stands where a line is cut.
const CUT: &str = "…";

/// Without control characters: a file's content must not steer the terminal it is shown on.
pub(super) fn printable(text: &str) -> String {
    let text = match text.char_indices().nth(SAID_CHARS_MAX) {
        Some((end, _)) => &format!("{}…", &text[..end]),
        None => text,
    };
    text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}
