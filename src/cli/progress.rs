//! How far long work has come, for a person who waits at a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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
