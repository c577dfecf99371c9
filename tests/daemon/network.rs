//! A network of its own for a daemon, which a test can cut: a namespace, and a pair of interfaces to
//! where the test and its services are.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) struct Network {
    namespace: String,
    /// Where services are reached.
    pub(crate) outside: Ipv4Addr,
}

/// Networks of this process.
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Network {
    /// `None`, after telling why, where namespaces cannot be made: it takes root, and iproute2.
    pub(crate) fn try_new() -> Option<Self> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let namespace = format!("ow{}n{number}", std::process::id());
        if let Err(why) = ip(&["netns", "add", &namespace]) {
            eprintln!("skipped: no network namespace can be made: {why}");
            return None;
        }
        // RFC 2544: for tests between networks; four addresses to each pair
        let base = 0xc612_0000 | ((std::process::id() * 8 + number % 8) * 4 & 0x1_ffff);
        let (outside, inside) = (Ipv4Addr::from(base + 1), Ipv4Addr::from(base + 2));
        let network = Self { namespace, outside };
        let (here, there) = (network.interface("o"), network.interface("i"));
        let inside = format!("{inside}/30");
        for arguments in [
            &["link", "add", &here, "type", "veth", "peer", "name", &there][..],
            &["link", "set", &there, "netns", &network.namespace],
            &["addr", "add", &format!("{outside}/30"), "dev", &here],
            &["link", "set", &here, "up"],
            &[
                "-n",
                &network.namespace,
                "addr",
                "add",
                &inside,
                "dev",
                &there,
            ],
            &["-n", &network.namespace, "link", "set", &there, "up"],
        ] {
            if let Err(why) = ip(arguments) {
                eprintln!("skipped: no network can be made: {why}");
                return None;
            }
        }
        Some(network)
    }

    fn interface(&self, end: &str) -> String {
        format!("{}{end}", self.namespace)
    }

    /// What runs a command in it.
    pub(crate) fn wrapper(&self) -> [&str; 4] {
        [program(), "netns", "exec", &self.namespace]
    }

    /// From now on nothing that is sent arrives, and nobody says so.
    pub(crate) fn cut(&self) {
        let (outside, interface) = (self.outside.to_string(), self.interface("i"));
        let nobody = "02:00:00:00:00:99";
        let set = [
            "neigh", "replace", &outside, "lladdr", nobody, "dev", &interface,
        ];
        self.inside(&[&set[..], &["nud", "permanent"]].concat());
    }

    pub(crate) fn mend(&self) {
        let (outside, interface) = (self.outside.to_string(), self.interface("i"));
        self.inside(&["neigh", "del", &outside, "dev", &interface]);
    }

    fn inside(&self, arguments: &[&str]) {
        ip(&[&["-n", &self.namespace], arguments].concat()).unwrap();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // takes both interfaces with it
        let _ = ip(&["netns", "del", &self.namespace]);
        let _ = ip(&["link", "del", &self.interface("o")]);
    }
}

fn program() -> &'static str {
    let places = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"];
    let found = places.into_iter().find(|place| Path::new(place).exists());
    found.unwrap_or("ip")
}

/// Says what it said if it failed.
fn ip(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program()).args(arguments).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("ip {}: {}", arguments.join(" "), said.trim()))
}
