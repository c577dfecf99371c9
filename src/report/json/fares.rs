//! How the daemon fares.

use std::io::{self, Write};

use serde::Serialize;

use super::{Instant, Ms, write};
use crate::report::fares::{Fares, SelfStatus};

#[derive(Serialize)]
struct SelfStatusJson<'m> {
    generated_at: Instant,
    told_at: Instant,
    age_ms: Ms,
    /// `null` where the system does not tell.
    is_running: Option<bool>,
    started_at: Instant,
    #[serde(flatten)]
    fares: &'m Fares,
}

pub fn self_status(status: &SelfStatus, out: &mut dyn Write) -> io::Result<()> {
    let json = SelfStatusJson {
        generated_at: Instant(status.generated_at),
        told_at: Instant(status.told_at),
        age_ms: status.age().into(),
        is_running: status.running.known(),
        started_at: Instant(status.started_at()),
        fares: &status.fares,
    };
    write(&json, out)
}
