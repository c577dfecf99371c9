//! An observation as it waits for the disk: as small as can be, since there may be many.

use std::net::{IpAddr, SocketAddr};

use crate::domain::observation::{
    Answer, Cause, Detail, Epoch, Failure, HttpVersion, Observation, Outcome, OutcomeKind, Phase,
    Provenance, Reason, Timings,
};
use crate::domain::probe::ProbeId;
use crate::domain::time::{Micros, Millis, UnixMillis};

/// All that there is of an observation, in half the room.
#[derive(Debug)]
pub(super) enum Waiting {
    Packed(Packed),
    /// With something in it that is packed nowhere: it is rare.
    Whole(Box<(ProbeId, Observation)>),
}

/// Lengths are in µs, [`NONE`] if there is none.
#[derive(Debug)]
pub(super) struct Packed {
    probe: ProbeId,
    ts: UnixMillis,
    mono: Millis,
    detail: Option<Detail>,
    epoch: Epoch,
    duration: u32,
    /// As [`Timings::in_order`].
    timings: [u32; 5],
    address: Option<IpAddr>,
    outcome: OutcomeKind,
    port: u16,
    status: Option<u16>,
    http_version: Option<HttpVersion>,
    cause: Option<Cause>,
    phase: Option<Phase>,
    reason: Option<Reason>,
}

const NONE: u32 = u32::MAX;

impl Waiting {
    pub(super) fn new(probe: ProbeId, observation: Observation) -> Self {
        match Packed::of(&probe, &observation) {
            Some(packed) => Self::Packed(packed),
            None => Self::Whole(Box::new((probe, observation))),
        }
    }

    /// What it takes besides its place in the queue.
    pub(super) fn bytes(&self) -> usize {
        // each detail has its two counts with it
        let of_detail = |detail: Option<&Detail>| detail.map_or(0, |it| it.len() + 16);
        match self {
            Self::Packed(packed) => of_detail(packed.detail.as_ref()),
            Self::Whole(whole) => {
                size_of::<(ProbeId, Observation)>() + of_detail(whole.1.outcome.detail())
            }
        }
    }

    pub(super) fn into_whole(self) -> (ProbeId, Observation) {
        match self {
            Self::Packed(packed) => packed.into_whole(),
            Self::Whole(whole) => *whole,
        }
    }
}

impl Packed {
    /// `None` if it does not fit.
    fn of(probe: &ProbeId, observation: &Observation) -> Option<Self> {
        let Observation {
            ts,
            ref outcome,
            duration,
            answer:
                Answer {
                    status,
                    http_version,
                    peer,
                    timings,
                },
            provenance: Provenance::Observed { epoch, mono },
        } = *observation
        else {
            return None;
        };
        let [dns, connect, tls, first_byte, body] = timings.in_order().map(packed);
        // the scope of a link-local address and the like
        let is_plain = peer.is_none_or(|peer| SocketAddr::new(peer.ip(), peer.port()) == peer);
        let (cause, phase, reason) = match outcome {
            Outcome::Ok | Outcome::Slow { .. } => (None, None, None),
            Outcome::Fail(failure) => (failure.cause, failure.phase, None),
            Outcome::Inconclusive { reason, .. } => (None, None, *reason),
        };
        is_plain.then_some(Self {
            probe: probe.clone(),
            ts,
            mono,
            detail: outcome.detail().cloned(),
            epoch,
            duration: packed(duration)?,
            timings: [dns?, connect?, tls?, first_byte?, body?],
            address: peer.map(|peer| peer.ip()),
            outcome: outcome.kind(),
            port: peer.map_or(0, |peer| peer.port()),
            status,
            http_version,
            cause,
            phase,
            reason,
        })
    }

