//! A daemon that gets no turn for a while.

use std::time::Duration;

use nix::sys::signal::Signal;
use outwatch::domain::observation::Reason;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::trouble::Trouble;
use outwatch::store::Reader;

use crate::installation::{Installation, music};
use crate::service::{Behaviour, Service, WELL};
use crate::waiting::pause;

/// Stopped for longer than a request may take, while one is under way: the service answers well all
/// the time, and the daemon is not there to hear it.
#[test]
fn a_daemon_that_was_stopped_for_a_while_blames_nobody() {
    let service = Service::start(WELL);
    let place = Installation::new(&music(
        "interval: 2s, timeout: 2s, confirm_interval: 100ms",
        &[("web", &service)],
    ));
    let mut daemon = place.daemon(&[]);
    service.await_requests(1);
    service.script([Behaviour::Slow(Duration::from_millis(500))]);
    service.await_requests(2);
    daemon.signal(Signal::SIGSTOP);
    pause(STOPPED);
    daemon.signal(Signal::SIGCONT);
    let stalled = daemon.line("stalled");
    service.await_more_requests();
    daemon.stop();

    // and up to a beat before it, and until it gets its turn
    let length = stalled["length"].as_str().unwrap();
    assert!(length.starts_with('2') && length.ends_with('s'), "{length}");
    let observations = place.observations("music/web/player");
    for observation in &observations {
        let known = ["stalled", "shutdown"].map(Into::into);
        let is_ours = known.contains(&observation["reason"]);
        assert!(observation["outcome"] == "ok" || is_ours, "{observation}");
    }
    assert_eq!(place.windows(), Vec::<serde_json::Value>::new());
    let ever = Period::new(UnixMillis(0), UnixMillis(i64::MAX));
    let reader = Reader::open(&place.path("outwatch.db")).unwrap();
    let troubles = reader.troubles(ever).unwrap();
    let is_it = |trouble: &Trouble| {
        trouble.reason == Reason::Stalled
            && trouble.period.length() >= Millis::from_duration(STOPPED)
    };
    assert!(troubles.iter().any(is_it), "{troubles:?}");
}

const STOPPED: Duration = Duration::from_secs(20);
