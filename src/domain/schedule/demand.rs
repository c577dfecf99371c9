//! Whether a load can be met at all: what probes ask, against what may be under way at once.

use std::collections::HashMap;
use std::fmt;

use super::agenda::Limits;
use crate::domain::time::Millis;

/// What one probe asks.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// What the limit per host counts by.
    pub host: &'a str,
    /// The host as it may be shown.
    pub shown_host: &'a str,
    /// It is this computer.
    pub is_local: bool,
    pub is_encrypted: bool,
    /// One after the other each time.
    pub requests: u32,
    pub interval: Millis,
    pub timeout: Millis,
}

/// Something that cannot be met.
#[derive(Clone, Debug, PartialEq)]
pub enum Shortfall {
    /// Even good answers take too long for so many.
    Rate {
        /// `None`: all hosts together.
        host: Option<String>,
        per_second: f64,
        at_once: usize,
    },
    /// Asking takes more than the one thread that asks.
    Work { per_second: f64, cores: f64 },
    /// Fine while endpoints answer, but not if they hang.
    Outage { at_once: usize, allowed: usize },
}

/// What a good answer takes, over the Internet: three round trips or four.
const GOOD_S: f64 = 0.1;

/// From this computer.
const GOOD_LOCAL_S: f64 = 0.01;

/// CPU that a request takes in seconds, where nothing but CPU limits; see docs/PERFORMANCE.md.
const CPU_S: f64 = 65e-6;
const CPU_ENCRYPTED_S: f64 = 350e-6;

/// More of one core is taken as too much.
const CORES_MAX: f64 = 0.9;

/// Hosts that are named; there may be thousands of which the same can be said.
const HOSTS_MAX: usize = 3;

#[derive(Clone, Copy, Default)]
struct Sum<'a> {
    shown: &'a str,
    per_second: f64,
    /// Under way at once on average, with good answers,
    good: f64,
    /// and if none comes.
    hanging: f64,
}

impl<'a> Sum<'a> {
    fn add(&mut self, demand: &Demand<'a>) {
        let per_second = 1.0 / demand.interval.to_duration().as_secs_f64().max(0.001);
        let good = if demand.is_local {
            GOOD_LOCAL_S
        } else {
            GOOD_S
        };
        self.shown = demand.shown_host;
        self.per_second += per_second;
        self.good += per_second * good * f64::from(demand.requests);
        self.hanging += per_second * demand.timeout.to_duration().as_secs_f64();
    }
}

/// What cannot be met of it, the worst first.
pub fn shortfalls<'a>(
    demands: impl IntoIterator<Item = Demand<'a>>,
    limits: Limits,
) -> Vec<Shortfall> {
    let mut hosts = HashMap::<&str, Sum>::new();
    let (mut all, mut cores) = (Sum::default(), 0.0);
    for demand in demands {
        hosts.entry(demand.host).or_default().add(&demand);
        all.add(&demand);
        let cpu = if demand.is_encrypted {
            CPU_ENCRYPTED_S
        } else {
            CPU_S
        };
        let interval = demand.interval.to_duration().as_secs_f64().max(0.001);
        cores += cpu * f64::from(demand.requests) / interval;
    }
    let (in_flight, per_host) = (as_f64(limits.in_flight), as_f64(limits.in_flight_per_host));
    let mut found = Vec::new();
    if cores > CORES_MAX {
        found.push(Shortfall::Work {
            per_second: all.per_second,
            cores,
        });
    }
    if all.good > in_flight {
        found.push(Shortfall::Rate {
            host: None,
            per_second: all.per_second,
            at_once: limits.in_flight,
        });
    }
    let mut crowded: Vec<_> = hosts.values().filter(|sum| sum.good > per_host).collect();
    crowded.sort_by(|a, b| b.good.total_cmp(&a.good).then(a.shown.cmp(b.shown)));
    found.extend(crowded.iter().take(HOSTS_MAX).map(|sum| Shortfall::Rate {
        host: Some(sum.shown.to_owned()),
        per_second: sum.per_second,
        at_once: limits.in_flight_per_host,
    }));
    let allowed: f64 = hosts.values().map(|sum| sum.hanging.min(per_host)).sum();
    let allowed = allowed.min(in_flight);
    // sums of fractions
    if all.hanging > allowed + 0.5 {
        found.push(Shortfall::Outage {
            at_once: as_usize(all.hanging.round()),
            allowed: as_usize(allowed.round()),
        });
    }
    found
}

