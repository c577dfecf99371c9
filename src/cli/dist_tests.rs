//! What the unit, the image, the package and the documents run is what the command line knows.

use clap::Parser;

use super::Cli;

const UNIT: &str = include_str!("../../dist/outwatch.service");
const IMAGE: &str = include_str!("../../Dockerfile");
const PACKAGE: &str = include_str!("../../dist/deb.sh");
const DOCUMENTS: [&str; 2] = [
    include_str!("../../README.md"),
    include_str!("../../docs/RUNNING.md"),
];

#[track_caller]
fn check(words: &[String]) {
    let parsed = Cli::try_parse_from(words);
    assert!(parsed.is_ok(), "{words:?}: {}", parsed.unwrap_err());
}

/// As a shell takes them apart, as far as it matters here: up to a comment or another command.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '#' | '|' | '&' | '>') => break,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => words.push(String::new()),
            (Some(end), c) if c == end => quote = None,
            (_, c) => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn the_unit_starts_and_checks_with_options_that_there_are() {
    let is_ours = |line: &&str| line.starts_with("outwatch ");
    for key in ["ExecStart=", "ExecReload="] {
        let values = UNIT.lines().filter_map(|line| line.strip_prefix(key));
        let ours: Vec<_> = values.filter(is_ours).collect();
        assert_eq!(ours.len(), 1, "{key} {ours:?}");
        check(&words(ours[0]));
    }
}

#[test]
fn the_image_runs_and_looks_after_itself_with_options_that_there_are() {
    let list = |text: &str| -> Vec<String> { serde_json::from_str(text).unwrap() };
    let after = |word: &str| IMAGE.lines().find_map(|line| line.strip_prefix(word));
    let entry = list(after("ENTRYPOINT ").unwrap());
    let arguments = list(after("CMD ").unwrap());
    check(&[entry.clone(), arguments].concat());
    let (_, command) = after("HEALTHCHECK ").unwrap().split_once(" CMD ").unwrap();
    let command = list(command);
    assert_eq!(command[..1], entry);
    check(&command);
}

#[test]
fn the_package_writes_its_pages_with_options_that_there_are() {
    let ours = PACKAGE
        .lines()
        .filter_map(|line| line.strip_prefix("\"$outwatch\""));
    let ours: Vec<_> = ours.collect();
    assert_eq!(ours.len(), 4, "{ours:?}");
    for arguments in ours {
        check(&words(&format!("outwatch{arguments}")));
    }
}

#[test]
fn the_documents_show_commands_that_there_are() {
    let mut shown = 0;
    for document in DOCUMENTS {
        let blocks = document.split("\n```").skip(1).step_by(2);
        let shell = blocks.filter_map(|block| block.strip_prefix("sh\n"));
        for line in shell.flat_map(str::lines) {
            let line = line.trim_start_matches("sudo -u outwatch ");
            let line = line.trim_start_matches("docker exec outwatch /usr/bin/");
            if line.starts_with("outwatch ") {
                check(&words(line));
                shown += 1;
            }
        }
    }
    assert!(shown > 15, "{shown} commands");
}
