//! How the post-mortem of an incident is asked for.

use super::histories_tests::outwatch;

/// The ids that `outages` lists of a scope.
fn ids(flags: &str) -> Vec<String> {
    let csv = outwatch(&format!("outwatch outages --format csv {flags}")).unwrap();
    let rows = csv.lines().skip(1);
    rows.map(|row| row.chars().take_while(|c| *c != ',').collect())
        .collect()
}

fn post_mortem(flags: &str) -> Result<String, String> {
    outwatch(&format!("outwatch report --incident {flags}"))
}

#[test]
fn the_id_of_an_incident_and_of_all_that_is_part_of_it_lead_to_the_same() {
    let [incident] = &ids("--scope incident")[..] else {
        panic!("it is one")
    };
    let expected = post_mortem(incident).unwrap();
    assert!(expected.starts_with("# Post-mortem: Music, 2024-09-29 14:00Z\n"));
    assert!(expected.contains(&format!("`{incident}`")), "{expected}");
    assert_eq!(post_mortem(&incident[..8]).unwrap(), expected);
    for scope in ["endpoint", "platform", "service"] {
        let parts = ids(&format!("--scope {scope}"));
        assert!(parts.len() > 1, "{scope}");
        for id in parts {
            assert_eq!(post_mortem(&id).unwrap(), expected, "{scope} {id}");
        }
    }
    // it is that of the service, whatever the outage is looked for among
    let id = &ids("--platform web")[0];
    let flags = format!("{id} --platform web --last 10m");
    assert_eq!(post_mortem(&flags).unwrap(), expected);
}

#[test]
fn an_incident_comes_in_the_formats_that_hold_a_text() {
    let id = &ids("--scope incident")[0];
    for (format, beginning) in [
        ("markdown", "# Post-mortem: "),
        ("table", "Post-mortem: Music, 2024-09-29 14:00Z\n"),
        ("json", "{\n  \"generated_at\": "),
    ] {
        let shown = post_mortem(&format!("{id} --format {format}")).unwrap();
        assert!(shown.starts_with(beginning), "{format}: {shown}");
    }
    let json = post_mortem(&format!("{id} --format json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["incident"]["id"], **id);
    assert_eq!(json["incident"]["state"], "open");
    let error = post_mortem(&format!("{id} --format csv")).unwrap_err();
    let said = "--incident has no format csv: it is a text, for people, or json";
    assert_eq!(error, said);
}

#[test]
fn an_incident_that_is_not_there_or_not_the_only_one_is_an_error() {
    let error = post_mortem("uuuu").unwrap_err();
    assert!(
        error.starts_with("--incident uuuu: no outage from "),
        "{error}"
    );
    // judged otherwise they are two
    let apart = ids("--scope incident --what-if merge_gap=1m");
    let [first, second] = &apart[..] else {
        panic!("they are two: {apart:?}")
    };
    let shown = |id: &str| post_mortem(&format!("{id} --what-if merge_gap=1m")).unwrap();
    assert!(shown(first).contains("`merge_gap=1m`"));
    assert_ne!(shown(first), shown(second));
    let all = [
        ids("--scope endpoint"),
        ids("--scope platform"),
        ids("--scope service"),
    ]
    .concat();
    // the same first character leads to more than one of them
    let alike = all.iter().find(|one| {
        all.iter()
            .any(|other| other != *one && other[..1] == one[..1])
    });
    let begins = &alike.expect("there are more than enough of them")[..1];
    let error = post_mortem(begins).unwrap_err();
    assert!(error.contains("outages have ids that begin so"), "{error}");
}
