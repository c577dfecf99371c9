//! NDJSON and CSV: what export writes, import reads back; what is wrong is refused whole.

use assert_cmd::Command;
use outwatch::domain::observation::Observation;
use outwatch::domain::observation::Provenance;
use outwatch::exchange::{ExchangeError, Found, Record, csv, ndjson};
use outwatch::store::{Store, StoreError, upkeep};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::observations::{NOW, Place, T0, failed, id, observation, ok, place, read, store};

fn imported(observation: &Observation) -> Observation {
    let set_aside = observation.provenance == Provenance::Imported { set_aside: true };
    Observation {
        provenance: Provenance::Imported { set_aside },
        ..observation.clone()
    }
}

fn written(observations: &[Observation]) -> (Vec<u8>, Vec<u8>) {
    let (mut json, mut table) = (Vec::new(), Vec::new());
    let probe = id("a");
    let mut writer = csv::Writer::new(&mut table).unwrap();
    for observation in observations {
        let record = Record {
            probe: &probe,
            url: "https://a.example/",
            observation,
            set_aside: observation.provenance == Provenance::Imported { set_aside: true },
        };
        ndjson::write(&mut json, record).unwrap();
        writer.write(record).unwrap();
    }
    writer.flush().unwrap();
    drop(writer);
    (json, table)
}

fn observations(found: impl Iterator<Item = Result<Found, ExchangeError>>) -> Vec<Observation> {
    found.map(|found| found.unwrap().observation).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_formats_read_back_what_they_wrote(
        list in proptest::collection::vec(observation(999_999_999_999_999), 0..8)
    ) {
        let expected: Vec<_> = list.iter().map(imported).collect();
        let (json, table) = written(&list);
        prop_assert_eq!(observations(ndjson::Reader::new(&*json)), expected.clone());
        prop_assert_eq!(observations(csv::Reader::new(&*table).unwrap()), expected);
    }

    #[test]
    fn no_file_makes_a_reader_panic(bytes in any::<Vec<u8>>(), text in "[\",\\[{}a0:\n]{0,60}") {
        for input in [&*bytes, text.as_bytes()] {
            let _ = ndjson::Reader::new(input).find(Result::is_err);
            if let Ok(mut rows) = csv::Reader::new(input) {
                let _ = rows.find(Result::is_err);
            }
        }
    }
}

fn outwatch(place: &Place, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("outwatch").unwrap();
    command
        .current_dir(place.folder.path())
        .arg("--db")
        .arg(&place.db)
        .args(args);
    command
}

#[test]
fn an_export_of_an_import_of_an_export_is_the_same_file() {
    let (from, to) = (place(), place());
    let mut original = store(&from);
    original.begin_epoch(NOW).unwrap();
    original
        .begin_epoch(outwatch::domain::time::UnixMillis(T0 + 90_000))
        .unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let list = proptest::collection::vec(observation(1 << 40), 300);
    let mut list = list.new_tree(&mut runner).unwrap().current();
    // an import refuses what is still to come
    list.retain(|observation| observation.ts.0 < T0 + 86_400_000);
    let half = list
        .iter()
        .enumerate()
        .map(|(n, o)| (id(["a", "b"][n % 2]), o.clone()));
    let half: Vec<_> = half.collect();
    // what came last stands row by row, the rest in chunks, as imports and the daemon left it
    let (old, new) = half.split_at(half.len() / 3);
    let (packed, staged) = new.split_at(new.len() / 2);
    original.append(packed).unwrap();
    let old = old.iter().cloned().map(Ok::<_, StoreError>);
    original.import(old).unwrap();
    original.append(staged).unwrap();
    original.close().unwrap();
    let tiers = upkeep::info(&from.db, &mut |_| ()).unwrap();
    assert!(
        tiers.packed > 100 && tiers.staged == staged.len() as u64,
        "{tiers:?}"
    );
    store(&to).close().unwrap();
    for format in ["ndjson", "csv"] {
        let args = ["export", "--format", format];
        let first = outwatch(&from, &args)
            .assert()
            .success()
            .get_output()
            .stdout
            .clone();
        assert!(first.len() > 10_000);
        let file = to.folder.path().join(format!("all.{format}"));
        std::fs::write(&file, &first).unwrap();
        // the second time all are repeats
        for _ in 0..2 {
            outwatch(&to, &["import", file.to_str().unwrap()])
                .assert()
                .success();
            let second = outwatch(&to, &args)
                .assert()
                .success()
                .get_output()
                .stdout
                .clone();
            assert_eq!(first, second);
        }
    }
    // and what comes back to where it came from is there already
    let file = to.folder.path().join("all.csv");
    let before = read(&from, "a");
    outwatch(&from, &["import", file.to_str().unwrap()])
        .assert()
        .success();
    assert_eq!(read(&from, "a"), before);
}

