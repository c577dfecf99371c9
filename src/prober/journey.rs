//! A journey: several requests, one after the other, that share cookies and captured values.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Prober;
use super::ask::Wanted;
use super::capture::capture;
use super::cookies::Jar;
use super::detail::line;
use super::fill::{self, fill};
use super::inquiry::{Inquiry, Step};
use super::reply::{Examination, Examined, Hints, Reply};
use super::template::Captured;
use crate::domain::observation::{Answer, Cause, Failure, Outcome, Phase, Timings};
use crate::domain::time::{Micros, Millis, UnixMillis};

/// What the steps of one asking share.
#[derive(Default)]
struct Journey {
    jar: Jar,
    captured: Captured,
    timings: Timings,
    /// Of the first step that was slow.
    slow: Option<Outcome>,
    /// Of the last step that counts.
    last: Option<Reply>,
    /// Those that ran, if they are wanted.
    steps: Vec<Examined>,
}

impl Prober {
    /// Ends by the inquiry's timeout, and after a failure by those of the steps that clean up.
    pub(super) async fn journey(
        &self,
        inquiry: &Inquiry,
        now: UnixMillis,
        in_full: bool,
    ) -> Examination {
        let started = Instant::now();
        let elapsed = || self.shown(started.elapsed());
        let mut journey = Journey::default();
        let mut steps = inquiry.steps.iter();
        let (mut failed, mut duration) = (false, Micros(0));
        for step in steps.by_ref() {
            let begun = elapsed();
            let left = left(inquiry.timeout, begun);
            let at = now + begun.to_millis();
            let reply = self.step(step, left, &mut journey, at, in_full).await;
            duration = begun + reply.duration;
            failed = journey.note(reply, step, left, inquiry.timeout);
            if failed {
                break;
            }
        }
        for step in steps.filter(|step| failed && step.always) {
            if step.can_run(&journey.captured) {
                let (own, at) = (step.request.timeout, now + elapsed().to_millis());
                self.step(step, own, &mut journey, at, in_full).await;
            }
        }
        journey.end(duration)
    }

    /// Runs within `left`, whatever its own timeout.
    async fn step(
        &self,
        step: &Step,
        left: Duration,
        journey: &mut Journey,
        now: UnixMillis,
        in_full: bool,
    ) -> Reply {
        let mut request = match fill(&step.request, &journey.captured) {
            Ok(request) => request,
            Err(why) => return journey.not_sent(step, &why, in_full),
        };
        request.timeout = request.timeout.min(left);
        let captures = &step.captures;
        let wanted = Wanted {
            expect: &step.expect,
            body: captures.iter().any(|capture| capture.from.needs_body()),
            in_full,
        };
        let (asked, sent) = self.send(&request, wanted, &mut journey.jar).await;
        let mut request = sent.map_or(request, |sent| *sent);
        if let Ok(whole) = &asked.result {
            journey.jar.keep(&whole.headers, asked.url(&request));
        }
        let mut outcome = asked.outcome(&request, &step.expect, now);
        let mut found = Vec::new();
        if let (Ok(whole), Outcome::Ok | Outcome::Slow { .. }) = (&asked.result, &outcome) {
            let url = asked.url(&request).clone();
            let (jar, values) = (&journey.jar, &mut journey.captured);
            match capture(captures, whole, jar, &url, &request.secrets, values) {
                Ok(()) => found = captures.iter().map(|c| Arc::clone(&c.name)).collect(),
                Err(failure) => outcome = Outcome::Fail(failure),
            }
            if !captures.is_empty() {
                request.secrets = request
                    .secrets
                    .and_captured(journey.captured.values().map(String::as_str));
            }
        }
        let mut reply = asked.reply(outcome, &request);
        if let Some(evidence) = &mut reply.evidence {
            evidence.step = step.name.as_deref().map(str::to_owned);
        }
        if in_full {
            let mut examined = asked.examined(reply.clone(), &request, &step.expect, now);
            // noted before it was known what would be captured
            for redirect in &mut examined.redirects {
                redirect.to = request.secrets.mask(&redirect.to).into_owned();
            }
            journey.steps.push(Examined {
                step: step.name.clone(),
                captured: found,
                ..examined
            });
        }
        reply
    }
}

