//! Other names and the same `id:`: one history under the new names.

use serde_json::Value;

use crate::installation::Installation;
use crate::service::{Service, UNAVAILABLE, WELL};

fn configuration(service: &str, platform: &str, endpoint: &str, asked: &Service) -> String {
    let url = asked.url("/player");
    format!(
        "service: {service}
defaults: {{ interval: 300ms, timeout: 300ms, confirm_interval: 50ms, grace: 10m }}
down_when: all
platforms:
  {platform}:
    down_when: 50%
    weight: 0.5
    endpoints: [{{ id: pl, name: {endpoint}, url: '{url}' }}]
"
    )
}

#[test]
fn a_probe_that_keeps_its_id_keeps_its_history_under_other_names() {
    let mut asked = Service::start(WELL);
    let place = Installation::new(&configuration("Music", "web", "player", &asked));
    let mut daemon = place.daemon(&[]);
    asked.await_requests(2);
    asked.switch(UNAVAILABLE);
    let opened = daemon.line("outage opened");
    place.await_windows("the outage on disk", |windows| windows.len() == 1);

    // endpoint, platform and service at once, while it is down and the daemon runs
    place.configure(&configuration("Tunes", "site", "listen", &asked));
    let reloaded = daemon.line("configuration reloaded");
    assert_eq!(
        [&reloaded["added"], &reloaded["removed"]].map(Value::as_u64),
        [0, 0].map(Some)
    );
    asked.await_more_requests();
    asked.switch(WELL);
    daemon.line_of_probe("outage closed", "pl");
    let windows = place.await_windows("the end of the outage", |windows| {
        windows.iter().all(|window| window["state"] == "closed")
    });
    daemon.stop();
    let expected = ["tunes", "site", "listen", "pl"];
    let shown = |window: &Value| {
        ["service", "platform", "endpoint", "probe_id"]
            .map(|key| window[key].as_str().unwrap().to_lowercase())
    };
    assert_eq!(windows.iter().map(shown).collect::<Vec<_>>(), [expected]);
    assert_eq!(windows[0]["started_at"], opened["started_at"]);
    let before = place.observations("pl").len();

    // and once more while no daemon runs
    place.configure(&configuration("Sound", "page", "hear", &asked));
    let daemon = place.daemon(&[]);
    asked.await_more_requests();
    daemon.stop();
    assert!(place.observations("pl").len() > before);
    let windows = place.windows();
    assert_eq!(
        windows.iter().map(shown).collect::<Vec<_>>(),
        [["sound", "page", "hear", "pl"]]
    );
    for (flag, name) in [
        ("--service", "Sound"),
        ("--platform", "page"),
        ("--probe", "hear"),
    ] {
        let report = place.printed(&["report", "--format", "json", flag, name]);
        assert!(
            report.contains("\"pl\"") && !report.contains("Music"),
            "{report}"
        );
    }
    for (flag, name) in [
        ("--service", "Music"),
        ("--platform", "web"),
        ("--probe", "player"),
    ] {
        let refused = place.run(&["outages", flag, name]);
        assert_eq!(refused.status.code(), Some(2), "{flag} {name}");
    }
}