/// Every half minute from 14:00:00 on; then nobody watches.
fn imported_story(place: &Place) {
    store(place).close().unwrap();
    let outcomes = "ooooFFFFoooooFoooooo".chars().enumerate();
    let lines: Vec<_> = outcomes
        .map(|(at, outcome)| {
            let (minute, second) = (at / 2, at % 2 * 30);
            let outcome = match outcome {
                'F' => r#""fail","cause":"timeout","detail":"=1+1""#,
                _ => r#""ok","timings_us":{"dns":10,"total":1000},"duration_ms":1"#,
            };
            format!(
                r#"{{"probe_id":"music/web/a","ts":"2024-09-29T14:{minute:02}:{second:02}Z","outcome":{outcome}}}"#
            )
        })
        .collect();
    let file = place.folder.path().join("story.ndjson");
    std::fs::write(&file, lines.join("\n")).unwrap();
    outwatch(place, &["import", file.to_str().unwrap()])
        .assert()
        .success();
}

#[test]
fn what_observations_come_to_is_exported_too() {
    let place = place();
    imported_story(&place);
    let now = ["--generated-at", "2024-09-29T15:30:00Z"];
    let exported = |args: &[&str]| {
        let out = outwatch(&place, &[&["export"], args, &now[..]].concat())
            .assert()
            .success();
        String::from_utf8(out.get_output().stdout.clone()).unwrap()
    };
    let objects = |what: &str, more: &[&str]| -> Vec<serde_json::Value> {
        let lines = exported(&[&["--what", what, "--probe", "a"], more].concat());
        let csv = exported(&[&["--what", what, "--probe", "a", "--format", "csv"], more].concat());
        let objects: Vec<_> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(csv.lines().count(), objects.len() + 1, "{csv}");
        assert!(!csv.contains(",=1+1"), "{csv}");
        objects
    };
    let field = |objects: &[serde_json::Value], name: &str| -> Vec<String> {
        let values = objects.iter().map(|object| object[name].to_string());
        values.map(|value| value.replace('"', "")).collect()
    };
    let outages = objects("outages", &[]);
    assert_eq!(field(&outages, "scope")[0], "endpoint");
    assert_eq!(field(&outages, "duration_ms")[0], "120000");
    let runs = objects("runs", &[]);
    assert_eq!(
        field(&runs, "kind"),
        ["outage", "flapping", "blip", "unobserved"],
        "{runs:?}"
    );
    assert_eq!(field(&runs, "id")[0], field(&outages, "id")[0]);
    assert_eq!(runs[3]["ended_at"], "2024-09-29T15:30:00.000Z");
    // the hour that is not over is there as well
    let hours = objects("latency", &[]);
    assert_eq!(field(&hours, "observations"), ["20", "0"]);
    assert_eq!(hours[0]["latency"]["dns"]["max_us"], 10);
    assert_eq!(hours[0]["latency"]["total"]["count"], 15);
    assert_eq!(hours[1]["to"], "2024-09-29T15:30:00.000Z");
    let days = objects("latency", &["--step", "1d"]);
    assert_eq!(field(&days, "fail"), ["5"]);
    // what is asked for in vain is said
    outwatch(&place, &["export", "--what", "runs", "--step", "1d"])
        .assert()
        .code(2);
}

#[track_caller]
fn check_refused(name: &str, content: &[u8], expected: &str) {
    let place = place();
    store(&place).close().unwrap();
    let file = place.folder.path().join(name);
    std::fs::write(&file, content).unwrap();
    let refused = outwatch(&place, &["import", file.to_str().unwrap()])
        .assert()
        .code(1);
    let message = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(message.contains("nothing was imported"), "{message}");
    assert!(
        message.contains(expected),
        "expected {expected}\nin {message}"
    );
    assert_eq!(read(&place, "a"), []);
}

#[test]
fn a_bad_line_is_refused_with_its_number_and_what_would_be_right() {
    let good = r#"{"probe_id":"music/web/a","ts":"2024-09-29T14:30:20Z","outcome":"ok"}"#;
    let changed = |from: &str, to: &str| good.replace(from, to);
    for (bad, expected) in [
        (
            changed("music/web/a", "music/web/x"),
            "line 3: probe `music/web/x` is neither configured",
        ),
        (
            changed("\"ok\"", "\"up\""),
            "line 3, outcome: `up` is no outcome; use one of ok, slow",
        ),
        (
            changed("14:30:20Z", "14:30"),
            "line 3, ts: `2024-09-29T14:30` is not an instant; write it",
        ),
        (changed("\"ok\"}", "\"ok\""), "line 3, column 68: EOF"),
        (changed("\"ts\"", "\"time\""), "missing field `ts`"),
        (
            changed("\"ok\"", "\"ok\",\"cause\":\"dns\""),
            "line 3, cause: `dns` cannot be",
        ),
        (
            changed("\"ok\"", "\"fail\",\"cause\":\"bad\""),
            "line 3, cause: `bad` is no cause",
        ),
        (
            changed("\"ok\"", "\"ok\",\"duration_ms\":-1"),
            "line 3, duration_ms: `-1` is no duration",
        ),
        (
            changed("\"ok\"", "\"ok\",\"status\":\"200\""),
            "line 3, column 83: invalid type: string",
        ),
        (
            changed("\"ok\"", "\"ok\",\"peer\":\"host\""),
            "line 3, peer: `host` is no address",
        ),
        ("[1]".to_owned(), "line 3: is an array; write one object"),
        (
            format!("\"{}\"", "x".repeat(70_000)),
            "line 3 is longer than 65536 bytes",
        ),
    ] {
        check_refused(
            "a.ndjson",
            format!("{good}\n\n{bad}\n{good}\n").as_bytes(),
            expected,
        );
    }
    let invalid = [good.as_bytes(), b"\n{\"probe_id\": \"\xff\"}\n"].concat();
    check_refused("a.ndjson", &invalid, "line 2, column 15: is not UTF-8");
}

