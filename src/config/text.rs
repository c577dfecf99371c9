//! Text in which `${…}` is filled in from outside, and what of it may be shown.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;

use super::mistake::Mistake;
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

/// Where the environment is asked for a variable; tests bring their own.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<OsString>;

/// What `${…}` can reach.
pub(super) struct Outside<'e> {
    pub(super) environment: Environment<'e>,
    /// Relative paths start in the folder of the configuration file.
    pub(super) folder: PathBuf,
    /// Files that were read, or should have been: a changed secret is a changed configuration.
    pub(super) files: Vec<PathBuf>,
}

/// Largest secret file; keys and certificates are far smaller.
const SECRET_FILE_BYTES_MAX: u64 = 1 << 20;

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
            let escaped = before.ends_with('$');
            let literal = before.strip_suffix('$').unwrap_or(before);
            let literal = if escaped { literal } else { before };
            for text in [&mut value, &mut shown, &mut outline] {
                text.push_str(literal);
                if escaped {
                    text.push_str("${");
                }
            }
            if escaped {
                rest = &from[2..];
                continue;
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

/// Why a `${…}` could not be filled in. Never says what was found.
pub(super) struct Bad {
    /// As it stands in the file.
    pub(super) part: String,
    pub(super) title: String,
    pub(super) label: String,
    pub(super) help: String,
}

impl Bad {
    /// At `place`, which is the value that the part stands in.
    pub(super) fn at(self, place: Place) -> Mistake {
        Mistake::at(place, self.title)
            .label(self.label)
            .help(self.help)
    }
}

enum Found<'t> {
    Outside(String),
    Default(&'t str),
}

impl Outside<'_> {
    /// `inside` is what stands between the braces.
    fn get<'t>(&mut self, inside: &'t str) -> Result<Found<'t>, Bad> {
        if let Some(path) = inside.strip_prefix("file:") {
            return self.file(path).map(Found::Outside);
        }
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty()
            || name.starts_with(|c: char| c.is_ascii_digit())
            || !name.chars().all(named)
        {
            return Err(bad(
                format!("`{name}` is not the name of an environment variable"),
                "letters, digits and `_` only",
                "write ${NAME}, ${NAME:-default} or ${file:PATH}; `$${` stands for a plain `${`",
            ));
        }
        let value = match (self.environment)(name).map(OsString::into_string) {
            Some(Err(_)) => {
                let title = format!("the environment variable {name} is not UTF-8");
                return Err(bad(title, "cannot be used", "set it to text in UTF-8"));
            }
            Some(Ok(value)) => Some(value),
            None => None,
        };
        // as in a shell, a variable set to nothing takes the default too
        match (value.filter(|value| !value.is_empty()), default) {
            (Some(value), _) => Ok(Found::Outside(value)),
            (None, Some(default)) => Ok(Found::Default(default)),
            (None, None) => Err(bad(
                format!("the environment variable {name} is not set, or empty"),
                "nothing to fill in",
                &format!("set {name}, or write ${{{name}:-default}}"),
            )),
        }
    }

    fn file(&mut self, path: &str) -> Result<String, Bad> {
        let path = self.folder.join(path);
        let problem = |why: String| {
            let title = format!("cannot fill in {}: {why}", path.display());
            let help = "a relative path starts in the folder of this file";
            bad(title, "nothing to fill in", help)
        };
        let result = read(&path);
        self.files.push(path.clone());
        let mut text = result.map_err(problem)?;
        // editors and `echo` end a file with a newline that is no part of a secret
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        if text.is_empty() {
            return Err(problem("the file is empty".to_owned()));
        }
        Ok(text)
    }
}

fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(SECRET_FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > SECRET_FILE_BYTES_MAX {
        return Err("it is larger than 1 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

fn bad(title: String, label: &str, help: &str) -> Bad {
    Bad {
        part: String::new(),
        title,
        label: label.to_owned(),
        help: help.to_owned(),
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
        Outside {
            environment: &|name| match name {
                "TOKEN" => Some("s3cret".into()),
                "EMPTY" => Some("".into()),
                _ => None,
            },
            folder: PathBuf::new(),
            files: Vec::new(),
        }
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
        let mut outside = Outside {
            folder: folder.path().to_owned(),
            ..outside()
        };
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
