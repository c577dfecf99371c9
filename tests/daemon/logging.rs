//! A log that nobody reads any more, or that has no room: probing goes on.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::installation::{Installation, music};
use crate::service::{Service, UNAVAILABLE, WELL};
use crate::waiting::wait_for;

#[test]
fn a_log_that_cannot_be_written_does_not_end_the_daemon() {
    for log in ["a pipe that was closed", "/dev/full"] {
        let mut service = Service::start(WELL);
        let place = Installation::new(&music(
            "interval: 200ms, timeout: 200ms, confirm_interval: 100ms",
            &[("web", &service)],
        ));
        let mut command = place.command(&["run"]);
        let mut daemon = if let Ok(full) = fs::File::options().write(true).open(log) {
            command.stderr(full).spawn().unwrap()
        } else {
            let mut daemon = command.stderr(Stdio::piped()).spawn().unwrap();
            let mut pipe = BufReader::new(daemon.stderr.take().unwrap());
            pipe.read_line(&mut String::new()).unwrap();
            daemon
        };
        service.await_requests(1);
        // each is a line that cannot be written
        service.switch(UNAVAILABLE);
        place.await_windows("an open outage", |windows| windows.len() == 1);
        service.switch(WELL);
        place.await_windows("its end", |windows| windows[0]["state"] == "closed");

        let pid = Pid::from_raw(i32::try_from(daemon.id()).unwrap());
        kill(pid, Signal::SIGTERM).unwrap();
        let status = wait_for("the end of the daemon", || daemon.try_wait().unwrap());
        assert_eq!(status.code(), Some(0), "{log}");
    }
}
