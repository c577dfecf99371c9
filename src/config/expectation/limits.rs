//! Limits and versions: numbers, lengths of time, and words.

use super::super::keys::{self, BYTES_MAX, COUNT_MAX, DAYS_MAX, names};
use super::super::mistake::Mistake;
use super::super::node::{Node, Value};
use super::super::value::{Reader, shortened};
use super::{Said, is_none};
use crate::domain::observation::HttpVersion;
use crate::expect::{Count, LatencyPart, Rule, TlsVersion};

/// HTTP/0.9 and HTTP/3 are not spoken.
const VERSIONS: [(&str, HttpVersion); 3] = [
    ("1.0", HttpVersion::Http10),
    ("1.1", HttpVersion::Http11),
    ("2", HttpVersion::Http2),
];

const RANGE: [&str; keys::RANGE.len()] = names(&keys::RANGE);

impl Reader<'_, '_> {
    /// Of the keys that have one plain value.
    pub(super) fn limit(&mut self, key: &str, node: &Node, said: &mut Said) {
        let rule = match key {
            "bytes_min" => self.number(node, 1..=BYTES_MAX).map(Rule::BodyBytesMin),
            "bytes_max" => self.number(node, 0..=BYTES_MAX).map(Rule::BodyBytesMax),
            "redirects" => self.how_many(node).map(Rule::Redirects),
            "http_version" => self.http_versions(node),
            "tls_version_min" => {
                let versions = TlsVersion::ALL.map(|version| (version.as_str(), version));
                let version = self.choice(node, "a version of TLS", &versions);
                version.map(Rule::TlsVersionMin)
            }
            "certificate_days_min" => self.days(node).map(Rule::CertificateDaysMin),
            "chain_days_min" => self.days(node).map(Rule::ChainDaysMin),
            "date_skew_max" => self.length(node).value.map(Rule::DateSkewMax),
            _ => self.length(node).value.map(Rule::LastModifiedAgeMax),
        };
        said.rules.extend(rule);
    }

    /// Of the whole answer, or of its phases each for itself.
    pub(super) fn latency_max(&mut self, node: &Node) -> Vec<Said> {
        let Value::Map(entries) = &node.value else {
            return vec![self.latency_of(LatencyPart::Total, node)];
        };
        let mut all = Vec::new();
        for (key, node) in entries {
            let part = LatencyPart::ALL
                .iter()
                .find(|part| part.as_str() == key.text);
            match part {
                Some(part) => all.push(self.latency_of(*part, node)),
                None => self.unknown_key(key, &LatencyPart::ALL.map(LatencyPart::as_str)),
            }
        }
        all
    }

    fn latency_of(&mut self, part: LatencyPart, node: &Node) -> Said {
        let mut said = Said {
            name: part.as_str().to_owned(),
            ..Said::new("latency_max", node.place)
        };
        if !is_none(node) {
            let max = self.length(node).value;
            said.rules
                .extend(max.map(|max| Rule::LatencyMax(part, max)));
        }
        said
    }

    fn http_versions(&mut self, node: &Node) -> Option<Rule> {
        let what = "a version of HTTP that is spoken";
        let versions = match &node.value {
            Value::List(nodes) => nodes
                .iter()
                .map(|node| self.choice(node, what, &VERSIONS))
                .collect::<Option<Vec<_>>>()?,
            _ => vec![self.choice(node, what, &VERSIONS)?],
        };
        if versions.is_empty() {
            let mistake = Mistake::at(node.place, "no version would be right")
                .label("name at least one, as in [1.1, 2]");
            self.wrong(mistake);
            return None;
        }
        Some(Rule::HttpVersion(versions))
    }

    fn days(&mut self, node: &Node) -> Option<u32> {
        let days = self.number(node, 0..=DAYS_MAX)?;
        u32::try_from(days).ok()
    }

    /// A number, or a range as in `{ min: 1, max: 9 }`.
    pub(super) fn how_many(&mut self, node: &Node) -> Option<Count> {
        let Value::Map(entries) = &node.value else {
            let number = self.number(node, 0..=COUNT_MAX)?;
            return Some(number..=number);
        };
        let (mut min, mut max, mut right) = (None, None, true);
        for (key, node) in entries {
            match &*key.text {
                "min" => min = self.number(node, 0..=COUNT_MAX),
                "max" => max = self.number(node, 0..=COUNT_MAX),
                _ => self.unknown_key(key, &RANGE),
            }
            right &= RANGE.contains(&&*key.text);
        }
        if right && entries.is_empty() {
            let mistake = Mistake::at(node.place, "nothing is expected here");
            self.wrong(mistake.label("write a number, or a range as in { min: 1, max: 9 }"));
        }
        match (min, max) {
            (Some(min), Some(max)) if min > max => {
                let mistake = Mistake::at(node.place, format!("min {min} is above max {max}"));
                self.wrong(mistake.label("no number is in this range"));
                None
            }
            (None, None) => None,
            _ => Some(min.unwrap_or(0)..=max.unwrap_or(u64::MAX)),
        }
    }

    /// Any number, also with a fraction.
    pub(super) fn any_number(&mut self, node: &Node, said: &mut Said) -> Option<f64> {
        let text = self.text(node, "a number")?;
        match said.take(&text).trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Some(number),
            _ => {
                let title = format!("`{}` is not a number", shortened(text.written()));
                self.wrong(Mistake::at(text.place, title).label("write it as in 3 or 0.5"));
                None
            }
        }
    }
}