    fn into_whole(self) -> (ProbeId, Observation) {
        let Self { detail, reason, .. } = self;
        let outcome = match self.outcome {
            OutcomeKind::Ok => Outcome::Ok,
            OutcomeKind::Slow => Outcome::Slow { detail },
            OutcomeKind::Fail => Outcome::Fail(Failure {
                cause: self.cause,
                phase: self.phase,
                detail,
            }),
            OutcomeKind::Inconclusive => Outcome::Inconclusive { reason, detail },
        };
        let [dns, connect, tls, first_byte, body] = self.timings.map(unpacked);
        let observation = Observation {
            ts: self.ts,
            outcome,
            duration: unpacked(self.duration),
            answer: Answer {
                status: self.status,
                http_version: self.http_version,
                peer: self.address.map(|ip| SocketAddr::new(ip, self.port)),
                timings: Timings {
                    dns,
                    connect,
                    tls,
                    first_byte,
                    body,
                },
            },
            provenance: Provenance::Observed {
                epoch: self.epoch,
                mono: self.mono,
            },
        };
        (self.probe, observation)
    }
}

/// `None` if it is longer than an hour or so, which does not fit.
fn packed(length: Option<Micros>) -> Option<u32> {
    match length {
        None => Some(NONE),
        Some(Micros(length)) => u32::try_from(length).ok().filter(|length| *length != NONE),
    }
}

fn unpacked(length: u32) -> Option<Micros> {
    (length != NONE).then_some(Micros(length.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(outcome: Outcome) -> Observation {
        Observation {
            ts: UnixMillis(1_780_000_000_123),
            outcome,
            duration: Some(Micros(41_700)),
            answer: Answer {
                status: Some(503),
                http_version: Some(HttpVersion::Http2),
                peer: Some("203.0.113.7:443".parse().unwrap()),
                timings: Timings {
                    dns: Some(Micros(0)),
                    connect: Some(Micros(9_800)),
                    tls: None,
                    first_byte: Some(Micros(15_000)),
                    body: Some(Micros(u64::from(NONE) - 1)),
                },
            },
            provenance: Provenance::Observed {
                epoch: Epoch(7),
                mono: Millis(86_400_000),
            },
        }
    }

    fn failed() -> Observation {
        observation(Outcome::Fail(Failure {
            cause: Some(Cause::Status),
            phase: Some(Phase::Verdict),
            detail: Some("503 Service Unavailable".into()),
        }))
    }

    #[test]
    fn what_waits_comes_out_as_it_went_in() {
        let with = |change: fn(&mut Observation)| {
            let mut observation = failed();
            change(&mut observation);
            observation
        };
        let detail = || Some(Detail::from("it was late"));
        let cases = [
            (observation(Outcome::Ok), true),
            (observation(Outcome::Slow { detail: detail() }), true),
            (failed(), true),
            (observation(Outcome::Fail(Failure::default())), true),
            (
                observation(Outcome::Inconclusive {
                    reason: Some(Reason::StorageFull),
                    detail: detail(),
                }),
                true,
            ),
            (with(|it| it.duration = None), true),
            (with(|it| it.answer = Answer::default()), true),
            (
                with(|it| it.answer.peer = Some("[2001:db8::1]:80".parse().unwrap())),
                true,
            ),
            // what there is no room for
            (
                with(|it| it.answer.peer = Some("[fe80::1%3]:80".parse().unwrap())),
                false,
            ),
            (with(|it| it.duration = Some(Micros(NONE.into()))), false),
            (
                with(|it| it.answer.timings.tls = Some(Micros(1 << 40))),
                false,
            ),
            (
                with(|it| it.provenance = Provenance::Imported { set_aside: true }),
                false,
            ),
        ];
        let probe: ProbeId = "music/web/player".parse().unwrap();
        for (observation, is_packed) in cases {
            let waiting = Waiting::new(probe.clone(), observation.clone());
            assert_eq!(
                matches!(waiting, Waiting::Packed(_)),
                is_packed,
                "{observation:?}"
            );
            assert_eq!(waiting.into_whole(), (probe.clone(), observation));
        }
    }

    #[test]
    fn it_takes_little() {
        assert_eq!(size_of::<Waiting>(), 104);
        let probe: ProbeId = "music/web/player".parse().unwrap();
        let bytes = |observation| Waiting::new(probe.clone(), observation).bytes();
        assert_eq!(bytes(observation(Outcome::Ok)), 0);
        assert_eq!(bytes(failed()), "503 Service Unavailable".len() + 16);
    }
}
