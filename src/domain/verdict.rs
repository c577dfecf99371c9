//! Expectation × answer → outcome.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;

use http::StatusCode;

use super::observation::{Cause, Failure, Outcome, Phase};
use super::time::{Micros, Millis};

/// What an answer must be like. All must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations {
    pub status: StatusSet,
    /// Texts that must all stand in the body.
    pub body_contains: Vec<Arc<str>>,
    /// An answer that took longer is `slow`.
    pub latency_max: Option<Millis>,
}

/// What is judged of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub status: u16,
    /// The whole body; `None` if it was not read.
    pub body: Option<&'a [u8]>,
    /// From the start of the request to the end of the body.
    pub latency: Micros,
}

/// One expectation and what came, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// As in `status 2xx`.
    pub expectation: String,
    pub check: Check,
    /// What came instead, or in fulfilment; empty if the answer does not tell.
    pub came: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    Met,
    Unmet,
    /// What it is about was not read, since another expectation had decided.
    Unchecked,
}

impl Expectations {
    /// What the answer is worth. Details are as long as what they quote: bound and mask them.
    pub fn judge(&self, seen: &Seen<'_>) -> Outcome {
        if !self.status.contains(seen.status) {
            return unmet(Cause::Status, describe_status(seen.status));
        }
        let missing = |text: &&Arc<str>| !contains(seen.body.unwrap_or_default(), text);
        if let Some(text) = self.body_contains.iter().find(missing) {
            return unmet(Cause::Body, format!("body does not contain `{text}`"));
        }
        match self.latency_max {
            Some(max) if exceeds(seen.latency, max) => Outcome::Slow {
                detail: Some(
                    format!("took {}, longer than {max}", seen.latency.to_millis()).into(),
                ),
            },
            _ => Outcome::Ok,
        }
    }

    /// Whether a body can change the verdict on an answer with this status.
    pub fn want_body(&self, status: u16) -> bool {
        !self.body_contains.is_empty() && self.status.contains(status)
    }

    /// Each expectation with what came.
    pub fn explain(&self, seen: &Seen<'_>) -> Vec<Checked> {
        let met = |met| if met { Check::Met } else { Check::Unmet };
        let status = Checked {
            expectation: format!("status {}", self.status),
            check: met(self.status.contains(seen.status)),
            came: describe_status(seen.status),
        };
        let texts = self.body_contains.iter().map(|text| Checked {
            expectation: format!("body contains `{text}`"),
            check: seen
                .body
                .map_or(Check::Unchecked, |body| met(contains(body, text))),
            came: String::new(),
        });
        let latency = self.latency_max.map(|max| Checked {
            expectation: format!("latency at most {max}"),
            check: met(!exceeds(seen.latency, max)),
            came: seen.latency.to_millis().to_string(),
        });
        std::iter::once(status)
            .chain(texts)
            .chain(latency)
            .collect()
    }
}

fn unmet(cause: Cause, detail: String) -> Outcome {
    Outcome::Fail(Failure {
        cause: Some(cause),
        phase: Some(Phase::Verdict),
        detail: Some(detail.into()),
    })
}

/// As in `503 Service Unavailable`; just the number for one without a registered phrase.
fn describe_status(status: u16) -> String {
    let phrase = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    match phrase {
        Some(phrase) => format!("{status} {phrase}"),
        None => status.to_string(),
    }
}

fn contains(body: &[u8], text: &str) -> bool {
    memchr::memmem::find(body, text.as_bytes()).is_some()
}

fn exceeds(latency: Micros, max: Millis) -> bool {
    u128::from(latency.0) > max.to_duration().as_micros()
}

/// A set of status codes, as ranges. Default: 2xx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSet(Vec<RangeInclusive<u16>>);

impl Default for StatusSet {
    fn default() -> Self {
        Self(vec![200..=299])
    }
}

/// The text names no status codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no status; write a code (200), a class (2xx) or a range (200-299), from 100 to 999"
)]
pub struct BadStatus(pub String);

impl StatusSet {
    pub fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }

    /// The codes of all sets together.
    pub fn union(sets: impl IntoIterator<Item = Self>) -> Self {
        Self(sets.into_iter().flat_map(|set| set.0).collect())
    }
}

impl FromStr for StatusSet {
    type Err = BadStatus;

