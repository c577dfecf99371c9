//! `--service`, `--platform` and `--probe`.

use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::replay::Filter;

/// As they stand on the command line.
#[derive(clap::Args)]
struct FilterArgs {
    /// Only this service; may be repeated
    #[arg(long, help_heading = "Filter", value_name = "NAME")]
    service: Vec<String>,
    /// Only this platform; may be repeated
    #[arg(long, help_heading = "Filter", value_name = "NAME")]
    platform: Vec<String>,
    /// Only this probe, by its id or its endpoint's name; may be repeated
    #[arg(long, help_heading = "Filter", value_name = "ID")]
    probe: Vec<String>,
}

impl FromArgMatches for Filter {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let FilterArgs {
            service,
            platform,
            probe,
        } = FilterArgs::from_arg_matches(matches)?;
        Ok(Self {
            services: service,
            platforms: platform,
            probes: probe,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Filter {
    fn augment_args(command: Command) -> Command {
        FilterArgs::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        FilterArgs::augment_args_for_update(command)
    }
}
