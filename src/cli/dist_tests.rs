//! What the unit, the image and the package run is what the command line knows.

use clap::Parser;

use super::Cli;

const UNIT: &str = include_str!("../../dist/outwatch.service");
const IMAGE: &str = include_str!("../../Dockerfile");
const PACKAGE: &str = include_str!("../../dist/deb.sh");

#[track_caller]
fn check(words: &[String]) {
    let parsed = Cli::try_parse_from(words);
    assert!(parsed.is_ok(), "{words:?}: {}", parsed.unwrap_err());
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
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
