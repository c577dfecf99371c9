//! Histories of a lifeline, and whose each failure is.

use super::ledger::*;
use crate::domain::time::{Micros, MonoMicros, Period, UnixMillis};

fn mono(seconds: f64) -> MonoMicros {
    MonoMicros(Micros::from_duration(std::time::Duration::from_secs_f64(seconds)).0)
}

fn at(seconds: f64) -> Moment {
    let mono = mono(seconds);
    let ts = UnixMillis(0) + Micros(mono.0).to_millis();
    Moment { ts, mono }
}

fn seconds(ts: UnixMillis) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    let seconds = ts.0 as f64 / 1000.0;
    seconds
}

/// One event a line, with its instants in seconds: what happens, and behind `=` what the ledger
/// says. `fail FROM TO`, `slow FROM NOW` (overdue), `ok NOW` (a probe's success), `ask NOW` (a round
/// begins), `held NOW`, `broken NOW`, `unable NOW` (it ends), `due` (when the next is to begin),
/// `end NOW` (closed).
#[track_caller]
fn check(history: &str) {
    let mut ledger = Ledger::default();
    for line in history.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let (event, expected) = line.split_once('=').unwrap_or((line, ""));
        let mut words = event.split_whitespace();
        let what = words.next().unwrap();
        let times: Vec<f64> = words.map(|word| word.parse().unwrap()).collect();
        let said = match what {
            "fail" => match ledger.judge(Failed {
                started: at(times[0]),
                ended: mono(times[1]),
            }) {
                Some(Verdict::Stands) => "stands".to_owned(),
                Some(Verdict::Broken) => "ours".to_owned(),
                Some(Verdict::Unable) => "unable".to_owned(),
                None => "wait".to_owned(),
            },
            "slow" => {
                ledger.overdue(at(times[0]), mono(times[1]));
                String::new()
            }
            "ok" => {
                ledger.succeeded(at(times[0]));
                String::new()
            }
            "due" => ledger.due().map_or("never".to_owned(), |due| {
                seconds(UnixMillis(0) + Micros(due.0).to_millis()).to_string()
            }),
            "ask" => {
                ledger.begin(mono(times[0]));
                String::new()
            }
            "end" => told(ledger.close(at(times[0])).map(News::Back)),
            round => {
                let round = match round {
                    "held" => Round::Held,
                    "broken" => Round::Broken,
                    "unable" => Round::Unable,
                    "void" => Round::Void,
                    _ => panic!("{line}"),
                };
                told(ledger.end(at(times[0]), round))
            }
        };
        assert_eq!(said, expected.trim(), "`{line}` of{history}");
    }
}

fn told(news: Option<News>) -> String {
    let span = |period: Period| format!("{}-{}", seconds(period.from), seconds(period.to));
    match news {
        None => String::new(),
        Some(News::Lost(since)) => format!("lost {}", seconds(since.ts)),
        Some(News::Back(period)) => format!("back {}", span(period)),
        Some(News::Distrusted(period)) => {
            format!("distrusted {}", period.map_or("-".to_owned(), span))
        }
        Some(News::Trusted) => "trusted".to_owned(),
    }
}

#[test]
fn a_failure_stands_if_a_round_that_ends_after_it_holds() {
    check(
        "due = never
         fail 0 2 = wait
         due = 2
         ask 2
         due = never
         held 2.1
         fail 0 2 = stands
         due = never",
    );
}

#[test]
fn a_round_that_ended_before_the_failure_says_nothing_of_it() {
    check(
        "fail 0 2 = wait
         ask 2
         held 2.1
         fail 2.2 2.3 = wait
         due = 3
         ask 3
         broken 6 = lost 2.2
         fail 2.2 2.3 = ours",
    );
}

#[test]
fn failures_that_end_while_a_round_is_under_way_share_it() {
    for (end, verdict) in [("held 2.4", "stands"), ("broken 5 = lost 0", "ours")] {
        check(&format!(
            "fail 0 2 = wait
             ask 2
             fail 0.5 2.3 = wait
             {end}
             fail 0 2 = {verdict}
             fail 0.5 2.3 = {verdict}"
        ));
    }
}

#[test]
fn what_touches_a_stretch_in_which_it_was_broken_is_ours_and_nothing_else() {
    check(
        "fail 10 10.1 = wait
         ask 10.1
         broken 13.1 = lost 10
         due = 15.1
         ask 15.1
         broken 18.1
         ask 20.1
         held 20.2 = back 10-20.2
         fail 9 9.9 = stands
         fail 9 10 = ours
         fail 12 22 = ours
         fail 20.1 20.2 = ours
         fail 20.2 20.2 = stands
         fail 20.3 20.4 = wait",
    );
}

