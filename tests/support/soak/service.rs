//! The probed service: a server for each platform, and endpoints that can be made to fail.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use anyhow::bail;
use nix::sys::signal::Signal;

use super::builtin::BuiltIn;
use super::conditions::Conditions;
use super::diary::{FaultKind, Moment};
use super::nginx::Nginx;
use super::settings::{PLATFORMS, ServiceKind};
use super::shim::Shim;
use crate::truth::rng::Rng;

pub(crate) struct Service {
    pub(crate) kind: ServiceKind,
    pub(crate) conditions: Conditions,
    servers: Vec<Server>,
    pub(crate) ports: Vec<u16>,
}

enum Server {
    Nginx(Nginx),
    BuiltIn(BuiltIn),
}

impl Service {
    pub(crate) fn start(
        folder: &Path,
        kind: Option<ServiceKind>,
        shim: &Shim,
    ) -> anyhow::Result<Self> {
        let kind = kind.unwrap_or_else(|| {
            if Nginx::is_there() {
                ServiceKind::Nginx
            } else {
                ServiceKind::BuiltIn
            }
        });
        let conditions = Conditions::new(folder)?;
        let ports = free_ports(PLATFORMS.len())?;
        let mut servers = Vec::new();
        for (platform, &port) in PLATFORMS.iter().zip(&ports) {
            servers.push(match kind {
                ServiceKind::Nginx => {
                    Server::Nginx(Nginx::new(folder, platform.name, port, &conditions)?)
                }
                ServiceKind::BuiltIn => Server::BuiltIn(BuiltIn::new(port, conditions.clone())),
            });
        }
        let mut service = Self {
            kind,
            conditions,
            servers,
            ports,
        };
        for platform in 0..PLATFORMS.len() {
            service.listen(platform, shim)?;
        }
        Ok(service)
    }

    fn listen(&mut self, platform: usize, shim: &Shim) -> anyhow::Result<Moment> {
        match &mut self.servers[platform] {
            Server::Nginx(nginx) => nginx.start(shim),
            Server::BuiltIn(server) => server.start(),
        }
    }

    /// A whole platform refuses or hangs from now on.
    pub(crate) fn begin(&mut self, platform: usize, kind: FaultKind) -> anyhow::Result<Moment> {
        match (&mut self.servers[platform], kind) {
            (Server::Nginx(nginx), FaultKind::Frozen) => nginx.signal(Signal::SIGSTOP),
            (Server::Nginx(nginx), _) => nginx.stop(),
            (Server::BuiltIn(server), FaultKind::Frozen) => Ok(server.freeze(true)),
            (Server::BuiltIn(server), _) => Ok(server.stop()),
        }
    }

    /// It answers again.
    pub(crate) fn end(
        &mut self,
        platform: usize,
        kind: FaultKind,
        shim: &Shim,
    ) -> anyhow::Result<Moment> {
        match (&mut self.servers[platform], kind) {
            (Server::Nginx(nginx), FaultKind::Frozen) => nginx.signal(Signal::SIGCONT),
            (Server::BuiltIn(server), FaultKind::Frozen) => Ok(server.freeze(false)),
            _ => self.listen(platform, shim),
        }
    }
}

/// Below the ports that the system gives to connections, or one of these could take it while nobody
/// listens.
fn free_ports(count: usize) -> anyhow::Result<Vec<u16>> {
    let mut rng = Rng::new(u64::from(std::process::id()));
    let mut held = Vec::new();
    for _ in 0..1000 {
        let port = u16::try_from(rng.between(10_000, 30_000))?;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            held.push((port, listener));
        }
        if held.len() == count {
            return Ok(held.into_iter().map(|(port, _)| port).collect());
        }
    }
    bail!("no free ports between 10000 and 30000")
}
