//! A daemon that is told the same again and again, or that nobody listens to.

#![allow(clippy::print_stderr, reason = "says what a long run found")]

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use outwatch::domain::observation::Reason;

use crate::installation::{Installation, lines_saying, music};
use crate::process::Holdings;
use crate::rebuilt::assert_true_to_the_database;
use crate::service::{Service, UNAVAILABLE, WELL};
use crate::waiting::wait_for;

/// Reloads of [`reloads_leave_nothing_behind`]; a thousand take some minutes.
const RELOADS: &str = "OUTWATCH_TEST_RELOADS";
const RELOADS_USUAL: usize = 100;

fn probes(service: &Service, count: usize) -> String {
    let mut text = "service: Music\ndefaults: { interval: 200ms, timeout: 200ms, confirm_interval: 50ms, grace: 10m }\nplatforms:\n  web:\n".to_owned();
    for number in 0..count {
        let url = service.url(&format!("/{number}"));
        writeln!(text, "    - {{ name: p{number}, url: \"{url}\" }}").unwrap();
    }
    text
}

#[test]
fn reloads_leave_nothing_behind() {
    let reloads = std::env::var(RELOADS).map_or(RELOADS_USUAL, |count| count.parse().unwrap());
    let mut service = Service::start(WELL);
    let other = Service::start(WELL);
    let with_other = format!(
        "{}    - {{ name: other, url: \"{}\" }}\n",
        probes(&service, 20),
        other.url("/")
    );
    let place = Installation::new(&with_other);
    // behind a symbolic link the folder is not watched: each signal is one reload
    let real = place.path("real");
    fs::create_dir(&real).unwrap();
    fs::rename(place.path("probes.yaml"), real.join("probes.yaml")).unwrap();
    symlink(real.join("probes.yaml"), place.path("probes.yaml")).unwrap();
    let configure = |text: &str| {
        fs::write(real.join("new"), text).unwrap();
        fs::rename(real.join("new"), real.join("probes.yaml")).unwrap();
    };
    let mut daemon = place.daemon(&[]);
    service.switch(UNAVAILABLE);
    for _ in 0..20 {
        daemon.line("outage opened");
    }
    let bad = probes(&service, 20).replace("interval", "intervall");
    let mut before = None;
    for round in 0..reloads {
        let said = if round % 2 == 0 {
            let comes = round / 2 % 2 == 0;
            configure(&if comes {
                with_other.clone()
            } else {
                probes(&service, 20)
            });
            "configuration reloaded"
        } else {
            configure(&bad);
            "the configuration stays as it was; the new one is refused"
        };
        // the first of them changes nothing
        if round == 0 {
            continue;
        }
        daemon.signal(Signal::SIGHUP);
        daemon.line(said);
        if round == reloads / 5 {
            before = Some(Holdings::of(daemon.pid()));
        }
    }
    let (before, after) = (before.unwrap(), Holdings::of(daemon.pid()));
    configure(&with_other);
    daemon.signal(Signal::SIGHUP);
    service.switch(WELL);
    for _ in 0..20 {
        daemon.line("outage closed");
    }
    let log = daemon.stop();
    assert_eq!(lines_saying(&log, "stopped").len(), 1);
    // a connection to each may be open
    assert!(
        after.descriptors <= before.descriptors + 21,
        "{before:?} {after:?}"
    );
    assert!(after.threads <= before.threads + 1, "{before:?} {after:?}");
    assert!(
        after.rss_kib <= before.rss_kib + (8 << 10),
        "{before:?} {after:?}"
    );
    eprintln!("{reloads} reloads: {before:?} {after:?}");
    // however often it was told to reload
    assert_eq!(assert_true_to_the_database(&place, &log).len(), 20);
}

#[test]
fn a_storm_of_signals_holds_up_nothing() {
    let mut service = Service::start(WELL);
    let place = Installation::new(&probes(&service, 20));
    let mut daemon = place.daemon(&[]);
    service.await_requests(20);
    let asked = service.heads().len();
    let mut sent = 0;
    while service.heads().len() < asked + 500 {
        daemon.signal(Signal::SIGHUP);
        sent += 1;
        if sent % 100 == 0 {
            std::thread::yield_now();
        }
    }
    service.switch(UNAVAILABLE);
    for _ in 0..20 {
        daemon.line("outage opened");
    }
    service.switch(WELL);
    for _ in 0..20 {
        daemon.line("outage closed");
    }
    let log = daemon.stop();
    assert!(sent > 500, "{sent}");
    assert_eq!(assert_true_to_the_database(&place, &log).len(), 20);
    assert_eq!(place.troubles(Reason::Stalled), []);
}

/// Whoever reads the log may end before the daemon does.
#[test]
fn without_anybody_to_read_its_log_it_goes_on() {
    for closed in [false, true] {
        let mut service = Service::start(WELL);
        let place = Installation::new(&music(
            "interval: 200ms, timeout: 200ms, confirm_interval: 50ms, grace: 10m",
            &[("web", &service)],
        ));
        let mut command = if closed {
            let mut shell = Command::new("/bin/sh");
            shell
                .args([
                    "-c",
                    "exec \"$0\" run -v 2>&-",
                    env!("CARGO_BIN_EXE_outwatch"),
                ])
                .current_dir(place.path(""));
            shell
        } else {
            place.command(&["run", "-v"])
        };
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stderr.take());
        service.await_more_requests();
        service.switch(UNAVAILABLE);
        place.await_windows("an outage", |windows| windows.len() == 1);
        service.switch(WELL);
        place.await_windows("its end", |windows| windows[0]["state"] == "closed");
        kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
        let status = wait_for("the end of the daemon", || child.try_wait().unwrap());
        assert_eq!(status.code(), Some(0), "closed: {closed}");
    }
}

/// Names that wait for an answer hold up neither addresses nor the end.
#[test]
fn a_name_server_that_answers_nothing_holds_up_nobody_else() {
    let socket = std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap();
    let address = socket.local_addr().unwrap();
    let service = Service::start(WELL);
    let mut text = format!(
        "service: Music\ndefaults: {{ interval: 1s, timeout: 1s, confirm_interval: 300ms, dns_servers: \"{address}\" }}\nplatforms:\n  web: [{{ name: player, url: \"{}\" }}]\n  mobile:\n",
        service.url("/player")
    );
    for number in 0..100 {
        writeln!(
            text,
            "    - {{ name: p{number}, url: \"http://play{number}.example/\" }}"
        )
        .unwrap();
    }
    let place = Installation::new(&text);
    let mut daemon = place.daemon(&[]);
    let opened = daemon.line("outage opened");
    let detail = opened["detail"].as_str().unwrap();
    assert!(detail.starts_with("no answer from name server"), "{opened}");
    let begin = std::time::Instant::now();
    let asked = service.heads().len();
    service.await_requests(asked + 5);
    assert!(
        begin.elapsed() < Duration::from_secs(8),
        "{:?}",
        begin.elapsed()
    );
    let begin = std::time::Instant::now();
    daemon.stop();
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "{:?}",
        begin.elapsed()
    );
    for observation in place.observations("music/web/player") {
        let known = ["ok", "inconclusive"].map(Into::into);
        assert!(known.contains(&observation["outcome"]), "{observation}");
    }
}
