//! Observations a second through the reducers of a service's probes and the live vote of its
//! platforms, on one core: `cargo bench --bench rollup`.
//!
//! Three platforms of four endpoints each, asked in turn. As in the daemon, the vote is taken again
//! whenever a probe went down or came back, and what can no longer change is forgotten. The
//! reference, in the same run, is the same observations through the reducers alone.

#[path = "support/rate.rs"]
mod rate;

use std::hint::black_box;

use outwatch::domain::observation::{Cause, Failure, Outcome};
use outwatch::domain::outage::OutageWindow;
use outwatch::domain::parameters::Parameters;
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::reducer::{Reducer, Sink};
use outwatch::domain::rollup::{LiveMember, LiveService, Pieces, RollupHistory};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::subject::Subject;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use rate::rate;

const PROBES: usize = 12;
const OBSERVATIONS: u32 = 3_000_000;

/// With more pieces the daemon forgets what it can.
const PIECES_MAX: usize = 12;

/// As the daemon's: keeps the pieces, and notes that a probe turned.
struct Noting<'a> {
    pieces: &'a mut Pieces,
    turned: bool,
}

impl Sink for Noting<'_> {
    fn opened(&mut self, _: &OutageWindow) {
        self.turned = true;
    }

    fn window(&mut self, window: OutageWindow) {
        self.pieces.window(window);
        self.turned = true;
    }

    fn unknown(&mut self, stretch: Period) {
        self.pieces.unknown(stretch);
        self.turned = true;
    }

    fn slow(&mut self, stretch: Period) {
        self.pieces.slow(stretch);
    }

    fn flapping(&mut self, stretch: Period) {
        self.pieces.flapping(stretch);
    }
}

/// Of all probes in turn. `failed` says of a probe's how manieth.
fn story(failed: impl Fn(usize, usize) -> bool) -> Vec<Sighting> {
    let failure = Failure {
        cause: Some(Cause::Status),
        phase: None,
        detail: Some("503 Service Unavailable".into()),
    };
    (0..OBSERVATIONS)
        .map(|i| {
            let ts = UnixMillis(i64::from(i) * 2_500);
            let i = i as usize;
            Sighting {
                ts,
                finished: ts + Millis(40),
                outcome: if failed(i % PROBES, i / PROBES) {
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

fn service() -> LiveService<usize> {
    let begin = UnixMillis(0);
    let policy = RollupHistory::default();
    let mut service = LiveService::new(Subject::Service("music".into()), policy.clone(), begin);
    for probe in 0..PROBES {
        let platform = Subject::Platform {
            service: "music".into(),
            platform: ["desktop", "mobile", "web"][probe % 3].into(),
        };
        let member = LiveMember {
            probe,
            parameters: policy.clone(),
            is_gone: false,
        };
        service.add(&platform, &policy, member, begin);
    }
    service
}

fn alone(all: &[Sighting]) {
    let parameters = Parameters::default();
    let mut reducers = vec![Reducer::default(); PROBES];
    for (i, sighting) in all.iter().enumerate() {
        black_box(
            reducers[i % PROBES]
                .push(sighting, &parameters, &mut ())
                .is_ok(),
        );
    }
    black_box(&reducers);
}

/// How often anything was told of a platform or of the service.
fn with_votes(all: &[Sighting]) -> usize {
    let parameters = Parameters::default();
    let mut reducers = vec![Reducer::default(); PROBES];
    let mut pieces = vec![Pieces::since(UnixMillis(0)); PROBES];
    let mut service = service();
    let mut told = 0;
    for (i, sighting) in all.iter().enumerate() {
        let probe = i % PROBES;
        if reducers[probe].last_ts().is_none() {
            pieces[probe].first_observed(sighting.ts);
        }
        let mut noting = Noting {
            pieces: &mut pieces[probe],
            turned: false,
        };
        black_box(
            reducers[probe]
                .push(sighting, &parameters, &mut noting)
                .is_ok(),
        );
        if !noting.turned {
            continue;
        }
        let now = sighting.ts;
        let settled = reducers.iter().map(|reducer| reducer.settled(now)).min();
        let settled = settled.unwrap_or(now);
        let track = |at: usize| pieces[at].track(&reducers[at], PeriodSet::default(), now);
        told += service.turns(settled, track).len();
        if pieces.iter().map(Pieces::count).sum::<usize>() > PIECES_MAX {
            let before = service.carry(settled, track);
            for pieces in &mut pieces {
                pieces.forget_before(before);
            }
        }
    }
    told
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
fn main() {
    println!(
        "{:<34} {:>14} {:>11} {:>8}   million observations/s; turns told",
        "history", "reducers alone", "with votes", "turns"
    );
    for (name, all) in [
        ("all ok", story(|_, _| false)),
        (
            "an outage of ten in a thousand",
            story(|probe, i| (i + 83 * probe) % 1000 >= 990),
        ),
        (
            "platforms down, ten in a thousand",
            story(|probe, i| (i + 333 * (probe % 3)) % 1000 >= 990),
        ),
        (
            "an outage of ten in a hundred",
            story(|probe, i| (i + 8 * probe) % 100 >= 90),
        ),
    ] {
        let turns = with_votes(&all);
        let plain = rate(OBSERVATIONS, || alone(&all));
        let voting = rate(OBSERVATIONS, || {
            black_box(with_votes(&all));
        });
        println!("{name:<34} {plain:>14.1} {voting:>11.1} {turns:>8}");
    }
}
