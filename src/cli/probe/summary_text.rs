//! The figures of many askings, for people.

use std::io;

use super::line::ms;
use super::page::{Ink, Page};
use super::summary::Summary;
use crate::domain::observation::OutcomeKind;
use crate::expect::LatencyPart;

const COLUMN: usize = 11;

pub(super) fn write(name: &str, summary: &Summary, page: &mut Page<'_>) -> io::Result<()> {
    let name = page.paint(Ink::Bold, name);
    page.line(&name)?;
    let counts: Vec<_> = OutcomeKind::ALL
        .iter()
        .map(|kind| (*kind, summary.count(*kind)))
        .filter(|(kind, count)| *count > 0 || *kind == OutcomeKind::Ok)
        .map(|(kind, count)| {
            let words = format!("{count} {kind}");
            if count > 0 {
                page.paint(Ink::of(kind), &words)
            } else {
                words
            }
        })
        .collect();
    let lost = match summary.loss_percent() {
        Some(percent) => format!("; {percent:.1} % lost"),
        None => String::new(),
    };
    let asked = summary.asked();
    page.line(&format!("  asked {asked}: {}{lost}", counts.join(", ")))?;
    let causes = summary
        .causes
        .iter()
        .map(|(cause, count)| (cause.as_str(), *count));
    let reasons = summary
        .reasons
        .iter()
        .map(|(reason, count)| (reason.as_str(), *count));
    let mut whys: Vec<_> = causes.chain(reasons).collect();
    whys.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if !whys.is_empty() {
        let whys: Vec<_> = whys
            .iter()
            .map(|(why, count)| format!("{why} {count}"))
            .collect();
        page.field("causes", &whys.join(", "))?;
    }
    let spreads = summary.spreads();
    if spreads.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let titles: String = ["MIN", "MEDIAN", "P95", "MAX"]
        .map(|title| format!("{title:>COLUMN$}"))
        .concat();
    let head = page.paint(Ink::Faint, &format!("  {:10}{titles}", "ms"));
    page.line(&head)?;
    for (part, spread) in spreads {
        let figures: String = [spread.min, spread.median, spread.p95, spread.max]
            .map(|length| format!("{:>COLUMN$}", ms(Some(length))))
            .concat();
        let line = format!("{:10}{figures}", title(part));
        let line = match part {
            LatencyPart::Total => page.paint(Ink::Bold, &line),
            _ => line,
        };
        page.line(&format!("  {line}"))?;
    }
    let (timed, answers) = (summary.timed() as u64, summary.answers);
    let of = if timed < answers {
        format!("the last {timed} of {answers} whole answers")
    } else if answers == 1 {
        "1 whole answer".to_owned()
    } else {
        format!("{answers} whole answers")
    };
    page.paragraph(Ink::Faint, &format!("of {of}; percentiles by nearest rank"))
}

fn title(part: LatencyPart) -> &'static str {
    match part {
        LatencyPart::FirstByte => "first byte",
        part => part.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::{Answer, Cause, Failure, Outcome, Phase, Timings};
    use crate::domain::time::Micros;
    use crate::prober::{Hints, Reply};

    #[test]
    fn figures_stand_below_each_other() {
        let mut summary = Summary::default();
        let reply = |outcome, ms: u64| Reply {
            outcome,
            duration: Micros(ms * 1000),
            answer: Answer {
                timings: Timings {
                    first_byte: Some(Micros(ms * 700)),
                    ..Timings::default()
                },
                ..Answer::default()
            },
            evidence: None,
            hints: Hints::default(),
        };
        let timeout = Outcome::Fail(Failure {
            cause: Some(Cause::Timeout),
            phase: Some(Phase::Headers),
            detail: None,
        });
        for ms in [10, 20, 30] {
            summary.add(&reply(Outcome::Ok, ms));
        }
        summary.add(&reply(timeout, 9999));
        let mut out = Vec::new();
        let mut page = Page {
            format: crate::report::table::Page::PLAIN,
            out: &mut out,
        };
        write("http://a.example/", &summary, &mut page).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
        http://a.example/
          asked 4: 3 ok, 1 fail; 25.0 % lost
          causes      timeout 1

          ms                MIN     MEDIAN        P95        MAX
          first byte       7.00      14.00      21.00      21.00
          total           10.00      20.00      30.00      30.00
          of 3 whole answers; percentiles by nearest rank
        ");
    }
}
