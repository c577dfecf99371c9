//! Maintenance from probes.yaml and from the command line, while a daemon runs.

use serde_json::{Value, json};

use crate::installation::{Installation, music};
use crate::service::{Service, UNAVAILABLE, WELL};
use crate::waiting::wait_for;

const SCHEDULE: &str = "interval: 300ms, timeout: 300ms, confirm_interval: 50ms";

const CONFIGURED: &str = "maintenance:
  - { from: 2099-12-01T02:00:00Z, to: 2099-12-01T04:00:00Z, note: database upgrade }
  - { cron: '* * * * *', duration: 5m, timezone: Europe/Berlin }
";

fn listed(place: &Installation, arguments: &[&str]) -> Vec<Value> {
    let command = [&["maintenance", "list", "--format", "json"], arguments].concat();
    let list: Value = serde_json::from_str(&place.printed(&command)).unwrap();
    list["maintenance"].as_array().unwrap().clone()
}

/// These fields of each.
fn fields<const N: usize>(list: &[Value], names: [&str; N]) -> Vec<Value> {
    let fields = |row: &Value| Value::from(names.map(|name| row[name].clone()).to_vec());
    list.iter().map(fields).collect()
}

/// Standard error and the exit code of what is refused.
fn refused(place: &Installation, arguments: &[&str]) -> (String, Option<i32>) {
    let output = place.run(&[&["maintenance"], arguments].concat());
    assert!(output.stdout.is_empty(), "{arguments:?}");
    (
        String::from_utf8(output.stderr).unwrap(),
        output.status.code(),
    )
}

/// Of the only service, of a platform and of an endpoint.
fn declare_three(place: &Installation) {
    let said = place.printed(&["maintenance", "add", "--for", "2h", "--note", "by hand"]);
    assert!(
        said.starts_with("maintenance 3 of the service music: now, until "),
        "{said}"
    );
    let said = place.printed(&[
        "maintenance",
        "add",
        "--platform",
        "Music/Web",
        "--by",
        "bob",
        "--from",
        "2099-07-01T02:00",
        "--to",
        "2099-07-01T03:00",
        "--timezone",
        "Europe/Berlin",
    ]);
    assert_eq!(
        said,
        "maintenance 4 of the platform music/web: 2099-07-01 00:00:00Z to 2099-07-01 01:00:00Z\n"
    );
    place.printed(&[
        "maintenance",
        "add",
        "--probe",
        "music/mobile/player",
        "--for",
        "90m",
        "--cron",
        "0 3 * * SUN",
        "--timezone",
        "America/New_York",
    ]);
}

#[test]
fn what_is_configured_and_what_is_declared_stand_side_by_side_until_they_end() {
    let service = Service::start(WELL);
    let plain = music(SCHEDULE, &[("web", &service), ("mobile", &service)]);
    let place = Installation::new(&format!("{CONFIGURED}{plain}")).with_environment("USER", "ann");
    let daemon = place.daemon(&[]);

    declare_three(&place);
    let names = [
        "id",
        "scope",
        "subject",
        "state",
        "configured",
        "by",
        "note",
    ];
    assert_eq!(
        fields(&listed(&place, &[]), names),
        [
            json!([
                1,
                "service",
                "music",
                "ahead",
                true,
                null,
                "database upgrade"
            ]),
            json!([2, "service", "music", "under_way", true, null, null]),
            json!([3, "service", "music", "under_way", false, "ann", "by hand"]),
            json!([4, "platform", "music/web", "ahead", false, "bob", null]),
            json!([
                5,
                "endpoint",
                "music/mobile/player",
                "ahead",
                false,
                "ann",
                null
            ]),
        ]
    );
    let names = ["cron", "timezone", "duration_ms", "from", "to"];
    assert_eq!(
        fields(&listed(&place, &[])[3..], names),
        [
            json!([
                null,
                null,
                null,
                "2099-07-01T00:00:00.000Z",
                "2099-07-01T01:00:00.000Z"
            ]),
            json!(["0 3 * * SUN", "America/New_York", 5_400_000, null, null]),
        ]
    );

    assert_eq!(
        place.printed(&["maintenance", "end", "3"]),
        "maintenance 3 has ended\n"
    );
    place.printed(&["maintenance", "end", "4", "--by", "bob"]);
    // the daemon ends what is taken out of the file
    place.configure(&plain);
    wait_for("the configured ones to end", || {
        (listed(&place, &[]).len() == 1).then_some(())
    });
    assert_eq!(
        fields(&listed(&place, &["--all"]), ["id", "state"]),
        [
            json!([1, "ended"]),
            json!([2, "ended"]),
            json!([3, "ended"]),
            json!([4, "ended"]),
            json!([5, "ahead"]),
        ]
    );
    daemon.stop();
    let table = place.printed(&["maintenance", "list"]);
    assert!(
        table.contains("0 3 * * SUN (America/New_York), for 1h 30m"),
        "{table}"
    );
}

