//! Texts: equal to, with something in them, or like a pattern.

use std::sync::Arc;

use super::quote::quoted;

/// What a text must be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextTest {
    Equals(Arc<str>),
    Contains(Arc<str>),
    NotContains(Arc<str>),
    Matches(Pattern),
    NotMatches(Pattern),
}

/// A regular expression of the regex crate: searched anywhere in the text, in time linear in its
/// length.
#[derive(Clone, Debug)]
pub struct Pattern(Arc<regex::bytes::Regex>);

/// The text is no regular expression that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct BadPattern {
    /// One line.
    pub reason: String,
    /// Byte of the pattern that the trouble is at, if it is known.
    pub at: Option<usize>,
}

/// Most memory of a compiled pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Longest pattern as it is written: a hundred bytes of memory are needed for each to understand it.
const WRITTEN_BYTES_MAX: usize = 64 << 10;

const TOO_LARGE: &str = "makes too large an automaton";

impl Pattern {
    pub fn try_new(pattern: &str) -> Result<Self, BadPattern> {
        Self::try_new_within(pattern, PATTERN_BYTES_MAX)
    }

    /// Also how much memory it takes, in bytes and rounded up; of one that is too large, what it
    /// was to take at most.
    pub fn measured(pattern: &str) -> (Result<Self, BadPattern>, usize) {
        for bytes_max in [4 << 10, 32 << 10, 256 << 10] {
            let made = Self::try_new_within(pattern, bytes_max);
            if !made.as_ref().is_err_and(|bad| bad.reason == TOO_LARGE) {
                return (made, bytes_max);
            }
        }
        (Self::try_new(pattern), PATTERN_BYTES_MAX)
    }

    fn try_new_within(pattern: &str, bytes_max: usize) -> Result<Self, BadPattern> {
        if pattern.len() > WRITTEN_BYTES_MAX {
            return Err(BadPattern {
                reason: format!("longer than {} KiB", WRITTEN_BYTES_MAX >> 10),
                at: None,
            });
        }
        regex::bytes::RegexBuilder::new(pattern)
            .size_limit(bytes_max)
            .build()
            .map(|regex| Self(Arc::new(regex)))
            .map_err(|error| {
                // its first lines draw the pattern, the last says what is wrong with it
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                let reason = match error {
                    regex::Error::CompiledTooBig(_) => TOO_LARGE,
                    _ => last.trim_start_matches("error: "),
                };
                BadPattern {
                    reason: reason.to_owned(),
                    at: marked(pattern, &text),
                }
            })
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub fn is_match(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }

    /// The first group of the first match, or the whole match of a pattern without groups.
    pub fn capture<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let groups = self.0.captures(text)?;
        groups
            .get(1)
            .or_else(|| groups.get(0))
            .map(|found| found.as_bytes())
    }
}

