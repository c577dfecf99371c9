//! What must never be shown, wherever it turns up.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::encode;

/// The secret values of a configuration, and those that came up while it was asked. Clones share
/// them.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Both the longest first.
    configured: Arc<[SecretString]>,
    captured: Option<Arc<[SecretString]>>,
}

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// Parts of the names of headers, parameters and keys that carry credentials, in lower case.
pub const SENSITIVE: [&str; 13] = [
    "authorization",
    "bearer",
    "cookie",
    "token",
    "secret",
    "password",
    "passwd",
    "api-key",
    "apikey",
    "api_key",
    "session",
    "credential",
    "jwt",
];

/// Whether a header, parameter or key of this name carries credentials.
pub fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|part| name.contains(part))
}

/// Shorter values are not masked: they would blot out ordinary text and guard nothing.
const SECRET_BYTES_MIN: usize = 4;

/// As [`SECRET_BYTES_MIN`], of values that answers gave: these are often mere numbers and names.
const CAPTURED_BYTES_MIN: usize = 8;

impl Secrets {
    pub fn new(values: impl IntoIterator<Item = SecretString>) -> Self {
        Self {
            configured: longest_first(values.into_iter().collect(), SECRET_BYTES_MIN),
            captured: None,
        }
    }

    /// These, and what came up while asking: captured values and access tokens, in every form that
    /// they are sent in.
    #[must_use]
    pub(super) fn and_captured<'v>(&self, values: impl IntoIterator<Item = &'v str>) -> Self {
        let before = self.captured.iter().flat_map(|captured| captured.iter());
        let mut captured: Vec<SecretString> = before.cloned().collect();
        for value in values {
            captured.push(value.into());
            for encoded in [
                encode::percent(value),
                encode::form(value),
                encode::json(value),
            ] {
                if encoded != value {
                    captured.push(encoded.into());
                }
            }
        }
        Self {
            configured: Arc::clone(&self.configured),
            captured: Some(longest_first(captured, CAPTURED_BYTES_MIN)),
        }
    }

    /// The text with [`MASK`] in place of every secret, and of the beginning of one that was cut
    /// off by `…`.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for secret in self.longest_first() {
            if text.contains(secret) {
                text = Cow::Owned(text.replace(secret, MASK));
            }
            if let Some(masked) = mask_cut(&text, secret) {
                text = Cow::Owned(masked);
            }
        }
        text
    }

    fn len(&self) -> usize {
        self.configured.len() + self.captured.as_ref().map_or(0, |captured| captured.len())
    }

    /// The beginning of a body with [`MASK`] in place of every secret, also where an answer in
    /// JSON or HTML has escaped it, and where one begins at the very end and was cut off.
    pub(super) fn mask_beginning(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for secret in self.longest_first() {
            for form in forms(secret) {
                replace(&mut bytes, form.as_bytes());
                replace_begun(&mut bytes, form.as_bytes());
            }
        }
        bytes
    }

    fn longest_first(&self) -> Vec<&str> {
        let captured = self.captured.iter().flat_map(|captured| captured.iter());
        let all = self.configured.iter().chain(captured);
        let mut all: Vec<&str> = all.map(ExposeSecret::expose_secret).collect();
        if self.captured.is_some() {
            all.sort_by_key(|secret| Reverse(secret.len()));
        }
        all
    }
}

/// So that a secret inside another leaves nothing of the other behind.
fn longest_first(mut values: Vec<SecretString>, bytes_min: usize) -> Arc<[SecretString]> {
    values.retain(|value| value.expose_secret().len() >= bytes_min);
    values.sort_by_key(|value| Reverse(value.expose_secret().len()));
    values.into()
}

/// As it is, and as text in JSON and HTML.
fn forms(secret: &str) -> Vec<String> {
    let in_json = encode::json(secret);
    let in_html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    let mut forms = vec![secret.to_owned(), in_json, in_html];
    forms.dedup();
    forms
}

