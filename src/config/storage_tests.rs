//! How what is observed is stored, out of files that are right, and out of several.

use super::tests::read;
use super::*;
use crate::domain::retention::Retention;
use crate::domain::time::Millis;
use crate::store::{Durability, Settings};

const PLATFORMS: &str = "platforms: { web: ['https://a.example/'] }";

const DAY: Millis = Millis::from_secs(86_400);

fn days(days: i64) -> Millis {
    Millis(days * DAY.0)
}

#[test]
fn it_is_as_written_and_the_rest_as_built_in() {
    let built_in = Settings::default();
    assert_eq!(built_in.durability, Durability::Full);
    let kept = |observations, hourly, daily| Settings {
        retention: Retention {
            observations,
            hourly,
            daily,
        },
        ..built_in
    };
    for (written, expected) in [
        ("", built_in),
        ("storage:", built_in),
        ("storage: { retention: }", built_in),
        ("storage: { durability: full }", built_in),
        (
            "storage: { durability: Normal }",
            Settings {
                durability: Durability::Normal,
                ..built_in
            },
        ),
        (
            "storage: { retention: { observations: 2d } }",
            kept(Some(days(2)), None, None),
        ),
        (
            "storage: { retention: { observations: 4 weeks, hourly: 28d, daily: 365d } }",
            kept(Some(days(28)), Some(days(28)), Some(days(365))),
        ),
        (
            "storage: { retention: { observations: forever } }",
            kept(None, None, None),
        ),
        (
            "storage: { retention: { hourly: 90d, daily: Forever } }",
            kept(Some(days(90)), Some(days(90)), None),
        ),
    ] {
        let read = read(format!("{written}\n{PLATFORMS}").as_bytes()).unwrap();
        assert_eq!(read.storage, expected, "{written}");
    }
}

fn of_files(files: &[&str]) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    for (i, written) in files.iter().enumerate() {
        let text = format!("service: s{i}\n{written}\n{PLATFORMS}");
        std::fs::write(folder.path().join(format!("{i}.yaml")), text).unwrap();
    }
    match load_with(&[folder.path().to_owned()], &|_| None) {
        Ok(configuration) => Ok(configuration.storage),
        Err(errors) => Err(errors.to_string()),
    }
}

#[test]
fn several_files_may_say_each_a_part_and_the_same_twice() {
    let joined = of_files(&[
        "storage: { durability: normal, retention: { observations: 14d } }",
        "",
        "storage: { retention: { observations: 2w, daily: 1000d } }",
    ]);
    let expected = Settings {
        durability: Durability::Normal,
        retention: Retention {
            observations: Some(days(14)),
            hourly: None,
            daily: Some(days(1000)),
        },
    };
    assert_eq!(joined, Ok(expected));
}

#[test]
fn what_two_files_say_otherwise_is_shown_at_both_places() {
    for (one, other, title) in [
        (
            "{ durability: normal }",
            "{ durability: full }",
            "durability of storage is said twice, and not the same",
        ),
        (
            "{ retention: { hourly: forever } }",
            "{ retention: { hourly: 100d } }",
            "retention of hourly is said twice, and not the same",
        ),
    ] {
        let files = [&*format!("storage: {one}"), &*format!("storage: {other}")];
        let said = of_files(&files).unwrap_err();
        for part in [title, "0.yaml:2", "1.yaml:2"] {
            assert!(said.contains(part), "{part}\n{said}");
        }
    }
}

#[test]
fn what_one_file_says_limits_what_another_says() {
    let said = of_files(&[
        "storage: { retention: { hourly: 100d } }",
        "storage: { retention: { observations: 200d } }",
    ]);
    let said = said.unwrap_err();
    assert!(said.contains("hourly 100d is shorter than observations 200d"));
    assert!(said.contains("observations is set here"), "{said}");
}
