//! How late probes start, what scheduling costs, and what an idle probe weighs:
//! `cargo bench --bench scheduler`. Takes half a minute.
//!
//! Real time on one thread. Each asking waits a millisecond, as for a near server, and does nothing
//! else. CPU and memory are what the system says of this process.

use std::fs;
use std::rc::Rc;
use std::time::Duration;

use outwatch::clock::Clock;
use outwatch::domain::schedule::agenda::{Limits, Timing};
use outwatch::domain::schedule::stagger::{Staggered, stagger};
use outwatch::domain::time::Micros;
use outwatch::scheduler::{Ask, Scheduler, Started};
use tokio::time::{Instant, sleep, timeout_at};

struct Near;

impl Ask for Near {
    type Probe = [u64; 4];
    type Answer = ();

    async fn ask(&self, _probe: Rc<[u64; 4]>, _: Started) {
        sleep(Duration::from_millis(1)).await;
    }
}

const RUNS: [(usize, u64); 3] = [(10_000, 10), (10_000, 60), (100_000, 60)];
const SECONDS: u64 = 8;

/// Resident memory in bytes, and CPU time in seconds.
fn usage() -> (f64, f64) {
    let number = |text: &str, nth: usize| -> f64 {
        let word = text.split_whitespace().nth(nth);
        word.and_then(|word| word.parse().ok()).unwrap_or(f64::NAN)
    };
    let memory = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let stat = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    (number(&memory, 1) * 4096.0, number(&stat, 0) / 1e9)
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
#[expect(clippy::cast_precision_loss, reason = "small counts")]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!(
        "probes   interval  asked/s  late p50   p99   max (ms)   CPU µs/probe   bytes/idle probe"
    );
    for (count, interval) in RUNS {
        let (memory, _) = usage();
        let limits = Limits {
            in_flight: 10_000,
            in_flight_per_host: 10_000,
        };
        let asker = Near;
        let mut scheduler = Scheduler::new(Clock::system(), limits, &asker);
        let timing = Timing {
            interval: Micros(interval * 1_000_000),
            confirm_interval: Micros(1_000_000),
        };
        let probes: Vec<_> = (0..count)
            .map(|_| Staggered {
                service: "s",
                platform: "p",
                interval: timing.interval,
            })
            .collect();
        for phase in stagger(&probes) {
            scheduler.add(Rc::new([0; 4]), timing, "host", phase);
        }
        drop(probes);
        let idle = (usage().0 - memory) / count as f64;
        let (_, cpu) = usage();
        let end = Instant::now() + Duration::from_secs(SECONDS);
        let mut answers = 0_u64;
        while let Ok(finished) = timeout_at(end, scheduler.next()).await {
            scheduler.settle(finished.slot, false);
            answers += 1;
        }
        let cpu = usage().1 - cpu;
        let lateness = &scheduler.agenda().tally().lateness;
        let ms = |late: Option<Micros>| late.map_or(f64::NAN, |late| late.0 as f64 / 1000.0);
        println!(
            "{count:>6} {interval:>8} s {:>8.0} {:>9.2} {:>5.2} {:>5.2} {:>19.1} {idle:>18.0}",
            answers as f64 / SECONDS as f64,
            ms(lateness.percentile(50)),
            ms(lateness.percentile(99)),
            ms(Some(lateness.max())),
            cpu * 1e6 / answers as f64,
        );
    }
}
