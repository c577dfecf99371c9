//! How far long work has come, for a person who waits at a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::store::upkeep::Progress;

/// Shows itself on standard error if that is a terminal, and is silent otherwise.
pub(super) fn bar(length: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(5));
    bar.with_style(
        ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} {msg}, {eta} left")
            .expect("the template is well formed"),
    )
    .with_message(what)
}

/// As [`bar`], where the end is not known.
pub(super) fn counter(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
    bar.with_style(
        ProgressStyle::with_template("{human_pos} {msg}, {elapsed}")
            .expect("the template is well formed"),
    )
    .with_message(what)
}

/// Where neither the end nor the steps are known: only that it goes on.
fn spinner(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg}, {elapsed}")
            .expect("the template is well formed"),
    );
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.with_message(what)
}

/// Shows work of several kinds, one after the other.
#[derive(Default)]
pub(super) struct Meter(Option<(&'static str, ProgressBar)>);

impl Meter {
    /// Shows how many of all of something are done.
    pub(super) fn step(&mut self, what: &'static str) -> impl FnMut(usize, usize) {
        move |done, of| {
            self.show(Progress {
                what,
                done: done as u64,
                of: of as u64,
            });
        }
    }

    pub(super) fn show(&mut self, progress: Progress) {
        let Progress { what, done, of } = progress;
        let bar = match self.0.take() {
            Some((shown, bar)) if shown == what => bar,
            before => {
                if let Some((_, bar)) = before {
                    bar.finish_and_clear();
                }
                match (done, of) {
                    (0, 0) => spinner(what),
                    (_, 0) => counter(what),
                    _ => self::bar(of, what),
                }
            }
        };
        bar.set_position(done);
        self.0 = Some((what, bar));
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some((_, bar)) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}
