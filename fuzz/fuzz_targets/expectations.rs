//! Any text as expectations, any bytes as the answer: nothing may panic, hang or eat the memory,
//! and the verdict must be what the explanation says.
//!
//! A case is lines, an empty line, and a body. Each line is a letter and a text:
//!
//! | letter | text |
//! |---|---|
//! | `c` `m` `n` | the body contains it, matches it, does not match it |
//! | `j` | a path, a tab, and a test of what it finds as in `gt 3` |
//! | `s` | a schema |
//! | `e` | an expression |
//! | `d` `l` | the most seconds of date_skew, last_modified_age |
//! | `H` | a header of the answer, as in `date: …` |
//! | `S` | all rules from here on are of slow_if |
//! | `R` | the body is an array of that many times what is given |
#![no_main]

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use outwatch::domain::observation::{HttpVersion, Outcome, Timings};
use outwatch::domain::time::{Micros, Millis, UnixMillis};
use outwatch::expect::{
    Check, Expectations, Expression, HeaderTest, JsonPath, JsonTest, JsonType, Pattern, Rule,
    Schema, Seen, TextTest, TlsVersion,
};

/// Longest body made by repeating.
const BODY_BYTES_MAX: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let case = Case::read(data);
    let expectations = Expectations::new(case.rules, case.slow_if);
    let seen = Seen {
        now: UnixMillis(1_727_620_220_000),
        status: 200,
        headers: &case.headers,
        body: Some(&case.body),
        body_bytes: Some(case.body.len() as u64),
        url: "https://a.example/",
        redirects: 1,
        http_version: Some(HttpVersion::Http2),
        tls_version: Some(TlsVersion::Tls13),
        certificates: &[],
        timings: Timings::default(),
        latency: Micros(100_000),
    };
    let explained = expectations.explain(&seen);
    let (rules, slow_if) = explained.split_at(expectations.rules().len());
    let is_met = rules.iter().all(|checked| checked.check == Check::Met);
    let is_slow = slow_if.iter().any(|checked| checked.check == Check::Unmet);
    match expectations.judge(&seen) {
        Outcome::Ok => assert!(is_met && !is_slow),
        Outcome::Slow { detail } => {
            assert!(is_met && is_slow);
            assert!(is_sentence(&detail.unwrap_or_default()));
        }
        Outcome::Fail(failure) => {
            assert!(!is_met);
            assert!(is_sentence(&failure.detail.unwrap_or_default()));
        }
        outcome @ Outcome::Inconclusive { .. } => panic!("{outcome:?}"),
    }
});

fn is_sentence(detail: &str) -> bool {
    !detail.is_empty() && detail.len() < 4096
}

#[derive(Default)]
struct Case {
    rules: Vec<Rule>,
    slow_if: Vec<Rule>,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Case {
    fn read(data: &[u8]) -> Self {
        let mut case = Self::default();
        let (lines, body) = match data.windows(2).position(|pair| pair == b"\n\n") {
            Some(at) => (&data[..at], &data[at + 2..]),
            None => (data, &[][..]),
        };
        case.body = body.to_vec();
        let lines = String::from_utf8_lossy(lines);
        let mut is_slow = false;
        for line in lines.split('\n') {
            let Some(letter) = line.chars().next() else {
                continue;
            };
            let text = &line[letter.len_utf8()..];
            match letter {
                'S' => is_slow = true,
                'R' => case.repeat(text),
                'H' => case.add_header(text),
                letter => {
                    let rule = rule(letter, text);
                    let rules = if is_slow {
                        &mut case.slow_if
                    } else {
                        &mut case.rules
                    };
                    rules.extend(rule);
                }
            }
        }
        case
    }

    fn repeat(&mut self, times: &str) {
        let Ok(times) = times.parse::<usize>() else {
            return;
        };
        let mut one = std::mem::take(&mut self.body);
        one.push(b',');
        let times = times.min(BODY_BYTES_MAX / one.len());
        self.body.push(b'[');
        self.body.extend(one.repeat(times));
        self.body.extend(b"0]");
    }

    fn add_header(&mut self, text: &str) {
        let Some((name, value)) = text.split_once(": ") else {
            return;
        };
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            let _ = self.headers.try_append(name, value);
        }
    }
}

fn rule(letter: char, text: &str) -> Option<Rule> {
    let pattern = || Pattern::try_new(text).ok();
    match letter {
        'c' => Some(Rule::Body(TextTest::Contains(text.into()))),
        'm' => Some(Rule::Body(TextTest::Matches(pattern()?))),
        'n' => Some(Rule::Header(
            http::header::DATE,
            HeaderTest::Text(TextTest::NotMatches(pattern()?)),
        )),
        'j' => {
            let (path, test) = text.split_once('\t').unwrap_or((text, "exists"));
            Some(Rule::Json(JsonPath::try_new(path).ok()?, json_test(test)?))
        }
        's' => {
            let schema = Schema::try_new(serde_json::from_str(text).ok()?).ok()?;
            Some(Rule::JsonSchema(Arc::new(schema)))
        }
        'e' => Some(Rule::Expression(Expression::try_new(text).ok()?)),
        'd' => Some(Rule::DateSkewMax(Millis::from_secs(text.parse().ok()?))),
        'l' => Some(Rule::LastModifiedAgeMax(Millis::from_secs(
            text.parse().ok()?,
        ))),
        _ => None,
    }
}

fn json_test(text: &str) -> Option<JsonTest> {
    let (word, text) = text.split_once(' ').unwrap_or((text, ""));
    let number = || text.parse().ok();
    let value = || serde_json::from_str(text).ok();
    let pattern = || Pattern::try_new(text).ok();
    Some(match word {
        "exists" => JsonTest::Exists,
        "absent" => JsonTest::Absent,
        "equals" => JsonTest::Equals(value()?),
        "not" => JsonTest::Not(value()?),
        "gt" => JsonTest::Gt(number()?),
        "gte" => JsonTest::Gte(number()?),
        "lt" => JsonTest::Lt(number()?),
        "lte" => JsonTest::Lte(number()?),
        "contains" => JsonTest::Contains(value()?),
        "not_contains" => JsonTest::NotContains(value()?),
        "matches" => JsonTest::Matches(pattern()?),
        "not_matches" => JsonTest::NotMatches(pattern()?),
        "length" => JsonTest::Length(text.parse().ok()?..=u64::MAX),
        "type" => {
            let all = JsonType::ALL.into_iter();
            JsonTest::Type(all.into_iter().find(|one| one.as_str() == text)?)
        }
        _ => return None,
    })
}
