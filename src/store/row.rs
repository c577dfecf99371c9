//! An observation as numbers, as it stands in the tables.

use std::net::SocketAddr;

use crate::domain::observation::{
    Answer, Cause, Detail, Epoch, Failure, HttpVersion, Observation, Outcome, OutcomeKind, Phase,
    Provenance, Reason, Timings,
};
use crate::domain::sighting::Sighting;
use crate::domain::time::{Micros, Millis, UnixMillis};

use super::error::StoreError;
use super::varint::{Bytes, put, put_zigzag};

/// In a `code`, 0 is "none" and n + 1 stands for the number n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Row {
    pub(super) ts_ms: i64,
    /// The number of the [`OutcomeKind`] itself.
    pub(super) outcome: u64,
    pub(super) cause_code: u64,
    pub(super) phase_code: u64,
    pub(super) reason_code: u64,
    /// `text.id`, which is never 0.
    pub(super) detail: u64,
    pub(super) duration_us: Option<u64>,
    /// See [`IMPORTED`].
    pub(super) source: u64,
    /// 0 for an imported one.
    pub(super) mono_ms: i64,
    pub(super) status_code: u64,
    pub(super) http_version_code: u64,
    /// `text.id`, which is never 0.
    pub(super) peer: u64,
    pub(super) dns_us: Option<u64>,
    pub(super) connect_us: Option<u64>,
    pub(super) tls_us: Option<u64>,
    pub(super) first_byte_us: Option<u64>,
    pub(super) body_us: Option<u64>,
}

/// Values of `source`; from [`FIRST_EPOCH`] on, an epoch's number plus that.
pub(super) const IMPORTED: u64 = 0;
pub(super) const IMPORTED_SET_ASIDE: u64 = 1;
pub(super) const FIRST_EPOCH: u64 = 2;

/// Where texts get their numbers from.
pub(super) trait Numbers {
    fn of_text(&mut self, text: &Detail) -> Result<u64, StoreError>;
    fn of_peer(&mut self, peer: SocketAddr) -> Result<u64, StoreError>;
}

/// Where numbers get their texts from.
pub(super) trait Texts {
    fn text(&self, id: u64) -> Result<Detail, StoreError>;
    fn peer(&self, id: u64) -> Result<SocketAddr, StoreError>;
    /// Whether an observation of that epoch was overtaken by a later one.
    fn is_set_aside(&self, epoch: Epoch, ts: UnixMillis) -> bool;
}

impl Row {
    pub(super) fn new(
        observation: &Observation,
        numbers: &mut impl Numbers,
    ) -> Result<Self, StoreError> {
        let Observation {
            ts,
            outcome,
            duration,
            answer,
            provenance,
        } = observation;
        let (cause, phase, reason) = match outcome {
            Outcome::Ok | Outcome::Slow { .. } => (None, None, None),
            Outcome::Fail(failure) => (failure.cause, failure.phase, None),
            Outcome::Inconclusive { reason, .. } => (None, None, *reason),
        };
        let (source, mono_ms) = match *provenance {
            Provenance::Observed { epoch, mono } => (u64::from(epoch.0) + FIRST_EPOCH, mono.0),
            Provenance::Imported { set_aside } => (u64::from(set_aside), 0),
        };
        let us = |length: Option<Micros>| length.map(|length| length.0);
        Ok(Self {
            ts_ms: ts.0,
            outcome: outcome.kind() as u64,
            cause_code: code(cause.map(|word| word as u64)),
            phase_code: code(phase.map(|word| word as u64)),
            reason_code: code(reason.map(|word| word as u64)),
            detail: match outcome.detail() {
                Some(detail) => numbers.of_text(detail)?,
                None => 0,
            },
            duration_us: us(*duration),
            source,
            mono_ms,
            status_code: code(answer.status.map(u64::from)),
            http_version_code: code(answer.http_version.map(|word| word as u64)),
            peer: match answer.peer {
                Some(peer) => numbers.of_peer(peer)?,
                None => 0,
            },
            dns_us: us(answer.timings.dns),
            connect_us: us(answer.timings.connect),
            tls_us: us(answer.timings.tls),
            first_byte_us: us(answer.timings.first_byte),
            body_us: us(answer.timings.body),
        })
    }

    pub(super) fn sighting(&self, texts: &impl Texts) -> Result<Sighting, StoreError> {
        let ts = UnixMillis(self.ts_ms);
        let epoch = self.epoch()?;
        Ok(Sighting {
            ts,
            finished: ts + Micros(self.duration_us.unwrap_or(0)).to_millis(),
            outcome: self.outcome(texts)?,
            epoch,
            set_aside: match epoch {
                Some(epoch) => texts.is_set_aside(epoch, ts),
                None => self.source == IMPORTED_SET_ASIDE,
            },
        })
    }

