//! What must never be shown, wherever it turns up.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

/// The secret values of a configuration. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<[SecretString]>);

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// Shorter values are not masked: they would blot out ordinary text and guard nothing.
const SECRET_BYTES_MIN: usize = 4;

impl Secrets {
    pub fn new(values: impl IntoIterator<Item = SecretString>) -> Self {
        let mut values: Vec<_> = values
            .into_iter()
            .filter(|value| value.expose_secret().len() >= SECRET_BYTES_MIN)
            .collect();
        // the longest first, so that a secret inside another leaves nothing of the other behind
        values.sort_by_key(|value| std::cmp::Reverse(value.expose_secret().len()));
        Self(values.into())
    }

    /// The text with [`MASK`] in place of every secret.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for secret in self.0.iter().map(ExposeSecret::expose_secret) {
            if text.contains(secret) {
                text = Cow::Owned(text.replace(secret, MASK));
            }
        }
        text
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
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
}
