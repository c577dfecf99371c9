//! Lengths of time on the command line of a tool that waits for them.

use std::time::Duration;

/// At least a millisecond, since that is what limits are counted in.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text
        .parse()
        .map_err(|_| "write a duration as in 10s or 500ms".to_owned())?;
    match Duration::try_from(duration) {
        Ok(duration) if duration >= Duration::from_millis(1) => Ok(duration),
        Ok(duration) if !duration.is_zero() => Err("must be at least 1ms".to_owned()),
        _ => Err("must be longer than zero".to_owned()),
    }
}
