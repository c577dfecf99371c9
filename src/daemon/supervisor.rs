//! Who started the daemon and waits to hear how it fares: systemd, if it speaks its protocol.
//!
//! The protocol (`sd_notify(3)`) is lines of text in datagrams. The socket is made once and kept, so
//! that a daemon which has run out of descriptors can still say that it is alive.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use tracing::warn;

use crate::clock;

/// What it hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// In one line, for people.
    Status(String),
    /// The configuration and the database are good, and the loop turns; or a reload is over.
    Ready,
    /// The configuration is being read again, until [`News::Ready`].
    Reloading,
    /// The loop still turns.
    Alive,
    Stopping,
}

/// Whoever started the daemon.
pub trait Supervisor {
    /// How often it wants to hear that the daemon is alive. `None` if it waits for nothing.
    fn spacing(&self) -> Option<Duration>;
    /// Must not wait for long: nothing is probed meanwhile.
    fn tell(&mut self, news: &News);
}

/// A terminal, or a test: the log tells it all.
pub struct Nobody;

impl Supervisor for Nobody {
    fn spacing(&self) -> Option<Duration> {
        None
    }

    fn tell(&mut self, _: &News) {}
}

/// systemd, or whatever else listens at `NOTIFY_SOCKET`.
pub struct ServiceManager {
    socket: UnixDatagram,
    address: SocketAddr,
    spacing: Option<Duration>,
    /// That it cannot be told is said once.
    is_deaf: bool,
}

/// Longest that it may keep us waiting: its queue is long, and it empties it quickly.
const WAIT_MAX: Duration = Duration::from_millis(200);

/// The supervisor that these variables of the environment tell of.
pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Box<dyn Supervisor> {
    let Some(name) = variable("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
        return Box::new(Nobody);
    };
    match ServiceManager::new(&name, patience(variable)) {
        Ok(manager) => Box::new(manager),
        Err(error) => {
            let name = name.display();
            warn!("nobody is told how it fares: NOTIFY_SOCKET={name} cannot be used: {error}");
            Box::new(Nobody)
        }
    }
}

/// For how long it waits for a sign of life before it ends us.
fn patience(variable: impl Fn(&str) -> Option<OsString>) -> Option<Duration> {
    let number = |name| variable(name)?.to_str()?.parse::<u64>().ok();
    // the variable may have been left by a parent that it was meant for
    let is_ours = variable("WATCHDOG_PID").is_none()
        || number("WATCHDOG_PID") == Some(u64::from(std::process::id()));
    number("WATCHDOG_USEC")
        .filter(|usec| is_ours && *usec > 0)
        .map(Duration::from_micros)
}

impl ServiceManager {
    fn new(name: &OsStr, patience: Option<Duration>) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(WAIT_MAX))?;
        Ok(Self {
            socket,
            address: address(name)?,
            // as sd_watchdog_enabled(3) advises
            spacing: patience.map(|patience| patience / 2),
            is_deaf: false,
        })
    }
}

impl Supervisor for ServiceManager {
    fn spacing(&self) -> Option<Duration> {
        self.spacing
    }

    fn tell(&mut self, news: &News) {
        let text = message(news);
        match self.socket.send_to_addr(text.as_bytes(), &self.address) {
            Ok(_) => self.is_deaf = false,
            Err(error) => {
                if !std::mem::replace(&mut self.is_deaf, true) {
                    warn!("the service manager could not be told how it fares: {error}");
                }
            }
        }
    }
}

fn message(news: &News) -> String {
    match news {
        // a second line would be another message
        News::Status(text) => format!("STATUS={}\n", text.replace('\n', " ")),
        News::Ready => "READY=1\n".to_owned(),
        News::Reloading => {
            let since = clock::system_mono();
            format!("RELOADING=1\nMONOTONIC_USEC={}\n", since.0)
        }
        News::Alive => "WATCHDOG=1\n".to_owned(),
        News::Stopping => "STOPPING=1\n".to_owned(),
    }
}

fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'/', ..] => SocketAddr::from_pathname(name),
        [b'@', rest @ ..] => hidden(rest),
        _ => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "it is neither a path nor a name that begins with @",
        )),
    }
}

/// A socket that has no file.
#[cfg(target_os = "linux")]
fn hidden(name: &[u8]) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    SocketAddr::from_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn hidden(_: &[u8]) -> io::Result<SocketAddr> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    fn environment(variables: Variables<'_>) -> impl Fn(&str) -> Option<OsString> + '_ {
        |wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| OsString::from(value))
        }
    }

    #[test]
    fn patience_is_that_of_the_variables_if_they_are_meant_for_us() {
        let own = std::process::id().to_string();
        let cases: [(Variables, Option<u64>); 6] = [
            (&[], None),
            (&[("WATCHDOG_USEC", "30000000")], Some(30_000)),
            (
                &[("WATCHDOG_USEC", "30000"), ("WATCHDOG_PID", &own)],
                Some(30),
            ),
            (
                &[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "1")],
                None,
            ),
            (&[("WATCHDOG_USEC", "0")], None),
            (&[("WATCHDOG_USEC", "soon")], None),
        ];
        for (variables, expected) in cases {
            assert_eq!(
                patience(environment(variables)),
                expected.map(Duration::from_millis),
                "{variables:?}"
            );
        }
    }

    #[test]
    fn a_socket_that_cannot_be_used_leaves_nobody_to_tell() {
        for name in ["", "relative", "vsock:2:1234", "/\0"] {
            let variables = [("NOTIFY_SOCKET", name), ("WATCHDOG_USEC", "30000000")];
            let mut supervisor = from_environment(environment(&variables));
            assert_eq!(supervisor.spacing(), None, "{name:?}");
            supervisor.tell(&News::Ready);
        }
    }

    #[test]
    fn a_message_is_what_the_protocol_wants() {
        for (news, expected) in [
            (News::Status("a\nREADY=1".to_owned()), "STATUS=a READY=1\n"),
            (News::Ready, "READY=1\n"),
            (News::Alive, "WATCHDOG=1\n"),
            (News::Stopping, "STOPPING=1\n"),
        ] {
            assert_eq!(message(&news), expected);
        }
        let since = |text: &str| -> u64 {
            let number = text.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
            number.trim_end().parse().unwrap()
        };
        let [first, second] = [(); 2].map(|()| since(&message(&News::Reloading)));
        assert!(0 < first && first <= second, "{first} {second}");
    }

    #[test]
    fn both_kinds_of_sockets_are_spoken_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let own = std::process::id();
        let mut names = vec![(path.clone().into_os_string(), path.into_os_string())];
        if cfg!(target_os = "linux") {
            let hidden = format!("@outwatch-test-{own}");
            names.push((hidden.clone().into(), hidden.into()));
        }
        for (bound, told) in names {
            let listener = UnixDatagram::bind_addr(&address(&bound).unwrap()).unwrap();
            let mut manager = ServiceManager::new(&told, Some(Duration::from_secs(10))).unwrap();
            assert_eq!(manager.spacing(), Some(Duration::from_secs(5)));
            manager.tell(&News::Ready);
            let mut text = [0; 64];
            let length = listener.recv(&mut text).unwrap();
            assert_eq!(&text[..length], b"READY=1\n");
        }
    }

    #[test]
    fn one_that_does_not_listen_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let _listener = UnixDatagram::bind(&path).unwrap();
        let mut manager = ServiceManager::new(path.as_os_str(), None).unwrap();
        // until its queue is full, however long that is
        while !manager.is_deaf {
            manager.tell(&News::Alive);
        }
    }
}