#[test]
fn a_probe_that_joins_is_maintained_like_its_service() {
    let (staying, coming) = (Service::start(WELL), Service::start(UNAVAILABLE));
    let configured = |platforms: &[(&str, &Service)]| {
        let maintained = "maintenance: [{ cron: '* * * * *', duration: 5m }]";
        format!("{maintained}\n{}", music(SCHEDULE, platforms))
    };
    let place = Installation::new(&configured(&[("web", &staying)]));
    let mut daemon = place.daemon(&[]);
    staying.await_requests(1);
    place.configure(&configured(&[("web", &staying), ("mobile", &coming)]));
    daemon.line_of_probe("outage opened, in maintenance", "music/mobile/player");
    daemon.stop();
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let service = Service::start(WELL);
    let place = Installation::new(&music(SCHEDULE, &[("web", &service)]));
    let (error, code) = refused(&place, &["add", "--for", "2h", "--by", "ann"]);
    assert_eq!(code, Some(3), "no database yet: {error}");
    place.daemon(&[]).stop();
    for (arguments, problem) in [
        ("add --by ann", "when does it end? say --to or --for"),
        ("add --for 2h", "--by NAME is needed"),
        ("add --by ann --for soon", "--for soon: not a length"),
        ("add --by ann --for 0h", "--for 0h: not a length"),
        (
            "add --by ann --for 1h --service jazz",
            "--service jazz: the database has none of that name",
        ),
        (
            "add --by ann --for 1h --platform music/wbe",
            "did you mean `music/web`?",
        ),
        (
            "add --by ann --for 1h --from 2024-01-01T00:00:00Z",
            "outwatch annotate OUTAGE --planned",
        ),
        (
            "add --by ann --for 1h --from 2099-01-01T00:00",
            "has no offset; add Z",
        ),
        (
            "add --by ann --for 1h --from 2099-03-29T02:30 --timezone Europe/Berlin",
            "is skipped",
        ),
        (
            "add --by ann --to 2099-01-01T00:00:00Z --from 2099-01-02T00:00:00Z",
            "over before it begins",
        ),
        (
            "add --by ann --for 1h --timezone Europe/Berlin",
            "--timezone means nothing here",
        ),
        (
            "add --by ann --for 1h --timezone Berlin",
            "`Berlin` is no time zone",
        ),
        (
            "add --by ann --for 1h --cron 25",
            "does not have five fields",
        ),
        ("add --by ann --cron @daily", "--for <LENGTH>"),
        (
            "add --by ann --for 1h --service music --platform music/web",
            "cannot be used with",
        ),
        ("end 7 --by ann", "maintenance 7 is not in the database"),
    ] {
        let words: Vec<_> = arguments.split(' ').collect();
        let (error, code) = refused(&place, &words);
        assert!(error.contains(problem), "{arguments}\n{error}");
        assert_eq!(code, Some(2), "{arguments}");
    }
    assert_eq!(listed(&place, &["--all"]), [] as [Value; 0]);
}