impl Step {
    fn can_run(&self, captured: &Captured) -> bool {
        let fills = self.request.fills.as_ref();
        fills.is_none_or(|fills| fills.can_be_filled(captured))
    }
}

impl Journey {
    /// Whether the step failed, so that the journey ends.
    fn note(&mut self, mut reply: Reply, step: &Step, left: Duration, whole: Duration) -> bool {
        let Answer { timings, .. } = reply.answer;
        self.timings = plus(self.timings, timings);
        let cut = (left < step.request.timeout).then_some(whole);
        reply.outcome = self.told(reply.outcome, step, cut);
        let failed = match &reply.outcome {
            Outcome::Ok => false,
            Outcome::Slow { .. } => {
                self.slow.get_or_insert(reply.outcome.clone());
                false
            }
            Outcome::Fail(_) | Outcome::Inconclusive { .. } => true,
        };
        self.last = Some(reply);
        failed
    }

    /// The outcome of a step as one of the whole journey. `cut` is the whole's timeout, if it left
    /// the step less than its own.
    fn told(&self, outcome: Outcome, step: &Step, cut: Option<Duration>) -> Outcome {
        let Some(name) = &step.name else {
            return outcome;
        };
        let ran_out = match (&outcome, cut) {
            (Outcome::Fail(failure), Some(whole)) if failure.cause == Some(Cause::Timeout) => {
                let whole = Millis::from_duration(whole);
                format!("; all steps together have {whole}")
            }
            _ => String::new(),
        };
        let told = |detail: Option<Arc<str>>| {
            let text = match detail {
                Some(detail) => format!("step `{name}`: {detail}{ran_out}"),
                None => format!("step `{name}`"),
            };
            Some(line(&text, &fill::secrets(&step.request, &self.captured)))
        };
        match outcome {
            Outcome::Ok => Outcome::Ok,
            Outcome::Slow { detail } => Outcome::Slow {
                detail: told(detail),
            },
            Outcome::Fail(failure) => Outcome::Fail(Failure {
                detail: told(failure.detail),
                ..failure
            }),
            Outcome::Inconclusive { reason, detail } => Outcome::Inconclusive {
                reason,
                detail: told(detail),
            },
        }
    }

    /// A step whose request cannot be made of what was captured.
    fn not_sent(&mut self, step: &Step, why: &str, in_full: bool) -> Reply {
        let secrets = fill::secrets(&step.request, &self.captured);
        let reply = Reply {
            outcome: Outcome::Fail(Failure {
                cause: Some(Cause::Protocol),
                phase: Some(Phase::Request),
                detail: Some(line(why, &secrets)),
            }),
            duration: Micros(0),
            answer: Answer::default(),
            evidence: None,
            hints: Hints::default(),
        };
        if in_full {
            self.steps.push(Examined {
                step: step.name.clone(),
                reply: reply.clone(),
                redirects: Vec::new(),
                addresses: Vec::new(),
                tls_version: None,
                certificates: Vec::new(),
                distrust: None,
                body_bytes: None,
                expectations: Vec::new(),
                captured: Vec::new(),
            });
        }
        reply
    }

    fn end(self, duration: Micros) -> Examination {
        let mut reply = self.last.expect("an inquiry has at least one step");
        if let (Outcome::Ok | Outcome::Slow { .. }, Some(slow)) = (&reply.outcome, self.slow) {
            reply.outcome = slow;
        }
        reply.duration = duration;
        reply.answer.timings = self.timings;
        Examination {
            reply,
            steps: self.steps,
        }
    }
}

fn left(timeout: Duration, elapsed: Micros) -> Duration {
    timeout.saturating_sub(Duration::from_micros(elapsed.0))
}

/// Each phase's sum; `None` for one that neither has.
fn plus(a: Timings, b: Timings) -> Timings {
    let sum = |a: Option<Micros>, b: Option<Micros>| match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    };
    Timings {
        dns: sum(a.dns, b.dns),
        connect: sum(a.connect, b.connect),
        tls: sum(a.tls, b.tls),
        first_byte: sum(a.first_byte, b.first_byte),
        body: sum(a.body, b.body),
    }
}