/// Where the caret stands below the pattern, which the error draws if it is one line.
fn marked(pattern: &str, error: &str) -> Option<usize> {
    let mut lines = error
        .lines()
        .skip_while(|line| line.trim_start() != pattern.trim_start());
    let (drawn, carets) = (lines.next()?, lines.next()?);
    let indent = drawn.chars().count().checked_sub(pattern.chars().count())?;
    let column = carets.chars().position(|c| c == '^')?.checked_sub(indent)?;
    let byte = pattern.char_indices().nth(column).map(|(byte, _)| byte);
    Some(byte.unwrap_or(pattern.len()))
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

impl TextTest {
    pub fn holds(&self, text: &[u8]) -> bool {
        match self {
            Self::Equals(want) => text == want.as_bytes(),
            Self::Contains(want) => contains(text, want),
            Self::NotContains(unwanted) => !contains(text, unwanted),
            Self::Matches(pattern) => pattern.is_match(text),
            Self::NotMatches(pattern) => !pattern.is_match(text),
        }
    }

    pub(super) fn is_negative(&self) -> bool {
        matches!(self, Self::NotContains(_) | Self::NotMatches(_))
    }

    /// In the words of probes.yaml, as in "contains `json`".
    pub(super) fn words(&self) -> String {
        let (word, text) = match self {
            Self::Equals(text) => ("equals", quoted(text.as_bytes())),
            Self::Contains(text) => ("contains", quoted(text.as_bytes())),
            Self::NotContains(text) => ("not_contains", quoted(text.as_bytes())),
            Self::Matches(pattern) => ("matches", quoted(pattern.as_str())),
            Self::NotMatches(pattern) => ("not_matches", quoted(pattern.as_str())),
        };
        format!("{word} {text}")
    }

    /// As in "containing `json`".
    pub(super) fn wish(&self) -> String {
        match self {
            Self::Equals(text) => format!("equal to {}", quoted(text.as_bytes())),
            Self::Contains(text) => format!("containing {}", quoted(text.as_bytes())),
            Self::NotContains(text) => format!("not containing {}", quoted(text.as_bytes())),
            Self::Matches(pattern) => format!("matching {}", quoted(pattern.as_str())),
            Self::NotMatches(pattern) => format!("not matching {}", quoted(pattern.as_str())),
        }
    }

    /// What a text that was not like that is instead, as in "not containing `json`".
    pub(super) fn complaint(&self) -> String {
        match self {
            Self::Equals(text) => format!("not {}", quoted(text.as_bytes())),
            Self::Contains(text) => format!("not containing {}", quoted(text.as_bytes())),
            Self::NotContains(text) => format!("containing {}", quoted(text.as_bytes())),
            Self::Matches(pattern) => format!("not matching {}", quoted(pattern.as_str())),
            Self::NotMatches(pattern) => format!("matching {}", quoted(pattern.as_str())),
        }
    }

    /// What is wrong with a body that is not like that; it is too long to be quoted whole.
    pub(super) fn complain_of_body(&self, body: &[u8]) -> String {
        if body.is_empty() {
            return format!("body is empty, {}", self.complaint());
        }
        match self {
            Self::Equals(text) => {
                format!("body is {}, not {}", quoted(body), quoted(text.as_bytes()))
            }
            Self::Contains(text) => format!("body does not contain {}", quoted(text.as_bytes())),
            Self::NotContains(text) => format!("body contains {}", quoted(text.as_bytes())),
            Self::Matches(pattern) => format!("body does not match {}", quoted(pattern.as_str())),
            Self::NotMatches(pattern) => {
                let found = pattern
                    .0
                    .find(body)
                    .map_or(&[][..], |found| found.as_bytes());
                let pattern = quoted(pattern.as_str());
                format!("body has {} in it, matching {pattern}", quoted(found))
            }
        }
    }
}

fn contains(text: &[u8], part: &str) -> bool {
    memchr::memmem::find(text, part.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "rows read better without `&`"
    )]
    fn check(test: TextTest, body: &str, expected: Result<(), &str>) {
        let said = if test.holds(body.as_bytes()) {
            Ok(())
        } else {
            Err(test.complain_of_body(body.as_bytes()))
        };
        assert_eq!(said.as_ref().map_err(String::as_str).copied(), expected);
    }

    #[test]
    fn a_body_is_equal_has_a_text_in_it_or_is_like_a_pattern() {
        let pattern = |text| Pattern::try_new(text).unwrap();
        let equals = |text: &str| TextTest::Equals(text.into());
        check(equals("ok"), "ok", Ok(()));
        check(equals("ok"), "ok\n", Err("body is `ok\n`, not `ok`"));
        check(equals("ok"), "", Err("body is empty, not `ok`"));
        let contains = |text: &str| TextTest::Contains(text.into());
        check(contains("o"), "ok", Ok(()));
        check(contains("x"), "ok", Err("body does not contain `x`"));
        check(contains("x"), "", Err("body is empty, not containing `x`"));
        let not_contains = |text: &str| TextTest::NotContains(text.into());
        check(not_contains("x"), "ok", Ok(()));
        check(not_contains("x"), "", Ok(()));
        check(not_contains("o"), "ok", Err("body contains `o`"));
        let matches = |text| TextTest::Matches(pattern(text));
        check(matches("^[a-z]+$"), "ok", Ok(()));
        check(matches("[0-9]"), "ok", Err("body does not match `[0-9]`"));
        let not_matches = |text| TextTest::NotMatches(pattern(text));
        check(not_matches("[0-9]"), "ok", Ok(()));
        check(
            not_matches("err[a-z]+"),
            "an error",
            Err("body has `error` in it, matching `err[a-z]+`"),
        );
    }

    #[test]
    fn a_bad_pattern_says_in_one_line_what_is_wrong() {
        for (pattern, reason) in [
            ("(", "unclosed group"),
            (r"\w{1000}{1000}", "makes too large an automaton"),
            ("a{9999999999}", "decimal literal invalid"),
        ] {
            let bad = Pattern::try_new(pattern).unwrap_err();
            assert_eq!(bad.reason, reason, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_wild_for_a_pattern(text in ".{0,200}", brackets in r"[(\[{|*+?})\]\\^a]{0,300}") {
            for text in [text, brackets] {
                match Pattern::try_new(&text) {
                    Ok(pattern) => {
                        pattern.capture(text.as_bytes());
                    }
                    Err(bad) => prop_assert_eq!(bad.reason.lines().count(), 1),
                }
            }
        }
    }
}
