//! Whether a failure is ours: a daemon in a network that is cut, and with controls of every kind.

use outwatch::domain::observation::Reason;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::store::Reader;
use serde_json::Value;

use crate::installation::{Installation, music};
use crate::network::Network;
use crate::service::{Behaviour, Service, WELL};
use crate::waiting::wait_for;

const DEFAULTS: &str = "interval: 400ms, timeout: 400ms, confirm_interval: 100ms, grace: 1m";

fn with_controls(defaults: &str, platforms: &[(&str, &Service)], control: &Service) -> String {
    format!(
        "controls: {{ endpoints: [\"{}\"], timeout: 500ms }}\n{}",
        control.url("/control"),
        music(defaults, platforms)
    )
}

fn instant(line: &Value, field: &str) -> UnixMillis {
    line[field].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_network_that_is_cut_is_no_outage_and_what_fails_afterwards_is() {
    let Some(network) = Network::try_new() else {
        return;
    };
    let service = || Service::start_at(network.outside, WELL);
    let (web, mut mobile, control) = (service(), service(), service());
    let configuration = with_controls(DEFAULTS, &[("web", &web), ("mobile", &mobile)], &control);
    let place = Installation::new(&configuration).with_wrapper(&network.wrapper());
    let mut daemon = place.daemon(&[]);
    web.await_requests(2);
    mobile.await_requests(2);
    assert_eq!(
        control.heads(),
        [] as [&str; 0],
        "nobody is asked while all is well"
    );

    network.cut();
    let lost = daemon.line("our network is broken");
    assert_eq!(lost["reason"], "observer_offline");
    let probes = ["music/web/player", "music/mobile/player"];
    for probe in probes {
        wait_for("observations that say nothing", || {
            let all = place.observations(probe);
            let blank = all.iter().filter(|it| it["outcome"] == "inconclusive");
            (blank.count() >= 4).then_some(())
        });
    }
    network.mend();
    let back = daemon.line("our network works again");
    let cut = Period::new(instant(&back, "from"), instant(&back, "to"));

    // the endpoint's own failures count as ever
    mobile.await_more_requests();
    mobile.switch(Behaviour::Refused);
    daemon.line_of_probe("outage opened", probes[1]);
    mobile.switch(WELL);
    daemon.line_of_probe("outage closed", probes[1]);
    daemon.stop();

    let windows = place.windows();
    assert_eq!(windows.len(), 1, "{windows:#?}");
    assert_eq!(windows[0]["probe_id"], probes[1]);
    for probe in probes {
        for observation in place.observations(probe) {
            let ts = instant(&observation, "ts");
            let during = ts >= cut.from && ts < cut.to;
            let failed = observation["outcome"] == "fail";
            assert!(!(during && failed), "{observation}");
            if observation["outcome"] == "inconclusive" && observation["reason"] != "shutdown" {
                assert_eq!(observation["reason"], "observer_offline");
                let detail = observation["detail"].as_str().unwrap();
                assert!(detail.contains("the control does not answer"), "{detail}");
                assert!(
                    ts + Millis(400) >= cut.from && ts < cut.to,
                    "{cut:?} {observation}"
                );
            }
        }
    }
    let always = Period::new(UnixMillis(0), UnixMillis(i64::MAX));
    let reader = Reader::open(&place.path("outwatch.db")).unwrap();
    let troubles = reader.troubles(always).unwrap();
    let offline = troubles
        .iter()
        .filter(|it| it.reason == Reason::ObserverOffline);
    assert_eq!(offline.map(|it| it.period).collect::<Vec<_>>(), [cut]);
}

#[test]
fn a_stretch_that_goes_on_when_the_daemon_stops_is_recorded() {
    let Some(network) = Network::try_new() else {
        return;
    };
    let service = || Service::start_at(network.outside, WELL);
    let (web, control) = (service(), service());
    let configuration = with_controls(DEFAULTS, &[("web", &web)], &control);
    let place = Installation::new(&configuration).with_wrapper(&network.wrapper());
    let mut daemon = place.daemon(&[]);
    web.await_requests(1);
    network.cut();
    let lost = daemon.line("our network is broken");
    daemon.stop();
    let always = Period::new(UnixMillis(0), UnixMillis(i64::MAX));
    let reader = Reader::open(&place.path("outwatch.db")).unwrap();
    let troubles = reader.troubles(always).unwrap();
    let mut offline = troubles
        .iter()
        .filter(|it| it.reason == Reason::ObserverOffline);
    let trouble = offline.next().unwrap();
    assert!(
        trouble.period.from <= instant(&lost, "since"),
        "{trouble:?}"
    );
    assert_eq!(offline.next(), None);
}

#[test]
fn controls_that_are_silent_while_probes_succeed_hide_no_outage() {
    let Some(network) = Network::try_new() else {
        return;
    };
    let service = |behaviour| Service::start_at(network.outside, behaviour);
    let (web, mut mobile, control) = (service(WELL), service(WELL), service(Behaviour::Silent));
    let configuration = with_controls(DEFAULTS, &[("web", &web), ("mobile", &mobile)], &control);
    let place = Installation::new(&configuration).with_wrapper(&network.wrapper());
    let mut daemon = place.daemon(&[]);
    mobile.await_requests(1);
    mobile.switch(Behaviour::Refused);
    daemon.line("our network seems broken, but probes succeed");
    daemon.line_of_probe("outage opened", "music/mobile/player");
    daemon.stop();
    let failed = |it: &&Value| it["outcome"] == "fail";
    let web = place.observations("music/web/player");
    assert_eq!(web.iter().find(failed), None);
}

#[test]
fn nobody_is_asked_about_an_endpoint_on_this_host() {
    let mut web = Service::start(WELL);
    let control = Service::start(Behaviour::Silent);
    let place = Installation::new(&with_controls(DEFAULTS, &[("web", &web)], &control));
    let mut daemon = place.daemon(&[]);
    web.await_requests(1);
    for trouble in [Behaviour::Refused, Behaviour::Silent] {
        web.switch(trouble);
        daemon.line_of_probe("outage opened", "music/web/player");
        web.switch(WELL);
        daemon.line_of_probe("outage closed", "music/web/player");
    }
    daemon.stop();
    assert_eq!(control.heads(), [] as [&str; 0]);
}
