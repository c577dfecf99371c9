//! What a step of a journey keeps of its answer: the key `capture`.

use std::sync::Arc;

use http::HeaderName;

use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::{Node, Value};
use super::place::Place;
use super::text::Text;
use super::value::{Reader, shortened};
use crate::expect::JsonPath;
use crate::prober::inquiry::{Capture, CaptureFrom};
use crate::prober::template::is_name;

/// A capture and where its name stands.
pub(super) struct PlacedCapture {
    pub(super) place: Place,
    pub(super) name: Arc<str>,
    /// `None` if there is a mistake in it.
    pub(super) from: Option<CaptureFrom>,
}

/// The keys below a captured value's name.
pub(super) const KEYS: [&str; keys::CAPTURE.len()] = names(&keys::CAPTURE);

/// Most values of one step.
const CAPTURES_MAX: usize = 50;

const EXAMPLE: &str =
    "a JSONPath as in $.id, or one of { json: }, { header: }, { cookie: } and { matches: }";

impl PlacedCapture {
    pub(super) fn capture(&self) -> Option<Capture> {
        Some(Capture {
            name: Arc::clone(&self.name),
            from: self.from.clone()?,
        })
    }
}

impl Reader<'_, '_> {
    pub(super) fn captures(&mut self, node: &Node) -> Vec<PlacedCapture> {
        let mut captures = Vec::new();
        let entries = self.entries(node, "a map as in { token: \"$.access_token\" }");
        if entries.len() > CAPTURES_MAX {
            let title = format!("more than {CAPTURES_MAX} captured values");
            self.wrong(Mistake::at(node.place, title).label("too many for one step"));
            return captures;
        }
        for (key, node) in entries {
            let from = self.capture_from(node);
            if is_name(&key.text) {
                captures.push(PlacedCapture {
                    place: key.place,
                    name: key.text.as_str().into(),
                    from,
                });
            } else {
                let written = shortened(&key.text);
                let title = format!("`{written}` cannot be the name of a captured value");
                let label = "letters, digits and `_`, and no digit first";
                self.wrong(Mistake::at(key.place, title).label(label));
            }
        }
        captures
    }

    fn capture_from(&mut self, node: &Node) -> Option<CaptureFrom> {
        let Value::Map(entries) = &node.value else {
            let text = self.text(node, EXAMPLE)?;
            if text.value().trim_start().starts_with('$') {
                return self.path(&text);
            }
            let title = format!("`{}` is not a JSONPath", shortened(text.written()));
            let mistake = Mistake::at(text.place, title).label("a JSONPath begins with `$`");
            self.wrong(mistake.help(format!("write {EXAMPLE}")));
            return None;
        };
        let [(key, node)] = &**entries else {
            let mistake = Mistake::at(node.place, "a value is captured from one place");
            self.wrong(mistake.label(format!("write {EXAMPLE}")));
            return None;
        };
        match &*key.text {
            "json" => {
                let text = self.some_text(node, "a JSONPath as in $.id")?;
                self.path(&text)
            }
            "header" => {
                let text = self.some_text(node, "the name of a header")?;
                let name = text.value().trim().parse::<HeaderName>();
                if name.is_err() {
                    let written = shortened(text.written());
                    let title = format!("`{written}` is not the name of a header");
                    let label = "letters, digits and `-`; no blanks, no `:`";
                    self.wrong(Mistake::at(text.place, title).label(label));
                }
                name.ok().map(CaptureFrom::Header)
            }
            "cookie" => {
                let text = self.some_text(node, "the name of a cookie")?;
                let name = text.value().trim();
                // RFC 6265 §4.1.1, less strictly, as servers are
                if name.contains(|c: char| {
                    c.is_control() || c.is_whitespace() || matches!(c, '=' | ';' | ',')
                }) {
                    let written = shortened(text.written());
                    let title = format!("`{written}` is not the name of a cookie");
                    let label = "one word without `=`, `;` and `,`";
                    self.wrong(Mistake::at(text.place, title).label(label));
                    return None;
                }
                Some(CaptureFrom::Cookie(name.into()))
            }
            "matches" => {
                let text = self.some_text(node, "a regular expression as in 'id=(\\d+)'")?;
                self.pattern(&text).map(CaptureFrom::Body)
            }
            _ => {
                self.unknown_key(key, &KEYS);
                None
            }
        }
    }

    fn path(&mut self, text: &Text) -> Option<CaptureFrom> {
        if text.is_filled() {
            // what was filled in is not to be quoted
            let path = JsonPath::try_new(text.value().trim());
            if path.is_err() {
                let title = format!("`{}` is not a JSONPath", shortened(text.written()));
                self.wrong(Mistake::at(text.place, title).label("cannot be read"));
            }
            return path.ok().map(CaptureFrom::Json);
        }
        let path = self.json_path_in(text.place, text.value().trim())?;
        Some(CaptureFrom::Json(path))
    }
}
