//! What certificates say, for people.

use std::io;

use super::page::{Ink, Page};
use crate::domain::time::{Millis, UnixMillis};
use crate::expect::CertificateFacts;

/// Names of one certificate that are listed; shared ones have hundreds.
const NAMES_MAX: usize = 10;

/// Below this many days, a person should do something about it.
const DAYS_FEW: i64 = 14;

/// Of a whole chain, the server's own first. Texts in it are the server's to choose, so they are
/// escaped.
pub(super) fn write(
    page: &mut Page<'_>,
    chain: &[CertificateFacts],
    now: UnixMillis,
) -> io::Result<()> {
    let Some((own, others)) = chain.split_first() else {
        return Ok(());
    };
    page.field("certificate", &harmless(&own.subject))?;
    if !own.names.is_empty() {
        page.field("names", &names(&own.names))?;
    }
    page.field("issuer", &harmless(&own.issuer))?;
    let (ink, left) = days_left(own, now);
    let left = page.paint(ink, &left);
    let period = format!("{} to {}, {left}", day(own.not_before), day(own.not_after));
    page.field("valid", &period)?;
    let key = harmless(&own.key);
    page.field("key", &format!("{key}, serial {}", harmless(&own.serial)))?;
    page.field("sha256", &own.sha256)?;
    for (number, facts) in others.iter().enumerate() {
        let (ink, left) = days_left(facts, now);
        let left = page.paint(ink, &left);
        let text = format!(
            "{} by {}, {}, to {}, {left}",
            harmless(&facts.subject),
            harmless(&facts.issuer),
            harmless(&facts.key),
            day(facts.not_after)
        );
        page.field(if number == 0 { "chain" } else { "" }, &text)?;
    }
    Ok(())
}

fn names(names: &[String]) -> String {
    let shown: Vec<_> = names
        .iter()
        .take(NAMES_MAX)
        .map(|name| harmless(name))
        .collect();
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// In words, and how much they should worry.
fn days_left(facts: &CertificateFacts, now: UnixMillis) -> (Ink, String) {
    const DAY_MS: i64 = 86_400_000;
    let Millis(left_ms) = facts.not_after - now;
    let days = |count: i64| format!("{count} {}", if count == 1 { "day" } else { "days" });
    if facts.not_before > now {
        return (Ink::Bad, "not valid yet".to_owned());
    }
    match left_ms.div_euclid(DAY_MS) {
        left @ DAYS_FEW.. => (Ink::Good, format!("{} left", days(left))),
        left @ 0.. => (Ink::Warn, format!("{} left", days(left))),
        ago => (Ink::Bad, format!("expired {} ago", days(-ago - 1))),
    }
}

/// As in `2024-09-29`.
fn day(instant: UnixMillis) -> String {
    let text = instant.to_string();
    match text.split_once('T') {
        Some((day, _)) => day.to_owned(),
        None => text,
    }
}

fn harmless(text: &str) -> String {
    text.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(not_before: &str, not_after: &str) -> CertificateFacts {
        CertificateFacts {
            subject: "CN=a.example".to_owned(),
            issuer: "CN=root\u{1b}[2J".to_owned(),
            not_before: not_before.parse().unwrap(),
            not_after: not_after.parse().unwrap(),
            names: (0..12).map(|n| format!("n{n}")).collect(),
            serial: "0a".to_owned(),
            key: "EC 256".to_owned(),
            sha256: "ab".repeat(32),
        }
    }

    #[test]
    fn days_left_are_told_and_judged() {
        let now = "2024-09-29T12:00:00Z".parse().unwrap();
        for (before, after, ink, text) in [
            (
                "2024-01-01T00:00:00Z",
                "2024-10-29T12:00:00Z",
                Ink::Good,
                "30 days left",
            ),
            (
                "2024-01-01T00:00:00Z",
                "2024-09-30T13:00:00Z",
                Ink::Warn,
                "1 day left",
            ),
            (
                "2024-01-01T00:00:00Z",
                "2024-09-29T12:00:00Z",
                Ink::Warn,
                "0 days left",
            ),
            (
                "2024-01-01T00:00:00Z",
                "2024-09-29T11:00:00Z",
                Ink::Bad,
                "expired 0 days ago",
            ),
            (
                "2024-01-01T00:00:00Z",
                "2024-09-27T11:00:00Z",
                Ink::Bad,
                "expired 2 days ago",
            ),
            (
                "2025-01-01T00:00:00Z",
                "2026-01-01T00:00:00Z",
                Ink::Bad,
                "not valid yet",
            ),
        ] {
            let facts = facts(before, after);
            assert_eq!(days_left(&facts, now), (ink, text.to_owned()));
        }
    }

    #[test]
    fn a_certificate_is_told_in_full_and_cannot_move_the_cursor() {
        let now = "2024-09-29T12:00:00Z".parse().unwrap();
        let one = facts("2024-01-01T00:00:00Z", "2024-10-29T12:00:00Z");
        let mut out = Vec::new();
        let mut page = Page {
            format: crate::report::table::Page::PLAIN,
            out: &mut out,
        };
        write(&mut page, &[one.clone(), one], now).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
        certificate CN=a.example
        names       n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2 more
        issuer      CN=root\u{1b}[2J
        valid       2024-01-01 to 2024-10-29, 30 days left
        key         EC 256, serial 0a
        sha256      abababababababababababababababababababababababababababababababab
        chain       CN=a.example by CN=root\u{1b}[2J, EC 256, to 2024-10-29, 30 days left
        ");
    }
}
