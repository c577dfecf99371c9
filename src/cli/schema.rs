//! `outwatch schema`: what an editor needs to complete and check probes.yaml, and what a program may
//! rely on in a report.

use std::io::Write;

use clap::ValueEnum;

use super::output::Output;
use crate::config;
use crate::report::json;

const EXAMPLES: &str = "\
Examples:
  outwatch schema -o probes.schema.json    write it beside probes.yaml
  outwatch schema report -o report.schema.json    of outwatch report --format json
  outwatch schema | jq '.\"$defs\".settings.properties | keys'

An editor with yaml-language-server (VS Code's YAML extension, Neovim, Helix, Emacs, …) completes
the keys, shows what each is for and marks mistakes as soon as this line stands in probes.yaml:

  # yaml-language-server: $schema=probes.schema.json

What one value means for another, only `outwatch check` finds.";

/// Print the JSON Schema of probes.yaml, for editors, or of reports, for programs
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Schema {
    /// Of what
    #[arg(value_enum, value_name = "WHAT", default_value = "probes")]
    what: What,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    /// Of probes.yaml
    Probes,
    /// Of a report with --format json
    Report,
}

impl Schema {
    pub(super) fn run(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let schema = match self.what {
            What::Probes => config::schema(),
            What::Report => json::schema(),
        };
        self.output.write(out, |out| {
            serde_json::to_writer_pretty(&mut *out, &schema)?;
            Ok(writeln!(out)?)
        })
    }
}
