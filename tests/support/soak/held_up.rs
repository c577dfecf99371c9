//! Whether this process was given its turns: if not, others may not have been either.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use outwatch::clock::system_now;
use outwatch::domain::time::{Millis, Period};

use super::pause;

/// A thread that notes when it was held up. It ends with this value.
pub(crate) struct HeldUp(Arc<Mutex<Vec<Period>>>);

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Whoever is held up for longer than this does not know what others met meanwhile.
const HELD_UP_MIN: Duration = Duration::from_millis(250);

impl HeldUp {
    pub(crate) fn watch() -> Self {
        let periods = Arc::<Mutex<Vec<Period>>>::default();
        let of_us = Arc::downgrade(&periods);
        std::thread::spawn(move || {
            let mut before = (Instant::now(), system_now());
            while let Some(periods) = of_us.upgrade() {
                pause(LOOK_EVERY);
                let now = (Instant::now(), system_now());
                if now.0 - before.0 > HELD_UP_MIN {
                    let period = Period::new(before.1, now.1 + Millis(1));
                    periods
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(period);
                }
                before = now;
            }
        });
        Self(periods)
    }

    pub(crate) fn periods(&self) -> Vec<Period> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
