//! Observations a second through the reducer, on one core: `cargo bench --bench reducer`.
//!
//! Three histories: all is well; an outage of ten observations in every hundred; every fourth fails.
//! The reference, in the same run, is the plainest loop that reads the same observations.

use std::hint::black_box;
use std::time::Instant;

use outwatch::domain::history::{HistoryBuilder, Life};
use outwatch::domain::observation::{Cause, Failure, Outcome};
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::reducer::Reducer;
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Millis, UnixMillis};

const OBSERVATIONS: i64 = 3_000_000;
const ROUNDS: u32 = 5;

fn history(failed: impl Fn(i64) -> bool) -> Vec<Sighting> {
    let failure = Failure {
        cause: Some(Cause::Status),
        phase: None,
        detail: Some("503 Service Unavailable".into()),
    };
    (0..OBSERVATIONS)
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

/// The best of several rounds, in observations a second.
fn rate(mut round: impl FnMut()) -> f64 {
    let best = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            round();
            begun.elapsed()
        })
        .min()
        .expect("at least one round");
    #[expect(clippy::cast_precision_loss, reason = "a few million")]
    let observations = OBSERVATIONS as f64;
    observations / best.as_secs_f64()
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
fn main() {
    let parameters = ParameterHistory::constant(Parameters::default());
    let lives = [Life {
        from: UnixMillis(0),
        to: None,
    }];
    let now = UnixMillis(OBSERVATIONS * 30_000);
    println!(
        "{:<12} {:>10} {:>10} {:>10}   million observations/s",
        "history", "reading", "streaming", "collecting"
    );
    for (name, all) in [
        ("all ok", history(|_| false)),
        ("10 % down", history(|i| i % 100 >= 90)),
        ("flapping", history(|i| i % 4 == 3)),
    ] {
        let reading = rate(|| {
            let counted = all.iter().filter(|s| s.counts() && s.ts <= now).count();
            black_box(counted);
        });
        let streaming = rate(|| {
            let mut reducer = Reducer::default();
            let parameters = Parameters::default();
            for sighting in &all {
                black_box(reducer.push(sighting, &parameters, &mut ()).is_ok());
            }
            black_box(reducer.standing());
        });
        let collecting = rate(|| {
            let mut builder = HistoryBuilder::new(&parameters, &lives, now);
            for sighting in &all {
                builder.push(sighting.clone());
            }
            black_box(builder.finish().windows.len());
        });
        println!(
            "{name:<12} {:>10.1} {:>10.1} {:>10.1}",
            reading / 1e6,
            streaming / 1e6,
            collecting / 1e6
        );
    }
}
