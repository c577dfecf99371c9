//! Texts: equal to, with something in them, or like a pattern.

use std::sync::Arc;

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
pub struct Pattern(regex::bytes::Regex);

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

impl Pattern {
    pub fn try_new(pattern: &str) -> Result<Self, BadPattern> {
        regex::bytes::RegexBuilder::new(pattern)
            .size_limit(PATTERN_BYTES_MAX)
            .build()
            .map(Self)
            .map_err(|error| {
                // its first lines draw the pattern, the last says what is wrong with it
                let text = error.to_string();
                let last = text.lines().last().unwrap_or_default();
                BadPattern {
                    reason: last.trim_start_matches("error: ").to_owned(),
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
}

fn contains(text: &[u8], part: &str) -> bool {
    memchr::memmem::find(text, part.as_bytes()).is_some()
}
