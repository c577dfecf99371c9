//! One client for all probes that travel alike.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::cause::Trouble;
use super::client::ProberError;
use super::lookup_error::Lookup;
use super::resolver::Resolver;
use super::route::Route;
use super::tls::Tls;
use super::transport::Transport;

/// The routes of all transports that probes use. Clones share them.
#[derive(Clone)]
pub(super) struct Clients(Arc<Shared>);

struct Shared {
    tls: Tls,
    resolver: Resolver,
    /// Of the transport that most probes have.
    plain: Arc<Route>,
    /// By the address of the transport, which is its own while the `Weak` is there. Transports
    /// that are equal but not the same share a route.
    others: Mutex<HashMap<usize, Entry>>,
}

struct Entry {
    transport: Weak<Transport>,
    route: Arc<Route>,
}

impl Clients {
    pub(super) fn new(tls: Tls, resolver: Resolver) -> Result<Self, ProberError> {
        let plain = Route::new(&tls, &resolver, &Transport::default())?;
        Ok(Self(Arc::new(Shared {
            tls,
            resolver,
            plain: Arc::new(plain),
            others: Mutex::default(),
        })))
    }

    /// Builds what is not there yet. That fails only for reasons of our own.
    pub(super) fn route(&self, transport: &Arc<Transport>) -> Result<Arc<Route>, Trouble> {
        let shared = &*self.0;
        // nothing in a plain one owns memory, so this compares a few words
        if **transport == Transport::default() {
            return Ok(Arc::clone(&shared.plain));
        }
        let key = Arc::as_ptr(transport).addr();
        if let Some(entry) = self.others().get(&key) {
            return Ok(Arc::clone(&entry.route));
        }
        let equal = self.others().values().find_map(|entry| {
            let other = entry.transport.upgrade()?;
            (other == *transport).then(|| Arc::clone(&entry.route))
        });
        let route = match equal {
            Some(route) => route,
            // without the lock: reading roots takes long, and two who do it at once do no harm
            None => Route::new(&shared.tls, &shared.resolver, transport)
                .map(Arc::new)
                .map_err(|error| Trouble::Local(error.to_string()))?,
        };
        let mut others = self.others();
        // what a reload left behind goes as soon as it brings something new
        others.retain(|_, entry| entry.transport.strong_count() > 0);
        let entry = Entry {
            transport: Arc::downgrade(transport),
            route: Arc::clone(&route),
        };
        others.insert(key, entry);
        Ok(route)
    }

    pub(super) async fn look_up(&self, servers: &[SocketAddr], name: &str) -> Lookup {
        match self.0.resolver.at(servers) {
            Ok(resolver) => resolver.asked_about(name).await,
            Err(error) => Lookup::Unable(error.to_string().into()),
        }
    }

    fn others(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Entry>> {
        // entries are put in and taken out whole, so they are sound after a panic too
        let others = self.0.others.lock();
        others.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clients({})", self.others().len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::transport::IpFamily;
    use super::*;

    fn clients() -> Clients {
        let tls = Tls::new(Vec::new()).unwrap();
        Clients::new(tls, Resolver::from_system().unwrap()).unwrap()
    }

    fn over(ip: IpFamily) -> Arc<Transport> {
        Arc::new(Transport {
            ip,
            ..Transport::default()
        })
    }

    #[test]
    fn equal_transports_share_a_route_and_those_that_nobody_uses_go() {
        let clients = clients();
        let (plain, other_plain) = (over(IpFamily::Any), over(IpFamily::Any));
        let [plain, other_plain] = [plain, other_plain].map(|t| clients.route(&t).unwrap());
        assert!(Arc::ptr_eq(&plain, &other_plain));
        assert_eq!(format!("{clients:?}"), "Clients(0)");

        let (v4, other_v4, v6) = (over(IpFamily::V4), over(IpFamily::V4), over(IpFamily::V6));
        let route = clients.route(&v4).unwrap();
        for same in [&v4, &other_v4] {
            assert!(Arc::ptr_eq(&route, &clients.route(same).unwrap()));
        }
        assert!(!Arc::ptr_eq(&route, &clients.route(&v6).unwrap()));
        assert_eq!(format!("{clients:?}"), "Clients(3)");

        drop((v4, other_v4, v6));
        let reloaded = over(IpFamily::V6);
        clients.route(&reloaded).unwrap();
        assert_eq!(format!("{clients:?}"), "Clients(1)");
    }
}
