//! Where every node of a YAML text stands: a walk over the text that also refuses, before anything
//! is built, what would take unreasonable memory or time.

use std::collections::HashMap;

use saphyr_parser::{Event as YamlEvent, Parser, Span};

use super::mistake::Mistake;
use super::place::{Place, Source};

/// Deepest nesting. What this program reads needs six levels.
const DEPTH_MAX: usize = 32;

/// Most nodes in a file: forty thousand endpoints with ten keys each. A node takes a few hundred
/// bytes while it is read.
const NODES_MAX: usize = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    List,
    Map,
    /// Of the list or map begun last.
    End,
    /// Stands for the node with this anchor.
    Alias(usize),
}

#[derive(Debug)]
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) place: Place,
}

/// The events of the one document of a file.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) list: Vec<Event>,
    /// Where in the list the node of an anchor begins.
    pub(super) anchors: HashMap<usize, usize>,
}

impl Events {
    /// Walks over the text; the first thing that stops the walk is the mistake.
    pub(super) fn walk(source: &Source, file: u32) -> Result<Self, Mistake> {
        if let Some((at, _)) = lines_with_percent(&source.text).nth(DIRECTIVES_MAX) {
            let title = format!("more than {DIRECTIVES_MAX} lines begin with `%`");
            return Err(Mistake::at(source.place(file, at..at + 1), title).label("one too many"));
        }
        let offsets = Offsets::new(&source.text);
        let place = |span: Span| {
            let range = offsets.byte(span.start.index())..offsets.byte(span.end.index());
            source.place(file, range)
        };
        let (mut events, mut depth, mut documents) = (Self::default(), 0_usize, 0_usize);
        let mut parser = Parser::new_from_str(&source.text);
        while let Some(next) = parser.next_event() {
            let (event, span) = next.map_err(|error| {
                let at = offsets.byte(error.marker().index());
                syntax(source, file, at, error.info())
            })?;
            let (kind, anchor) = match event {
                YamlEvent::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Mistake::at(place(span), "a second document begins here")
                            .label("one file describes one service")
                            .help("put it into a file of its own; `-c` takes several files, and folders"));
                    }
                    continue;
                }
                YamlEvent::Scalar(_, _, anchor, _) => (Kind::Scalar, anchor),
                YamlEvent::SequenceStart(anchor, _) => (Kind::List, anchor),
                YamlEvent::MappingStart(anchor, _) => (Kind::Map, anchor),
                YamlEvent::SequenceEnd | YamlEvent::MappingEnd => (Kind::End, 0),
                YamlEvent::Alias(anchor) => (Kind::Alias(anchor), 0),
                _ => continue,
            };
            match kind {
                Kind::List | Kind::Map => depth += 1,
                Kind::End => depth = depth.saturating_sub(1),
                Kind::Scalar | Kind::Alias(_) => {}
            }
            if depth > DEPTH_MAX {
                return Err(too_deep(place(span)));
            }
            if events.list.len() >= NODES_MAX {
                let title = format!("more than {NODES_MAX} values in one file");
                return Err(Mistake::at(place(span), title).help("split it into several files"));
            }
            if anchor > 0 {
                events.anchors.insert(anchor, events.list.len());
            }
            // a list or map is shown by the rest of its first line
            let place = match kind {
                Kind::List | Kind::Map => {
                    let start = offsets.byte(span.start.index());
                    source.place(file, start..source.text.len().min(start + LINE_SHOWN_MAX))
                }
                _ => place(span),
            };
            events.list.push(Event { kind, place });
        }
        Ok(events)
    }
}

/// Each is compared with all before it, and nothing here has a use for any.
const DIRECTIVES_MAX: usize = 1000;

/// Directives stand in such lines; little else does.
fn lines_with_percent(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let begins = |at: usize| at == 0 || text.as_bytes()[at - 1] == b'\n';
    text.match_indices('%').filter(move |(at, _)| begins(*at))
}

/// Said when aliases of aliases multiply.
pub(super) const TOO_LARGE: &str = "the aliases make this file too large";

fn too_deep(place: Place) -> Mistake {
    Mistake::at(place, format!("nested more than {DEPTH_MAX} levels deep"))
}

/// How much of a line is marked at most when a list or map is meant.
const LINE_SHOWN_MAX: usize = 60;

/// What cannot be read as YAML, said so that it can be put right.
pub(super) fn syntax(source: &Source, file: u32, at: usize, reader_says: &str) -> Mistake {
    let at = source.text.floor_char_boundary(at.min(source.text.len()));
    let line_start = source.text[..at]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let line = source.text[line_start..].lines().next().unwrap_or_default();
    let indent = &line[..line.len() - line.trim_start().len()];
    let tab_at = |offset: usize| source.text[offset..].starts_with('\t').then_some(offset);
    let tab = indent.find('\t').map(|tab| line_start + tab);
    if let Some(tab) = tab.or_else(|| tab_at(at)) {
        return Mistake::at(
            source.place(file, tab..tab + 1),
            "a tab stands where only spaces may",
        )
        .label("use spaces here")
        .help("YAML allows only spaces before a line's first key or value");
    }
    if reader_says.contains("repetition limit") || reader_says.contains(TOO_LARGE) {
        return Mistake::at(source.place(file, at..at + 1), TOO_LARGE);
    }
    // found by looking ahead, long before the walk gets there
    if reader_says.contains("recursion limit") {
        return too_deep(source.place(file, at..at + 1));
    }
    // an empty stretch, as at the end of the text, is shown as the last character before it
    let at = if at == source.text.len() {
        source.text.trim_end().len().saturating_sub(1)
    } else {
        at
    };
    let mistake = Mistake::at(source.place(file, at..at + 1), "this is not valid YAML")
        .label(reader_says.to_owned());
    if line.contains("${") && line.contains(['{', '[']) {
        mistake.help("inside `{ … }` and `[ … ]`, text with `${…}` has to stand in quotes")
    } else if line.trim_start().starts_with(['@', '`', '%']) || line.contains(": @") {
        mistake.help("text that begins with `@`, `%` or a backquote has to stand in quotes")
    } else if line.matches(": ").count() > 1 {
        mistake.help("text that contains `: ` has to stand in quotes")
    } else {
        mistake
    }
}

/// Turns the parser's offsets, which count characters, into bytes.
struct Offsets(Option<Vec<u32>>);

impl Offsets {
    fn new(text: &str) -> Self {
        // in plain ASCII they are the same
        Self((!text.is_ascii()).then(|| {
            text.char_indices()
                .map(|(byte, _)| byte)
                .chain([text.len()])
                .map(|byte| u32::try_from(byte).unwrap_or(u32::MAX))
                .collect()
        }))
    }

    fn byte(&self, character: usize) -> usize {
        match &self.0 {
            None => character,
            Some(bytes) => bytes
                .get(character)
                .or(bytes.last())
                .map_or(0, |byte| *byte as usize),
        }
    }
}
