//! Observations a second through the reducer, on one core: `cargo bench --bench reducer`.
//!
//! Three histories: all is well; an outage of ten observations in every hundred; every fourth fails.
//! The reference, in the same run, is the plainest loop that reads the same observations.
//!
//! Then with roll-ups, as the daemon does it: each observation goes through the reducer of its
//! probe, and where that turns, the service votes. Twenty services of five platforms with ten
//! endpoints each, of which now and then one is down, or a whole platform; and one service of so
//! many endpoints that all go down and come back: a large one votes once a second at most. Last the
//! vote of a month, as reports take it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use outwatch::domain::history::{HistoryBuilder, Life};
use outwatch::domain::observation::{Cause, Failure, Outcome};
use outwatch::domain::outage::OutageWindow;
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::reducer::{Reducer, Sink};
use outwatch::domain::rollup::{
    LiveService, Member, Pieces, Rollup, RollupHistory, RollupParameters,
};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::subject::Subject;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::track::Track;

const OBSERVATIONS: i64 = 3_000_000;
const ROUNDS: u32 = 5;
const INTERVAL: i64 = 30_000;

const SERVICES: usize = 20;
const PLATFORMS: usize = 5;
const ENDPOINTS: usize = 10;
/// With more pieces, and more than two a member, the daemon forgets those that it can.
const PIECES_MAX: usize = 64;
/// With more members a service does not vote at each turn.
const VOTES_EACH_TURN_MAX: usize = 100;
/// Of one probe in 30 days.
const MONTH: i64 = 86_400;

fn failure() -> Failure {
    Failure {
        cause: Some(Cause::Status),
        phase: None,
        detail: Some("503 Service Unavailable".into()),
    }
}

