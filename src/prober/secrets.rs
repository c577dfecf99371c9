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

    /// The text with [`MASK`] in place of every secret.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.captured {
            None => mask(
                text,
                self.configured.iter().map(ExposeSecret::expose_secret),
            ),
            Some(captured) => {
                let all = self.configured.iter().chain(captured.iter());
                let mut all: Vec<&str> = all.map(ExposeSecret::expose_secret).collect();
                all.sort_by_key(|value| Reverse(value.len()));
                mask(text, all)
            }
        }
    }

    fn len(&self) -> usize {
        self.configured.len() + self.captured.as_ref().map_or(0, |captured| captured.len())
    }
}

fn mask<'t, 's>(text: &'t str, secrets: impl IntoIterator<Item = &'s str>) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    for secret in secrets {
        if text.contains(secret) {
            text = Cow::Owned(text.replace(secret, MASK));
        }
    }
    text
}

/// So that a secret inside another leaves nothing of the other behind.
fn longest_first(mut values: Vec<SecretString>, bytes_min: usize) -> Arc<[SecretString]> {
    values.retain(|value| value.expose_secret().len() >= bytes_min);
    values.sort_by_key(|value| Reverse(value.expose_secret().len()));
    values.into()
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
}