    pub(super) fn observation(&self, texts: &impl Texts) -> Result<Observation, StoreError> {
        let status = |code| u16::try_from(code).map_err(|_| out_of_range("status", code));
        Ok(Observation {
            ts: UnixMillis(self.ts_ms),
            outcome: self.outcome(texts)?,
            duration: self.duration_us.map(Micros),
            answer: Answer {
                status: number(self.status_code).map(status).transpose()?,
                http_version: word(HttpVersion::ALL, self.http_version_code)?,
                peer: match self.peer {
                    0 => None,
                    id => Some(texts.peer(id)?),
                },
                timings: self.timings(),
            },
            provenance: match self.epoch()? {
                Some(epoch) => Provenance::Observed {
                    epoch,
                    mono: Millis(self.mono_ms),
                },
                None => Provenance::Imported {
                    set_aside: self.source == IMPORTED_SET_ASIDE,
                },
            },
        })
    }

    /// Appends it in a few bytes: for many that are held in memory.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_zigzag(out, self.ts_ms.cast_unsigned());
        put_zigzag(out, self.mono_ms.wrapping_sub(self.ts_ms).cast_unsigned());
        for number in [
            self.outcome,
            self.cause_code,
            self.phase_code,
            self.reason_code,
            self.detail,
            self.source,
            self.status_code,
            self.http_version_code,
            self.peer,
        ] {
            put(out, number);
        }
        let mut copy = *self;
        for length in copy.lengths_us() {
            put(out, u64::from(length.is_some()));
            put(out, length.unwrap_or(0));
        }
    }

    /// What was [put](Self::put).
    pub(super) fn take(bytes: &mut Bytes) -> Result<Self, StoreError> {
        let ts_ms = bytes.zigzag()?.cast_signed();
        let mut row = Self {
            ts_ms,
            mono_ms: ts_ms.wrapping_add(bytes.zigzag()?.cast_signed()),
            outcome: bytes.varint()?,
            cause_code: bytes.varint()?,
            phase_code: bytes.varint()?,
            reason_code: bytes.varint()?,
            detail: bytes.varint()?,
            source: bytes.varint()?,
            status_code: bytes.varint()?,
            http_version_code: bytes.varint()?,
            peer: bytes.varint()?,
            ..Self::default()
        };
        for length in row.lengths_us() {
            let is_there = bytes.varint()? != 0;
            let us = bytes.varint()?;
            *length = is_there.then_some(us);
        }
        Ok(row)
    }

    fn lengths_us(&mut self) -> [&mut Option<u64>; 6] {
        [
            &mut self.duration_us,
            &mut self.dns_us,
            &mut self.connect_us,
            &mut self.tls_us,
            &mut self.first_byte_us,
            &mut self.body_us,
        ]
    }

    pub(super) fn timings(&self) -> Timings {
        Timings {
            dns: self.dns_us.map(Micros),
            connect: self.connect_us.map(Micros),
            tls: self.tls_us.map(Micros),
            first_byte: self.first_byte_us.map(Micros),
            body: self.body_us.map(Micros),
        }
    }

    fn outcome(&self, texts: &impl Texts) -> Result<Outcome, StoreError> {
        let detail = || match self.detail {
            0 => Ok(None),
            id => texts.text(id).map(Some),
        };
        Ok(
            match word(OutcomeKind::ALL, self.outcome.saturating_add(1))? {
                Some(OutcomeKind::Ok) | None => Outcome::Ok,
                Some(OutcomeKind::Slow) => Outcome::Slow { detail: detail()? },
                Some(OutcomeKind::Fail) => Outcome::Fail(Failure {
                    cause: word(Cause::ALL, self.cause_code)?,
                    phase: word(Phase::ALL, self.phase_code)?,
                    detail: detail()?,
                }),
                Some(OutcomeKind::Inconclusive) => Outcome::Inconclusive {
                    reason: word(Reason::ALL, self.reason_code)?,
                    detail: detail()?,
                },
            },
        )
    }

    fn epoch(&self) -> Result<Option<Epoch>, StoreError> {
        match self.source.checked_sub(FIRST_EPOCH) {
            None => Ok(None),
            Some(number) => match u32::try_from(number) {
                Ok(number) => Ok(Some(Epoch(number))),
                Err(_) => Err(out_of_range("epoch", number)),
            },
        }
    }

    /// What two observations must share to be one and the same for an import, which cannot tell
    /// an observation of ours from its own export.
    pub(super) fn content(&self) -> Self {
        Self {
            source: IMPORTED,
            mono_ms: 0,
            ..*self
        }
    }
}

pub(super) fn code(number: Option<u64>) -> u64 {
    number.map_or(0, |number| number.saturating_add(1))
}

pub(super) fn number(code: u64) -> Option<u64> {
    code.checked_sub(1)
}

fn word<W: Copy>(all: &[W], code: u64) -> Result<Option<W>, StoreError> {
    number(code).map(|number| numbered(all, number)).transpose()
}

/// The word of that number.
pub(super) fn numbered<W: Copy>(all: &[W], number: u64) -> Result<W, StoreError> {
    usize::try_from(number)
        .ok()
        .and_then(|number| all.get(number))
        .copied()
        .ok_or_else(|| out_of_range("word", number))
}

fn out_of_range(what: &str, number: u64) -> StoreError {
    StoreError::corrupt(format!("there is no {what} {number}"))
}
