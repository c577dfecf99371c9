//! `outages`, `status` and `report` as a person calls them, on a database as the daemon leaves it.

mod notation;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use outwatch::domain::observation::{Answer, Observation, Provenance};
use outwatch::domain::parameters::Parameters;
use outwatch::domain::probe::{Name, Probe};
use outwatch::domain::time::{Micros, Millis, UnixMillis};
use outwatch::store::{Configured, ProbeRecord, Store, StoreError};
use tempfile::TempDir;

/// 2024-09-29T14:00:00Z: minute 00:00 of every timeline.
const START: UnixMillis = UnixMillis(1_727_618_400_000);

/// All of the day, and no later observation than there is.
const DAY: &[&str] = &[
    "--from",
    "2024-09-29",
    "--to",
    "2024-09-30",
    "--generated-at",
    "2024-09-29T14:10:00Z",
];

struct Database {
    folder: TempDir,
}

impl Database {
    /// With one probe a platform, each with its timeline.
    fn with(timelines: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let database = Self { folder };
        let name = |text: &str| Name::try_new(text).expect("it has a letter");
        let (mut records, mut observations) = (Vec::new(), Vec::new());
        for (platform, timeline) in timelines {
            let probe =
                Probe::named(name("Music"), name(platform), name("player")).expect("it is short");
            for sighting in notation::sightings(timeline) {
                let observation = Observation {
                    ts: START + (sighting.ts - UnixMillis(0)),
                    outcome: sighting.outcome,
                    duration: Some(Micros(250_000)),
                    answer: Answer::default(),
                    provenance: Provenance::Imported { set_aside: false },
                };
                observations.push(Ok::<_, StoreError>((probe.id.clone(), observation)));
            }
            records.push(ProbeRecord {
                probe,
                url: "https://example.com/".into(),
                parameters: Parameters::default(),
            });
        }
        let configured = Configured {
            probes: records,
            ..Configured::default()
        };
        let mut store = Store::create_or_open(&database.path(), START).expect("a new database");
        store.register(&configured, START).expect("new probes");
        store.import(observations).expect("known probes");
        store.close().expect("nobody reads it");
        database
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("outwatch.db")
    }

    fn outwatch(&self, arguments: &[&str]) -> Command {
        let mut command = outwatch(&self.path());
        command.args(arguments);
        command
    }
}

fn outwatch(database: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outwatch"));
    command.env_clear().arg("--db").arg(database);
    command
}

fn stdout(mut command: Command) -> String {
    let output = command.assert().success().get_output().clone();
    String::from_utf8(output.stdout).expect("text")
}

fn music() -> Database {
    Database::with(&[
        ("web", "oFFFooooooooooooooooo"),
        ("mobile", "ooooooooooooooooooFF"),
    ])
}

#[test]
fn outages_are_told_as_documented() {
    let database = music();
    let command = database.outwatch(&[&["outages", "--format", "json"], DAY].concat());
    let json: serde_json::Value = serde_json::from_str(&stdout(command)).expect("JSON");
    assert_eq!(json["generated_at"], "2024-09-29T14:10:00.000Z");
    assert_eq!(json["from"], "2024-09-29T00:00:00.000Z");
    // nothing later is known
    assert_eq!(json["to"], "2024-09-29T14:10:00.000Z");
    assert_eq!(
        json["outages"],
        serde_json::json!([{
            "id": json["outages"][0]["id"],
            "scope": "endpoint", "service": "music", "platform": "web", "endpoint": "player",
            "probe_id": "music/web/player", "state": "closed",
            "started_at": "2024-09-29T14:00:30.000Z", "ended_at": "2024-09-29T14:02:00.000Z",
            "start_earliest": "2024-09-29T14:00:00.000Z",
            "end_earliest": "2024-09-29T14:01:30.000Z", "end_latest": "2024-09-29T14:02:00.000Z",
            "start_kind": "seen", "end_kind": "seen",
            "duration_ms": 90_000, "duration_min_ms": 60_000, "duration_max_ms": 120_000,
            "counted_ms": 90_000, "failures": 3, "observations": 3, "causes": {"status": 3},
            "first_failure": {"cause": "status", "phase": "verdict", "detail": null},
            "opened_at": "2024-09-29T14:01:00.000Z", "closed_at": "2024-09-29T14:02:30.000Z",
            "detected_at": "2024-09-29T14:01:00.250Z", "in_period_ms": 90_000, "left_out_ms": 0,
            "annotations": [], "parts": [], "members_down": null, "members": null,
            "meanwhile": []
        }, {
            "id": json["outages"][1]["id"],
            "scope": "endpoint", "service": "music", "platform": "mobile", "endpoint": "player",
            "probe_id": "music/mobile/player", "state": "open",
            "started_at": "2024-09-29T14:09:00.000Z", "ended_at": null,
            "start_earliest": "2024-09-29T14:08:30.000Z",
            "end_earliest": "2024-09-29T14:09:30.000Z", "end_latest": null,
            "start_kind": "seen", "end_kind": "open",
            "duration_ms": 60_000, "duration_min_ms": 30_000, "duration_max_ms": null,
            "counted_ms": 60_000, "failures": 2, "observations": 2, "causes": {"status": 2},
            "first_failure": {"cause": "status", "phase": "verdict", "detail": null},
            "opened_at": "2024-09-29T14:09:30.000Z", "closed_at": null,
            "detected_at": "2024-09-29T14:09:30.250Z", "in_period_ms": 60_000, "left_out_ms": 0,
            "annotations": [], "parts": [], "members_down": null, "members": null,
            "meanwhile": []
        }])
    );
}

