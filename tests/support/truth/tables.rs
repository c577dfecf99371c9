//! The figures as tables in Markdown. Times in seconds.

use std::fmt::Write;

use super::case::Setting;
use super::tally::Tally;

pub(crate) fn all(_tally: &Tally) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", Setting::COUNT);
    text
}
