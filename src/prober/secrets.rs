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

    /// The text with [`MASK`] in place of every secret, and of the beginning of one that was cut
    /// off by `…`.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for secret in self.0.iter().map(ExposeSecret::expose_secret) {
            if text.contains(secret) {
                text = Cow::Owned(text.replace(secret, MASK));
            }
            if let Some(masked) = mask_cut(&text, secret) {
                text = Cow::Owned(masked);
            }
        }
        text
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
