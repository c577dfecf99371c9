//! Observations as a service of many endpoints gives them.

use outwatch::domain::observation::{
    Answer, Cause, Epoch, Failure, HttpVersion, Observation, Outcome, Phase, Provenance, Timings,
};
use outwatch::domain::parameters::Parameters;
use outwatch::domain::probe::{Name, Probe};
use outwatch::domain::time::{Micros, Millis, UnixMillis};
use outwatch::store::ProbeRecord;

/// A probe that is one of many; its address answers nobody.
pub(crate) fn record(n: i64) -> ProbeRecord {
    let name = |text: &str| Name::try_new(text).unwrap();
    let endpoint = format!("endpoint {n}");
    let platform = ["desktop", "mobile", "web"][usize::try_from(n % 3).unwrap()];
    ProbeRecord {
        probe: Probe::named(name("Music"), name(platform), name(&endpoint)).unwrap(),
        url: format!("https://edge-{n}.example/health").into(),
        parameters: Parameters::default(),
    }
}

/// All phases filled, jitter as from a data centre, one in two hundred failed.
pub(crate) fn observation(ts: i64, random: &mut Random) -> Observation {
    let mut us = |typical: u64| typical + random.below(typical / 5) + random.below(typical / 10);
    let (dns, connect, tls) = (us(1_200), us(9_800), us(14_100));
    let (first_byte, body, rest) = (us(15_000), us(1_600), us(90));
    let late = i64::try_from(random.below(3)).unwrap();
    let fails = random.below(200) == 0;
    Observation {
        ts: UnixMillis(ts + late),
        outcome: if fails {
            Outcome::Fail(Failure {
                cause: Some(Cause::Status),
                phase: Some(Phase::Verdict),
                detail: Some("503 Service Unavailable".into()),
            })
        } else {
            Outcome::Ok
        },
        duration: Some(Micros(dns + connect + tls + first_byte + body + rest)),
        answer: Answer {
            status: Some(if fails { 503 } else { 200 }),
            http_version: Some(HttpVersion::Http2),
            peer: Some(([203, 0, 113, random.below(4).to_le_bytes()[0]], 443).into()),
            timings: Timings {
                dns: Some(Micros(dns)),
                connect: Some(Micros(connect)),
                tls: Some(Micros(tls)),
                first_byte: Some(Micros(first_byte)),
                body: Some(Micros(body)),
            },
        },
        provenance: Provenance::Observed {
            epoch: Epoch(1),
            mono: Millis(ts + late + i64::try_from(random.below(2)).unwrap()),
        },
    }
}

/// Numbers that look random and are the same every time (xorshift64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end.max(1)
    }
}
