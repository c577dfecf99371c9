//! Comma-separated values with a header, safe to open in a spreadsheet.

mod difference;
mod exported;
mod incidents;
mod outages;
mod report;
mod unobserved;

use super::latency::Figures;
use super::text::harmless;
use crate::domain::annotation::Annotation;
use crate::domain::formula::is_formula;
use crate::domain::outage_id::OutageId;
use crate::domain::time::{Millis, UnixMillis};

pub use difference::difference;
pub use exported::{latency, latency_header, runs, runs_header};
pub use incidents::incidents;
pub use outages::{outages, outages_of};
pub use report::report;
pub use unobserved::unobserved;

fn count(of: Option<usize>) -> String {
    of.map(|of| of.to_string()).unwrap_or_default()
}

fn instant(at: Option<UnixMillis>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}

fn length(of: Option<Millis>) -> String {
    of.map(|of| of.0.to_string()).unwrap_or_default()
}

/// As in `planned by ann; cause (a cable was cut) by bob`.
fn annotations(said: &[Annotation]) -> String {
    let said: Vec<_> = said
        .iter()
        .map(|said| {
            let kind = said.remark.kind();
            match said.remark.text() {
                Some(text) => format!("{kind} ({text}) by {}", said.by),
                None => format!("{kind} by {}", said.by),
            }
        })
        .collect();
    cell(&said.join("; "))
}

/// Of latencies.
const FIGURES: [&str; 6] = ["count", "min_us", "median_us", "p95_us", "p99_us", "max_us"];

/// In their order.
fn figures_of(latency: Option<&Figures>) -> [String; FIGURES.len()] {
    let Some(of) = latency else {
        // so many answers there were for sure
        return ["0", "", "", "", "", ""].map(str::to_owned);
    };
    let lengths = [of.min, of.median, of.p95, of.p99, of.max].map(|length| length.0);
    let [min, median, p95, p99, max] = lengths;
    [of.count, min, median, p95, p99, max].map(|number| number.to_string())
}

/// With a blank between them.
fn ids(ids: &[OutageId]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(" ")
}

fn optional(text: Option<&str>) -> String {
    text.map(cell).unwrap_or_default()
}

/// Text from outside, on one line. An apostrophe makes a formula text; the cell holds it, too.
fn cell(text: &str) -> String {
    // a spreadsheet sees what the text was before it was made harmless, or what it is then
    let shown = harmless(text);
    if is_formula(text) || is_formula(&shown) {
        format!("'{shown}")
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (hostile, shown) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "' =1"),
            ("\r\n=1", "'  =1"),
            ("＝1", "'＝1"),
            ("\u{0}=1", "'\u{fffd}=1"),
            ("\u{feff}@x", "'\u{fffd}@x"),
            ("|calc", "|calc"),
            ("'=1", "'=1"),
            ("503 = bad", "503 = bad"),
        ] {
            assert_eq!(cell(hostile), shown);
        }
    }
}
