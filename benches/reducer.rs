//! Observations a second through the reducer, on one core: `cargo bench --bench reducer`.
//!
//! Three histories: all is well; an outage of ten observations in every hundred; every fourth fails.
//! The reference, in the same run, is the plainest loop that reads the same observations.

#[path = "support/rate.rs"]
mod rate;

use std::hint::black_box;

use outwatch::domain::history::{HistoryBuilder, Life};
use outwatch::domain::observation::{Cause, Failure, Outcome};
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::reducer::Reducer;
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Millis, UnixMillis};
use rate::rate;

const OBSERVATIONS: u32 = 3_000_000;

fn history(failed: impl Fn(i64) -> bool) -> Vec<Sighting> {
    let failure = Failure {
        cause: Some(Cause::Status),
        phase: None,
        detail: Some("503 Service Unavailable".into()),
    };
    (0..i64::from(OBSERVATIONS))
        .map(|i| {
            let ts = UnixMillis(i * 30_000);
            Sighting {
                ts,
                finished: ts + Millis(40),
                outcome: if failed(i) {
                    Outcome::Fail(failure.clone())
                } else {
                    Outcome::Ok
                },
                epoch: None,
                set_aside: false,
            }
        })
        .collect()
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
fn main() {
    let parameters = ParameterHistory::constant(Parameters::default());
    let lives = [Life {
        from: UnixMillis(0),
        to: None,
    }];
    let now = UnixMillis(i64::from(OBSERVATIONS) * 30_000);
    println!(
        "{:<12} {:>10} {:>10} {:>10}   million observations/s",
        "history", "reading", "streaming", "collecting"
    );
    for (name, all) in [
        ("all ok", history(|_| false)),
        ("10 % down", history(|i| i % 100 >= 90)),
        ("flapping", history(|i| i % 4 == 3)),
    ] {
        let reading = rate(OBSERVATIONS, || {
            let counted = all.iter().filter(|s| s.counts() && s.ts <= now).count();
            black_box(counted);
        });
        let streaming = rate(OBSERVATIONS, || {
            let mut reducer = Reducer::default();
            let parameters = Parameters::default();
            for sighting in &all {
                black_box(reducer.push(sighting, &parameters, &mut ()).is_ok());
            }
            black_box(reducer.standing());
        });
        let collecting = rate(OBSERVATIONS, || {
            let mut builder = HistoryBuilder::new(&parameters, &lives, now);
            for sighting in &all {
                builder.push(sighting.clone());
            }
            black_box(builder.finish().windows.len());
        });
        println!("{name:<12} {reading:>10.1} {streaming:>10.1} {collecting:>10.1}");
    }
}
