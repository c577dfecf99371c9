//! The answers for people: what is wrong first, then where the time went, then all that is known.

use std::io::{self, Write};

use super::Show;
use super::answer::{answer, phases};
use super::asking::Answered;
use super::certificate;
use super::page::{Ink, Page};
use super::waterfall::Span;
use super::why::why;
use crate::domain::observation::{Outcome, OutcomeKind};
use crate::domain::time::UnixMillis;
use crate::expect::{Check, Expectations};
use crate::prober::inquiry::Step;
use crate::prober::{Examined, Reply};
use crate::report::table;

pub(super) fn write(
    answers: &[Answered],
    show: &[Show],
    format: table::Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = Text {
        page: Page { format, out },
        show,
    };
    for (number, answered) in answers.iter().enumerate() {
        if number > 0 {
            text.page.blank()?;
        }
        text.answered(answered)?;
    }
    Ok(())
}

struct Text<'o> {
    page: Page<'o>,
    show: &'o [Show],
}

impl Text<'_> {
    fn answered(&mut self, answered: &Answered) -> io::Result<()> {
        let reply = &answered.examination.reply;
        let kind = reply.outcome.kind();
        let outcome = self.page.paint(Ink::of(kind), &kind.to_string());
        let (url, inquiry) = (answered.url(), &answered.question.inquiry);
        let mut head = match &answered.question.id {
            Some(id) => {
                let id = self.page.paint(Ink::Bold, id.as_str());
                format!("{outcome}  {id}  {url}")
            }
            None => format!("{outcome}  {}", self.page.paint(Ink::Bold, &url)),
        };
        if inquiry.is_journey() {
            head = format!("{head}  {} steps", inquiry.steps.len());
        }
        self.page.line(&head)?;
        self.why(&reply.outcome)?;
        if inquiry.is_journey() {
            return self.journey(answered);
        }
        for (step, examined) in answered.steps() {
            if let Some(examined) = examined {
                self.examined(step, examined, answered.ts)?;
            }
        }
        Ok(())
    }

    /// All steps on one axis, then each by itself.
    fn journey(&mut self, answered: &Answered) -> io::Result<()> {
        let steps = answered.steps();
        let ran: Vec<_> = steps
            .iter()
            .filter_map(|(step, examined)| {
                let reply = &(*examined)?.reply;
                Some(Span {
                    name: name(step).to_owned(),
                    length: reply.duration,
                    failed: is_fault(&reply.outcome),
                })
            })
            .collect();
        self.page.blank()?;
        self.page
            .waterfall(&ran, answered.examination.reply.duration)?;
        let skipped: Vec<_> = steps
            .iter()
            .filter(|(_, examined)| examined.is_none())
            .map(|(step, _)| name(step))
            .collect();
        if !skipped.is_empty() {
            let note = format!("skipped: {}", skipped.join(", "));
            self.page.paragraph(Ink::Warn, &note)?;
        }
        let count = steps.len();
        for (number, (step, examined)) in steps.into_iter().enumerate() {
            self.page.blank()?;
            let number = self
                .page
                .paint(Ink::Faint, &format!("{} of {count}", number + 1));
            let name = self.page.paint(Ink::Bold, name(step));
            let outcome = match examined.map(|examined| examined.reply.outcome.kind()) {
                Some(kind) => self.page.paint(Ink::of(kind), kind.as_str()),
                None => self.page.paint(Ink::Warn, "skipped"),
            };
            // as configured; what is filled in from earlier steps is not told
            let request = &step.request;
            let asked = format!("{} {}", request.method, request.shown_url());
            self.page
                .line(&format!("{outcome}  {number}  {name}  {asked}"))?;
            let Some(examined) = examined else {
                continue;
            };
            self.why(&examined.reply.outcome)?;
            self.examined(step, examined, answered.ts)?;
        }
        Ok(())
    }

    /// In one sentence, so that it is the first thing to be read.
    fn why(&mut self, outcome: &Outcome) -> io::Result<()> {
        match why(outcome) {
            Some(sentence) => self.page.paragraph(Ink::of(outcome.kind()), &sentence),
            None => Ok(()),
        }
    }

    fn examined(&mut self, step: &Step, examined: &Examined, now: UnixMillis) -> io::Result<()> {
        let reply = &examined.reply;
        let answer = answer(examined);
        if !answer.is_empty() {
            let name = if reply.answer.status.is_some() {
                "answer"
            } else {
                "peer"
            };
            self.page.field(name, &answer)?;
        }
        let spans = phases(reply);
        if !spans.is_empty() {
            self.page.blank()?;
            self.page.waterfall(&spans, reply.duration)?;
            let requests = examined.redirects.len() + 1;
            if requests > 1 {
                let note = format!("each phase is the sum over {requests} requests");
                self.page.paragraph(Ink::Faint, &note)?;
            }
        }
        if !examined.expectations.is_empty() {
            self.page.blank()?;
            self.expectations(examined, &step.expect)?;
        }
        if !examined.redirects.is_empty() || !examined.addresses.is_empty() {
            self.page.blank()?;
        }
        for redirect in &examined.redirects {
            let name = if redirect == &examined.redirects[0] {
                "redirects"
            } else {
                ""
            };
            let text = format!("{} to {}", redirect.status, redirect.to);
            self.page.field(name, &text)?;
        }
        self.addresses(examined)?;
        if reply.outcome.kind() != OutcomeKind::Fail && !step.captures.is_empty() {
            let names: Vec<_> = step.captures.iter().map(|capture| &*capture.name).collect();
            self.page.field("captured", &names.join(", "))?;
        }
        if !examined.certificates.is_empty() {
            self.page.blank()?;
            certificate::write(&mut self.page, &examined.certificates, now)?;
        }
        self.response(reply)
    }

    fn expectations(&mut self, examined: &Examined, expect: &Expectations) -> io::Result<()> {
        // those that make an answer slow come after the others
        let rules = expect.rules().len();
        for (number, checked) in examined.expectations.iter().enumerate() {
            let slow_if = number >= rules;
            let (ink, mark) = match checked.check {
                Check::Met => (Ink::Good, "✓"),
                Check::Unmet if slow_if => (Ink::Warn, "✗"),
                Check::Unmet => (Ink::Bad, "✗"),
                Check::Unchecked => (Ink::Faint, "-"),
            };
            let came = match checked.check {
                Check::Unchecked => " (not checked)".to_owned(),
                _ if checked.came.is_empty() => String::new(),
                _ => format!(" ({})", checked.came),
            };
            let text = format!("{}{came}", checked.expectation);
            self.page.marked(ink, mark, &text)?;
        }
        Ok(())
    }

    fn addresses(&mut self, examined: &Examined) -> io::Result<()> {
        if examined.addresses.is_empty() {
            return Ok(());
        }
        let answered = examined.reply.answer.peer.map(|peer| peer.ip());
        let addresses: Vec<_> = examined
            .addresses
            .iter()
            .map(|address| match answered {
                Some(peer) if peer == *address && examined.addresses.len() > 1 => {
                    format!("{address} (answered)")
                }
                _ => address.to_string(),
            })
            .collect();
        self.page.field("addresses", &addresses.join(", "))
    }

    /// Headers and body, as far as they were asked for.
    fn response(&mut self, reply: &Reply) -> io::Result<()> {
        if self.show.is_empty() {
            return Ok(());
        }
        self.page.blank()?;
        let Some(evidence) = &reply.evidence else {
            return self
                .page
                .paragraph(Ink::Faint, "no headers or body to show");
        };
        if self.show.contains(&Show::Headers) {
            if let Some(line) = &evidence.status_line {
                self.page.paragraph(Ink::Bold, line)?;
            }
            for (name, value) in &evidence.headers {
                let name = self.page.paint(Ink::Faint, &format!("{name}:"));
                self.page.line(&format!("  {name} {value}"))?;
            }
            if evidence.headers_left_out > 0 {
                let note = format!("… and {} more", evidence.headers_left_out);
                self.page.paragraph(Ink::Faint, &note)?;
            }
        }
        if self.show.contains(&Show::Headers) && self.show.contains(&Show::Body) {
            self.page.blank()?;
        }
        if self.show.contains(&Show::Body)
            && let Some(body) = &evidence.body
        {
            let text = body.text.as_ref().or(body.hex.as_ref());
            for line in text.map(|text| text.lines()).into_iter().flatten() {
                self.page.line(&format!("  {line}"))?;
            }
            if body.cut {
                let note = format!("… cut; {} bytes were read", body.bytes);
                self.page.paragraph(Ink::Faint, &note)?;
            }
        }
        Ok(())
    }
}

