//! What the terminal shows, if there is one.

use std::io::{self, IsTerminal};

use super::output::Output;
use crate::report::table::{Colour, Page};

/// For data that a person may read at a terminal.
pub(super) fn page(output: &Output) -> Page {
    if output.is_stdout() {
        page_of_stdout()
    } else {
        Page::PLAIN
    }
}

/// Whether a terminal is to be coloured: nobody has turned colours off
/// (<https://no-color.org>), and it is no dumb one.
pub fn colour_wanted() -> bool {
    let is_set = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !is_set && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// Colour and width if standard output is a terminal; no colour if nobody wants it
/// (<https://no-color.org>).
pub(super) fn page_of_stdout() -> Page {
    if !io::stdout().is_terminal() {
        return Page::PLAIN;
    }
    Page {
        colour: if colour_wanted() {
            Colour::On
        } else {
            Colour::Off
        },
        // a terminal that does not know its width gives 0
        width: terminal_size::terminal_size_of(io::stdout())
            .map(|(terminal_size::Width(columns), _)| usize::from(columns))
            .filter(|columns| *columns > 0),
    }
}
