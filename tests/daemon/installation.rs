//! A folder with a configuration and a database, the daemons that are started in it, and the
//! commands that read what they left.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use outwatch::domain::observation::Reason;
use outwatch::domain::time::{Period, UnixMillis};
use outwatch::store::Reader;
use serde_json::Value;
use tempfile::TempDir;

use crate::service::Service;
use crate::waiting::{DEADLINE, wait_for};

/// A configuration of a service with these platforms, each with one endpoint.
pub(crate) fn music(defaults: &str, platforms: &[(&str, &Service)]) -> String {
    let head = format!("service: Music\ndefaults: {{ {defaults} }}\nplatforms:\n");
    let endpoints = platforms.iter().map(|(platform, service)| {
        let url = service.url("/player");
        format!("  {platform}: [{{ name: player, url: \"{url}\" }}]\n")
    });
    std::iter::once(head).chain(endpoints).collect()
}

pub(crate) struct Installation {
    folder: TempDir,
    /// The environment of every command.
    environment: Vec<(String, String)>,
    /// The command that daemons are run by, and its arguments, if any.
    wrapper: Vec<String>,
}

impl Installation {
    pub(crate) fn new(configuration: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let installation = Self {
            folder,
            environment: Vec::new(),
            wrapper: Vec::new(),
        };
        installation.configure(configuration);
        installation
    }

    pub(crate) fn with_environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Daemons are run by this command, which is given theirs as arguments.
    pub(crate) fn with_wrapper(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(|&word| word.to_owned()).collect();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the environment says, or else in the folder.
    pub(crate) fn database(&self) -> PathBuf {
        let named = self
            .environment
            .iter()
            .find(|(name, _)| name == "OUTWATCH_DB");
        named.map_or_else(|| self.path("outwatch.db"), |(_, path)| path.into())
    }

    /// Replaces the configuration, as an editor does.
    pub(crate) fn configure(&self, configuration: &str) {
        let new = self.path("probes.yaml.new");
        fs::write(&new, configuration).unwrap();
        fs::rename(new, self.path("probes.yaml")).unwrap();
    }

    /// The names of all files, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.prepared(Command::new(env!("CARGO_BIN_EXE_outwatch")), arguments)
    }

    fn wrapped(&self, arguments: &[&str]) -> Command {
        let Some((program, rest)) = self.wrapper.split_first() else {
            return self.command(arguments);
        };
        let mut command = Command::new(program);
        command.args(rest).arg(env!("CARGO_BIN_EXE_outwatch"));
        self.prepared(command, arguments)
    }

    fn prepared(&self, mut command: Command, arguments: &[&str]) -> Command {
        command
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command prints that must succeed.
    #[track_caller]
    pub(crate) fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A daemon that has begun to probe.
    #[track_caller]
    pub(crate) fn daemon(&self, arguments: &[&str]) -> Daemon {
        let mut daemon = self.starting(arguments);
        daemon.line("probing");
        daemon
    }

    /// A daemon of which nothing is known yet.
    pub(crate) fn starting(&self, arguments: &[&str]) -> Daemon {
        let mut command = self.wrapped(&["run", "--log-format", "json"]);
        command.args(arguments);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let (tell, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Daemon {
            child,
            lines,
            log: Vec::new(),
        }
    }

    /// The windows as `outages` rebuilds them.
    #[track_caller]
    pub(crate) fn windows(&self) -> Vec<Value> {
        let json = self.printed(&["outages", "--format", "json"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        json["outages"].as_array().unwrap().clone()
    }

    /// Waits until the rebuilt windows are as they should be: what was observed is on disk a
    /// moment later.
    #[track_caller]
    pub(crate) fn await_windows(&self, what: &str, wanted: fn(&[Value]) -> bool) -> Vec<Value> {
        wait_for(what, || Some(self.windows()).filter(|all| wanted(all)))
    }

    /// The stretches of the observer's own trouble of this kind, in order of time.
    #[track_caller]
    pub(crate) fn troubles(&self, reason: Reason) -> Vec<Period> {
        let always = Period::new(UnixMillis(0), UnixMillis(i64::MAX));
        let reader = Reader::open(&self.database()).unwrap();
        let troubles = reader.troubles(always).unwrap();
        let of_it = troubles.iter().filter(|trouble| trouble.reason == reason);
        of_it.map(|trouble| trouble.period).collect()
    }

    /// All observations of a probe, in order of time.
    #[track_caller]
    pub(crate) fn observations(&self, probe: &str) -> Vec<Value> {
        let lines = self.printed(&["export", "--probe", probe]);
        let parse = |line| serde_json::from_str(line).unwrap();
        lines.lines().map(parse).collect()
    }
}

/// A daemon under way; it ends with the test.
pub(crate) struct Daemon {
    child: Child,
    lines: mpsc::Receiver<String>,
    /// The lines read so far.
    pub(crate) log: Vec<String>,
}

impl Daemon {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next log line with this message; those before it are passed over.
    #[track_caller]
    pub(crate) fn line(&mut self, message: &str) -> Value {
        self.line_of(message, |_| true)
    }

    /// The next log line with this message of this probe.
    #[track_caller]
    pub(crate) fn line_of_probe(&mut self, message: &str, probe: &str) -> Value {
        self.line_of(message, |line| line["probe"] == probe)
    }

    #[track_caller]
    fn line_of(&mut self, message: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("`{message}` did not come:\n{}", self.log.join("\n"));
            };
            let parsed: Value = serde_json::from_str(&line).unwrap_or_default();
            self.log.push(line);
            let said = parsed["message"].as_str().unwrap_or_default();
            if said.starts_with(message) && wanted(&parsed) {
                return parsed;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself; returns its exit status and all that it logged.
    #[track_caller]
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<String>) {
        let status = wait_for("the end of the daemon", || self.child.try_wait().unwrap());
        let mut log = std::mem::take(&mut self.log);
        // until the thread that reads has seen the end
        log.extend(self.lines.iter());
        (status, log)
    }

    /// Asks it to stop, and waits until it has.
    #[track_caller]
    pub(crate) fn stop(self) -> Vec<String> {
        self.signal(Signal::SIGTERM);
        let (status, log) = self.end();
        assert_eq!(status.code(), Some(0), "{log:?}");
        log
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The log lines of these messages, whatever the run.
pub(crate) fn lines_saying(log: &[String], message: &str) -> Vec<Value> {
    log.iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["message"] == message)
        .collect()
}
