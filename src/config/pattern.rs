//! Regular expressions and paths of JSON: small languages inside of values and keys.

use super::mistake::Mistake;
use super::node::Key;
use super::place::Place;
use super::text::Text;
use super::value::{Reader, shortened};
use crate::expect::{JsonPath, Pattern};

impl Reader<'_, '_> {
    /// A regular expression.
    pub(super) fn pattern(&mut self, text: &Text) -> Option<Pattern> {
        match self.shared.compiled.pattern(text.value()) {
            Ok(pattern) => Some(pattern),
            Err(bad) => {
                let place = bad.at.map_or(text.place, |at| self.spot(text, at));
                let title = format!(
                    "`{}` is not a regular expression that can be used",
                    shortened(text.written())
                );
                // the reason may depend on what was filled in
                let label = if text.is_filled() {
                    "not understood with what is filled in".to_owned()
                } else {
                    bad.reason
                };
                let mistake = Mistake::at(place, title)
                    .label(label)
                    .help("the syntax is that of https://docs.rs/regex/#syntax; what is special is meant literally after a `\\`, as in `\\.`");
                self.wrong(mistake);
                None
            }
        }
    }

    /// A path of JSON that stands as a key.
    pub(super) fn json_path(&mut self, key: &Key) -> Option<JsonPath> {
        self.json_path_in(key.place, &key.text)
    }

    /// A path of JSON that stands as it is at a place.
    pub(super) fn json_path_in(&mut self, place: Place, path: &str) -> Option<JsonPath> {
        match JsonPath::try_new(path) {
            Ok(path) => Some(path),
            Err(bad) => {
                let place = self.spot_in(place, path, bad.at);
                let title = format!("`{}` is not a JSONPath", shortened(path));
                // most of its reasons are this one
                let label = match &*bad.reason {
                    "parser error" => "cannot be read from here on".to_owned(),
                    _ => bad.reason,
                };
                let mistake = Mistake::at(place, title).label(label);
                self.wrong(mistake.help(
                    "it is written as in `$.items[0].name`, `$['a key']`, `$..id` or `$.items[?@.id == 3]` (RFC 9535)",
                ));
                None
            }
        }
    }

    /// The character at a byte of the text; all of it where it does not stand in the file as it is
    /// meant, on one line.
    pub(super) fn spot(&self, text: &Text, at: usize) -> Place {
        if text.is_filled() {
            return text.place;
        }
        self.spot_in(text.place, text.value(), at)
    }

    pub(super) fn spot_in(&self, place: Place, value: &str, at: usize) -> Place {
        let source = &self.mistakes.sources[place.file as usize];
        let written = source.text.get(place.bytes()).unwrap_or_default();
        let inner = written
            .strip_prefix(['"', '\''])
            .and_then(|rest| rest.strip_suffix(['"', '\'']));
        let start = match inner {
            _ if written == value => 0,
            Some(inner) if inner == value => 1,
            _ => return place,
        };
        // the end is shown as the last character before it
        let at = value.floor_char_boundary(at.min(value.len()));
        let last = value.char_indices().next_back().map_or(0, |(last, _)| last);
        let at = at.min(last);
        let length = value[at..].chars().next().map_or(0, char::len_utf8);
        let start = place.bytes().start + start + at;
        source.place(place.file, start..start + length)
    }
}
