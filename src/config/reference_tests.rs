//! docs/PROBES.md is right: what it shows is read without a mistake, and it knows every key.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::keys::{self, KeyDoc};
use super::{load_with, schema};

const REFERENCE: &str = include_str!("../../docs/PROBES.md");

/// The whole file of which this is a part: endpoints, the keys of an endpoint, or of a file.
fn whole(part: &str) -> String {
    let begins = |key: &str| part.lines().any(|line| line.starts_with(key));
    if begins("platforms:") {
        return part.to_owned();
    }
    let indented = format!("      {}\n", part.trim_end().replace('\n', "\n      "));
    if begins("- ") {
        return format!("platforms:\n  web:\n    endpoints:\n{indented}");
    }
    let url = if begins("url:") {
        ""
    } else {
        "      url: https://play.example/\n"
    };
    format!("platforms:\n  web:\n    - name: part\n{url}{indented}")
}

/// Why the file is not read, in a folder with what the examples name.
fn refused(folder: &Path, yaml: &str) -> Option<String> {
    let file = folder.join("probes.yaml");
    fs::write(&file, yaml).unwrap();
    let errors = load_with(&[file], &|_| Some("filled-in".into())).err()?;
    Some(errors.to_string())
}

#[test]
fn every_example_is_read_without_a_mistake() {
    let folder = schema::tests::folder();
    let blocks = REFERENCE.split("```yaml\n").skip(1);
    let blocks: Vec<_> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 12, "the examples are where they were");
    for block in blocks {
        let yaml = whole(block);
        assert_eq!(refused(folder.path(), &yaml), None, "{yaml}");
        schema::tests::accepted(&yaml);
    }
}

#[test]
fn every_key_that_is_shown_with_a_value_takes_it() {
    let folder = schema::tests::folder();
    let known = |keys: &[KeyDoc], key: &str| keys.iter().any(|known| known.name == key);
    let mut taken = 0;
    for line in REFERENCE.lines() {
        // every second stretch stands between backquotes
        for code in line.split('`').skip(1).step_by(2) {
            let Some((key, _)) = code.split_once(": ").filter(|_| !code.contains('…')) else {
                continue;
            };
            // a table's own sign
            let code = code.replace("\\|", "|");
            let asked = whole(&code);
            let expected = whole(&format!("expect:\n  {code}"));
            let ways: Vec<_> = [
                (known(&keys::SETTINGS, key), asked),
                (known(&keys::EXPECT, key), expected),
            ]
            .into_iter()
            .filter(|(is_known, _)| *is_known)
            .map(|(_, yaml)| yaml)
            .collect();
            let wrong: Vec<_> = ways
                .iter()
                .filter_map(|yaml| refused(folder.path(), yaml))
                .collect();
            assert!(
                ways.is_empty() || wrong.len() < ways.len(),
                "{code}\n{}",
                wrong.join("\n")
            );
            taken += usize::from(!ways.is_empty());
        }
    }
    assert!(taken > 70, "{taken}");
}

#[test]
fn every_key_and_every_default_is_in_it() {
    let tables: [&[KeyDoc]; 24] = [
        &keys::FILE,
        &keys::CONTROLS,
        &keys::PLATFORM,
        &keys::ENDPOINT,
        &keys::SETTINGS,
        &keys::BODY,
        &keys::AUTH,
        &keys::BASIC,
        &keys::OAUTH2,
        &keys::TLS,
        &keys::EXPECT,
        &keys::TEXT_TESTS,
        &keys::JSON_TESTS,
        &keys::LATENCY,
        &keys::STEP,
        &keys::CAPTURE,
        &keys::MAINTENANCE,
        &keys::DOWN_WHEN,
        &keys::STORAGE,
        &keys::RETENTION,
        &keys::SLO,
        &keys::SLA,
        &keys::CREDIT,
        &keys::REPORT,
    ];
    for key in tables.into_iter().flatten() {
        let name = format!("`{}`", key.name);
        let mut lines = REFERENCE.lines().filter(|line| line.contains(&name));
        let Some(default) = key.default else {
            assert!(lines.next().is_some(), "{name}");
            continue;
        };
        let default = format!("`{default}`");
        // those of TLS are what there is
        let told = lines.any(|line| line.contains(&default)) || key.name.starts_with("version_");
        assert!(told, "{name} is {default}");
    }
}

#[test]
fn no_link_within_it_is_dead() {
    let anchors: BTreeSet<String> = REFERENCE
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            title
                .chars()
                .filter(kept)
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect();
    let links = REFERENCE.split("](#").skip(1);
    for link in links.filter_map(|rest| rest.split(')').next()) {
        assert!(anchors.contains(link), "#{link}");
    }
}
