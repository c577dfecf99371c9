//! `outwatch completions`: what a shell needs to complete commands and options.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::output::Output;

const EXAMPLES: &str = "\
Examples:
  outwatch completions bash -o ~/.local/share/bash-completion/completions/outwatch
  outwatch completions zsh -o ~/.zfunc/_outwatch    needs fpath+=~/.zfunc before compinit
  outwatch completions fish -o ~/.config/fish/completions/outwatch.fish
  source <(outwatch completions bash)               for this shell alone

The Debian package brings them.";

/// Print the completions of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// The shell to complete in
    shell: Shell,
    #[command(flatten)]
    output: Output,
}

impl Completions {
    pub(super) fn run(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let script = script(self.shell);
        self.output.write(out, |out| Ok(out.write_all(&script)?))
    }
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "outwatch", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_completes_every_command() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(script(*shell)).unwrap();
            for command in Cli::command().get_subcommands() {
                let name = command.get_name();
                assert!(script.contains(name), "{shell}: {name}");
            }
            assert!(script.contains("what-if"), "{shell}: options too");
        }
    }
}