impl Shortfall {
    /// Probes are late even if all is well; else only if much is down.
    pub fn is_certain(&self) -> bool {
        !matches!(self, Self::Outage { .. })
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate {
                host,
                per_second,
                at_once,
            } => {
                let (who, option) = match host {
                    Some(host) => (format!("{host} is"), "--max-in-flight-per-host"),
                    None => ("hosts are".to_owned(), "--max-in-flight"),
                };
                write!(
                    f,
                    "{who} asked {} times a second, {at_once} at once ({option}): probes are late if answers take longer than {} ms on average",
                    significant(*per_second),
                    significant(as_f64(*at_once) / per_second * 1000.0),
                )
            }
            Self::Work { per_second, cores } => write!(
                f,
                "{} askings a second take about {} of the one core that a daemon asks with: probes are late",
                significant(*per_second),
                significant(*cores),
            ),
            Self::Outage { at_once, allowed } => write!(
                f,
                "should everything hang until its timeout, {at_once} requests would be under way at once, of which {allowed} may be: probes would be asked {} times less often",
                significant(as_f64(*at_once) / as_f64((*allowed).max(1))),
            ),
        }
    }
}

/// With three significant digits, as far as that makes sense.
pub fn significant(number: f64) -> String {
    let decimals = match number {
        _ if number >= 100.0 => 0,
        _ if number >= 10.0 => 1,
        _ if number >= 1.0 => 2,
        _ => 3,
    };
    format!("{number:.decimals$}")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of requests are below 2^52"
)]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and is never negative"
)]
fn as_usize(count: f64) -> usize {
    count as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        in_flight: 512,
        in_flight_per_host: 32,
    };

    /// So many probes of each of so many hosts, every `interval` seconds with a timeout of 10 s.
    fn told(hosts: usize, probes: usize, interval: i64, is_local: bool) -> Vec<String> {
        let hosts: Vec<_> = (0..hosts).map(|nth| format!("h{nth}")).collect();
        let demands = hosts.iter().flat_map(|host| {
            (0..probes).map(|_| Demand {
                host,
                shown_host: host,
                is_local,
                is_encrypted: false,
                requests: 1,
                interval: Millis::from_secs(interval),
                timeout: Millis::from_secs(10),
            })
        });
        let found = shortfalls(demands, LIMITS);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_fits_even_if_all_of_it_hangs_is_nothing_to_speak_of() {
        assert_eq!(told(3, 30, 30, false), [] as [&str; 0]);
    }

    #[test]
    fn an_outage_of_everything_is_told_where_it_would_delay() {
        // of each host 100 would hang, and 32 may
        let expected = "should everything hang until its timeout, 300 requests would be under way at once, of which 96 may be: probes would be asked 3.12 times less often";
        assert_eq!(told(3, 300, 30, false), [expected]);
    }

    #[test]
    fn a_host_that_even_good_answers_are_too_slow_for_is_named() {
        let told_far = told(1, 20_000, 50, false);
        let expected = "h0 is asked 400 times a second, 32 at once (--max-in-flight-per-host): probes are late if answers take longer than 80.0 ms on average";
        assert_eq!(told_far[0], expected);
        assert_eq!(told(1, 20_000, 50, true).len(), 1, "near enough");
    }

    #[test]
    fn of_many_hosts_alike_some_are_named() {
        let told = told(30, 20_000, 50, false);
        let heads: Vec<_> = told
            .iter()
            .map(|line| line.split(" asked").next().unwrap())
            .collect();
        let expected = ["hosts are", "h0 is", "h1 is", "h10 is"];
        assert_eq!(heads[..4], expected);
    }

    #[test]
    fn more_than_one_thread_can_ask_is_told() {
        let told = told(1000, 20, 1, true);
        let expected = "20000 askings a second take about 1.30 of the one core that a daemon asks with: probes are late";
        assert_eq!(told[0], expected);
    }
}
