//! `--what-if KEY=VALUE`.

use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::replay::{Change, WhatIf};

/// As it stands on the command line.
#[derive(clap::Args)]
struct WhatIfArgs {
    /// Judge with another value.
    #[arg(
        long,
        value_name = "KEY=VALUE",
        help = "Judge with another value of failure_threshold, recovery_threshold, grace, \
                flap_failures, flap_of, merge_gap or down_when (platform.down_when, \
                service.down_when), or with maintenance=off or annotations=off; may be repeated"
    )]
    what_if: Vec<Change>,
}

impl FromArgMatches for WhatIf {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(WhatIfArgs::from_arg_matches(matches)?.what_if))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for WhatIf {
    fn augment_args(command: Command) -> Command {
        WhatIfArgs::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        WhatIfArgs::augment_args_for_update(command)
    }
}
