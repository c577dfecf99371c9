//! Holds an answer against one rule.

use super::date;
use super::expression::Evaluated;
use super::header;
use super::json_path::JsonPath;
use super::json_test::{JsonTest, range};
use super::quote::{count, quoted};
use super::rule::Rule;
use super::schema::{Schema, Violation};
use super::status::describe_status;
use super::subject::{Subject, UNREAD};
use super::text::TextTest;
use super::words::any_of;
use super::{CertificateFacts, Expression};
use crate::domain::latency::LatencyPart;
use crate::domain::observation::HttpVersion;
use crate::domain::time::{Micros, Millis};

/// How an answer stands to one rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) state: State,
    /// What came, in few words. Empty for a rule that is met, unless it was asked for.
    pub(super) came: String,
    /// What is wrong, in a sentence. Empty for a rule that is met.
    pub(super) complaint: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Met,
    Unmet,
    /// The answer has nothing that the rule could apply to. So the rule is not met, yet what it
    /// says the contrary of is not so either.
    Inapplicable,
    /// What it is about was not read.
    Unread,
}

impl Finding {
    fn inapplicable(complaint: impl Into<String>) -> Self {
        let complaint = complaint.into();
        Self {
            state: State::Inapplicable,
            came: complaint.clone(),
            complaint,
        }
    }

    fn unread() -> Self {
        Self {
            state: State::Unread,
            came: String::new(),
            complaint: UNREAD.to_owned(),
        }
    }
}