#[test]
fn the_state_is_told_with_exit_code_0_also_when_something_is_down() {
    let database = music();
    let now = &["--generated-at", "2024-09-29T14:10:00Z"];
    let shown = stdout(database.outwatch(&[&["status"][..], now].concat()));
    assert!(
        shown.starts_with(
            "Music is down since 14:09:00Z (1m): mobile is down since 14:09:00Z (1m);"
        ),
        "{shown}"
    );
    assert!(
        !shown.contains('\u{1b}'),
        "colour is for terminals: {shown}"
    );
}

#[test]
fn what_is_asked_for_in_part_is_not_told_as_such() {
    let database = music();
    let json = |more: &[&str]| -> serde_json::Value {
        let now = &["status", "--format", "json"][..];
        let at = &["--generated-at", "2024-09-29T14:10:00Z"];
        let shown = stdout(database.outwatch(&[now, at, more].concat()));
        serde_json::from_str(&shown).expect("it is JSON")
    };
    let states = |status: &serde_json::Value| {
        let service = &status["services"][0];
        let platforms = service["platforms"].as_array().expect("it has platforms");
        let states = platforms.iter().map(|platform| platform["state"].clone());
        (service["state"].clone(), states.collect::<Vec<_>>())
    };
    let whole = json(&[]);
    assert_eq!(
        states(&whole),
        ("down".into(), vec!["down".into(), "up".into()])
    );
    let mobile = json(&["--platform", "mobile"]);
    let unknown = serde_json::Value::Null;
    assert_eq!(states(&mobile), (unknown, vec!["down".into()]));
    assert_eq!(mobile["services"][0]["partial"], true);
    assert_eq!(mobile["services"][0]["platforms"][0]["partial"], false);
    let outage = &whole["services"][0]["platforms"][0]["outage"];
    assert_eq!(outage["scope"], "platform");
    assert_eq!(outage["started_at"], "2024-09-29T14:09:00.000Z");
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let database = music();
    let file = database.folder.path().join("report.md");
    let path = file.to_str().expect("a plain path");
    let report = |more: &[&str]| {
        let arguments = ["report", "--format", "md", "-o", path];
        database.outwatch(&[&arguments[..], more].concat())
    };
    assert_eq!(stdout(report(DAY)), "");
    let written = fs::read_to_string(&file).expect("the report");
    assert!(written.starts_with("# Outage report\n"));
    report(&["--platform", "desktop"]).assert().code(2);
    assert_eq!(fs::read_to_string(&file).expect("the report"), written);
}

#[test]
fn the_same_database_gives_the_same_bytes() {
    let database = music();
    for command in ["report", "outages"] {
        for format in ["table", "json", "csv"] {
            let arguments = [&[command, "--format", format], DAY].concat();
            let [a, b] = [(); 2].map(|()| stdout(database.outwatch(&arguments)));
            assert_eq!(a, b, "{command} {format}");
        }
    }
}

