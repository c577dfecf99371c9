//! One JSON object a line. Its fields are a contract: fields are added, never changed.

use std::io::{self, BufRead, Write};

use serde::Deserialize;

use super::error::{ExchangeError, Place};
use super::fields::Fields;
use super::lines::Lines;
use super::row::Row;
use super::{Found, Record};
use crate::domain::observation::Timings;
use crate::domain::time::Micros;

/// Writes one observation and a line end. What is not known is `null`.
pub fn write(out: &mut dyn Write, record: Record) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Row::from(record))?;
    out.write_all(b"\n")
}

/// Reads observations line by line; empty lines are passed over.
pub struct Reader<R>(Lines<R>);

impl<R: BufRead> Reader<R> {
    pub const fn new(input: R) -> Self {
        Self(Lines::new(input))
    }

    fn read(&mut self) -> Result<Option<Found>, ExchangeError> {
        loop {
            let Some(text) = self.0.next()? else {
                return Ok(None);
            };
            if text.trim_start().is_empty() {
                continue;
            }
            let wire: Result<Wire, _> = serde_json::from_str(text);
            let is_array = text.trim_start().starts_with('[');
            let line = self.0.number;
            if is_array {
                // serde would take it for the fields in their order
                return Err(ExchangeError::at(
                    line,
                    "is an array; write one object a line, without brackets around all",
                ));
            }
            let wire = wire.map_err(|error| bad_json(line, &error))?;
            let (probe, observation) = Fields::from(wire)
                .read()
                .map_err(|wrong| ExchangeError::field(line, wrong))?;
            return Ok(Some(Found {
                line,
                probe,
                observation,
            }));
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Found, ExchangeError>;

    /// After an error, do not go on: lines may have been torn.
    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

fn bad_json(line: u64, error: &serde_json::Error) -> ExchangeError {
    let what = error.to_string();
    // it ends in its own place, whose line is always 1
    let what = what
        .rsplit_once(" at line ")
        .map_or(&*what, |(what, _)| what);
    ExchangeError::Bad {
        place: Place {
            line,
            column: Some(error.column() as u64),
            field: None,
        },
        what: what.to_owned(),
    }
}

/// Fields that are not named here are added ones: of later versions, or of `outwatch probe`.
#[derive(Deserialize)]
#[serde(expecting = "an observation: an object with probe_id, ts and outcome")]
struct Wire {
    probe_id: String,
    ts: String,
    outcome: String,
    #[serde(default)]
    cause: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    phase: Option<String>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    duration_ms: Option<f64>,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    http_version: Option<String>,
    #[serde(default)]
    peer: Option<String>,
    #[serde(default)]
    timings_us: Option<WireTimings>,
    #[serde(default)]
    set_aside: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, expecting = "an object of microseconds by phase")]
struct WireTimings {
    dns: Option<u64>,
    connect: Option<u64>,
    tls: Option<u64>,
    first_byte: Option<u64>,
    body: Option<u64>,
    total: Option<u64>,
}

impl From<Wire> for Fields {
    fn from(wire: Wire) -> Self {
        let timings = wire.timings_us.unwrap_or_default();
        Self {
            probe_id: Some(wire.probe_id),
            ts: Some(wire.ts),
            outcome: Some(wire.outcome),
            cause: wire.cause,
            reason: wire.reason,
            phase: wire.phase,
            detail: wire.detail,
            duration_ms: wire.duration_ms,
            status: wire.status,
            http_version: wire.http_version,
            peer: wire.peer,
            timings: Timings {
                dns: timings.dns.map(Micros),
                connect: timings.connect.map(Micros),
                tls: timings.tls.map(Micros),
                first_byte: timings.first_byte.map(Micros),
                body: timings.body.map(Micros),
            },
            total: timings.total.map(Micros),
            set_aside: wire.set_aside.unwrap_or(false),
        }
    }
}
