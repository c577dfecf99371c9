//! What `outages` lists of each scope, what a what-if changes, and what nobody watched.

use super::histories_tests::outwatch;

/// These cells of all rows.
fn cells<const N: usize>(arguments: &str, columns: [&str; N]) -> Vec<[String; N]> {
    let csv = outwatch(&format!("outwatch outages --format csv {arguments}")).unwrap();
    let mut rows = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let places = columns.map(|column| header.iter().position(|name| *name == column).unwrap());
    rows.map(|row| places.map(|place| row[place].to_owned()))
        .collect()
}

#[test]
fn every_scope_is_judged_by_its_policy() {
    let (web, mobile, open) = ("14:00:30-14:03:00", "14:01:30-14:02:30", "14:08:00-open");
    for (flags, expected) in [
        ("--scope platform", vec![web, mobile, open]),
        ("--scope service", vec![web, open]),
        ("--scope service --what-if down_when=all", vec![mobile]),
        (
            "--scope service --what-if service.down_when=2",
            vec![mobile],
        ),
        (
            "--scope service --what-if platform.down_when=all",
            vec![web, open],
        ),
        ("--scope incident", vec!["14:00:30-open"]),
        ("--scope incident --what-if merge_gap=1m", vec![web, open]),
        // of it only web is whole
        ("--scope platform --platform web", vec![web]),
        ("--scope service --platform web", vec![]),
        ("--scope incident --platform web", vec![]),
    ] {
        let rows = cells(flags, ["started_at", "ended_at"]);
        let clock = |cell: &String| cell.get(11..19).unwrap_or("open").to_owned();
        let shown: Vec<_> = rows
            .iter()
            .map(|[start, end]| format!("{}-{}", clock(start), clock(end)))
            .collect();
        assert_eq!(shown, expected, "{flags}");
    }
}

#[test]
fn a_difference_tells_what_a_change_does() {
    for (flags, expected) in [
        (
            "--what-if failure_threshold=4",
            vec!["only_configured music/mobile/player"],
        ),
        ("--what-if failure_threshold=2", vec![]),
        (
            "--what-if recovery_threshold=99",
            vec![
                "other music/web/player",
                "other music/mobile/player",
                "only_configured music/mobile/player",
            ],
        ),
        (
            "--scope service --what-if down_when=all",
            vec!["other music", "only_configured music"],
        ),
        (
            "--scope incident --what-if merge_gap=1m",
            vec!["other music", "only_changed music"],
        ),
        ("--scope incident --what-if maintenance=off", vec![]),
    ] {
        let rows = cells(&format!("--difference {flags}"), ["difference", "subject"]);
        let shown: Vec<_> = rows.iter().map(|row| row.join(" ")).collect();
        assert_eq!(shown, expected, "{flags}");
    }
}

#[test]
fn what_endpoints_make_together_leads_to_their_evidence() {
    let ids = |scope: &str| {
        let rows = cells(&format!("--scope {scope}"), ["id"]);
        rows.into_iter().map(|[id]| id).collect::<Vec<_>>()
    };
    let endpoints = ids("endpoint");
    let [web, mobile, open] = &endpoints[..] else {
        panic!("they are three: {endpoints:?}")
    };
    for (scope, at, parts) in [
        ("platform", 0, web.clone()),
        ("platform", 1, mobile.clone()),
        ("service", 1, open.clone()),
        ("incident", 0, format!("{mobile}, {open}, {web}")),
    ] {
        let id = &ids(scope)[at];
        let error = outwatch(&format!("outwatch outages --evidence {id}")).unwrap_err();
        let said = format!("--evidence {id}: that is of the {scope} music");
        assert!(error.starts_with(&said), "{error}");
        assert!(error.ends_with(&format!("made of: {parts}")), "{error}");
    }
}

#[test]
fn every_format_of_every_list_is_written() {
    let json = "{\n  \"generated_at\"";
    for (flags, beginning) in [
        ("--scope platform", "ID "),
        ("--scope platform --format json", json),
        ("--scope platform --format csv", "id,scope,"),
        ("--scope incident", "ID "),
        ("--scope incident --format json", json),
        ("--scope incident --format csv", "id,scope,"),
        ("--unobserved", "Nothing unobserved from"),
        ("--unobserved --format json", json),
        ("--unobserved --format csv", "service,platform,"),
        ("--difference --what-if grace=2m", "No difference and"),
        ("--difference --what-if grace=2m --format json", json),
        (
            "--difference --what-if grace=2m --format csv",
            "difference,scope,",
        ),
    ] {
        let shown = outwatch(&format!("outwatch outages {flags}")).unwrap();
        assert!(shown.starts_with(beginning), "{flags}: {shown}");
    }
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    for (flags, problem) in [
        (
            "--unobserved --scope platform",
            "error: the argument '--unobserved' cannot be used with '--scope <SCOPE>'",
        ),
        (
            "--difference",
            "error: the following required arguments were not provided",
        ),
        (
            "--difference --unobserved --what-if grace=2m",
            "error: the argument '--difference' cannot be used with '--unobserved'",
        ),
        (
            "--what-if down_when=any --what-if service.down_when=all",
            "--what-if down_when=any and --what-if service.down_when=all: one of them at a time",
        ),
    ] {
        let error = outwatch(&format!("outwatch outages {flags}")).unwrap_err();
        assert!(error.starts_with(problem), "{flags}: {error}");
    }
}