fn history(failed: impl Fn(i64) -> bool) -> Vec<Sighting> {
    let failure = failure();
    (0..OBSERVATIONS)
        .map(|i| {
            let ts = UnixMillis(i * INTERVAL);
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

/// A probe as the daemon follows it, with what it fails in.
struct Followed {
    reducer: Reducer,
    pieces: Pieces,
    service: usize,
    failed: fn(i64, usize) -> bool,
}

/// Keeps what the vote needs.
struct Kept<'a> {
    pieces: &'a mut Pieces,
    turned: bool,
}

impl Sink for Kept<'_> {
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

/// Services whose probes are asked in turn.
struct Fleet {
    services: Vec<LiveService<usize>>,
    followed: Vec<Followed>,
    /// Of a large service a member turned.
    due: Option<usize>,
    /// So many turns were told,
    told: usize,
    /// in so many votes.
    votes: usize,
}

impl Fleet {
    fn new(
        services: usize,
        platforms: usize,
        endpoints: usize,
        failed: fn(i64, usize) -> bool,
    ) -> Self {
        let policy = || RollupHistory::constant(RollupParameters::default());
        let begin = UnixMillis(0);
        let (mut all, mut followed) = (Vec::new(), Vec::new());
        for at in 0..services {
            let name = format!("service-{at}");
            let subject = Subject::Service(name.as_str().into());
            let mut service = LiveService::new(subject, policy(), begin);
            for platform in 0..platforms {
                let platform = Subject::Platform {
                    service: name.as_str().into(),
                    platform: format!("platform-{platform}").into(),
                };
                for _ in 0..endpoints {
                    service.add(&platform, &policy(), followed.len(), policy(), begin);
                    followed.push(Followed {
                        reducer: Reducer::default(),
                        pieces: Pieces::since(begin),
                        service: at,
                        failed,
                    });
                }
            }
            all.push(service);
        }
        Self {
            services: all,
            followed,
            due: None,
            told: 0,
            votes: 0,
        }
    }

    /// Every probe is asked once in each of so many intervals.
    fn run(&mut self, intervals: i64) {
        let parameters = Parameters::default();
        let failure = failure();
        let count = i64::try_from(self.followed.len()).expect("few thousand");
        let is_large = self.followed.len() / self.services.len() > VOTES_EACH_TURN_MAX;
        let mut second = 0;
        for interval in 0..intervals {
            for (probe, place) in (0..self.followed.len()).zip(0..) {
                let ts = UnixMillis(interval * INTERVAL + place * INTERVAL / count);
                let followed = &mut self.followed[probe];
                let outcome = if (followed.failed)(interval, probe) {
                    Outcome::Fail(failure.clone())
                } else {
                    Outcome::Ok
                };
                let sighting = Sighting {
                    ts,
                    finished: ts + Millis(40),
                    outcome,
                    epoch: None,
                    set_aside: false,
                };
                if followed.reducer.last_ts().is_none() {
                    followed.pieces.first_observed(ts);
                }
                let mut kept = Kept {
                    pieces: &mut followed.pieces,
                    turned: false,
                };
                let pushed = followed.reducer.push(&sighting, &parameters, &mut kept);
                pushed.expect("in order of time");
                let (turned, service) = (kept.turned, followed.service);
                if turned && is_large {
                    self.due = Some(service);
                } else if turned {
                    self.vote(service, sighting.finished);
                }
                if std::mem::replace(&mut second, ts.0 / 1000) < ts.0 / 1000
                    && let Some(service) = self.due.take()
                {
                    self.vote(service, sighting.finished);
                }
            }
        }
    }

    fn vote(&mut self, service: usize, now: UnixMillis) {
        let (service, followed) = (&mut self.services[service], &mut self.followed);
        let members: Vec<_> = service.members().collect();
        let track = |probe: usize| {
            let Followed {
                reducer, pieces, ..
            } = &followed[probe];
            let now = now.max(reducer.last_ts().unwrap_or(now));
            pieces.track(reducer, PeriodSet::default(), now)
        };
        let settled = members.iter().map(|at| followed[*at].reducer.settled(now));
        let settled = settled.min().unwrap_or(now);
        self.votes += 1;
        self.told += service.turns(settled, track).len();
        let kept: usize = members.iter().map(|at| followed[*at].pieces.count()).sum();
        if kept > PIECES_MAX.max(2 * members.len()) {
            let before = service.carry(settled, track);
            for at in members {
                followed[at].pieces.forget_before(before);
            }
        }
    }
}

/// The tracks of the endpoints of one platform over a month.
fn month() -> Vec<Track> {
    let parameters = ParameterHistory::constant(Parameters::default());
    let lives = [Life {
        from: UnixMillis(0),
        to: None,
    }];
    let now = UnixMillis(MONTH * INTERVAL);
    let tracks = (0..PLATFORMS * ENDPOINTS).map(|probe| {
        let mut builder = HistoryBuilder::new(&parameters, &lives, now);
        for at in 0..MONTH {
            let ts = UnixMillis(at * INTERVAL);
            builder.push(Sighting {
                ts,
                finished: ts + Millis(40),
                outcome: if now_and_then(at, probe) {
                    Outcome::Fail(failure())
                } else {
                    Outcome::Ok
                },
                epoch: None,
                set_aside: false,
            });
        }
        Track::of(&builder.finish(), PeriodSet::default())
    });
    tracks.collect()
}

/// Every endpoint for five of a thousand observations, each at its time, and every tenth time all
/// of its platform.
fn now_and_then(interval: i64, probe: usize) -> bool {
    let (round, place) = (interval / 1000, interval % 1000);
    let at = if round % 10 == 9 {
        probe / ENDPOINTS
    } else {
        probe
    };
    let at = i64::try_from(at).expect("few thousand");
    (0..5).contains(&(place - at * 37 % 990))
}

/// All at once, for three intervals.
fn all_at_once(interval: i64, _: usize) -> bool {
    (3..6).contains(&interval)
}

/// The best of several rounds, in observations a second.
fn rate(round: impl FnMut()) -> f64 {
    let best = best_of(ROUNDS, round);
    #[expect(clippy::cast_precision_loss, reason = "a few million")]
    let observations = OBSERVATIONS as f64;
    observations / best.as_secs_f64()
}

fn best_of(rounds: u32, mut round: impl FnMut()) -> Duration {
    (0..rounds)
        .map(|_| {
            let begun = Instant::now();
            round();
            begun.elapsed()
        })
        .min()
        .expect("at least one round")
}

fn main() {
    endpoints();
    rolled_up();
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
fn endpoints() {
    let parameters = ParameterHistory::constant(Parameters::default());
    let lives = [Life {
        from: UnixMillis(0),
        to: None,
    }];
    let now = UnixMillis(OBSERVATIONS * INTERVAL);
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

#[expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
fn rolled_up() {
    let probes = i64::try_from(SERVICES * PLATFORMS * ENDPOINTS).expect("few thousand");
    let mut told = 0;
    let streaming = rate(|| {
        let mut fleet = Fleet::new(SERVICES, PLATFORMS, ENDPOINTS, now_and_then);
        fleet.run(OBSERVATIONS / probes);
        told = fleet.told;
    });
    println!(
        "\nstreaming with roll-ups: {:.1} million observations/s, {told} turns told",
        streaming / 1e6
    );
    for endpoints in [100, 1_000, 10_000] {
        let mut votes = 0;
        let took = best_of(2, || {
            let mut fleet = Fleet::new(1, 10, endpoints / 10, all_at_once);
            fleet.run(10);
            votes = fleet.votes;
        });
        println!(
            "all {endpoints:>6} endpoints of a service down and back in 5 min: {took:.1?}, {votes} votes"
        );
    }
    let tracks = month();
    let policy = RollupHistory::constant(RollupParameters::default());
    let members: Vec<_> = tracks
        .iter()
        .map(|track| Member {
            track,
            parameters: &policy,
        })
        .collect();
    let windows: usize = tracks.iter().map(|track| track.windows.len()).sum();
    let took = best_of(ROUNDS, || {
        black_box(Rollup::new(&members, &policy));
    });
    println!(
        "the vote of {} endpoints with {windows} windows in a month: {took:.1?}",
        members.len()
    );
}
