//! The pages that people print and keep. A larger one is kept in `target/tmp`, for eyes.

use outwatch::report::chart::svg::{Palette, svg};
use outwatch::report::meta::Meta;
use outwatch::report::{charts, pdf};

use super::pages::{keep, month};
use super::*;

/// Largest file of a month of fifty endpoints, in bytes.
const MONTH_MAX: usize = 2_000_000;

fn paper(report: &Report) -> Vec<u8> {
    let mut out = Vec::new();
    let document = wording::report(report);
    pdf::render(&document, &Meta::of(report), &mut out).expect("a file can be kept");
    out
}

fn has(file: &[u8], words: &str) -> bool {
    file.windows(words.len()).any(|at| at == words.as_bytes())
}

#[test]
fn a_month_of_fifty_endpoints_is_a_file_to_be_kept() {
    let report = month();
    let shown = paper(&report);
    keep("month.pdf", &shown);
    assert!(shown.starts_with(b"%PDF-1.7"));
    assert!(has(&shown, "<pdfaid:part>2</pdfaid:part>"));
    assert!(has(&shown, "<pdfuaid:part>1</pdfuaid:part>"));
    assert!(shown.len() <= MONTH_MAX, "{} bytes", shown.len());
    assert!(shown == paper(&report), "the same report, other bytes");
}

/// What charts are drawn with, if they have a width, has to be known to PDF, since whatever is not is
/// left out there.
#[test]
fn charts_are_drawn_with_straight_lines_and_words_alone() {
    let charts = charts::all(&month());
    assert!(charts.len() > 20, "{}", charts.len());
    for chart in charts {
        let shown = svg(&chart, Palette::Light, Some(680));
        let mut rest = shown.as_str();
        while let Some((_, after)) = rest.split_once('<') {
            let (tag, after) = after.split_once('>').expect("a tag ends");
            rest = after;
            let name = tag.split([' ', '/']).find(|name| !name.is_empty());
            let is_known =
                ["svg", "title", "desc", "text", "path"].contains(&name.unwrap_or_default());
            assert!(is_known, "{}: {tag}", chart.name);
            if let Some((_, d)) = tag.split_once(" d=\"") {
                let (d, _) = d.split_once('"').expect("a quote ends");
                let mut commands = d.chars().filter(char::is_ascii_alphabetic);
                assert!(
                    commands.all(|c| "MLHVZmlhvz".contains(c)),
                    "{}: {d}",
                    chart.name
                );
            }
        }
    }
}