#[test]
fn a_stretch_begins_with_the_first_request_that_it_failed_but_not_before_it_last_held() {
    // a timeout of 10 s that began before a refusal which was seen earlier
    check(
        "fail 8 8.1 = wait
         ask 8.1
         broken 11 = lost 8
         fail 3 13 = ours
         end 14 = back 3-14",
    );
    check(
        "ok 5
         fail 8 8.1 = wait
         ask 8.1
         broken 11 = lost 8
         fail 3 13 = ours
         end 14 = back 5-14",
    );
    check(
        "fail 1 2 = wait
         ask 2
         held 2.5
         fail 0 12 = wait
         ask 12
         broken 15 = lost 2.5
         end 16 = back 2.5-16",
    );
}

#[test]
fn an_answer_that_is_overdue_makes_a_round_early_and_not_too_often() {
    check(
        "slow 0 2
         due = 2
         ask 2
         broken 5 = lost 0
         fail 0 10 = ours",
    );
    // found whole early, it may still break before the end
    check(
        "slow 0 2
         ask 2
         held 2.1
         slow 0 3
         due = never
         slow 0 7
         due = 7
         ask 7
         held 7.1
         fail 0 10 = wait
         due = 10",
    );
    // one round found it broken in the middle of the request
    check(
        "slow 0 2
         ask 2
         broken 5 = lost 0
         ask 7
         held 7.1 = back 0-7.1
         fail 0 10 = ours",
    );
}

#[test]
fn a_success_ends_the_stretch_once_a_round_confirms_it() {
    check(
        "fail 0 1 = wait
         ask 1
         broken 4 = lost 0
         ok 5
         due = 5
         ask 5
         fail 4.5 5.1 = ours
         fail 5.1 5.2 = wait
         held 5.3 = back 0-5
         fail 5.1 5.2 = stands
         fail 3 13 = ours",
    );
    // the success was chance: it goes on
    check(
        "fail 0 1 = wait
         ask 1
         broken 4 = lost 0
         ok 5
         ask 5
         fail 5.1 5.2 = wait
         broken 8
         due = 8
         ask 8
         broken 11
         fail 5.1 5.2 = ours
         ask 13
         held 14 = back 0-14",
    );
}

#[test]
fn rounds_that_successes_contradict_again_and_again_are_not_believed() {
    // probes succeed while the controls are asked
    check(
        "fail 0 1 = wait
         ask 1
         ok 2
         broken 4
         due = 4
         fail 0 1 = wait
         ask 4
         ok 5
         broken 7 = distrusted -
         fail 0 1 = stands
         fail 8 9 = stands
         due = 34
         ask 34
         broken 37
         fail 40 41 = stands
         ask 64
         held 64.1 = trusted
         fail 65 66 = wait",
    );
    // probes succeed between the rounds
    check(
        "fail 0 1 = wait
         ask 1
         broken 4 = lost 0
         ok 10
         ask 10
         broken 13
         ask 13
         broken 16
         ok 20
         fail 21 21.1 = wait
         ask 21.1
         broken 24.1 = distrusted 0-20
         fail 21 21.1 = stands",
    );
    // an answer in between makes them believable again
    check(
        "fail 0 1 = wait
         ask 1
         ok 2
         broken 4
         ask 4
         held 4.1
         fail 5 6 = wait
         ask 6
         ok 7
         broken 9
         fail 5 6 = wait",
    );
}

#[test]
fn what_cannot_be_asked_about_is_not_told() {
    check(
        "fail 0 1 = wait
         ask 1
         unable 1.1
         fail 0 1 = unable
         fail 2 3 = wait
         ask 3
         held 3.1
         fail 2 3 = stands",
    );
}

#[test]
fn a_round_that_was_held_up_is_begun_again() {
    check(
        "fail 0 1 = wait
         ask 1
         void 21
         fail 0 1 = wait
         ask 21
         held 21.1
         fail 0 1 = stands",
    );
}

#[test]
fn rounds_for_failures_are_a_second_apart() {
    check(
        "fail 0 0.1 = wait
         ask 0.1
         held 0.2
         fail 0.2 0.3 = wait
         fail 0.2 0.4 = wait
         due = 1.1
         ask 1.1
         held 1.2
         fail 0.2 0.4 = stands
         fail 4 5 = wait
         due = 5",
    );
}
