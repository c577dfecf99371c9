//! Looks up names: the name servers and the hosts file, asked without a thread.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_resolver::Hosts;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig,
    ResolverOpts,
};
use hickory_resolver::lookup_ip::LookupIp;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::RecordType;
use hickory_resolver::system_conf::read_system_conf;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::families::both;
use super::lookup_error::{Lookup, LookupError, Question};
use super::recorder::{note, note_addresses};
use super::sockets::Sockets;
use super::transport::{IpFamily, Transport};

/// Nothing is cached: a probe must see what a visitor who comes for the first time would see.
/// Clones are cheap and share everything.
#[derive(Clone)]
pub(super) struct Resolver {
    /// Asked in this order, until one answers.
    servers: Arc<[Server]>,
    hosts: Arc<Hosts>,
    fixed: Arc<BTreeMap<String, Vec<IpAddr>>>,
    family: IpFamily,
    sockets: Sockets,
}

/// Each family of addresses has a resolver of its own, because one for both keeps only one of two
/// errors, and not always the one that matters.
struct Server {
    v6: hickory_resolver::Resolver<Sockets>,
    v4: hickory_resolver::Resolver<Sockets>,
    /// `None` for the system's, of which there may be several behind it.
    configured: Option<SocketAddr>,
}

/// Questions that may wait for an answer at once, over one TCP connection to a name server.
const WAITING_MAX: usize = 4096;

/// How long a name server is waited for, if there is another to ask.
const NEXT_SERVER_AFTER: Duration = Duration::from_secs(2);

impl Resolver {
    /// Reads the system's configuration, once.
    pub(super) fn from_system() -> Result<Self, NetError> {
        let (config, options) = read_system_conf().unwrap_or_else(|error| {
            tracing::debug!(%error, "no name servers configured; trying one on this host");
            // resolv.conf(5): without a nameserver line, the one on the local machine is asked
            let local = NameServerConfig::udp_and_tcp(std::net::Ipv4Addr::LOCALHOST.into());
            (
                ResolverConfig::from_name_servers(vec![local]),
                ResolverOpts::default(),
            )
        });
        Self::new(&config, &options, Hosts::from_system().unwrap_or_default())
    }

    fn new(
        config: &ResolverConfig,
        options: &ResolverOpts,
        hosts: Hosts,
    ) -> Result<Self, NetError> {
        let sockets = Sockets::default();
        let server = Server::new(config, options, &sockets, None)?;
        Ok(Self {
            servers: [server].into(),
            hosts: Arc::new(hosts),
            fixed: Arc::default(),
            family: IpFamily::Any,
            sockets,
        })
    }

    /// As this one, but for what the transport says. Name servers of its own know all names: the
    /// hosts file and the search domains are the system's.
    pub(super) fn for_transport(&self, transport: &Transport) -> Result<Self, NetError> {
        let mut resolver = self.clone();
        resolver.family = transport.ip;
        resolver.fixed = Arc::new(transport.resolve.clone());
        if !transport.dns_servers.is_empty() {
            resolver.hosts = Arc::default();
            resolver.servers = own_servers(&transport.dns_servers, &self.sockets)?;
        }
        Ok(resolver)
    }

    /// That asks these servers; for none, the system's.
    pub(super) fn at(&self, servers: &[SocketAddr]) -> Result<Self, NetError> {
        let mut resolver = self.clone();
        if !servers.is_empty() {
            resolver.servers = own_servers(servers, &self.sockets)?;
        }
        Ok(resolver)
    }

    /// Whether the name servers answer, whatever they say.
    pub(super) async fn asked_about(&self, name: &str) -> Lookup {
        match self.lookup_at_servers(name).await {
            Ok(_) => Lookup::Answered,
            Err(error) => error.into(),
        }
    }

    /// Whether no address is said beforehand.
    pub(super) fn is_plain(&self) -> bool {
        self.fixed.is_empty()
    }

    /// What is said beforehand of a host, if anything.
    pub(super) fn fixed_address(&self, host: &str) -> Option<IpAddr> {
        let fixed = self.fixed(host.trim_matches(['[', ']']))?;
        Some(fixed.ok()?.first()?.ip())
    }