impl Subject<'_> {
    /// Texts are made only if they are wanted: an answer that meets its rules costs none.
    fn find(
        &self,
        is_met: bool,
        came: impl FnOnce() -> String,
        complain: impl FnOnce(&str) -> String,
    ) -> Finding {
        let came = if is_met && !self.telling {
            String::new()
        } else {
            came()
        };
        let (state, complaint) = if is_met {
            (State::Met, String::new())
        } else {
            (State::Unmet, complain(&came))
        };
        Finding {
            state,
            came,
            complaint,
        }
    }

    pub(super) fn check(&self, rule: &Rule) -> Finding {
        let seen = self.seen;
        match rule {
            Rule::Status(set) => self.find(
                set.contains(seen.status),
                || describe_status(seen.status),
                str::to_owned,
            ),
            Rule::Header(name, test) => self.find(
                test.holds(seen.headers, name),
                || header::came(seen.headers, name),
                |came| test.complain(name, came),
            ),
            Rule::Body(test) => self.check_body(test),
            Rule::Json(path, test) => self.check_json(path, test),
            Rule::JsonSchema(schema) => self.check_schema(schema),
            Rule::BodyBytesMin(min) => self.check_bytes(
                |bytes| bytes >= *min,
                || format!("at least {min} are expected"),
            ),
            Rule::BodyBytesMax(max) => self.check_bytes(
                |bytes| bytes <= *max,
                || format!("at most {max} are expected"),
            ),
            Rule::FinalUrl(test) => self.find(
                test.holds(seen.url.as_bytes()),
                || quoted(seen.url),
                |came| format!("answered by {came}, {}", test.complaint()),
            ),
            Rule::Redirects(counts) => self.find(
                counts.contains(&seen.redirects),
                || seen.redirects.to_string(),
                |_| {
                    let followed = count(seen.redirects, "redirect");
                    format!("followed {followed}, not {}", range(counts))
                },
            ),
            Rule::HttpVersion(versions) => self.check_http_version(versions),
            Rule::TlsVersionMin(min) => match seen.tls_version {
                None => Finding::inapplicable("no TLS"),
                Some(version) => self.find(
                    version >= *min,
                    || version.to_string(),
                    |came| format!("TLS is of version {came}, at least {min} is expected"),
                ),
            },
            Rule::CertificateDaysMin(min) => self.check_days(
                "certificate",
                &seen.certificates[..seen.certificates.len().min(1)],
                *min,
            ),
            Rule::ChainDaysMin(min) => self.check_days("chain", seen.certificates, *min),
            Rule::LatencyMax(part, max) => self.check_latency(*part, *max),
            Rule::DateSkewMax(max) => self.check_date_skew(*max),
            Rule::LastModifiedAgeMax(max) => self.check_last_modified(*max),
            Rule::Expression(expression) => self.check_expression(expression),
        }
    }

    fn check_body(&self, test: &TextTest) -> Finding {
        let Some(body) = self.seen.body else {
            return Finding::unread();
        };
        self.find(
            test.holds(body),
            || match (test, body) {
                (_, []) => "empty".to_owned(),
                // whoever looks for a part sees nothing in the beginning
                (TextTest::Equals(_), body) => quoted(body),
                _ => String::new(),
            },
            |_| test.complain_of_body(body),
        )
    }

    fn check_json(&self, path: &JsonPath, test: &JsonTest) -> Finding {
        if self.seen.body.is_none() {
            return Finding::unread();
        }
        let found = match self.json() {
            Err(reason) => return Finding::inapplicable(reason.to_string()),
            Ok(json) => match path.try_find(json) {
                Err(too_much) => return Finding::inapplicable(too_much.to_string()),
                Ok(found) => found,
            },
        };
        let name = path.as_str();
        let nothing = || "nothing".to_owned();
        match (found.as_slice(), test) {
            ([], JsonTest::Absent) => self.find(true, nothing, |_| String::new()),
            ([], _) => self.find(false, nothing, |_| format!("{name} finds nothing")),
            (values, test) => {
                let failed = values.iter().position(|value| !test.holds(value));
                let shown = values[failed.unwrap_or(0)];
                let finding = self.find(
                    failed.is_none(),
                    || test.came(shown),
                    |_| {
                        let which = match (failed, values.len()) {
                            (_, 1) | (None, _) => String::new(),
                            (Some(index), all) => format!(", value {} of {all},", index + 1),
                        };
                        format!("{name}{which} {}", test.complain(shown))
                    },
                );
                match finding.state {
                    State::Unmet if !test.applies(shown) => Finding {
                        state: State::Inapplicable,
                        ..finding
                    },
                    _ => finding,
                }
            }
        }
    }

    fn check_schema(&self, schema: &Schema) -> Finding {
        if self.seen.body.is_none() {
            return Finding::unread();
        }
        match self.json().map(|json| schema.check(json)) {
            Err(reason) => Finding::inapplicable(reason.to_string()),
            Ok(Err(Violation::TooDeep)) => {
                Finding::inapplicable(format!("body has {}", Violation::TooDeep))
            }
            Ok(Ok(())) => self.find(true, String::new, str::to_owned),
            Ok(Err(violation)) => self.find(
                false,
                || violation.to_string(),
                |came| format!("body is not of its schema: {came}"),
            ),
        }
    }

    fn check_bytes(
        &self,
        is_met: impl FnOnce(u64) -> bool,
        expected: impl FnOnce() -> String,
    ) -> Finding {
        match self.seen.body_bytes {
            None => Finding::unread(),
            Some(bytes) => self.find(
                is_met(bytes),
                || count(bytes, "byte"),
                |came| format!("body is {came} long, {}", expected()),
            ),
        }
    }

    fn check_http_version(&self, versions: &[HttpVersion]) -> Finding {
        match self.seen.http_version {
            None => Finding::inapplicable("version of HTTP is unknown"),
            Some(version) => self.find(
                versions.contains(&version),
                || version.to_string(),
                |came| format!("answered with HTTP/{came}, not {}", any_of(versions)),
            ),
        }
    }

    /// Of the one that is valid for the shortest time.
    fn check_days(&self, whose: &str, certificates: &[CertificateFacts], min: u32) -> Finding {
        if self.seen.tls_version.is_none() {
            return Finding::inapplicable("no TLS, so no certificate");
        }
        let days_left = |certificate: &CertificateFacts| certificate.days_left(self.seen.now);
        let Some(first) = certificates.iter().min_by_key(|one| days_left(one)) else {
            return Finding::inapplicable("no certificate that could be read");
        };
        let days = days_left(first);
        self.find(
            days >= i64::from(min),
            || match days {
                0.. => count(days.unsigned_abs(), "day"),
                _ => format!("expired {} ago", count(days.unsigned_abs(), "day")),
            },
            |came| {
                let certificate = match whose {
                    "chain" => format!("certificate {} of the chain", quoted(&first.subject)),
                    _ => "certificate".to_owned(),
                };
                match days {
                    0.. => format!(
                        "{certificate} is valid for {} more day{}, at least {min} are expected",
                        days,
                        if days == 1 { "" } else { "s" }
                    ),
                    _ => format!("{certificate} {came}, at least {min} more days are expected"),
                }
            },
        )
    }

    fn check_latency(&self, part: LatencyPart, max: Millis) -> Finding {
        // a phase that there was none of was not too long
        let latency = part.of(Some(self.seen.latency), &self.seen.timings);
        self.find(
            latency.is_none_or(|latency| !exceeds(latency, max)),
            || match latency {
                Some(latency) => latency.to_millis().to_string(),
                None => "none".to_owned(),
            },
            |came| match part {
                LatencyPart::Total => format!("took {came}, longer than {max}"),
                part => format!("{} took {came}, longer than {max}", part.as_str()),
            },
        )
    }

    fn check_date_skew(&self, max: Millis) -> Finding {
        let seen = self.seen;
        let date = match date::read(seen.headers, &http::header::DATE) {
            Err(reason) => return Finding::inapplicable(reason),
            Ok(date) => date,
        };
        let skew = date::skew(date, seen.now, seen.latency);
        let apart = Millis(skew.0.saturating_abs());
        self.find(
            apart <= max,
            || match skew.0 {
                0 => "none".to_owned(),
                1.. => format!("{apart} ahead"),
                _ => format!("{apart} behind"),
            },
            |came| format!("header Date is {came} of our clock, at most {max} are expected"),
        )
    }

    fn check_last_modified(&self, max: Millis) -> Finding {
        let seen = self.seen;
        match date::read(seen.headers, &http::header::LAST_MODIFIED) {
            Err(reason) => Finding::inapplicable(reason),
            Ok(modified) => {
                let age = seen.now - modified;
                self.find(
                    age <= max,
                    || format!("{} ago", Millis(age.0.max(0))),
                    |came| format!("header Last-Modified is {came}, longer than {max}"),
                )
            }
        }
    }

    fn check_expression(&self, expression: &Expression) -> Finding {
        if expression.needs().body && self.seen.body.is_none() {
            return Finding::unread();
        }
        let written = || format!("expression {}", quoted(expression.as_str()));
        match expression.evaluate(self) {
            Evaluated::Bool(is_met) => self.find(
                is_met,
                || is_met.to_string(),
                |_| format!("{} is false", written()),
            ),
            Evaluated::Other(value) => {
                let complaint = format!("{} gave {value}, not true or false", written());
                Finding {
                    came: value,
                    ..Finding::inapplicable(complaint)
                }
            }
            Evaluated::Failed(reason) => {
                let complaint = format!("{} failed: {reason}", written());
                Finding {
                    came: reason,
                    ..Finding::inapplicable(complaint)
                }
            }
        }
    }
}

fn exceeds(latency: Micros, max: Millis) -> bool {
    u128::from(latency.0) > max.to_duration().as_micros()
}
