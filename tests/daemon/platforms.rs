//! What is told of platforms and services while their probes come and go.

use std::time::Duration;

use serde_json::Value;

use crate::installation::{Daemon, Installation, lines_saying};
use crate::service::{Service, UNAVAILABLE, WELL};
use crate::waiting::pause;

const SUBJECTS: [&str; 2] = ["music/web", "music"];

/// Two endpoints on web, which is down when `down_when` are, and one on mobile.
fn configuration(
    grace: &str,
    down_when: &str,
    web: &[(&str, &Service)],
    mobile: &Service,
) -> String {
    let web = web.iter().map(|(name, asked)| {
        let url = asked.url("/");
        format!("      - {{ name: {name}, url: \"{url}\" }}\n")
    });
    format!(
        "service: Music\n\
         defaults: {{ interval: 300ms, timeout: 300ms, confirm_interval: 50ms, grace: {grace} }}\n\
         platforms:\n  \
           mobile: [{{ name: page, url: \"{}\" }}]\n  \
           web:\n    down_when: {down_when}\n    endpoints:\n{}",
        mobile.url("/"),
        web.collect::<String>()
    )
}

/// The next line that says so of a platform or service.
#[track_caller]
fn line(daemon: &mut Daemon, message: &str, subject: &str) -> Value {
    let line = daemon.line(message);
    assert_eq!(line["subject"], subject, "{line}");
    line
}

/// What `outages` lists of a scope: when each began and ended.
fn listed(place: &Installation, scope: &str) -> Vec<[Value; 2]> {
    let printed = place.printed(&["outages", "--scope", scope, "--format", "json"]);
    let listed: Value = serde_json::from_str(&printed).unwrap();
    let outages = listed["outages"].as_array().unwrap().iter();
    outages.map(times).collect()
}

fn times(line: &Value) -> [Value; 2] {
    ["started_at", "ended_at"].map(|field| line[field].clone())
}

#[test]
fn what_was_down_ends_when_the_probes_that_were_are_removed() {
    let [mut a, b, mobile] = [(); 3].map(|()| Service::start(WELL));
    let both = configuration("10m", "any", &[("a", &a), ("b", &b)], &mobile);
    let without = configuration("10m", "any", &[("b", &b)], &mobile);
    let place = Installation::new(&both);
    let mut daemon = place.daemon(&[]);
    for service in [&a, &b, &mobile] {
        service.await_requests(1);
    }
    a.switch(UNAVAILABLE);
    let opened = line(&mut daemon, "platform down", "music/web");
    assert_eq!(opened["members_down"], "1 of 2");
    line(&mut daemon, "service down", "music");
    place.configure(&without);
    let removed = daemon.line("outage ended: the probe was removed");
    let platform = line(&mut daemon, "platform no longer down", "music/web");
    let service = line(&mut daemon, "service no longer down", "music");
    let log = daemon.stop();

    for over in [&platform, &service] {
        assert_eq!(times(over), times(&removed));
    }
    assert_eq!(listed(&place, "platform"), [times(&platform)]);
    assert_eq!(listed(&place, "service"), [times(&service)]);
    assert!(
        !log.iter().any(|line| line.contains("taken back")),
        "{log:?}"
    );
}

#[test]
fn a_platform_that_is_removed_while_it_is_down_is_told_to_be() {
    let [mut a, mobile] = [(); 2].map(|()| Service::start(WELL));
    let both = configuration("10m", "any", &[("a", &a)], &mobile);
    let place = Installation::new(&both);
    let mut daemon = place.daemon(&[]);
    for service in [&a, &mobile] {
        service.await_requests(1);
    }
    a.switch(UNAVAILABLE);
    line(&mut daemon, "service down", "music");
    place.configure(&both[..both.find("  web:").unwrap()]);
    let removed = daemon.line("outage ended: the probe was removed");
    let platform = line(
        &mut daemon,
        "platform down no longer: what was down was removed",
        "music/web",
    );
    let service = line(&mut daemon, "service no longer down", "music");
    let log = daemon.stop();

    for over in [&platform, &service] {
        assert_eq!(times(over), times(&removed));
    }
    assert_eq!(listed(&place, "platform"), [times(&platform)]);
    assert_eq!(listed(&place, "service"), [times(&service)]);
    assert!(
        !log.iter().any(|line| line.contains("taken back")),
        "{log:?}"
    );
}

