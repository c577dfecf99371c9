//! What the terminal shows, if there is one.

use std::io::{self, IsTerminal};

use super::output::Output;
use crate::report::table::Colour;

/// Colour for data that a person reads at a terminal.
pub(super) fn colour(output: &Output) -> Colour {
    if output.is_stdout() {
        colour_of_stdout()
    } else {
        Colour::Off
    }
}

/// Colour if standard output is a terminal, and nobody asked for none (<https://no-color.org>).
pub(super) fn colour_of_stdout() -> Colour {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if io::stdout().is_terminal() && !refused {
        Colour::On
    } else {
        Colour::Off
    }
}
