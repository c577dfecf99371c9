//! The answers in JSON. Fields are added, never changed.
//!
//! Asked once, they are an array of observations (`--format json`), or one observation a line
//! (`ndjson`). Asked again and again, `ndjson` gives a line for each as it comes, and `json` an
//! object with `observations` and, for each endpoint in the order of the arguments, `summaries`.
//!
//! An observation has the fields of `outwatch export`, and what else is known of the answer; of a
//! journey, of the step that its outcome comes from. `steps` has the same of each step.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use serde::Serialize;

use super::Show;
use super::asking::Answered;
use super::question::Question;
use super::summary::{Spread, Summary};
use crate::domain::observation::{Cause, OutcomeKind, Reason};
use crate::domain::probe::ProbeId;
use crate::domain::time::{Micros, UnixMillis};
use crate::evidence::Body;
use crate::exchange::Row;
use crate::expect::{CertificateFacts, Check, Checked, Expectations, TlsVersion};
use crate::prober::inquiry::Step;
use crate::prober::{Examined, Redirected, Reply};

pub(super) fn array(
    answers: &[Answered],
    show: &[Show],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let parts: Vec<_> = answers.iter().map(Parts::of).collect();
    let observations: Vec<_> = parts.iter().map(|parts| parts.observation(show)).collect();
    serde_json::to_writer_pretty(&mut *out, &observations)?;
    writeln!(out)?;
    Ok(())
}

/// On one line, without its end.
pub(super) fn one(answered: &Answered, show: &[Show], out: &mut dyn Write) -> anyhow::Result<()> {
    serde_json::to_writer(out, &Parts::of(answered).observation(show))?;
    Ok(())
}

pub(super) fn summaries<'a>(
    summaries: impl Iterator<Item = (&'a Arc<Question>, &'a Summary)>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let summaries: Vec<_> = summaries
        .map(|(question, summary)| Summarized::of(question, summary))
        .collect();
    serde_json::to_writer_pretty(out, &summaries)?;
    Ok(())
}

/// An answer, and what is borrowed from to show it.
struct Parts<'a> {
    answered: &'a Answered,
    url: String,
    /// Of the steps.
    urls: Vec<String>,
}

/// An observation, and what else is known.
#[derive(Serialize)]
struct Observation<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    #[serde(flatten)]
    known: Known<'a>,
    /// Of a journey, those that did not run included.
    steps: Vec<OfStep<'a>>,
}

/// What is known of an answer besides the observation.
#[derive(Default, Serialize)]
struct Known<'a> {
    method: &'a str,
    redirects: Vec<Redirect<'a>>,
    addresses: Vec<String>,
    /// `v4` or `v6`: of the address that answered.
    family: Option<&'static str>,
    tls: Option<Tls>,
    /// The server's own; known also if it was refused.
    certificate: Option<Certificate<'a>>,
    /// Those that vouch for it, as sent.
    chain: Vec<Certificate<'a>>,
    body_bytes: Option<u64>,
    expectations: Vec<Judged<'a>>,
    /// Names of values that later steps use.
    captured: Vec<&'a str>,
    /// Only if it was asked for: the answer's status line, headers and beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Response<'a>>,
}

/// One step of a journey. Without an outcome, it was skipped.
#[derive(Serialize)]
struct OfStep<'a> {
    step: Option<&'a str>,
    skipped: bool,
    #[serde(flatten)]
    ran: Option<Ran<'a>>,
}

#[derive(Serialize)]
struct Ran<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    #[serde(flatten)]
    known: Known<'a>,
}

#[derive(Serialize)]
struct Redirect<'a> {
    status: u16,
    to: &'a str,
}

#[derive(Serialize)]
struct Tls {
    version: &'static str,
}

#[derive(Serialize)]
struct Certificate<'a> {
    subject: &'a str,
    issuer: &'a str,
    not_before: String,
    not_after: String,
    /// Whole days, negative once it has expired.
    days_left: i64,
    names: &'a [String],
    serial: &'a str,
    key: &'a str,
    sha256: &'a str,
}

#[derive(Serialize)]
struct Judged<'a> {
    expectation: &'a str,
    /// `null` if it was not checked.
    met: Option<bool>,
    came: Option<&'a str>,
    /// Not meeting it makes the answer slow, not a failure.
    slow_if: bool,
}

#[derive(Serialize)]
struct Response<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status_line: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<&'a [(String, String)]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers_left_out: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a Body>,
}

/// Many askings of one endpoint.
#[derive(Serialize)]
struct Summarized<'a> {
    probe_id: Option<&'a str>,
    url: String,
    asked: u64,
    ok: u64,
    slow: u64,
    fail: u64,
    inconclusive: u64,
    /// Failures among what is not inconclusive.
    loss_percent: Option<f64>,
    causes: BTreeMap<&'static str, u64>,
    reasons: BTreeMap<&'static str, u64>,
    /// Whole answers, of which the times are.
    answers: u64,
    /// By phase, and `total`.
    spread_us: BTreeMap<&'static str, SpreadUs>,
}

#[derive(Serialize)]
struct SpreadUs {
    min: u64,
    /// Percentiles by nearest rank.
    median: u64,
    p95: u64,
    max: u64,
}

impl<'a> Parts<'a> {
    fn of(answered: &'a Answered) -> Self {
        let steps = &answered.question.inquiry.steps;
        Self {
            answered,
            url: answered.url(),
            urls: steps.iter().map(|step| step.request.shown_url()).collect(),
        }
    }

