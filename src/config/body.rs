//! The body of a request: the key `body`.

use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::fills::OPEN;
use super::form;
use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::{Node, Value};
use super::place::Place;
use super::value::{Reader, shortened};
use crate::prober::secrets::is_sensitive;
use crate::prober::template::BodyEncoding;

/// A body as it is sent.
#[derive(Clone)]
pub(super) struct Body {
    pub(super) place: Place,
    pub(super) bytes: Arc<[u8]>,
    /// As it is sent by a step of a journey, with `{{name}}` to be filled in. `None` if there is
    /// no `{{` in it.
    pub(super) template: Option<Arc<str>>,
    pub(super) encoding: BodyEncoding,
    pub(super) secrets: Arc<[SecretString]>,
}

impl Body {
    /// What its `Content-Type` is unless a header says otherwise.
    pub(super) fn content_type(&self) -> Option<&'static str> {
        match self.encoding {
            BodyEncoding::Plain => None,
            BodyEncoding::Json => Some("application/json"),
            BodyEncoding::Form => Some("application/x-www-form-urlencoded"),
        }
    }
}

/// The keys below `body`.
pub(super) const KEYS: [&str; keys::BODY.len()] = names(&keys::BODY);

/// Longest body: it is held in memory, and sent each time.
const BODY_BYTES_MAX: usize = 10 << 20;

const EXAMPLE: &str =
    "text, or a map as in { json: { a: 1 } }, { form: { a: b } } or { file: PATH }";

/// Before a place is known.
struct Content {
    text: String,
    template: String,
    secrets: Vec<SecretString>,
}

impl Reader<'_, '_> {
    pub(super) fn body(&mut self, node: &Node) -> Option<Body> {
        let Value::Map(entries) = &node.value else {
            return self.text_body(node, EXAMPLE);
        };
        let mut found: Option<(Place, Option<Body>)> = None;
        for (key, node) in entries {
            let body = match &*key.text {
                "text" => self.text_body(node, "text"),
                "json" => self.json_body(node, BODY_BYTES_MAX).and_then(|json| {
                    let content = Content {
                        template: json.text.clone(),
                        text: json.text,
                        secrets: json.secrets,
                    };
                    self.bounded(node.place, content, BodyEncoding::Json)
                }),
                "form" => self.form(node),
                "file" => self.file(node),
                _ => {
                    self.unknown_key(key, &KEYS);
                    continue;
                }
            };
            if let Some((first, _)) = found {
                let mistake = Mistake::at(key.place, "two bodies for one request")
                    .label("another one")
                    .also(first, "the first");
                self.wrong(mistake.help("write one of them"));
                continue;
            }
            found = Some((key.place, body));
        }
        if entries.is_empty() {
            self.wrong(Mistake::at(node.place, format!("expected {EXAMPLE}")).label("empty"));
        }
        found?.1
    }

    fn text_body(&mut self, node: &Node, expected: &str) -> Option<Body> {
        let text = self.text(node, expected)?;
        let content = Content {
            text: text.value().to_owned(),
            template: text.value().to_owned(),
            secrets: text.secrets().to_vec(),
        };
        self.bounded(node.place, content, BodyEncoding::Plain)
    }

    fn form(&mut self, node: &Node) -> Option<Body> {
        let mut content = Content {
            text: String::new(),
            template: String::new(),
            secrets: Vec::new(),
        };
        let mut all = true;
        for (key, node) in self.entries(node, "a map as in { user: a, tag: [x, y] }") {
            let name = form::encode(&key.text);
            let Some(values) = self.texts(node, "text, or a list of texts") else {
                all = false;
                continue;
            };
            for value in values {
                for (pairs, encoded) in [
                    (&mut content.text, form::encode(value.value())),
                    (&mut content.template, form::encode_template(value.value())),
                ] {
                    if !pairs.is_empty() {
                        pairs.push('&');
                    }
                    pairs.push_str(&name);
                    pairs.push('=');
                    pairs.push_str(&encoded);
                }
                // a template is no secret, but what will be filled in
                let sensitive = is_sensitive(&key.text);
                let in_the_open = (sensitive && !value.value().contains(OPEN))
                    .then(|| SecretString::from(value.value()));
                for secret in value.secrets().iter().chain(&in_the_open) {
                    content.secrets.push(secret.clone());
                    let encoded = form::encode(secret.expose_secret());
                    content.secrets.push(encoded.into());
                }
                if content.text.len() > BODY_BYTES_MAX {
                    return self.bounded(node.place, content, BodyEncoding::Plain);
                }
            }
        }
        let body = self.bounded(node.place, content, BodyEncoding::Form);
        body.filter(|_| all)
    }

    fn file(&mut self, node: &Node) -> Option<Body> {
        let text = self.some_text(node, "the path of a file")?;
        let path = text.value().trim();
        match self.outside.bytes(Path::new(path), BODY_BYTES_MAX as u64) {
            Ok(bytes) => {
                let template = std::str::from_utf8(&bytes).ok();
                Some(Body {
                    place: node.place,
                    template: template.filter(|text| text.contains(OPEN)).map(Arc::from),
                    bytes,
                    encoding: BodyEncoding::Plain,
                    secrets: text.secrets().into(),
                })
            }
            Err(why) => {
                let shown = shortened(text.shown().trim());
                let mistake = Mistake::at(text.place, format!("cannot read {shown}: {why}"))
                    .label("nothing to send")
                    .help("a relative path starts in the folder of this file");
                self.wrong(mistake);
                None
            }
        }
    }

    fn bounded(&mut self, place: Place, content: Content, encoding: BodyEncoding) -> Option<Body> {
        if content.text.len() > BODY_BYTES_MAX {
            let title = format!("a body of more than {} MiB", BODY_BYTES_MAX >> 20);
            self.wrong(Mistake::at(place, title).label("too long to be sent each time"));
            return None;
        }
        Some(Body {
            place,
            template: Some(content.template)
                .filter(|template| template.contains(OPEN))
                .map(Arc::from),
            bytes: content.text.into_bytes().into(),
            encoding,
            secrets: content.secrets.into(),
        })
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes)", self.bytes.len())
    }
}
