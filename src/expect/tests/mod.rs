//! Answers held against every kind of rule, as judged and as explained.

mod explained;
mod properties;
mod rules;
mod slow;

use http::{HeaderMap, HeaderName};

use super::*;
use crate::domain::observation::{Cause, Failure, HttpVersion, Outcome, Phase, Timings};
use crate::domain::time::{Micros, UnixMillis};

/// 2024-09-29T14:30:20Z
const NOW: UnixMillis = UnixMillis(1_727_620_220_000);

const DAY: Millis = Millis(86_400_000);

/// An answer that a test says of what is special about it.
#[derive(Clone, Debug)]
struct Given {
    status: u16,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Option<Vec<u8>>,
    url: &'static str,
    redirects: u64,
    http_version: Option<HttpVersion>,
    tls_version: Option<TlsVersion>,
    /// Whole days that each is still valid, and a little.
    certificates: Vec<i64>,
    timings: Timings,
    latency_ms: u64,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Some(Vec::new()),
            url: "https://a.example/",
            redirects: 0,
            http_version: Some(HttpVersion::Http11),
            tls_version: Some(TlsVersion::Tls13),
            certificates: vec![90, 400],
            timings: Timings::default(),
            latency_ms: 100,
        }
    }
}

impl Given {
    fn look<T>(&self, look: impl FnOnce(&Seen<'_>) -> T) -> T {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            if let Ok(value) = http::HeaderValue::from_bytes(value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        let certificates: Vec<_> = self.certificates.iter().map(|days| facts(*days)).collect();
        look(&Seen {
            now: NOW,
            status: self.status,
            headers: &headers,
            body: self.body.as_deref(),
            body_bytes: self.body.as_ref().map(|body| body.len() as u64),
            url: self.url,
            redirects: self.redirects,
            http_version: self.http_version,
            tls_version: self.tls_version,
            certificates: &certificates,
            timings: self.timings,
            latency: Micros(self.latency_ms * 1000),
        })
    }
}

fn facts(days: i64) -> CertificateFacts {
    CertificateFacts {
        subject: format!("CN=of {days} days"),
        issuer: "CN=ca".to_owned(),
        not_before: NOW,
        not_after: NOW + Millis(DAY.0 * days + 1000),
        names: vec!["a.example".to_owned()],
        serial: "01".to_owned(),
        key: "EC 256".to_owned(),
        sha256: String::new(),
    }
}

fn body(body: &str) -> Given {
    Given {
        body: Some(body.into()),
        ..Given::default()
    }
}

fn header(name: &'static str, value: &str) -> Given {
    Given {
        headers: vec![(name, value.into())],
        ..Given::default()
    }
}

/// What came of judging by the one rule: nothing, or cause and complaint.
fn judged(given: &Given, rule: &Rule) -> Option<(Cause, String)> {
    let expectations = Expectations::new(vec![rule.clone()], Vec::new());
    match given.look(|seen| expectations.judge(seen)) {
        Outcome::Ok => None,
        Outcome::Fail(Failure {
            cause: Some(cause),
            phase: Some(Phase::Verdict),
            detail: Some(detail),
        }) => Some((cause, detail.to_string())),
        outcome => panic!("{rule}: {outcome:?}"),
    }
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "rows read better without `&`"
)]
fn met(given: &Given, rule: Rule) {
    assert_eq!(judged(given, &rule), None, "{rule}");
}

#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "rows read better without `&`"
)]
fn unmet(given: &Given, rule: Rule, cause: Cause, expected: &str) {
    let expected = Some((cause, expected.to_owned()));
    assert_eq!(judged(given, &rule), expected, "{rule}");
}

fn json_rule(path: &str, test: JsonTest) -> Rule {
    Rule::Json(JsonPath::try_new(path).unwrap(), test)
}

fn expression(text: &str) -> Rule {
    Rule::Expression(Expression::try_new(text).unwrap_or_else(|bad| panic!("{text}: {bad:?}")))
}

fn pattern(text: &str) -> Pattern {
    Pattern::try_new(text).unwrap()
}