    fn observation(&'a self, show: &[Show]) -> Observation<'a> {
        let Self {
            answered,
            url,
            urls,
        } = self;
        let inquiry = &answered.question.inquiry;
        let decisive = answered.decisive();
        let steps = answered.steps();
        let known =
            |step: &'a Step, examined: &'a Examined| Known::of(step, examined, answered.ts, show);
        let row = |url: &'a str, reply: &'a Reply| {
            Row::new(
                answered.question.id.as_ref(),
                url,
                answered.ts,
                &reply.outcome,
                Some(reply.duration),
                &reply.answer,
            )
        };
        let decided = steps
            .iter()
            .filter_map(|(step, examined)| Some((*step, (*examined)?)))
            .find(|(_, examined)| decisive.is_some_and(|other| std::ptr::eq(*examined, other)));
        let of_step =
            |((step, examined), url): ((&'a Step, Option<&'a Examined>), &'a String)| OfStep {
                step: step.name.as_deref(),
                skipped: examined.is_none(),
                ran: examined.map(|examined| Ran {
                    row: row(url, &examined.reply),
                    known: known(step, examined),
                }),
            };
        Observation {
            row: row(url, &answered.examination.reply),
            known: match decided {
                Some((step, examined)) => known(step, examined),
                None => Known {
                    method: inquiry.first().method.as_str(),
                    ..Known::default()
                },
            },
            steps: if inquiry.is_journey() {
                steps.into_iter().zip(urls).map(of_step).collect()
            } else {
                Vec::new()
            },
        }
    }
}

impl<'a> Known<'a> {
    fn of(step: &'a Step, examined: &'a Examined, now: UnixMillis, show: &[Show]) -> Self {
        let reply = &examined.reply;
        let mut certificates = examined
            .certificates
            .iter()
            .map(|facts| Certificate::of(facts, now));
        Self {
            method: step.request.method.as_str(),
            redirects: examined.redirects.iter().map(Redirect::of).collect(),
            addresses: examined.addresses.iter().map(ToString::to_string).collect(),
            family: reply
                .answer
                .peer
                .map(|peer| if peer.is_ipv4() { "v4" } else { "v6" }),
            tls: examined.tls_version.map(|version| Tls {
                version: TlsVersion::as_str(version),
            }),
            certificate: certificates.next(),
            chain: certificates.collect(),
            body_bytes: examined.body_bytes,
            expectations: judged(&examined.expectations, &step.expect),
            captured: if reply.outcome.kind() == OutcomeKind::Fail {
                Vec::new()
            } else {
                step.captures.iter().map(|capture| &*capture.name).collect()
            },
            response: Response::of(reply, show),
        }
    }
}

fn judged<'a>(checked: &'a [Checked], expect: &Expectations) -> Vec<Judged<'a>> {
    let rules = expect.rules().len();
    let judge = |(number, checked): (usize, &'a Checked)| Judged {
        expectation: &checked.expectation,
        met: match checked.check {
            Check::Met => Some(true),
            Check::Unmet => Some(false),
            Check::Unchecked => None,
        },
        came: Some(checked.came.as_str()).filter(|came| !came.is_empty()),
        slow_if: number >= rules,
    };
    checked.iter().enumerate().map(judge).collect()
}

impl<'a> Redirect<'a> {
    fn of(redirected: &'a Redirected) -> Self {
        Self {
            status: redirected.status,
            to: &redirected.to,
        }
    }
}

impl<'a> Certificate<'a> {
    fn of(facts: &'a CertificateFacts, now: UnixMillis) -> Self {
        const DAY_MS: i64 = 86_400_000;
        Self {
            subject: &facts.subject,
            issuer: &facts.issuer,
            not_before: facts.not_before.to_string(),
            not_after: facts.not_after.to_string(),
            days_left: (facts.not_after - now).0.div_euclid(DAY_MS),
            names: &facts.names,
            serial: &facts.serial,
            key: &facts.key,
            sha256: &facts.sha256,
        }
    }
}

impl<'a> Response<'a> {
    fn of(reply: &'a Reply, show: &[Show]) -> Option<Self> {
        let evidence = reply.evidence.as_deref().filter(|_| !show.is_empty())?;
        let headers = show.contains(&Show::Headers);
        Some(Self {
            status_line: evidence.status_line.as_deref().filter(|_| headers),
            headers: headers.then_some(&evidence.headers[..]),
            headers_left_out: headers.then_some(evidence.headers_left_out),
            body: evidence
                .body
                .as_ref()
                .filter(|_| show.contains(&Show::Body)),
        })
    }
}

impl<'a> Summarized<'a> {
    fn of(question: &'a Question, summary: &Summary) -> Self {
        Self {
            probe_id: question.id.as_ref().map(ProbeId::as_str),
            url: question.url(),
            asked: summary.asked(),
            ok: summary.ok,
            slow: summary.slow,
            fail: summary.fail,
            inconclusive: summary.inconclusive,
            loss_percent: summary.loss_percent(),
            causes: words(&summary.causes, Cause::as_str),
            reasons: words(&summary.reasons, Reason::as_str),
            answers: summary.answers,
            spread_us: summary
                .spreads()
                .into_iter()
                .map(|(part, spread)| (part.as_str(), SpreadUs::of(spread)))
                .collect(),
        }
    }
}

fn words<T: Copy>(
    counts: &BTreeMap<T, u64>,
    word: impl Fn(T) -> &'static str,
) -> BTreeMap<&'static str, u64> {
    counts
        .iter()
        .map(|(key, count)| (word(*key), *count))
        .collect()
}

impl SpreadUs {
    fn of(spread: Spread) -> Self {
        let Spread {
            min: Micros(min),
            median: Micros(median),
            p95: Micros(p95),
            max: Micros(max),
        } = spread;
        Self {
            min,
            median,
            p95,
            max,
        }
    }
}
