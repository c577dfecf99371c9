//! Every key of a configuration file, written once: its name, what may stand there, what holds
//! without it, examples, and what it is for. The reader knows its keys from here, and so does the
//! schema for editors.

mod expect;
mod file;
mod patterns;
mod promises;
mod reports;
mod request;
mod settings;
mod storage;

pub(super) use expect::{
    BYTES_MAX, COUNT_MAX, DAYS_MAX, EXPECT, JSON_TESTS, LATENCY, RANGE, TEXT_TESTS,
};
pub(super) use file::{CAPTURE, CONTROLS, DOWN_WHEN, ENDPOINT, FILE, MAINTENANCE, PLATFORM, STEP};
pub(super) use patterns::{JSON_PATH, QUORUM, URL};
pub(super) use promises::{CREDIT, PROMISES_MAX, SLA, SLO};
pub(super) use reports::{FORMATS, KEEP_MAX, REPORT, REPORTS_MAX};
pub(super) use request::{AUTH, BASIC, BODY, OAUTH2, TLS};
pub(super) use settings::SETTINGS;
pub(super) use storage::{RETENTION, STORAGE};

/// A key and what there is to know of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyDoc {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// What is built in, as YAML. `None` if there is nothing, or it depends on other keys.
    pub(super) default: Option<&'static str>,
    /// As YAML.
    pub(super) examples: &'static [&'static str],
    pub(super) about: &'static str,
}

/// What may stand behind a key. Everywhere but in names, text may be filled in with `${…}`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// Text; numbers and words are taken as they are written.
    Text,
    /// One text or a list of them.
    Texts,
    /// Text like this.
    Like(&'static Pattern),
    /// The same, and a number is none of these.
    Written(&'static Pattern),
    /// At least one text like this.
    TextsLike(&'static Pattern),
    /// Text that is never filled in.
    Name,
    Length,
    /// A length that may be said in days and weeks.
    Kept,
    /// A whole number in this range.
    Whole(u64, u64),
    /// A number in this range.
    Between(u64, u64),
    Number,
    /// Codes, classes and ranges, or a list of them.
    Status,
    /// A version and others like it, or one of a few words.
    Words(&'static [&'static str]),
    On,
    True,
    /// The word `none`, which takes an inherited value away.
    None,
    /// Nothing at all.
    Nothing,
    /// Any value.
    Json,
    /// A JSON Schema.
    Schema,
    /// One of the definitions of the schema, by its name.
    Def(&'static str),
    /// Names of one's own, each with a value of this shape.
    MapOf(&'static Shape),
    /// Names like this, each with a value of this shape.
    MapLike(&'static Pattern, &'static Shape),
    /// From one to so many.
    ListOf(u64, &'static Shape),
    OneOf(&'static [Shape]),
}

/// How a text looks, as a regular expression of ECMAScript with the flag `u`. Never stricter than
/// the reader.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) regex: &'static str,
    /// Shown when a text is not like that.
    pub(super) about: &'static str,
}

/// The names alone.
pub(super) const fn names<const N: usize>(keys: &[KeyDoc; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut i = 0;
    while i < N {
        names[i] = keys[i].name;
        i += 1;
    }
    names
}

/// A table of keys: `"name" = "default": shape, ["example"], "about";`
macro_rules! keys {
    (
        $(#[$doc:meta])* $table:ident;
        $($name:literal $(= $default:literal)?: $shape:expr, [$($example:literal),+ $(,)?], $about:literal;)+
    ) => {
        $(#[$doc])*
        pub(in crate::config) const $table: [crate::config::keys::KeyDoc; [$($name),+].len()] = [$(
            crate::config::keys::KeyDoc {
                name: $name,
                shape: $shape,
                default: crate::config::keys::optional(&[$($default)?]),
                examples: &[$($example),+],
                about: $about,
            }
        ),+];
    };
}
use keys;

/// The only one, if there is one.
const fn optional(texts: &[&'static str]) -> Option<&'static str> {
    match texts {
        [text] => Some(text),
        _ => None,
    }
}
