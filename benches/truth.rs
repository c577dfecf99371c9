//! Whether what is reported of outages is true, and how exact it is: `cargo bench --bench truth`.
//!
//! Simulated outages of known start, end and shape, watched in virtual time by the real schedule and
//! the real reducers; docs/ACCURACY.md tells the method. Prints tables in Markdown, and fails if
//! anything does not hold: then with the seed, which `--seed` replays.

#![allow(clippy::print_stdout, reason = "a benchmark tells its figures")]

#[path = "../tests/support/truth/mod.rs"]
mod truth;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use truth::Run;
use truth::tally::Tally;

/// Simulated outages of known truth, watched by the real schedule and the real reducers.
#[derive(Parser)]
#[command(name = "truth", bin_name = "cargo bench --bench truth --")]
struct Options {
    /// At least so many outages of the service, of all settings together.
    #[arg(long, default_value_t = 50_000, value_name = "N")]
    outages: u64,
    /// Replays one run, and tells it in full.
    #[arg(long, value_name = "N", conflicts_with = "outages")]
    seed: Option<u64>,
    /// The seed of the first run; each one after it has the next.
    #[arg(long, default_value_t = 0, value_name = "N", conflicts_with = "seed")]
    from: u64,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Runs that went wrong are shown up to so many.
const SHOWN: u64 = 5;

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(seed) = options.seed {
        let run = Run::of(seed);
        println!("{}", truth::telling::all(&run));
        return ExitCode::from(u8::from(!run.wrong.is_empty()));
    }
    let begun = Instant::now();
    let mut tally = Tally::new();
    let mut seed = options.from;
    while tally.outages < options.outages {
        let run = Run::of(seed);
        tally.add(&run);
        if !run.wrong.is_empty() && tally.wrong_runs <= SHOWN {
            println!("seed {seed}, {}:", run.case.setting);
            for what in run.wrong.iter().take(3) {
                println!("  {what}");
            }
            println!("  replay: cargo bench --bench truth -- --seed {seed}\n");
        }
        seed += 1;
    }
    println!("{}", truth::tables::all(&tally));
    println!(
        "Seeds {} to {}, in {:.0} s of CPU.",
        options.from,
        seed - 1,
        begun.elapsed().as_secs_f64()
    );
    ExitCode::from(u8::from(tally.wrong_runs > 0))
}
