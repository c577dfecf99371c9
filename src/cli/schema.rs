//! `outwatch schema`: what an editor needs to complete and check probes.yaml.

use std::io::Write;

use super::output::Output;
use crate::config;

const EXAMPLES: &str = "\
Examples:
  outwatch schema -o probes.schema.json    write it beside probes.yaml
  outwatch schema | jq '.\"$defs\".settings.properties | keys'

An editor with yaml-language-server (VS Code's YAML extension, Neovim, Helix, Emacs, …) completes
the keys, shows what each is for and marks mistakes as soon as this line stands in probes.yaml:

  # yaml-language-server: $schema=probes.schema.json

What one value means for another, only `outwatch check` finds.";

/// Print the JSON Schema of probes.yaml, for editors
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Schema {
    #[command(flatten)]
    output: Output,
}

impl Schema {
    pub(super) fn run(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let schema = config::schema();
        self.output.write(out, |out| {
            serde_json::to_writer_pretty(&mut *out, &schema)?;
            Ok(writeln!(out)?)
        })
    }
}