#[test]
fn exit_codes_tell_what_is_wrong() {
    let database = music();
    for (arguments, code, problem) in [
        (
            &["outages", "--from", "2h", "--to", "3h"][..],
            2,
            "the period is empty",
        ),
        (
            &["outages", "--month", "09-2024"],
            2,
            "--month 09-2024: not a month",
        ),
        (&["outages", "--format", "yaml"], 2, "invalid value 'yaml'"),
        (
            &["report", "--service", "musik"],
            2,
            "did you mean `music`?",
        ),
        (
            &["report", "--what-if", "grace=1s"],
            2,
            "with a shorter grace nothing would count as observed",
        ),
    ] {
        let assert = database.outwatch(arguments).assert().code(code);
        let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(error.contains(problem), "{arguments:?}: {error}");
    }
    let missing = database.folder.path().join("missing.db");
    let assert = outwatch(&missing).arg("status").assert().code(3);
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(error.contains("there is no database here"), "{error}");
    assert!(!missing.exists(), "reading makes no database");
}

/// Packed and staged hours, and a replay that begins in the middle of them.
#[test]
fn what_is_left_out_is_the_same_whatever_else_is_asked_for() {
    let database = Database::with(&[("web", "oFFFoooooooo"), ("mobile", "o")]);
    let period = [
        "--from",
        "2024-09-29",
        "--to",
        "2024-09-30",
        "--format",
        "json",
    ];
    let json = |arguments: &[&str]| -> serde_json::Value {
        let shown = stdout(database.outwatch(&[arguments, &period].concat()));
        serde_json::from_str(&shown).expect("it is JSON")
    };
    let list = json(&["outages", "--scope", "service"]);
    let id = list["outages"][0]["id"].as_str().expect("music was down");
    json(&["annotate", id, "--planned", "--by", "ann"]);
    // as is known later, the window went on: mobile was down from its middle to long after its end
    let lines = "FFFFFFFoo".chars().enumerate().map(|(n, letter)| {
        let ts = START + Millis::from_secs(60) + Millis(30_000 * i64::try_from(n).expect("few"));
        let outcome = if letter == 'F' { "fail" } else { "ok" };
        format!(
            "{{\"probe_id\": \"music/mobile/player\", \"ts\": \"{ts}\", \"outcome\": \"{outcome}\"}}\n"
        )
    });
    let file = database.folder.path().join("later.ndjson");
    fs::write(&file, lines.collect::<String>()).expect("a new file");
    let file = file.to_str().expect("a plain path");
    stdout(database.outwatch(&["import", file]));

    let times = |list: &serde_json::Value, platform: &str| {
        let outages = list["outages"].as_array().expect("a list").iter();
        let mut of = outages.filter(|outage| outage["platform"] == platform);
        let outage = of.next().expect("it was down").clone();
        (outage["duration_ms"].clone(), outage["counted_ms"].clone())
    };
    let all = json(&["outages"]);
    for (platform, lasted) in [("web", 90_000), ("mobile", 210_000)] {
        let expected = (lasted.into(), 0.into());
        assert_eq!(times(&all, platform), expected, "{platform}");
        let alone = json(&["outages", "--platform", platform]);
        assert_eq!(times(&alone, platform), expected, "{platform}");
        assert_eq!(alone["outages"].as_array().map(Vec::len), Some(1));
        let partial = json(&["outages", "--platform", platform, "--scope", "service"]);
        assert_eq!(partial["partial"], serde_json::json!(["music"]));
    }
}

