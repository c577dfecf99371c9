//! How fast something goes through observations.

use std::time::Instant;

const ROUNDS: u32 = 5;

/// The best of several rounds over so many observations, in millions of them a second.
pub(crate) fn rate(observations: u32, mut round: impl FnMut()) -> f64 {
    let best = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            round();
            begun.elapsed()
        })
        .min()
        .expect("at least one round");
    f64::from(observations) / best.as_secs_f64() / 1e6
}
