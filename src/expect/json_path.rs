//! Paths to values inside a JSON body.

use std::sync::Arc;

use super::json_body::{Extent, extent};

/// A path of RFC 9535, as in `$.items[0].name`.
#[derive(Clone, Debug)]
pub struct JsonPath {
    written: Arc<str>,
    path: Arc<serde_json_path::JsonPath>,
    work: Work,
}

/// The text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct BadPath {
    /// One line.
    pub reason: String,
    /// Byte of the path that the trouble is at.
    pub at: usize,
}

/// Longest path, in bytes.
const PATH_BYTES_MAX: usize = 1024;

/// Most brackets and parentheses inside each other: the parser follows each on its stack, and tries
/// each in several ways.
const PATH_DEPTH_MAX: usize = 12;

/// Most values that a path may have to look at in one body, some repeatedly. That takes some 50 ms.
const WORK_MAX: u64 = 2_000_000;

/// The value is too large to be searched with this path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} has too much to look at in {values} values")]
pub struct TooMuchWork {
    path: Arc<str>,
    values: u64,
}

impl JsonPath {
    pub fn try_new(path: &str) -> Result<Self, BadPath> {
        let bad = |reason: &str, at| {
            let reason = reason.to_owned();
            Err(BadPath { reason, at })
        };
        if path.len() > PATH_BYTES_MAX {
            return bad("longer than 1024 bytes", PATH_BYTES_MAX);
        }
        let work = Work::of(path);
        if let Some(at) = work.too_deep {
            return bad("too many brackets inside each other", at);
        }
        match serde_json_path::JsonPath::parse(path) {
            Ok(parsed) => Ok(Self {
                written: path.into(),
                path: Arc::new(parsed),
                work,
            }),
            Err(error) => bad(
                error.message().lines().next().unwrap_or_default(),
                error.position(),
            ),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Nothing in a value that is too large to be searched, see [`try_find`](Self::try_find).
    pub fn find<'v>(&self, value: &'v serde_json::Value) -> Vec<&'v serde_json::Value> {
        self.try_find(value).unwrap_or_default()
    }

    pub fn try_find<'v>(
        &self,
        value: &'v serde_json::Value,
    ) -> Result<Vec<&'v serde_json::Value>, TooMuchWork> {
        if !self.work.is_straight() {
            let extent = extent(value);
            if self.work.on(extent) > WORK_MAX {
                return Err(TooMuchWork {
                    path: self.written.clone(),
                    values: extent.values,
                });
            }
        }
        Ok(self.path.query(value).all())
    }
}

/// What a path costs, read off its text: the parsed one does not show its parts. Never too low; too
/// high only for strange ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    /// Parts that walk through all that is below: `..`, and filters, which may.
    walks: u32,
    /// Filters and parts in them that begin at the root again.
    restarts: u32,
    /// Parts that find several values for one: each selector after a comma finds another.
    commas: u32,
    /// `*`, `:`
    wild: bool,
    /// Where brackets are too deep inside each other.
    too_deep: Option<usize>,
}

impl Work {
    fn of(path: &str) -> Self {
        let mut work = Self::default();
        let (mut quote, mut escaped, mut depth) = (None, false, 0_usize);
        let mut before = b' ';
        for (at, byte) in path.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quote.is_some() => escaped = true,
                b'\'' | b'"' if quote.is_none() => quote = Some(byte),
                _ if quote == Some(byte) => quote = None,
                _ if quote.is_some() => {}
                b'.' if before == b'.' => work.walks += 1,
                b'?' => work.walks += 1,
                b'$' if at > 0 => work.restarts += 1,
                b',' => work.commas += 1,
                b'*' | b':' => work.wild = true,
                b'[' | b'(' | b'!' => {
                    depth += 1;
                    if depth > PATH_DEPTH_MAX {
                        work.too_deep.get_or_insert(at);
                    }
                }
                b']' | b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            before = byte;
        }
        work
    }

    /// It finds one value at most, in one go.
    fn is_straight(self) -> bool {
        self == Self::default()
    }

    fn on(self, extent: Extent) -> u64 {
        // what is below the values on one level is the whole at most, so each further walk costs
        // at most as many times more as there are levels
        extent
            .values
            .saturating_mul(extent.depth.saturating_pow(self.walks.saturating_sub(1)))
            .saturating_mul(extent.values.saturating_pow(self.restarts))
            .saturating_mul(2_u64.saturating_pow(self.commas))
    }
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_finds_what_it_names() {
        let value = json!({"a": [{"b": 1}, {"b": 2, "c": "x"}], "d": null});
        for (path, expected) in [
            ("$", vec![value.clone()]),
            ("$.a[1].b", vec![json!(2)]),
            ("$.a[-1].c", vec![json!("x")]),
            ("$.a[*].b", vec![json!(1), json!(2)]),
            ("$..b", vec![json!(1), json!(2)]),
            ("$.a[?@.c == 'x'].b", vec![json!(2)]),
            ("$['d']", vec![json!(null)]),
            ("$.nothing", vec![]),
        ] {
            let path = JsonPath::try_new(path).unwrap();
            let found: Vec<_> = path.find(&value).into_iter().cloned().collect();
            assert_eq!(found, expected, "{}", path.as_str());
        }
    }

    #[test]
    fn a_bad_path_says_in_one_line_what_is_wrong_and_where() {
        for path in ["", "a", "$.", "$[", "$.a b", "$[?match(@.a, 'x')]"] {
            let bad = JsonPath::try_new(path).unwrap_err();
            assert!(
                !bad.reason.is_empty() && !bad.reason.contains('\n'),
                "{bad:?}"
            );
            assert!(bad.at <= path.len(), "{bad:?}");
        }
        let deep = format!("$[?{}", "(".repeat(500));
        let bad = JsonPath::try_new(&deep).unwrap_err();
        assert_eq!(
            (bad.reason.as_str(), bad.at),
            ("too many brackets inside each other", 14)
        );
    }

    #[test]
    fn a_path_that_would_look_at_too_much_is_not_followed() {
        let flat = json!(vec![0; 100_000]);
        let mut deep = json!([0]);
        for _ in 0..100 {
            deep = json!([deep, 0, 0]);
        }
        for (path, value, is_followed) in [
            ("$[0]", &flat, true),
            ("$[*]", &flat, true),
            ("$..*", &flat, true),
            ("$[?@ == 1]", &flat, true),
            ("$[*,*,*,*,*]", &flat, true),
            ("$[*,*,*,*,*,*]", &flat, false),
            ("$[?@ == $[99]]", &flat, false),
            ("$..*..*", &deep, true),
            ("$..*..*..*..*", &deep, false),
            ("$['..?$,', \"?..\\\"?..\"]", &deep, true),
        ] {
            let found = JsonPath::try_new(path).unwrap().try_find(value);
            assert_eq!(found.is_ok(), is_followed, "{path}");
        }
        let path = JsonPath::try_new("$[?@ == $[99]]").unwrap();
        assert_eq!(
            path.try_find(&flat).unwrap_err().to_string(),
            "$[?@ == $[99]] has too much to look at in 100001 values"
        );
    }

    proptest! {
        #[test]
        fn no_text_is_too_wild_for_a_path(text in ".{0,200}", path in r"\$[\[\]().?@$*,:'a0!=<&|-]{0,200}") {
            for text in [text, path] {
                match JsonPath::try_new(&text) {
                    Ok(path) => {
                        path.find(&json!([{"a": [0]}]));
                    }
                    Err(bad) => prop_assert_eq!(bad.reason.lines().count(), 1),
                }
            }
        }
    }
}
