//! What the terminal shows, if there is one.

use std::io::{self, IsTerminal};

use super::output::Output;
use crate::report::table::Colour;

/// Colour for a person at a terminal who has not asked for none (<https://no-color.org>).
pub(super) fn colour(output: &Output) -> Colour {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if output.is_stdout() && io::stdout().is_terminal() && !refused {
        Colour::On
    } else {
        Colour::Off
    }
}
