//! What an expression can look at of an answer.

use std::collections::HashMap;
use std::sync::OnceLock;

use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt,
};
use cel::common::value::Val;

use crate::domain::latency::LatencyPart;
use crate::domain::time::Micros;
use crate::expect::seen::Seen;
use crate::expect::subject::Subject;

/// | variable | |
/// |---|---|
/// | `status` | int |
/// | `headers` | map of lower-case names to their first values |
/// | `body` | text; what is not UTF-8 is replaced by U+FFFD |
/// | `json` | the body as JSON; null if it is none. Whole numbers are int (uint from 2^63), others double |
/// | `bytes` | of the body as it came over the wire; null if it was not read |
/// | `url` | that answered |
/// | `redirects` | that were followed |
/// | `http_version`, `tls_version` | text as in `1.1`; null if unknown, null without TLS |
/// | `certificate` | the server's: `days_left`, `subject`, `issuer`, `names`, `not_after`, and `chain_days_left` of all that were sent; null if there is none |
/// | `timings` | `total`, `dns`, `connect`, `tls`, `first_byte`, `body` in ms, double; 0 for a phase that there was none of |
/// | `latency_ms` | the same as `timings.total` |
pub(super) const NAMES: [&str; 12] = [
    "status",
    "headers",
    "body",
    "json",
    "bytes",
    "url",
    "redirects",
    "http_version",
    "tls_version",
    "certificate",
    "timings",
    "latency_ms",
];

type Owned = Box<dyn Val>;

/// Each is computed when it is asked for first.
#[derive(Default)]
pub(in crate::expect) struct Variables([OnceLock<Owned>; NAMES.len()]);

impl Variables {
    /// The one of that place in [`NAMES`].
    pub(super) fn get<'b>(&'b self, index: usize, subject: &Subject<'_>) -> &'b dyn Val {
        self.0[index]
            .get_or_init(|| compute(NAMES[index], subject))
            .as_ref()
    }
}

fn compute(name: &str, subject: &Subject<'_>) -> Owned {
    let seen = subject.seen;
    match name {
        "status" => int(i64::from(seen.status)),
        "headers" => headers(seen),
        "body" => text(&String::from_utf8_lossy(seen.body.unwrap_or_default())),
        "json" => subject.json().map_or_else(|_| null(), json),
        "bytes" => seen.body_bytes.map_or_else(null, count),
        "url" => text(seen.url),
        "redirects" => count(seen.redirects),
        "http_version" => seen.http_version.map_or_else(null, |v| text(v.as_str())),
        "tls_version" => seen.tls_version.map_or_else(null, |v| text(v.as_str())),
        "certificate" => certificate(seen),
        "timings" => map(LatencyPart::ALL.map(|part| {
            let took = part.of(Some(seen.latency), &seen.timings);
            (part.as_str(), ms(took.unwrap_or_default()))
        })),
        "latency_ms" => ms(seen.latency),
        _ => null(),
    }
}

fn headers(seen: &Seen<'_>) -> Owned {
    map(seen.headers.keys().map(|name| {
        let first = seen.headers.get(name);
        let first = first.map_or(&[][..], |value| value.as_bytes());
        (name.as_str(), text(&String::from_utf8_lossy(first)))
    }))
}

fn certificate(seen: &Seen<'_>) -> Owned {
    let Some(own) = seen.certificates.first() else {
        return null();
    };
    let days_left = seen.certificates.iter().map(|one| one.days_left(seen.now));
    map([
        ("days_left", int(own.days_left(seen.now))),
        ("chain_days_left", days_left.min().map_or_else(null, int)),
        ("subject", text(&own.subject)),
        ("issuer", text(&own.issuer)),
        ("names", list(own.names.iter().map(|name| text(name)))),
        ("not_after", text(&own.not_after.to_string())),
    ])
}

fn json(value: &serde_json::Value) -> Owned {
    use serde_json::Value;
    match value {
        Value::Null => null(),
        Value::Bool(bool) => Box::new(CelBool::from(*bool)),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => int(number),
            (None, Some(number)) => Box::new(CelUInt::from(number)),
            (None, None) => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(string) => text(string),
        Value::Array(items) => list(items.iter().map(json)),
        Value::Object(members) => map(members
            .iter()
            .map(|(key, value)| (key.as_str(), json(value)))),
    }
}

fn null() -> Owned {
    Box::new(CelNull)
}

fn int(number: i64) -> Owned {
    Box::new(CelInt::from(number))
}

fn count(number: u64) -> Owned {
    int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn text(text: &str) -> Owned {
    Box::new(CelString::from(text.to_owned()))
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 285 years")]
fn ms(time: Micros) -> Owned {
    Box::new(CelDouble::from(time.0 as f64 / 1000.0))
}

fn list(items: impl Iterator<Item = Owned>) -> Owned {
    Box::new(CelList::from(items.collect::<Vec<_>>()))
}

fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Owned)>) -> Owned {
    let entries = entries.into_iter();
    let entries = entries.map(|(key, value)| (CelMapKey::from(key.to_owned()), value));
    Box::new(CelMap::from(entries.collect::<HashMap<_, _>>()))
}