fn replace(bytes: &mut Vec<u8>, secret: &[u8]) {
    let mut rest = bytes.as_slice();
    let mut masked = Vec::new();
    while let Some(at) = memchr::memmem::find(rest, secret) {
        masked.extend_from_slice(&rest[..at]);
        masked.extend_from_slice(MASK.as_bytes());
        rest = &rest[at + secret.len()..];
    }
    if !masked.is_empty() {
        masked.extend_from_slice(rest);
        *bytes = masked;
    }
}

/// Masks the longest beginning of the secret that the bytes end with.
fn replace_begun(bytes: &mut Vec<u8>, secret: &[u8]) {
    let begun = (SECRET_BYTES_MIN..secret.len())
        .rev()
        .find(|length| bytes.ends_with(&secret[..*length]));
    if let Some(length) = begun {
        bytes.truncate(bytes.len() - length);
        bytes.extend_from_slice(MASK.as_bytes());
    }
}

/// `None` if there is nothing to mask.
fn mask_cut(text: &str, secret: &str) -> Option<String> {
    let beginnings = || (SECRET_BYTES_MIN..secret.len()).rev();
    let mut masked = String::new();
    let mut rest_at = 0;
    for (cut_at, _) in text.match_indices('…') {
        let before = &text[rest_at..cut_at];
        let beginning = beginnings()
            .filter_map(|length| secret.get(..length))
            .find(|beginning| before.ends_with(beginning));
        if let Some(beginning) = beginning {
            masked.push_str(&before[..before.len() - beginning.len()]);
            masked.push_str(MASK);
            rest_at = cut_at;
        }
    }
    (rest_at > 0).then(|| masked + &text[rest_at..])
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_masked_the_longest_first() {
        let secrets = Secrets::new(["hunter", "hunter2!", "ab"].map(SecretString::from));
        assert_eq!(secrets.mask("hunter2! and hunter, ab"), "*** and ***, ab");
        assert_eq!(format!("{secrets:?}"), "Secrets(2)");
    }

    #[test]
    fn what_was_captured_is_masked_too_however_it_is_sent() {
        let secrets = Secrets::new(["hunter2".to_owned().into()]);
        let secrets = secrets.and_captured(["to/ken \"1\"", "1234567"]);
        let secrets = secrets.and_captured(["hunter2 and more"]);
        for (text, masked) in [
            ("hunter2, to/ken \"1\"", "***, ***"),
            ("/a?t=to%2Fken%20%221%22", "/a?t=***"),
            ("t=to%2Fken+%221%22", "t=***"),
            ("{\"t\": \"to/ken \\\"1\\\"\"}", "{\"t\": \"***\"}"),
            ("hunter2 and more", "***"),
            ("1234567", "1234567"),
        ] {
            assert_eq!(secrets.mask(text), masked);
        }
    }

    #[test]
    fn a_body_shows_no_secret_in_any_form_and_no_piece_of_one() {
        let secrets = Secrets::new(["hunter2!", "a\"b<c", "zażółć"].map(SecretString::from));
        for (body, masked) in [
            (&b"<hunter2!> \xff hunter2!"[..], &b"<***> \xff ***"[..]),
            (br#"{"a":"a\"b<c"}"#, br#"{"a":"***"}"#),
            (b"<p>a&quot;b&lt;c</p>", b"<p>***</p>"),
            (b"it is hunter2", b"it is ***"),
            (b"it is hunt", b"it is ***"),
            (b"it is hun", b"it is hun"),
            // in the middle of a character
            ("it is zaż".as_bytes(), b"it is ***"),
            (b"", b""),
        ] {
            let shown = secrets.mask_beginning(body);
            assert_eq!(
                shown.escape_ascii().to_string(),
                masked.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn the_beginning_of_a_secret_that_was_cut_off_is_masked() {
        let secrets = Secrets::new(["sägewerk".to_owned().into()]);
        for (text, expected) in [
            ("`sägewe…` and `säge…`", "`***…` and `***…`"),
            ("`sägewerk…`", "`***…`"),
            ("`säg…`", "`***…`"),
            ("`sä…` säge", "`sä…` säge"),
            ("…", "…"),
        ] {
            assert_eq!(secrets.mask(text), expected);
        }
    }
}
