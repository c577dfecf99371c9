//! How long an answer may take.

use crate::domain::observation::Timings;
use crate::domain::time::Micros;

/// What of an answer's time is looked at. The words are those of the timings in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatencyPart {
    Total,
    Dns,
    Connect,
    Tls,
    FirstByte,
    Body,
}

impl LatencyPart {
    pub const ALL: [Self; 6] = [
        Self::Total,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::FirstByte,
        Self::Body,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::FirstByte => "first_byte",
            Self::Body => "body",
        }
    }

    /// `None` for a phase that there was none of.
    pub(super) fn of(self, total: Micros, timings: &Timings) -> Option<Micros> {
        match self {
            Self::Total => Some(total),
            Self::Dns => timings.dns,
            Self::Connect => timings.connect,
            Self::Tls => timings.tls,
            Self::FirstByte => timings.first_byte,
            Self::Body => timings.body,
        }
    }
}
