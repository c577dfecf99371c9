//! Probes, databases and random observations for the tests beside this file.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use outwatch::domain::observation::{
    Answer, Cause, Epoch, Failure, HttpVersion, Observation, Outcome, Phase, Provenance, Reason,
    Timings,
};
use outwatch::domain::parameters::Parameters;
use outwatch::domain::probe::{Name, Probe, ProbeId};
use outwatch::domain::time::{Micros, Millis, Period, UnixMillis};
use outwatch::store::{Configured, ProbeRecord, Reader, Store};
use proptest::prelude::*;
use tempfile::TempDir;

/// 2024-09-29T14:00:00Z, the start of an hour.
pub(crate) const T0: i64 = 1_727_618_400_000;
pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const NOW: UnixMillis = UnixMillis(T0);
pub(crate) const EVER: Period = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));

/// A folder with room for a database, gone after the test.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) db: PathBuf,
}

pub(crate) fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("outwatch.db");
    Place { folder, db }
}

pub(crate) fn record(endpoint: &str) -> ProbeRecord {
    let name = |text| Name::try_new(text).unwrap();
    ProbeRecord {
        probe: Probe::named(name("Music"), name("web"), name(endpoint)).unwrap(),
        url: format!("https://{endpoint}.example/?token=***").into(),
        parameters: Parameters::default(),
    }
}

/// A configuration of these probes alone.
pub(crate) fn probes(endpoints: &[&str]) -> Configured {
    Configured {
        probes: endpoints.iter().map(|endpoint| record(endpoint)).collect(),
        ..Configured::default()
    }
}

pub(crate) fn id(endpoint: &str) -> ProbeId {
    record(endpoint).probe.id
}

/// A new database with the probes `a` and `b`.
pub(crate) fn store(place: &Place) -> Store {
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store.register(&probes(&["a", "b"]), NOW).unwrap();
    store
}

pub(crate) fn ok(ts: i64) -> Observation {
    Observation {
        ts: UnixMillis(ts),
        outcome: Outcome::Ok,
        duration: Some(Micros(41_700)),
        answer: Answer::default(),
        provenance: Provenance::Observed {
            epoch: Epoch(1),
            mono: Millis(ts - T0),
        },
    }
}

pub(crate) fn failed(ts: i64, detail: &str) -> Observation {
    Observation {
        outcome: Outcome::Fail(Failure {
            cause: Some(Cause::Status),
            phase: Some(Phase::Verdict),
            detail: Some(detail.into()),
        }),
        ..ok(ts)
    }
}

/// All of a probe's, as the reader shows them.
pub(crate) fn read(place: &Place, endpoint: &str) -> Vec<Observation> {
    let reader = Reader::open(&place.db).unwrap();
    read_from(&reader, endpoint)
}

pub(crate) fn read_from(reader: &Reader, endpoint: &str) -> Vec<Observation> {
    let probes = reader.probes().unwrap();
    let stored = probes.iter().find(|stored| stored.probe.id == id(endpoint));
    let mut all = Vec::new();
    reader
        .observations(stored.unwrap().key, EVER, |observation, _| {
            all.push(observation);
            Ok::<_, outwatch::store::StoreError>(())
        })
        .unwrap();
    all
}

fn detail() -> impl Strategy<Value = Option<Arc<str>>> {
    let text = prop_oneof![
        Just("503 Service Unavailable".to_owned()),
        Just(String::new()),
        "[-=+@'\",\\\\\t\r\n;a ü]{0,8}",
        any::<String>(),
    ];
    proptest::option::of(text.prop_map(Into::into))
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let word = |all| proptest::option::of(proptest::sample::select(all));
    prop_oneof![
        3 => Just(Outcome::Ok),
        1 => detail().prop_map(|detail| Outcome::Slow { detail }),
        2 => (word_of(Cause::ALL), word_of(Phase::ALL), detail()).prop_map(
            |(cause, phase, detail)| Outcome::Fail(Failure { cause, phase, detail })
        ),
        1 => (word(Reason::ALL), detail())
            .prop_map(|(reason, detail)| Outcome::Inconclusive { reason, detail }),
    ]
}

fn word_of<W: Copy + std::fmt::Debug + 'static>(
    all: &'static [W],
) -> impl Strategy<Value = Option<W>> {
    proptest::option::of(proptest::sample::select(all))
}

/// Any, as far as a text format can say it; `us_max` bounds all lengths.
pub(crate) fn observation(us_max: u64) -> impl Strategy<Value = Observation> {
    let us = move || proptest::option::of(prop_oneof![0..100_000u64, 0..=us_max].prop_map(Micros));
    let ts = prop_oneof![
        4 => T0..T0 + HOUR,
        2 => T0 - 3 * HOUR..T0 + 3 * HOUR,
        2 => (0..20i64).prop_map(|n| T0 + n * 1000),
        1 => -60_000_000_000_000..250_000_000_000_000i64,
    ];
    let peer = (any::<IpAddr>(), any::<u16>()).prop_map(|(ip, port)| SocketAddr::new(ip, port));
    let provenance = prop_oneof![
        (1..5u32, any::<i64>()).prop_map(|(epoch, mono)| Provenance::Observed {
            epoch: Epoch(epoch),
            mono: Millis(mono),
        }),
        any::<bool>().prop_map(|set_aside| Provenance::Imported { set_aside }),
    ];
    let timings =
        (us(), us(), us(), us(), us()).prop_map(|(dns, connect, tls, first_byte, body)| Timings {
            dns,
            connect,
            tls,
            first_byte,
            body,
        });
    let answer = (
        proptest::option::of(any::<u16>()),
        word_of(HttpVersion::ALL),
        proptest::option::of(peer),
        timings,
    )
        .prop_map(|(status, http_version, peer, timings)| Answer {
            status,
            http_version,
            peer,
            timings,
        });
    (ts, outcome(), us(), answer, provenance).prop_map(
        |(ts, outcome, duration, answer, provenance)| Observation {
            ts: UnixMillis(ts),
            outcome,
            duration,
            answer,
            provenance,
        },
    )
}

/// In order of ts, repeats once: what a reader must show of `observations`.
pub(crate) fn ordered(observations: &[Observation]) -> Vec<Observation> {
    let mut ordered: Vec<Observation> = Vec::new();
    for observation in observations {
        if !ordered.contains(observation) {
            ordered.push(observation.clone());
        }
    }
    ordered.sort_by_key(|observation| observation.ts);
    ordered
}