fn name(step: &Step) -> &str {
    step.name.as_deref().unwrap_or("without a name")
}

fn is_fault(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Fail(_) | Outcome::Inconclusive { .. })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::cli::probe::question::Question;
    use crate::domain::observation::{Answer, Cause, Failure, Phase, Timings};
    use crate::domain::time::Micros;
    use crate::evidence::{Body, Evidence};
    use crate::prober::inquiry::Inquiry;
    use crate::prober::request::Request;
    use crate::prober::{Examination, Hints, Prober, Settings};

    /// As an answer that took that long and came out so.
    fn examined(like: &Examined, step: &str, ms: u64, outcome: Outcome) -> Examined {
        Examined {
            step: Some(step.into()),
            reply: Reply {
                outcome,
                duration: Micros(ms * 1000),
                answer: Answer {
                    status: Some(200),
                    timings: Timings {
                        connect: Some(Micros(ms * 250)),
                        first_byte: Some(Micros(ms * 750)),
                        ..Timings::default()
                    },
                    ..Answer::default()
                },
                evidence: None,
                hints: Hints::default(),
            },
            ..like.clone()
        }
    }

    /// Three steps, of which the second fails and the third is not asked.
    async fn journey() -> Answered {
        let prober = Prober::new(Settings::default()).unwrap();
        let url = |path: &str| format!("http://127.0.0.1:1{path}").parse().unwrap();
        let request = |path: &str| Request::get(url(path), Duration::from_secs(5));
        let plain = Inquiry::plain(request("/"), Arc::default());
        let step = |name: &str, path: &str| Step {
            name: Some(name.into()),
            request: request(path),
            ..plain.steps[0].clone()
        };
        let inquiry = Inquiry {
            steps: vec![
                step("log in", "/login"),
                step("play", "/p"),
                step("rate", "/r"),
            ],
            timeout: Duration::from_secs(5),
        };
        // a port that nobody listens on: whatever comes, the rest is set by hand
        let like = prober
            .examine(&request("/"), &Expectations::default(), UnixMillis(0))
            .await;
        let failure = Outcome::Fail(Failure {
            cause: Some(Cause::Status),
            phase: Some(Phase::Verdict),
            detail: Some("503 Service Unavailable".into()),
        });
        let steps = vec![
            examined(&like, "log in", 20, Outcome::Ok),
            examined(&like, "play", 60, failure),
        ];
        Answered {
            question: Arc::new(Question { id: None, inquiry }),
            ts: UnixMillis(1_727_620_220_000),
            examination: Examination {
                reply: Reply {
                    duration: Micros(80_000),
                    ..steps[1].reply.clone()
                },
                steps,
            },
        }
    }

    fn written(answered: Answered, show: &[Show]) -> String {
        let mut out = Vec::new();
        write(&[answered], show, table::Page::PLAIN, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[tokio::test]
    async fn a_journey_is_told_as_a_whole_and_step_by_step() {
        insta::assert_snapshot!(written(journey().await, &[]), @r"
        fail  http://127.0.0.1:1/login  3 steps
          status: 503 Service Unavailable

          log in      20.00 ms   25 %  ━━━━━━━━━━━━
          play        60.00 ms   75 %              ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ ✗
          total       80.00 ms         └─────────────────────────────────────────────┘
          skipped: rate

        ok  1 of 3  log in  GET http://127.0.0.1:1/login
          answer      200 OK

          connect      5.00 ms   25 %  ━━━━━━━━━━━━
          first byte  15.00 ms   75 %              ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
          total       20.00 ms         └─────────────────────────────────────────────┘

        fail  2 of 3  play  GET http://127.0.0.1:1/p
          status: 503 Service Unavailable
          answer      200 OK

          connect     15.00 ms   25 %  ━━━━━━━━━━━━
          first byte  45.00 ms   75 %              ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
          total       60.00 ms         └─────────────────────────────────────────────┘

        skipped  3 of 3  rate  GET http://127.0.0.1:1/r
        ");
    }

    #[tokio::test]
    async fn headers_and_body_are_shown_if_they_are_asked_for() {
        let mut answered = journey().await;
        let evidence = Evidence {
            status_line: Some("HTTP/1.1 503 Service Unavailable".to_owned()),
            headers: vec![("server".to_owned(), "nginx".to_owned())],
            headers_left_out: 2,
            body: Some(Body {
                text: Some("down\nfor now".to_owned()),
                bytes: 5000,
                cut: true,
                ..Body::default()
            }),
            ..Evidence::default()
        };
        answered.examination.steps.remove(0);
        answered.examination.steps[0].step = Some("log in".into());
        answered.examination.steps[0].reply.evidence = Some(evidence.into());
        let text = written(answered, &[Show::Headers, Show::Body]);
        let from = text.find("  HTTP/1.1").unwrap();
        let to = text.find("\nskipped").unwrap();
        insta::assert_snapshot!(&text[from..to], @r"
        HTTP/1.1 503 Service Unavailable
        server: nginx
        … and 2 more

        down
        for now
        … cut; 5000 bytes were read
        ");
    }
}
