//! Text in which `${…}` is filled in from outside, and what of it may be shown.

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

use super::outside::{Bad, Found, Outside};
use super::place::Place;
use crate::prober::secrets::MASK;

/// A value of the configuration as it will be used. Clones share it.
#[derive(Clone)]
pub(super) struct Text {
    pub(super) place: Place,
    value: Arc<str>,
    /// `None` if everything stands in the file.
    filled: Option<Arc<Filled>>,
}

struct Filled {
    written: String,
    shown: String,
    outline: String,
    secrets: Vec<SecretString>,
}

impl Text {
    /// What is sent.
    pub(super) fn value(&self) -> &str {
        &self.value
    }

    /// With a mask in place of what came from outside. Defaults that stand in the file are shown.
    pub(super) fn shown(&self) -> &str {
        self.filled.as_ref().map_or(&self.value, |f| &f.shown)
    }

    /// With a mask in place of every `${…}`: the same, whatever is filled in.
    pub(super) fn outline(&self) -> &str {
        self.filled.as_ref().map_or(&self.value, |f| &f.outline)
    }

    /// As it stands in the file, to be quoted in messages.
    pub(super) fn written(&self) -> &str {
        self.filled.as_ref().map_or(&self.value, |f| &f.written)
    }

    pub(super) fn is_filled(&self) -> bool {
        self.filled.is_some()
    }

    pub(super) fn secrets(&self) -> &[SecretString] {
        self.filled.as_ref().map_or(&[], |f| &f.secrets)
    }

    /// Fills in `${NAME}`, `${NAME:-default}` and `${file:PATH}`; `$${` stands for `${`.
    pub(super) fn fill(
        written: &str,
        place: Place,
        outside: &mut Outside<'_>,
    ) -> Result<Self, Bad> {
        let mut rest = written;
        let (mut value, mut shown, mut outline) = (String::new(), String::new(), String::new());
        let (mut secrets, mut any) = (Vec::new(), false);
        while let Some(dollar) = rest.find("${") {
            let (before, from) = rest.split_at(dollar);
            if let Some(before) = before.strip_suffix('$') {
                for text in [&mut value, &mut shown, &mut outline] {
                    text.push_str(before);
                    text.push_str("${");
                }
                rest = &from["${".len()..];
                continue;
            }
            for text in [&mut value, &mut shown, &mut outline] {
                text.push_str(before);
            }
            any = true;
            let end = from.find('}').ok_or_else(|| Bad {
                part: from.to_owned(),
                title: "`${` without `}`".to_owned(),
                label: "not closed".to_owned(),
                help: "write `$${` if a plain `${` is meant".to_owned(),
            })?;
            match outside.get(&from[2..end]).map_err(|problem| Bad {
                part: from[..=end].to_owned(),
                ..problem
            })? {
                Found::Outside(found) => {
                    value.push_str(&found);
                    shown.push_str(MASK);
                    secrets.push(SecretString::from(found));
                }
                Found::Default(found) => {
                    value.push_str(found);
                    shown.push_str(found);
                }
            }
            outline.push_str(MASK);
            rest = &from[end + 1..];
        }
        for text in [&mut value, &mut shown, &mut outline] {
            text.push_str(rest);
        }
        let filled = any.then(|| {
            Arc::new(Filled {
                written: written.to_owned(),
                shown,
                outline,
                secrets,
            })
        });
        Ok(Self {
            place,
            value: value.into(),
            filled,
        })
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({:?})", self.shown())
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    const PLACE: Place = Place {
        file: 0,
        start: 0,
        end: 0,
    };

    fn outside() -> Outside<'static> {
        Outside::new(&|name| match name {
            "TOKEN" => Some("s3cret".into()),
            "EMPTY" => Some("".into()),
            _ => None,
        })
    }

    #[test]
    fn what_is_filled_in_is_used_and_not_shown() {
        for (written, value, shown, outline) in [
            (
                "plain $5 and $$",
                "plain $5 and $$",
                "plain $5 and $$",
                "plain $5 and $$",
            ),
            ("a${TOKEN}b", "as3cretb", "a***b", "a***b"),
            ("${TOKEN}${TOKEN}", "s3crets3cret", "******", "******"),
            (
                "${NONE:-eu}.example",
                "eu.example",
                "eu.example",
                "***.example",
            ),
            ("${EMPTY:-eu}", "eu", "eu", "***"),
            ("${TOKEN:-eu}", "s3cret", "***", "***"),
            ("${NONE:-}", "", "", "***"),
            ("$${TOKEN}", "${TOKEN}", "${TOKEN}", "${TOKEN}"),
        ] {
            let text = Text::fill(written, PLACE, &mut outside()).ok().unwrap();
            assert_eq!(
                (text.value(), text.shown(), text.outline()),
                (value, shown, outline),
                "{written}"
            );
            assert!(!format!("{text:?}").contains("s3cret"));
        }
    }

    #[test]
    fn what_cannot_be_filled_in_is_named() {
        for (written, part, title) in [
            (
                "x ${NONE} y",
                "${NONE}",
                "the environment variable NONE is not set, or empty",
            ),
            (
                "${EMPTY}",
                "${EMPTY}",
                "the environment variable EMPTY is not set, or empty",
            ),
            (
                "${a b}",
                "${a b}",
                "`a b` is not the name of an environment variable",
            ),
            (
                "${}",
                "${}",
                "`` is not the name of an environment variable",
            ),
            ("${TOKEN", "${TOKEN", "`${` without `}`"),
        ] {
            let bad = Text::fill(written, PLACE, &mut outside()).err().unwrap();
            assert_eq!((&*bad.part, &*bad.title), (part, title));
        }
    }

    #[test]
    fn a_file_is_filled_in_without_its_last_newline_and_is_watched() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "s3cret\n").unwrap();
        let mut outside = outside();
        outside.folder = folder.path().to_owned();
        let text = Text::fill("Bearer ${file:token}", PLACE, &mut outside)
            .ok()
            .unwrap();
        assert_eq!(
            (text.value(), text.shown()),
            ("Bearer s3cret", "Bearer ***")
        );
        assert!(Text::fill("${file:none}", PLACE, &mut outside).is_err());
        assert_eq!(
            outside.files,
            [folder.path().join("token"), folder.path().join("none")]
        );
    }
}