    /// A code (`200`), a class (`2xx`) or a range (`200-299`).
    fn from_str(text: &str) -> Result<Self, BadStatus> {
        let bad = || BadStatus(text.to_owned());
        let code = |digits: &str| -> Result<u16, BadStatus> {
            match digits.trim().parse() {
                Ok(code @ 100..=999) if digits.trim().len() == 3 => Ok(code),
                _ => Err(bad()),
            }
        };
        let text = text.trim();
        let range = if let Some(class) = text.strip_suffix("xx").or(text.strip_suffix("XX")) {
            let first = code(&format!("{class}00"))?;
            first..=first + 99
        } else if let Some((first, last)) = text.split_once('-') {
            code(first)?..=code(last)?
        } else {
            let only = code(text)?;
            only..=only
        };
        if range.is_empty() {
            return Err(bad());
        }
        Ok(Self(vec![range]))
    }
}

impl std::fmt::Display for StatusSet {
    /// As it is written in probes.yaml, parts joined by commas.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, range) in self.0.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let (first, last) = (range.start(), range.end());
            if first == last {
                write!(f, "{comma}{first}")?;
            } else if first % 100 == 0 && *last == first + 99 {
                write!(f, "{comma}{}xx", first / 100)?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectations() -> Expectations {
        Expectations {
            status: StatusSet::default(),
            body_contains: vec!["play".into(), "pause".into()],
            latency_max: Some(Millis(500)),
        }
    }

    fn seen(status: u16, body: Option<&str>, latency_us: u64) -> Seen<'_> {
        Seen {
            status,
            body: body.map(str::as_bytes),
            latency: Micros(latency_us),
        }
    }

    /// `outcome cause detail`, empty parts left out.
    #[track_caller]
    fn check(seen: Seen<'_>, expected: &str) {
        let outcome = expectations().judge(&seen);
        let cause = match &outcome {
            Outcome::Fail(failure) => failure.cause.map_or(String::new(), |c| format!(" {c}")),
            _ => String::new(),
        };
        let detail = outcome.detail().map_or(String::new(), |d| format!(" {d}"));
        assert_eq!(
            format!("{}{cause}{detail}", outcome.kind()),
            expected,
            "{seen:?}"
        );
    }

    #[test]
    fn the_first_unmet_expectation_decides() {
        let both = Some("play, pause");
        for (seen, expected) in [
            (seen(200, both, 500_000), "ok"),
            (
                seen(200, both, 500_001),
                "slow took 501ms, longer than 500ms",
            ),
            (
                seen(200, Some("play"), 900_000),
                "fail body body does not contain `pause`",
            ),
            (
                seen(503, Some("play"), 1),
                "fail status 503 Service Unavailable",
            ),
            (seen(599, None, 1), "fail status 599"),
        ] {
            check(seen, expected);
        }
    }

    #[test]
    fn every_expectation_is_explained() {
        let explain = |seen: &Seen<'_>| -> Vec<String> {
            expectations()
                .explain(seen)
                .iter()
                .map(|c| format!("{:?} {}: {}", c.check, c.expectation, c.came))
                .collect()
        };
        assert_eq!(
            explain(&seen(200, Some("play"), 501_000)),
            [
                "Met status 2xx: 200 OK",
                "Met body contains `play`: ",
                "Unmet body contains `pause`: ",
                "Unmet latency at most 500ms: 501ms",
            ]
        );
        assert_eq!(
            explain(&seen(404, None, 1)),
            [
                "Unmet status 2xx: 404 Not Found",
                "Unchecked body contains `play`: ",
                "Unchecked body contains `pause`: ",
                "Met latency at most 500ms: 1ms",
            ]
        );
    }

    #[test]
    fn a_status_set_is_a_code_a_class_or_a_range() {
        for (text, inside, outside) in [
            ("200", 200, 201),
            ("2xx", 299, 300),
            ("200-204", 204, 205),
            ("999", 999, 998),
        ] {
            let set: StatusSet = text.parse().unwrap();
            assert!(set.contains(inside) && !set.contains(outside), "{text}");
            assert_eq!(set.to_string(), text);
        }
        for bad in ["", "xx", "20", "2x", "1000", "99", "204-200", "+20", "200-"] {
            assert_eq!(bad.parse::<StatusSet>(), Err(BadStatus(bad.to_owned())));
        }
    }
}