#[test]
fn a_short_period_of_a_long_history_says_the_same_as_the_whole() {
    let calm = "o".repeat(600);
    let timeline = format!("{calm}FF{calm}oFFFoo{calm}");
    let database = Database::with(&[("web", &timeline)]);
    let windows = |from: &str| {
        let end = START + Millis(30_000 * 1808);
        let now = end.to_string();
        let arguments = [
            "outages",
            "--format",
            "csv",
            "--from",
            from,
            "--generated-at",
            &now,
        ];
        let csv = stdout(database.outwatch(&arguments));
        csv.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let (all, late) = (windows("2024-09-29"), windows("2024-09-29T20:00:00Z"));
    assert_eq!((all.len(), late.len()), (2, 1));
    assert_eq!(all[1], late[0]);
}

#[test]
fn a_removal_after_the_present_is_not_known_yet() {
    let database = music();
    let arguments = [
        &["outages", "--format", "json", "--platform", "mobile"],
        DAY,
    ]
    .concat();
    let before = stdout(database.outwatch(&arguments));
    assert!(before.contains(r#""end_kind": "open""#), "{before}");
    let mut store = Store::create_or_open(&database.path(), START).expect("it is there");
    let removed = store.register(&Configured::default(), START + Millis(700_000));
    assert_eq!(removed.expect("it has room").removed, 2);
    store.close().expect("nobody reads it");
    assert_eq!(stdout(database.outwatch(&arguments)), before);
    let status = ["status", "--format", "json", "--generated-at"];
    let status = |now| stdout(database.outwatch(&[&status[..], &[now]].concat()));
    assert!(status("2024-09-29T14:10:00Z").contains(r#""state": "down""#));
    assert!(!status("2024-09-29T14:12:00Z").contains(r#""state": "down""#));
}

#[test]
fn what_platforms_were_down_is_seen_at_a_glance() {
    let database = Database::with(&[
        ("desktop", "oooooooooooooooooooo"),
        ("mobile", "oooooooooooooooooFFF"),
        ("web", "oooooooooooooooooooo"),
    ]);
    let command = database.outwatch(&[&["outages", "--scope", "platform"], DAY].concat());
    let shown = stdout(command);
    for part in [
        "music/mobile",
        "open",
        "desktop, web up",
        "1 outage of a platform",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let arguments = ["outages", "--scope", "incident", "--format", "json"];
    let command = database.outwatch(&[&arguments, DAY].concat());
    let json: serde_json::Value = serde_json::from_str(&stdout(command)).expect("JSON");
    let incident = &json["incidents"][0];
    assert_eq!(incident["severity"], "partial");
    assert_eq!(incident["kind"], "continuous");
    assert_eq!(incident["state"], "open");
    assert_eq!(incident["any_down_ms"], 90_000);
    assert_eq!(incident["all_down_ms"], 0);
    assert_eq!(incident["weighted_down_us"], 30_000_000);
    assert_eq!(
        incident["platforms"],
        serde_json::json!([{
            "platform": "mobile", "down_ms": 90_000, "down_min_ms": 60_000, "down_max_ms": null,
            "counted_ms": 90_000,
            "windows": incident["platforms"][0]["windows"], "blips": 0, "flapping_ms": 0,
            "endpoints": ["music/mobile/player"], "endpoints_of": 1
        }])
    );
    let others: Vec<_> = incident["others"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    assert_eq!(others.len(), 2);
    assert!(others.iter().all(|other| other["state"] == "up"), "{json}");
}

#[test]
fn a_table_for_programs_says_beside_it_what_it_leaves_out() {
    let database = music();
    let arguments = ["outages", "--scope", "service", "--platform", "web"];
    for (format, on_stderr) in [("csv", true), ("json", false), ("table", false)] {
        let arguments = [&arguments[..], &["--format", format], DAY].concat();
        let assert = database.outwatch(&arguments).assert().success();
        let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        let note = "nothing is told of music: only some of its probes were asked for";
        assert_eq!(said.contains(note), on_stderr, "{format}: {said}");
    }
}

#[test]
fn unobserved_time_is_listed_with_what_is_known_of_it() {
    let database = Database::with(&[
        ("web", "oooo @05:00 oooooooooo"),
        ("mobile", "oooooooooooooooooooo"),
    ]);
    let arguments = ["outages", "--unobserved", "--format", "json"];
    let command = database.outwatch(&[&arguments, DAY].concat());
    let json: serde_json::Value = serde_json::from_str(&stdout(command)).expect("JSON");
    assert_eq!(
        json["unobserved"],
        serde_json::json!([{
            "service": "music", "platform": "web", "endpoint": "player",
            "probe_id": "music/web/player",
            "from": "2024-09-29T14:02:00.000Z", "to": "2024-09-29T14:05:00.000Z",
            "duration_ms": 180_000, "reason": null, "reasons": []
        }])
    );
    let shown = stdout(database.outwatch(&[&["outages", "--unobserved"], DAY].concat()));
    assert!(shown.contains("no observation"), "{shown}");
}

#[test]
fn a_chart_comes_alone_or_with_all_others() {
    let database = music();
    let report = ["report", "--format", "svg"];
    let all = stdout(database.outwatch(&[&report[..], DAY].concat()));
    for title in ["Services over time", "Platforms over time"] {
        assert!(all.contains(&format!(">{title}</text>")), "{all}");
    }
    let one = [&report[..], &["--chart", "timeline.music.web"], DAY].concat();
    let one = stdout(database.outwatch(&one));
    assert!(one.contains("player: down once, for 1m 30s") && all.len() > one.len());
    let none = [&report[..], &["--chart", "pie"], DAY].concat();
    let said = database.outwatch(&none).assert().code(2);
    let said = String::from_utf8_lossy(&said.get_output().stderr).into_owned();
    assert!(
        said.contains(
            "--chart pie: there is no such chart; use one of timeline.services, timeline"
        )
    );
}
