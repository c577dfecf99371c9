//! The reports that are written by themselves.

use super::Shape::{Like, ListOf, Name, OneOf, Whole, Words};
use super::keys;
use super::patterns::{FOLDER, ZONE};
use crate::report::format::Format;

/// Most of them.
pub(in crate::config) const REPORTS_MAX: u64 = 100;

/// Most periods that can be said to be kept.
pub(in crate::config) const KEEP_MAX: u64 = 10_000;

/// All but what only a terminal shows.
pub(in crate::config) const FORMATS: [&str; Format::ALL.len() - 1] = {
    assert!(matches!(Format::ALL[0], Format::Table));
    let mut words = [""; Format::ALL.len() - 1];
    let mut i = 0;
    while i < words.len() {
        words[i] = Format::ALL[i + 1].as_str();
        i += 1;
    }
    words
};

keys! {
    /// Of the whole daemon, in whichever file.
    REPORT;
    "name": Name, ["monthly"],
        "What it is called, and what its files' names begin with. Without it, monthly or weekly. No two have the same, in whichever files.";
    "every": Words(&["month", "week"]), ["month", "week"],
        "What each report is about: a calendar month, or a week from Monday to Sunday.";
    "timezone" = "UTC": Like(&ZONE), ["Europe/Berlin"],
        "Where months and weeks begin and end.";
    "formats": OneOf(&[Words(&FORMATS), ListOf(FORMATS.len() as u64, &Words(&FORMATS))]), ["[html, pdf]"],
        "In which formats it is written, a file each.";
    "folder": Like(&FOLDER), ["reports", "/var/lib/outwatch/reports"],
        "Where the files go; it is made if there is none. A relative path starts in the folder of this file.";
    "keep" = "all": OneOf(&[Words(&["all"]), Whole(1, KEEP_MAX)]), ["24"],
        "Of so many periods files are kept; those of older ones are deleted.";
    "services" = "all": OneOf(&[Name, ListOf(u64::MAX, &Name)]), ["[shop]"],
        "What services it is about, by their names.";
}