#[test]
fn another_policy_can_make_a_platform_down() {
    let [mut a, b, mobile] = [(); 3].map(|()| Service::start(WELL));
    let web = |down_when| configuration("10m", down_when, &[("a", &a), ("b", &b)], &mobile);
    let [all, any] = ["all", "any"].map(web);
    let place = Installation::new(&all);
    let mut daemon = place.daemon(&[]);
    for service in [&a, &b, &mobile] {
        service.await_requests(1);
    }
    a.switch(UNAVAILABLE);
    daemon.line("outage opened");
    place.configure(&any);
    daemon.line("configuration reloaded");
    for (scope, subject) in ["platform down", "service down"].into_iter().zip(SUBJECTS) {
        line(&mut daemon, scope, subject);
    }
    let log = daemon.stop();
    assert_eq!(lines_saying(&log, "platform down").len(), 1, "{log:?}");
}

#[test]
fn what_was_lost_from_sight_between_two_runs_is_told_by_the_second() {
    let [mut a, b, mobile] = [(); 3].map(|()| Service::start(WELL));
    let web = [("a", &a), ("b", &b)];
    let place = Installation::new(&configuration("1s", "any", &web, &mobile));
    let mut first = place.daemon(&[]);
    for service in [&a, &b, &mobile] {
        service.await_requests(1);
    }
    a.switch(UNAVAILABLE);
    let opened = line(&mut first, "platform down", "music/web");
    place.await_windows("it is on disk", |windows| windows.len() == 1);
    first.kill();
    pause(Duration::from_millis(1500));

    let mut second = place.starting(&[]);
    let lost = line(
        &mut second,
        "platform lost from sight while down",
        "music/web",
    );
    line(&mut second, "service lost from sight while down", "music");
    let goes_on = line(&mut second, "platform still down", "music/web");
    a.switch(WELL);
    let closed = line(&mut second, "platform no longer down", "music/web");
    let log = second.stop();
    assert_eq!(lost["started_at"], opened["started_at"]);
    assert_eq!(closed["started_at"], goes_on["started_at"]);
    assert_eq!(listed(&place, "platform"), [times(&lost), times(&closed)]);
    assert_eq!(
        lines_saying(&log, "platform lost from sight while down").len(),
        1,
        "{log:?}"
    );
}

#[test]
fn many_that_turn_at_once_are_told_once() {
    let (mut asked, mobile) = (Service::start(WELL), Service::start(WELL));
    let names: Vec<_> = (0..80).map(|number| format!("page {number}")).collect();
    let web: Vec<_> = names.iter().map(|name| (name.as_str(), &asked)).collect();
    let place = Installation::new(
        &configuration("10m", "all", &web, &mobile).replace("interval: 300ms", "interval: 2s"),
    );
    let mut daemon = place.daemon(&[]);
    asked.await_requests(80);
    asked.switch(UNAVAILABLE);
    let opened = line(&mut daemon, "platform down", "music/web");
    assert_eq!(opened["members_down"], "80 of 80");
    asked.switch(WELL);
    let closed = line(&mut daemon, "platform no longer down", "music/web");
    let log = daemon.stop();
    assert_eq!(closed["started_at"], opened["started_at"]);
    assert_eq!(listed(&place, "platform"), [times(&closed)]);
    assert_eq!(lines_saying(&log, "platform down").len(), 1, "{log:?}");
}
