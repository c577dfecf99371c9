//! What is promised of a service or a platform.

use super::Shape::{Def, Kept, Length, Like, ListOf, Name, OneOf, Words, Written};
use super::keys;
use super::patterns::{PERCENT, TARGET, ZERO, ZONE};
use crate::domain::agreement::PartialMinutes;

/// Most of one kind that are promised of one service or platform, and steps of a credit.
pub(in crate::config) const PROMISES_MAX: u64 = 20;

keys! {
    /// An objective.
    SLO;
    "name" = "slo": Name, ["interactive"],
        "What the objective is called, if there is more than one. No two of a service or platform have the same.";
    "target": Written(&TARGET), ["99.9%"],
        "So much of the observed time it is to be up: below 100%, with at most three decimals. The rest is the error budget.";
    "over" = "month": OneOf(&[Words(&["month"]), Kept]), ["month", "30d"],
        "Over what the target is kept: each calendar month, or the last so many days at any instant (1d to 366d).";
    "timezone" = "UTC": Like(&ZONE), ["Europe/Berlin"],
        "Where a calendar month begins and ends; only with `over: month`.";
    "degraded" = "up": Words(&["up", "down"]), ["down"],
        "Whether time degraded (slow or flapping) is as good as up, or spends error budget as time down does.";
}

keys! {
    /// An agreement, which is settled for each calendar month.
    SLA;
    "name" = "sla": Name, ["gold"],
        "What the agreement is called, if there is more than one. No two of a service or platform have the same.";
    "timezone" = "UTC": Like(&ZONE), ["Europe/Berlin"],
        "Where a calendar month begins and ends.";
    "outage_min" = "0m": OneOf(&[Length, Like(&ZERO)]), ["5m", "0m"],
        "Shorter outages do not count, in whole minutes. With 0m all do.";
    "partial_minutes" = "exact": Words(&words()), ["dropped"],
        "What becomes of the rest of an outage that is no whole minute: exact counts to the millisecond, dropped cuts each outage to whole minutes, counted rounds it up.";
    "maintenance" = "excluded": Words(&["excluded", "counted"]), ["counted"],
        "Whether declared maintenance is left out of the month, or time like any other.";
    "down_when": super::file::POLICY, ["all", "50%"],
        "How many members must be down for the agreement to take it as down. Without it, as is configured for the service or platform.";
    "credits": ListOf(PROMISES_MAX, &Def("credit")), ["[{ below: 99.9%, credit: 10% }, { below: 99%, credit: 25% }]"],
        "What is due, the best first: each `below` lower than the one before it, and each `credit` higher.";
}

keys! {
    /// A step of a credit.
    CREDIT;
    "below": Written(&PERCENT), ["99.9%"],
        "With less uptime than this in a month";
    "credit": Written(&PERCENT), ["10%"],
        "so much of what is paid for the month is due back.";
}

const fn words() -> [&'static str; PartialMinutes::ALL.len()] {
    let mut words = [""; PartialMinutes::ALL.len()];
    let mut i = 0;
    while i < words.len() {
        words[i] = PartialMinutes::ALL[i].as_str();
        i += 1;
    }
    words
}
