//! What the daemon told, held against what its database gives, and against what another database
//! gives that is made of its observations alone.

use serde_json::Value;

use crate::installation::Installation;

/// Nothing was invented, and nothing forgotten. To be called when no daemon runs any more, and no
/// outage is open.
#[track_caller]
pub(crate) fn assert_true_to_the_database(place: &Installation, log: &[String]) -> Vec<Value> {
    let windows = place.windows();
    let open = windows.iter().find(|window| window["state"] == "open");
    assert_eq!(open, None, "an open one changes while this looks");
    assert_eq!(told(log), shown(&windows), "{}", log.join("\n"));

    let exported = place.path("exported.ndjson");
    let rebuilt = place.path("rebuilt.db");
    let [exported, rebuilt] = [&exported, &rebuilt].map(|path| path.to_str().unwrap());
    place.printed(&["export", "-o", exported]);
    place.printed(&["--db", rebuilt, "import", exported]);
    let again = place.printed(&["--db", rebuilt, "outages", "--format", "json"]);
    let mut again: Value = serde_json::from_str(&again).unwrap();
    let again = again["outages"].take();
    assert_eq!(again, Value::from(windows.clone()));
    windows
}

/// Probe, start and end of each outage of an endpoint that was told to be over.
fn told(log: &[String]) -> Vec<[String; 3]> {
    let lines = log
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok());
    let is_end = |line: &Value| {
        let message = line["message"].as_str().unwrap_or_default();
        let ends = ["outage closed", "outage lost from sight", "outage ended"];
        ends.iter().any(|end| message.starts_with(end))
    };
    let ends: Vec<Value> = lines.filter(is_end).collect();
    sorted(&ends, "probe")
}

fn shown(windows: &[Value]) -> Vec<[String; 3]> {
    sorted(windows, "probe_id")
}

fn sorted(all: &[Value], probe: &str) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let fields = |one: &Value| [probe, "started_at", "ended_at"].map(|field| text(&one[field]));
    let mut all: Vec<_> = all.iter().map(fields).collect();
    all.sort();
    all
}