    /// The addresses of a URL's host, in the order to try them in; never empty. Notes the lookup,
    /// if there is one to make.
    pub(super) async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, LookupError> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let literal = host.trim_matches(['[', ']']);
        let mut addresses = match literal.parse::<IpAddr>() {
            Ok(address) if !self.fixed.contains_key(literal) => vec![without_port(address)],
            Ok(_) => self.lookup_noted(literal).await?,
            Err(_) => self.lookup_noted(host).await?,
        };
        for address in &mut addresses {
            address.set_port(port);
        }
        Ok(addresses)
    }

    /// Whether another address is to be used instead of this literal one.
    pub(super) fn replaces(&self, literal: IpAddr) -> bool {
        !self.fixed.is_empty() && self.fixed.contains_key(&literal.to_string())
    }

    async fn lookup_noted(&self, name: &str) -> Result<Vec<SocketAddr>, LookupError> {
        let addresses = if let Some(fixed) = self.fixed(name) {
            // nothing is looked up, so that takes no time either
            fixed?
        } else {
            note(|record| record.hop.lookup_started = Some(Instant::now()));
            self.lookup(name).await?
        };
        note(|record| {
            let started = record.hop.lookup_started;
            record.hop.lookup_ended = started.map(|_| Instant::now());
            let first = addresses.first().map(SocketAddr::ip);
            record.hop.looked_up = first.map(|first| (first, addresses.len()));
        });
        note_addresses(&addresses);
        Ok(addresses)
    }

    /// `None` if the name has to be looked up.
    fn fixed(&self, name: &str) -> Option<Result<Vec<SocketAddr>, LookupError>> {
        if self.fixed.is_empty() {
            return None;
        }
        // the root's dot at its end changes no name
        let addresses = self.fixed.get(name.trim_end_matches('.'))?;
        let allowed: Vec<_> = self.allowed(addresses.iter().copied()).collect();
        Some(if allowed.is_empty() {
            Err(LookupError::without_address(name, self.family))
        } else {
            Ok(allowed)
        })
    }

    fn allowed(&self, addresses: impl Iterator<Item = IpAddr>) -> impl Iterator<Item = SocketAddr> {
        let family = self.family;
        addresses
            .filter(move |address| family.allows(*address))
            .map(without_port)
    }

    /// IPv6 first, so that it is tried first (RFC 8305 §4). Never empty.
    pub(super) async fn lookup(&self, name: &str) -> Result<Vec<SocketAddr>, LookupError> {
        if let Some(fixed) = self.fixed(name) {
            return fixed;
        }
        let known = self.in_hosts_file(name);
        if !known.is_empty() {
            let allowed: Vec<_> = self.allowed(known.into_iter()).collect();
            return if allowed.is_empty() {
                Err(LookupError::without_address(name, self.family))
            } else {
                Ok(allowed)
            };
        }
        self.lookup_at_servers(name).await
    }

    async fn lookup_at_servers(&self, name: &str) -> Result<Vec<SocketAddr>, LookupError> {
        let mut failed: Option<LookupError> = None;
        for server in &*self.servers {
            match self.lookup_at(server, name).await {
                Ok(addresses) => return Ok(addresses),
                Err(error) if error.is_final() => return Err(error),
                Err(error) => {
                    failed = Some(match failed {
                        Some(earlier) => earlier.then(&error),
                        None => error,
                    });
                }
            }
        }
        Err(failed.unwrap_or_else(|| LookupError::without_address(name, self.family)))
    }

    async fn lookup_at(&self, server: &Server, name: &str) -> Result<Vec<SocketAddr>, LookupError> {
        let denied = self.sockets.denied();
        let error = |error: NetError| {
            let question = Question {
                name,
                family: self.family,
                server: server.configured,
                without_sockets: self.sockets.denied() != denied,
            };
            LookupError::new(&question, &error)
        };
        let (v6, v4) = match self.family {
            IpFamily::Any => both(server.v6.lookup_ip(name), server.v4.lookup_ip(name)).await,
            IpFamily::V6 => (Some(server.v6.lookup_ip(name).await), None),
            IpFamily::V4 => (None, Some(server.v4.lookup_ip(name).await)),
        };
        let found: Vec<_> = [&v6, &v4]
            .into_iter()
            .flatten()
            .flatten()
            .flat_map(|found| found.iter().map(without_port))
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        Err(match (v6.and_then(Result::err), v4.and_then(Result::err)) {
            (Some(v6), Some(v4)) => error(v4).or(error(v6)),
            (Some(only), None) | (None, Some(only)) => error(only),
            (None, None) => LookupError::without_address(name, self.family),
        })
    }

    /// A name that stands there is not asked about, as the C library does it: hickory would still
    /// wait for the other family. Empty for `localhost`, which is both loopback addresses whatever
    /// the file says (RFC 6761 §6.3).
    fn in_hosts_file(&self, name: &str) -> Vec<IpAddr> {
        let Ok(parsed) = hickory_resolver::proto::rr::Name::from_str_relaxed(name) else {
            return Vec::new();
        };
        if name == "localhost" {
            return Vec::new();
        }
        [RecordType::AAAA, RecordType::A]
            .into_iter()
            .filter_map(|family| {
                let query = Query::query(parsed.clone(), family);
                self.hosts.lookup_static_host(&query)
            })
            .flat_map(|found| LookupIp::from(found).iter().collect::<Vec<_>>())
            .collect()
    }
}

