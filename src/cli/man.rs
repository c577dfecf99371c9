//! `outwatch man`: the manual pages, made from the definition of the command line.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::Man;

use super::{BadUsage, Cli};
use crate::files::write_whole;

const EXAMPLES: &str = "\
Examples:
  outwatch man | man -l -               read the page of outwatch itself
  outwatch man outages | man -l -       that of a command
  outwatch man db rename | man -l -     that of a command of a command
  outwatch man -o man/man1              write all of them into a folder

The Debian package brings them: man outwatch, man outwatch-outages.";

/// Print a manual page, or write all of them
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// The command whose page is printed; without one, that of outwatch itself
    #[arg(value_name = "COMMAND", conflicts_with = "folder")]
    command: Vec<String>,
    /// Write the page of every command into this folder, which is made if there is none
    #[arg(short = 'o', long = "output", value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// The commands of users.
const SECTION: &str = "1";

impl ManArgs {
    pub(super) fn run(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let outwatch = definition();
        if let Some(folder) = &self.folder {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
            return write_below(&outwatch, folder);
        }
        let mut command = &outwatch;
        for name in &self.command {
            command = command.find_subcommand(name).ok_or_else(|| {
                BadUsage(format!("{} has no command `{name}`", full_name(command)))
            })?;
        }
        page(command, out)
    }
}

/// The command line, with every command called by its full name. Built, since only then options of
/// all commands are among those of each; `help` has no page.
fn definition() -> clap::Command {
    let mut outwatch = Cli::command().disable_help_subcommand(true);
    outwatch.build();
    outwatch
}

fn write_below(command: &clap::Command, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(format!("{}.{SECTION}", title(command)));
    write_whole(&path, |file| page(command, file))
        .with_context(|| format!("cannot write {}", path.display()))?;
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
    {
        write_below(below, folder)?;
    }
    Ok(())
}

/// As in `outwatch-db-rename`.
fn title(command: &clap::Command) -> String {
    full_name(command).replace(' ', "-")
}

/// As in `outwatch db rename`.
fn full_name(command: &clap::Command) -> &str {
    command.get_bin_name().unwrap_or(command.get_name())
}

fn page(command: &clap::Command, out: &mut dyn Write) -> anyhow::Result<()> {
    let man = Man::new(command.clone())
        .title(title(command))
        .section(SECTION)
        .source(concat!("outwatch ", env!("CARGO_PKG_VERSION")))
        .manual("Outwatch");
    let mut page = Vec::new();
    man.render(&mut page)?;
    // what stands after the options is examples, exit codes and the like
    let page = String::from_utf8(page)?.replace("\n.SH EXTRA\n", "\n.SH NOTES\n");
    Ok(out.write_all(page.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn pages() -> Vec<(String, String)> {
        let folder = tempfile::tempdir().unwrap();
        write_below(&definition(), folder.path()).unwrap();
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut pages: Vec<_> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect();
        pages.sort();
        pages
    }

    #[test]
    fn every_command_has_a_page_with_its_examples() {
        let pages = pages();
        let names: Vec<_> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["outwatch.1", "outwatch-run.1", "outwatch-db-rename.1"] {
            assert!(names.contains(&name), "{name} is among {names:?}");
        }
        for command in Cli::command().get_subcommands() {
            let name = format!("outwatch-{}.1", command.get_name());
            assert!(names.contains(&name.as_str()), "{name} is among {names:?}");
        }
        for (name, page) in &pages {
            let title = name.trim_end_matches(".1");
            let heads = [format!(".TH {title} 1 "), ".SH NAME".to_owned()];
            let [head, section] = heads.map(|head| page.contains(&head));
            assert!(head && section, "{name}: {page}");
            assert!(!page.contains(".SH EXTRA"), "{name}");
        }
        let run = &pages.iter().find(|(name, _)| name == "outwatch-run.1");
        let (_, run) = run.unwrap();
        assert!(
            run.contains(".SH NOTES") && run.contains("Examples:"),
            "{run}"
        );
        assert!(
            run.contains("OUTWATCH") || run.contains("\\-\\-db"),
            "{run}"
        );
    }

    #[test]
    fn a_page_leads_only_to_pages_that_there_are() {
        let pages = pages();
        let names: BTreeSet<_> = pages.iter().map(|(name, _)| name.as_str()).collect();
        let mut led = 0;
        for (name, page) in &pages {
            for line in page.replace('\\', "").lines() {
                let Some((led_to, "")) = line.split_once("(1)") else {
                    continue;
                };
                let led_to = format!("{led_to}.1");
                assert!(names.contains(led_to.as_str()), "{name} leads to {led_to}");
                led += 1;
            }
        }
        // to each but the first from the one above it
        assert_eq!(led, pages.len() - 1);
    }

    #[test]
    fn help_is_never_taken_for_a_request_of_troff() {
        // all that clap_mangen writes
        let known = [
            ".ie", ".el", ".TH", ".SH", ".SS", ".TP", ".PP", ".RS", ".RE", ".IP", ".nf", ".fi",
            ".br",
        ];
        for (name, page) in pages() {
            for line in page.lines() {
                let request = line.split_whitespace().next().unwrap_or_default();
                let is_request = line.starts_with(['.', '\'']);
                assert!(!is_request || known.contains(&request), "{name}: {line}");
            }
        }
    }

    #[test]
    fn a_command_that_there_is_not_is_bad_usage() {
        let args = |names: &[&str]| ManArgs {
            command: names.iter().map(|&name| name.to_owned()).collect(),
            folder: None,
        };
        let mut page = Vec::new();
        args(&["db", "rename"]).run(&mut page).unwrap();
        assert!(
            String::from_utf8(page)
                .unwrap()
                .contains("outwatch-db-rename")
        );
        for (names, expected) in [
            (&["nope"][..], "outwatch has no command `nope`"),
            (&["db", "nope"], "outwatch db has no command `nope`"),
        ] {
            let error = args(names).run(&mut Vec::new()).unwrap_err();
            assert!(error.is::<BadUsage>());
            assert_eq!(error.to_string(), expected);
        }
    }
}
