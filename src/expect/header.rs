//! Headers of an answer.

use http::header::{HeaderMap, HeaderName};

use super::quote::quoted;
use super::text::TextTest;

/// What a header must be like. Of one that came several times, one value has to pass; a negative
/// test has to hold for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderTest {
    Present,
    Absent,
    /// A header that is absent passes no positive test, and every negative one.
    Text(TextTest),
}

impl HeaderTest {
    pub(super) fn holds(&self, headers: &HeaderMap, name: &HeaderName) -> bool {
        match self {
            Self::Present => headers.contains_key(name),
            Self::Absent => !headers.contains_key(name),
            Self::Text(test) => {
                let mut values = headers.get_all(name).iter();
                if test.is_negative() {
                    values.all(|value| test.holds(value.as_bytes()))
                } else {
                    values.any(|value| test.holds(value.as_bytes()))
                }
            }
        }
    }

    /// As in `contains json`.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Present => "present".to_owned(),
            Self::Absent => "absent".to_owned(),
            Self::Text(test) => test.words(),
        }
    }

    /// What is wrong with a header that came like that.
    pub(super) fn complain(&self, name: &HeaderName, came: &str) -> String {
        let name = title(name);
        match self {
            Self::Present => format!("header {name} is missing"),
            Self::Absent => format!("header {name} is {came}, not absent"),
            Self::Text(test) if came == ABSENT => {
                format!(
                    "header {name} is missing; it should be there, {}",
                    test.wish()
                )
            }
            Self::Text(test) => format!("header {name} is {came}, {}", test.complaint()),
        }
    }
}

const ABSENT: &str = "absent";

/// All values of the header, as in "`a` and `b`".
pub(super) fn came(headers: &HeaderMap, name: &HeaderName) -> String {
    /// More would fill the line that they are shown in.
    const SHOWN_MAX: usize = 3;
    let mut values = headers.get_all(name).iter();
    let shown: Vec<_> = values.by_ref().take(SHOWN_MAX).map(quoted).collect();
    match (shown.len(), values.count()) {
        (0, _) => ABSENT.to_owned(),
        (_, 0) => shown.join(" and "),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The name as people write it: `content-type` as `Content-Type`.
pub(super) fn title(name: &HeaderName) -> String {
    let mut title = String::with_capacity(name.as_str().len());
    for c in name.as_str().chars() {
        if title.is_empty() || title.ends_with('-') {
            title.push(c.to_ascii_uppercase());
        } else {
            title.push(c);
        }
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], test: &HeaderTest, expected: Result<(), &str>) {
        let name = HeaderName::from_static("x-a");
        let values = values.iter().map(|v| (name.clone(), v.parse().unwrap()));
        let headers: HeaderMap = values.collect();
        let said = if test.holds(&headers, &name) {
            Ok(())
        } else {
            Err(test.complain(&name, &came(&headers, &name)))
        };
        assert_eq!(said.as_ref().map_err(String::as_str).copied(), expected);
    }

    #[test]
    fn one_value_has_to_pass_and_none_may_fail_a_negative_test() {
        let text = |test| HeaderTest::Text(test);
        let equals = |t: &str| text(TextTest::Equals(t.into()));
        let not_contains = |t: &str| text(TextTest::NotContains(t.into()));
        check(&["a"], &equals("a"), Ok(()));
        check(&["b", "a"], &equals("a"), Ok(()));
        check(&["b"], &equals("a"), Err("header X-A is `b`, not `a`"));
        check(
            &["b", "c", "d", "e"],
            &equals("a"),
            Err("header X-A is `b`, `c`, `d` and 1 more, not `a`"),
        );
        check(
            &[],
            &equals("a"),
            Err("header X-A is missing; it should be there, equal to `a`"),
        );
        check(&[], &not_contains("a"), Ok(()));
        check(&["b"], &not_contains("a"), Ok(()));
        check(
            &["b", "an"],
            &not_contains("a"),
            Err("header X-A is `b` and `an`, containing `a`"),
        );
        check(&["a"], &HeaderTest::Present, Ok(()));
        check(&[], &HeaderTest::Present, Err("header X-A is missing"));
        check(&[], &HeaderTest::Absent, Ok(()));
        check(
            &["a"],
            &HeaderTest::Absent,
            Err("header X-A is `a`, not absent"),
        );
    }
}
