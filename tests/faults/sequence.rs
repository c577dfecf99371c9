//! What is stored in these tests: a sequence in which everything follows from its number, so that
//! whoever reads can tell what was written by whom, and whether it is whole.

use outwatch::domain::maintenance::{Declaration, Schedule};
use outwatch::domain::observation::{
    Answer, Cause, Epoch, Failure, HttpVersion, Observation, Outcome, Phase, Provenance, Reason,
    Timings,
};
use outwatch::domain::parameters::Parameters;
use outwatch::domain::probe::{Name, Probe, ProbeId};
use outwatch::domain::subject::Subject;
use outwatch::domain::time::{Micros, Millis, Period, UnixMillis};
use outwatch::domain::trouble::Trouble;
use outwatch::evidence::Evidence;
use outwatch::store::{Configured, EvidenceChange, ProbeRecord};

use crate::dice::mixed;

/// 2024-09-29T14:00:00Z, the start of an hour.
pub(crate) const T0: i64 = 1_727_618_400_000;
pub(crate) const NOW: UnixMillis = UnixMillis(T0);

/// Observations are sent to these in turn; to the last of [`ENDPOINTS`], only imports are.
pub(crate) const PROBED: usize = 3;
pub(crate) const ENDPOINTS: [&str; PROBED + 1] = ["a", "b", "c", "imported"];

/// Observations in one import.
pub(crate) const IMPORT: usize = 400;

pub(crate) fn id(endpoint: &str) -> ProbeId {
    record(endpoint).probe.id
}

fn record(endpoint: &str) -> ProbeRecord {
    let name = |text| Name::try_new(text).unwrap();
    ProbeRecord {
        probe: Probe::named(name("Music"), name("web"), name(endpoint)).unwrap(),
        url: format!("https://{endpoint}.example/?token=***").into(),
        parameters: Parameters::default(),
    }
}

pub(crate) fn configured() -> Configured {
    Configured {
        probes: ENDPOINTS.map(record).into(),
        ..Configured::default()
    }
}

/// After so many of each probe, nobody watches for two days, and what was before can be
/// pruned.
const TURNS: usize = 360;
const PAUSE_MS: usize = 50 * 3_600_000;

/// The n-th that is sent, and to which probe. One every 30 s of each, so that 360 make an hour.
pub(crate) fn nth(n: usize) -> (&'static str, Observation) {
    let (turn, probe) = (n / PROBED, n % PROBED);
    let noise = mixed(n as u64);
    let since_ms = turn * 30_000 + turn / TURNS * PAUSE_MS + probe * 7;
    let ts = T0 + i64::try_from(since_ms).unwrap() + (noise % 5).cast_signed();
    let us = |salt: u64, most: u64| Some(Micros(mixed(noise ^ salt) % most));
    // outages, blips and recoveries at another time for each probe
    let is_failing = matches!((turn + 13 * probe) % 40, 5..=9 | 20 | 30..=31);
    let outcome = match noise % 11 {
        0 => Outcome::Inconclusive {
            reason: Some(Reason::Stalled),
            detail: None,
        },
        _ if is_failing => Outcome::Fail(Failure {
            cause: Some(Cause::ALL[n % Cause::ALL.len()]),
            phase: Some(Phase::Verdict),
            detail: Some(format!("number {}", n % 500).into()),
        }),
        1 => Outcome::Slow {
            detail: Some("it took long".into()),
        },
        _ => Outcome::Ok,
    };
    let observation = Observation {
        ts: UnixMillis(ts),
        outcome,
        duration: us(1, 5_000_000),
        answer: Answer {
            status: Some(u16::try_from(200 + noise % 300).unwrap()),
            http_version: Some(HttpVersion::Http2),
            peer: Some(([127, 0, 0, 1], u16::try_from(noise % 40).unwrap()).into()),
            timings: Timings {
                dns: us(2, 1000),
                connect: us(3, 50_000),
                tls: (!n.is_multiple_of(3)).then_some(us(4, 90_000)).flatten(),
                first_byte: us(5, 900_000),
                body: us(6, 2_000_000),
            },
        },
        provenance: Provenance::Observed {
            epoch: Epoch(1),
            mono: Millis(ts - T0),
        },
    };
    (ENDPOINTS[probe], observation)
}

/// What becomes of evidence right after the n-th observation was sent.
pub(crate) fn evidence_change(n: usize) -> Option<EvidenceChange> {
    let (_, observation) = nth(n);
    let keep = has_evidence(n).then(|| (observation.ts, Box::new(evidence(n))));
    let forget: Vec<_> = forgotten_at(n).map(|old| nth(old).1.ts).collect();
    (keep.is_some() || !forget.is_empty()).then_some(EvidenceChange { forget, keep })
}

pub(crate) fn has_evidence(n: usize) -> bool {
    matches!(nth(n).1.outcome, Outcome::Fail(_)) && n % 4 != 1
}

/// Some of the same probe, if this one ends a stretch.
pub(crate) fn forgotten_at(n: usize) -> impl Iterator<Item = usize> {
    let ends = n % 60 == 59;
    let old = (n.saturating_sub(240)..n.saturating_sub(120)).step_by(1);
    old.filter(move |old| ends && old % PROBED == n % PROBED && has_evidence(*old))
}

pub(crate) fn evidence(n: usize) -> Evidence {
    Evidence {
        method: "GET".to_owned(),
        url: format!("https://example/{n}"),
        detail: Some("long ".repeat(n % 300)),
        headers: vec![("x-number".to_owned(), format!("{:x}", mixed(n as u64)))],
        ..Evidence::default()
    }
}

/// What is told of trouble right after the n-th observation was sent.
pub(crate) fn trouble(n: usize) -> Option<Trouble> {
    let (_, observation) = nth(n);
    n.is_multiple_of(50).then_some(Trouble {
        period: Period::new(observation.ts, observation.ts + Millis(900)),
        reason: Reason::Stalled,
    })
}

/// The number of the observation that was sent to that of [`ENDPOINTS`] at that instant.
pub(crate) fn number_of(probe: usize, ts: UnixMillis) -> usize {
    let since_ms = usize::try_from(ts.0 - T0).unwrap();
    let span = TURNS * 30_000 + PAUSE_MS;
    let turn = since_ms / span * TURNS + since_ms % span / 30_000;
    turn * PROBED + probe
}

/// The n-th that is imported. An import begins in the hour in which the last one ended.
pub(crate) fn nth_imported(n: usize) -> Observation {
    let (_, like) = nth(n);
    Observation {
        ts: UnixMillis(T0 + i64::try_from(n * 20_000).unwrap()),
        provenance: Provenance::Imported { set_aside: false },
        ..like
    }
}

pub(crate) fn number_imported(ts: UnixMillis) -> usize {
    usize::try_from(ts.0 - T0).unwrap() / 20_000
}

/// The n-th that is declared.
pub(crate) fn declaration(n: usize) -> Declaration {
    let from = UnixMillis(T0 + i64::try_from(n * 60_000).unwrap());
    Declaration {
        subject: Subject::Endpoint(id("a")),
        schedule: Schedule::Once(Period::new(from, from + Millis(30_000))),
        note: Some(format!("declaration {n}").into()),
    }
}
