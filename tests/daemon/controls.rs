//! Whether a failure is ours: a daemon in a network that is cut, and with controls of every kind.

use std::net::{Ipv4Addr, UdpSocket};

use outwatch::domain::observation::Reason;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use serde_json::Value;

use crate::installation::{Installation, lines_saying, music};
use crate::network::Network;
use crate::service::{Behaviour, Service, WELL};
use crate::waiting::wait_for;

const DEFAULTS: &str = "interval: 400ms, timeout: 400ms, confirm_interval: 100ms, grace: 1m";

const TIMEOUT: Millis = Millis(400);

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
                    ts + TIMEOUT >= cut.from && ts < cut.to,
                    "{cut:?} {observation}"
                );
            }
        }
    }
    assert_eq!(place.troubles(Reason::ObserverOffline), [cut]);
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
    let [offline] = place.troubles(Reason::ObserverOffline)[..] else {
        panic!("one stretch");
    };
    assert!(offline.from <= instant(&lost, "since"), "{offline:?}");
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

#[test]
fn a_name_server_that_answers_nothing_is_no_outage_and_a_name_that_does_not_exist_is() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    // by a bare address, so that only names are in doubt
    let control = Service::start(WELL);
    let place = Installation::new(&format!(
        "controls: {{ endpoints: [\"{}\"], timeout: 500ms }}\nservice: Music\ndefaults: {{ {DEFAULTS}, dns_servers: \"{address}\" }}\nplatforms: {{ web: [\"http://play.example/\"] }}\n",
        control.url("/control"),
    ));
    let mut daemon = place.daemon(&[]);
    let broken = daemon.line(&format!("name server {address} is broken"));
    assert_eq!(broken["reason"], "resolver");
    let probe = "music/web/play.example";
    wait_for("observations that say nothing", || {
        let all = place.observations(probe);
        let blank = all.iter().filter(|it| it["reason"] == "resolver");
        (blank.count() >= 3).then_some(())
    });
    std::thread::spawn(move || {
        let mut message = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut message) {
            // RFC 1035 §4.1.1: an answer without records, NXDOMAIN
            message[2] = 0x81;
            message[3] = 0x83;
            let _ = socket.send_to(&message[..length], from);
        }
    });
    let opened = daemon.line_of_probe("outage opened", probe);
    assert_eq!(opened["cause"], "dns", "{opened}");
    let back = format!("name server {address} works again");
    if lines_saying(&daemon.log, &back).is_empty() {
        daemon.line(&back);
    }
    daemon.stop();
    let lasted = place.troubles(Reason::Resolver);
    assert_eq!(lasted.len(), 1, "{lasted:?}");
    for observation in place.observations(probe) {
        let ts = instant(&observation, "ts");
        // the request whose answer ended it began before
        let during = ts >= lasted[0].from && ts + TIMEOUT < lasted[0].to;
        assert!(
            !during || observation["outcome"] == "inconclusive",
            "{observation}"
        );
    }
}

#[test]
fn controls_come_into_force_with_a_reload() {
    let Some(network) = Network::try_new() else {
        return;
    };
    let service = |behaviour| Service::start_at(network.outside, behaviour);
    let (mut web, control) = (service(Behaviour::Refused), service(WELL));
    web.switch(Behaviour::Refused);
    let platforms = [("web", &web)];
    let place = Installation::new(&music(DEFAULTS, &platforms)).with_wrapper(&network.wrapper());
    let mut daemon = place.daemon(&[]);
    daemon.line_of_probe("outage opened", "music/web/player");
    assert_eq!(control.heads(), [] as [&str; 0]);
    place.configure(&with_controls(DEFAULTS, &platforms, &control));
    daemon.line("configuration reloaded");
    control.await_requests(1);
    daemon.stop();
}
