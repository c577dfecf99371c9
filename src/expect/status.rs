//! Status codes.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

use http::StatusCode;

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

    /// Every code there is.
    pub fn any() -> Self {
        Self(vec![100..=999])
    }

    /// The codes of all sets together, each range once.
    pub fn union(sets: impl IntoIterator<Item = Self>) -> Self {
        let ranges = sets.into_iter().flat_map(|set| set.0);
        let mut seen = HashSet::new();
        Self(ranges.filter(|range| seen.insert(range.clone())).collect())
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

/// As in `503 Service Unavailable`; just the number for one without a registered phrase.
pub fn describe_status(status: u16) -> String {
    let phrase = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    match phrase {
        Some(phrase) => format!("{status} {phrase}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
