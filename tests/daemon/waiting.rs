//! Waiting for what must come, and not for ever.

use std::time::{Duration, Instant};

/// Far more than anything takes, also on a machine with other things to do.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

const RETRY_EVERY: Duration = Duration::from_millis(20);

/// Looks again and again until there is something to see.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        pause(RETRY_EVERY);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the daemon is another process, and lives by the real clock"
)]
pub(crate) fn pause(length: Duration) {
    std::thread::sleep(length);
}