impl Server {
    fn new(
        config: &ResolverConfig,
        options: &ResolverOpts,
        sockets: &Sockets,
        configured: Option<SocketAddr>,
    ) -> Result<Self, NetError> {
        let mut options = options.clone();
        options.use_hosts_file = ResolveHosts::Never;
        options.cache_size = 0;
        options.positive_max_ttl = Some(Duration::ZERO);
        options.negative_max_ttl = Some(Duration::ZERO);
        options.max_active_requests = WAITING_MAX;
        let build = |strategy| {
            let (config, sockets) = (config.clone(), sockets.clone());
            let mut builder = hickory_resolver::Resolver::builder_with_config(config, sockets);
            builder.options_mut().clone_from(&options);
            builder.options_mut().ip_strategy = strategy;
            builder.build()
        };
        Ok(Self {
            v6: build(LookupIpStrategy::Ipv6Only)?,
            v4: build(LookupIpStrategy::Ipv4Only)?,
            configured,
        })
    }
}

/// One resolver for each, since hickory's time limit is over all servers of one: a silent one
/// would use up the time for the next.
fn own_servers(addresses: &[SocketAddr], sockets: &Sockets) -> Result<Arc<[Server]>, NetError> {
    let last = addresses.len().saturating_sub(1);
    let servers = addresses.iter().enumerate().map(|(at, address)| {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
        let connections = connections.map(|mut connection| {
            connection.port = address.port();
            connection
        });
        let config = NameServerConfig::new(address.ip(), true, connections.into());
        let config = ResolverConfig::from_name_servers(vec![config]);
        let mut options = ResolverOpts::default();
        if at < last {
            options.timeout = NEXT_SERVER_AFTER;
            options.attempts = 0;
        }
        Server::new(&config, &options, sockets, Some(*address))
    });
    servers.collect()
}

/// reqwest fills it in.
fn without_port(address: IpAddr) -> SocketAddr {
    (address, 0).into()
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.lookup_noted(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hickory_resolver::config::ConnectionConfig;
    use tokio::net::UdpSocket;

    use super::*;

    /// A name server that sends each question back as an answer with this response code and
    /// without records; silent for `None`.
    async fn name_server(code_v6: Option<u8>, code_v4: Option<u8>) -> Resolver {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut connection = ConnectionConfig::udp();
        connection.port = socket.local_addr().unwrap().port();
        let server = NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![connection]);
        tokio::spawn(async move {
            let mut message = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut message).await {
                // the question ends with its type and class; AAAA is 28 (RFC 3596 §2.1)
                let code = if message[length - 3] == 28 {
                    code_v6
                } else {
                    code_v4
                };
                let Some(code) = code else { continue };
                // RFC 1035 §4.1.1: QR and RD, then RA and the code
                message[2] = 0x81;
                message[3] = 0x80 | code;
                socket.send_to(&message[..length], from).await.unwrap();
            }
        });
        let mut options = ResolverOpts::default();
        options.timeout = Duration::from_millis(50);
        options.attempts = 0;
        options.edns0 = false;
        let config = ResolverConfig::from_name_servers(vec![server]);
        let mut hosts = Hosts::default();
        let file = "127.0.0.7 here.example\n::7 here.example\n127.0.0.8 v4.example\n";
        hosts.read_hosts_conf(file.as_bytes()).unwrap();
        Resolver::new(&config, &options, hosts).unwrap()
    }

    #[tokio::test]
    async fn a_failed_lookup_says_what_the_name_server_said() {
        let servfail = "name server failed to look up api.example (SERVFAIL)";
        let refused = "name server failed to look up api.example (REFUSED)";
        let silent = "no answer from the name server about api.example";
        for (v6, v4, expected) in [
            (Some(0), Some(0), "api.example has no address"),
            (Some(2), Some(2), servfail),
            (Some(3), Some(3), "api.example does not exist (NXDOMAIN)"),
            (Some(5), Some(5), refused),
            (None, None, silent),
            // that there is no address of one family does not hide what is wrong with the other
            (Some(0), Some(2), servfail),
            (Some(2), Some(0), servfail),
            (Some(0), None, silent),
        ] {
            let resolver = name_server(v6, v4).await;
            let Err(error) = resolver.resolve("api.example".parse().unwrap()).await else {
                panic!("{expected}");
            };
            let error: Box<LookupError> = error.downcast().unwrap();
            assert_eq!(error.detail, expected);
            assert!(!error.local);
        }
    }

    #[tokio::test]
    async fn what_the_hosts_file_knows_is_not_asked_for() {
        let resolver = name_server(None, None).await;
        for (name, expected) in [
            ("here.example", &["[::7]:0", "127.0.0.7:0"][..]),
            ("v4.example", &["127.0.0.8:0"]),
            ("localhost", &["[::1]:0", "127.0.0.1:0"]),
        ] {
            let found = resolver.lookup(name).await.unwrap();
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{name}");
        }
    }
}
