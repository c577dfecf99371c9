//! What the daemon is told from outside, and what it tells whoever started it: one line, both ways.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Signal;
use super::supervisor::{News, Supervisor};

pub(super) struct Signals<S> {
    source: S,
    supervisor: Box<dyn Supervisor>,
    /// When to give the next sign of life, and how long after it the one that follows.
    alive: Option<(Instant, Duration)>,
    is_ready: bool,
    /// Somebody asked for a reload and has not heard that it is over.
    is_reloading: bool,
    /// What was told last.
    status: String,
}

impl<S: AsyncFnMut() -> Signal> Signals<S> {
    pub(super) fn new(source: S, supervisor: Box<dyn Supervisor>) -> Self {
        Self {
            source,
            alive: supervisor
                .spacing()
                .map(|spacing| (Instant::now(), spacing)),
            supervisor,
            is_ready: false,
            is_reloading: false,
            status: String::new(),
        }
    }

    /// The next signal. May be dropped and called again. Signs of life are given meanwhile, and
    /// only then: a loop that does not come back to this is one that hangs.
    pub(super) async fn next(&mut self) -> Signal {
        loop {
            let sign_due = async {
                match self.alive {
                    Some((at, _)) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let signal = tokio::select! {
                biased;
                () = sign_due => None,
                signal = (self.source)() => Some(signal),
            };
            match signal {
                None => {
                    self.supervisor.tell(&News::Alive);
                    if let Some((at, spacing)) = &mut self.alive {
                        *at = Instant::now() + *spacing;
                    }
                }
                Some(signal) => {
                    if signal == Signal::Reload {
                        self.is_reloading = true;
                        self.supervisor.tell(&News::Reloading);
                    }
                    return signal;
                }
            }
        }
    }

    /// The daemon has begun; told once.
    pub(super) fn ready(&mut self) {
        if !std::mem::replace(&mut self.is_ready, true) {
            self.supervisor.tell(&News::Ready);
        }
    }

    /// Whatever reload was asked for is over, or will not come for now.
    pub(super) fn reloaded(&mut self) {
        if std::mem::take(&mut self.is_reloading) {
            self.supervisor.tell(&News::Ready);
        }
    }

    /// Tells, in one line, how the daemon fares, if that is otherwise than before.
    pub(super) fn status(&mut self, status: impl Into<String>) {
        let status = status.into();
        if status != self.status {
            self.supervisor.tell(&News::Status(status.clone()));
            self.status = status;
        }
    }

    /// It ends, for whatever reason.
    pub(super) fn stopping(&mut self) {
        self.supervisor.tell(&News::Stopping);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use tokio::time::{advance, timeout};

    use super::*;

    /// Writes down what it hears.
    struct Listener {
        spacing: Option<Duration>,
        heard: Rc<RefCell<Vec<News>>>,
    }

    impl Supervisor for Listener {
        fn spacing(&self) -> Option<Duration> {
            self.spacing
        }

        fn tell(&mut self, news: &News) {
            self.heard.borrow_mut().push(news.clone());
        }
    }

    fn listener(spacing: Option<Duration>) -> (Box<Listener>, Rc<RefCell<Vec<News>>>) {
        let heard = Rc::default();
        let listener = Listener {
            spacing,
            heard: Rc::clone(&heard),
        };
        (Box::new(listener), heard)
    }

    const SPACING: Duration = Duration::from_secs(10);

    async fn silence() -> Signal {
        std::future::pending().await
    }

    #[tokio::test(start_paused = true)]
    async fn signs_of_life_come_as_often_as_they_are_wanted_however_often_it_is_asked() {
        let (listener, heard) = listener(Some(SPACING));
        let mut signals = Signals::new(silence, listener);
        // a loop that turns every 100 ms for a minute
        for _ in 0..600 {
            let turn = timeout(Duration::from_millis(100), signals.next()).await;
            assert!(turn.is_err());
        }
        let heard = heard.borrow();
        // at the beginning, and again at the very end, or just not
        assert!((6..=7).contains(&heard.len()), "{heard:?}");
        assert!(heard.iter().all(|news| *news == News::Alive), "{heard:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_hangs_gives_no_sign_of_life() {
        let (listener, heard) = listener(Some(SPACING));
        let mut signals = Signals::new(silence, listener);
        let turn = timeout(Duration::from_secs(1), signals.next()).await;
        assert!(turn.is_err());
        advance(Duration::from_hours(1)).await;
        assert_eq!(*heard.borrow(), [News::Alive]);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_who_does_not_wait_hears_signs_of_life() {
        let (listener, heard) = listener(None);
        let mut signals = Signals::new(silence, listener);
        let turn = timeout(Duration::from_hours(1), signals.next()).await;
        assert!(turn.is_err());
        assert_eq!(*heard.borrow(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reload_that_was_asked_for_begins_and_is_over_once() {
        let (listener, heard) = listener(None);
        let mut signals = Signals::new(async || Signal::Reload, listener);
        // one that came of a changed file
        signals.reloaded();
        assert_eq!(*heard.borrow(), []);
        assert_eq!(signals.next().await, Signal::Reload);
        signals.reloaded();
        signals.reloaded();
        assert_eq!(*heard.borrow(), [News::Reloading, News::Ready]);
    }

    #[test]
    fn a_status_is_told_when_it_changes() {
        let (listener, heard) = listener(None);
        let mut signals = Signals::new(silence, listener);
        for status in ["1 down", "1 down", "0 down"] {
            signals.status(status);
        }
        let expected = ["1 down", "0 down"].map(|text| News::Status(text.to_owned()));
        assert_eq!(*heard.borrow(), expected);
    }
}