#[test]
fn a_bad_row_is_refused_with_its_number_and_column() {
    let endless = format!("probe_id,ts,outcome\n\"{}", "x,\n".repeat(100_000));
    for (content, expected) in [
        ("", "line 1: has no header"),
        ("probe_id,ts\n", "line 1: has no column `outcome`"),
        (
            "ts,probe_id,outcome,ts\n",
            "line 1: has the column `ts` twice",
        ),
        (
            "probe_id,ts,outcome\nmusic/web/a,yesterday,ok\n",
            "line 2, ts: `yesterday` is not an instant",
        ),
        (
            "outcome,probe_id,ts\nok,music/web/a,\n",
            "line 2, ts: is missing",
        ),
        (
            "outcome,probe_id,ts\nok,music/web/a\n",
            "line 2: has 2 columns, the header 3",
        ),
        (
            "outcome,probe_id,ts,tls_us\nok,music/web/a,2024-09-29T14:30:20Z,1.5\n",
            "line 2, tls_us: `1.5` cannot be; write whole microseconds",
        ),
        (&*endless, "line 2 is longer than"),
    ] {
        check_refused("a.csv", content.as_bytes(), expected);
    }
    check_refused(
        "a.csv",
        b"outcome,probe_id,ts,detail\nfail,music/web/a,2024-09-29T14:30:20Z,\xff\n",
        "line 2, detail: is not UTF-8",
    );
}

#[test]
fn what_is_needed_is_enough_in_any_order() {
    let place = place();
    store(&place).close().unwrap();
    let input = "ts,note,outcome,probe_id\n\
        2024-09-29T16:00:01+02:00,x,fail,music/web/a\n\
        2024-09-29T14:00:00Z,,ok,music/web/a\n";
    let import = ["import", "--format", "csv", "-"];
    let done = outwatch(&place, &import)
        .write_stdin(input)
        .assert()
        .success();
    let said = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
    assert_eq!(said, "imported 2 observations; 0 were there already\n");
    let instants: Vec<_> = read(&place, "a").iter().map(|o| o.ts.0).collect();
    assert_eq!(instants, [T0, T0 + 1000]);
}

/// One such line, and no daemon would start on the database before that day.
#[test]
fn what_is_still_to_come_is_not_imported() {
    let input = "{\"probe_id\":\"music/web/a\",\"ts\":\"2024-09-29T14:00:00Z\",\"outcome\":\"ok\"}\n\
        {\"probe_id\":\"music/web/a\",\"ts\":\"2924-09-29T14:00:00Z\",\"outcome\":\"ok\"}\n";
    check_refused(
        "a.ndjson",
        input.as_bytes(),
        "line 2, ts: 2924-09-29T14:00:00.000Z is still to come",
    );
}

#[test]
fn an_import_waits_for_no_daemon_and_an_export_for_none_either() {
    let place = place();
    let mut held = store(&place);
    held.append(&[(id("a"), ok(T0)), (id("b"), failed(T0, "x"))])
        .unwrap();
    let refused = outwatch(&place, &["import", "-"]).assert().code(4);
    let message = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        message.contains(&format!("process {}", std::process::id())),
        "{message}"
    );
    let exported = outwatch(&place, &["export", "--probe", "music/web/b"])
        .assert()
        .success();
    let line = String::from_utf8(exported.get_output().stdout.clone()).unwrap();
    insta::assert_snapshot!(line, @r#"{"probe_id":"music/web/b","url":"https://b.example/?token=***","ts":"2024-09-29T14:00:00.000Z","outcome":"fail","cause":"status","reason":null,"phase":"verdict","detail":"x","duration_ms":41.7,"status":null,"http_version":null,"peer":null,"timings_us":{"dns":null,"connect":null,"tls":null,"first_byte":null,"body":null,"total":41700}}"#);
    for wrong in [
        &["--probe", "music/web/x"][..],
        &["--from", "2024-09-30", "--to", "2024-09-29"],
        &["--from", "yesterday"],
    ] {
        outwatch(&place, &[&["export"], wrong].concat())
            .assert()
            .code(2);
    }
    for none in [
        &["--to", "2024-09-29"][..],
        &["--from", "2024-09-30"],
        &["--from", "1h"],
    ] {
        outwatch(&place, &[&["export", "--platform", "web"], none].concat())
            .assert()
            .success()
            .stdout("");
    }
    drop::<Store>(held);
    std::fs::remove_file(&place.db).unwrap();
    outwatch(&place, &["export"]).assert().code(3);
}
