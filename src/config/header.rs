//! The headers that a request is given.

use http::{HeaderName, HeaderValue};

use super::mistake::Mistake;
use super::node::{Node, Value};
use super::place::Place;
use super::text::Text;
use super::value::{Reader, shortened};

#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) name: HeaderName,
    /// None at all takes an inherited header away.
    pub(super) values: Vec<(Text, HeaderValue)>,
    pub(super) place: Place,
}

/// Headers that follow from the body and would break the request if they said otherwise.
const COMPUTED_HEADERS: [HeaderName; 2] = [
    http::header::CONTENT_LENGTH,
    http::header::TRANSFER_ENCODING,
];

/// Servers commonly refuse more than a hundred.
const HEADERS_MAX: usize = 100;

/// Servers commonly refuse more than 8 or 16 KiB.
const HEADERS_BYTES_MAX: usize = 64 << 10;

impl Reader<'_, '_> {
    pub(super) fn user_agent(&mut self, node: &Node) -> Option<Text> {
        let text = self.text(node, "desktop, mobile, web, or the text to send")?;
        self.header_value(&text)?;
        Some(text)
    }

    pub(super) fn headers(&mut self, node: &Node) -> Vec<Header> {
        let mut headers: Vec<Header> = Vec::new();
        let entries = self.entries(node, "a map as in { Accept: text/html }");
        let values = |node: &Node| match &node.value {
            Value::List(nodes) => nodes.len(),
            _ => 1,
        };
        if entries.iter().map(|(_, node)| values(node)).sum::<usize>() > HEADERS_MAX {
            let title = format!("more than {HEADERS_MAX} headers");
            let mistake = Mistake::at(node.place, title).label("no server takes as many");
            self.wrong(mistake);
            return headers;
        }
        for (key, node) in entries {
            let Ok(name) = key.text.parse::<HeaderName>() else {
                let title = format!("`{}` is not the name of a header", shortened(&key.text));
                let label = "letters, digits and `-`; no blanks, no `:`";
                self.wrong(Mistake::at(key.place, title).label(label));
                continue;
            };
            if COMPUTED_HEADERS.contains(&name) {
                let title = format!("the header `{}` cannot be set", key.text);
                self.wrong(Mistake::at(key.place, title).label("it follows from the body"));
                continue;
            }
            if let Some(first) = headers.iter().find(|header| header.name == name) {
                let title = format!("the header `{}` is written twice", key.text);
                let mistake = Mistake::at(key.place, title)
                    .label("again here")
                    .also(first.place, "first here")
                    .help("capitals make no difference; several values go into a list");
                self.wrong(mistake);
                continue;
            }
            let texts = match node.value {
                Value::Nothing => Vec::new(),
                _ => self
                    .texts(node, "text, or a list of texts")
                    .unwrap_or_default(),
            };
            let values = texts
                .into_iter()
                .filter_map(|text| self.header_value(&text).map(|value| (text, value)))
                .collect();
            headers.push(Header {
                name,
                values,
                place: key.place,
            });
        }
        let values = headers.iter().flat_map(|header| &header.values);
        if values.map(|(_, value)| value.len()).sum::<usize>() > HEADERS_BYTES_MAX {
            let title = format!("more than {} KiB of headers", HEADERS_BYTES_MAX >> 10);
            let mistake = Mistake::at(node.place, title).label("no server takes as many");
            self.wrong(mistake);
            headers.clear();
        }
        headers
    }

    fn header_value(&mut self, text: &Text) -> Option<HeaderValue> {
        let value = HeaderValue::from_bytes(text.value().trim().as_bytes());
        if value.is_err() {
            let mistake = Mistake::at(text.place, "this cannot be sent in a header")
                .label("a header is one line, without control characters");
            self.wrong(mistake);
        }
        value.ok()
    }
}
