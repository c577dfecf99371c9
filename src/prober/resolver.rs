//! Looks up names: the system's name servers and hosts file, asked without a thread.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_resolver::Hosts;
use hickory_resolver::config::{
    LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup_ip::LookupIp;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::op::Query;
use hickory_resolver::proto::rr::RecordType;
use hickory_resolver::system_conf::read_system_conf;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::lookup_error::LookupError;
use super::recorder::{note, note_addresses};
use super::sockets::Sockets;

/// Nothing is cached: a probe must see what a visitor who comes for the first time would see.
///
/// Each family of addresses has a resolver of its own, because one for both keeps only one of two
/// errors, and not always the one that matters.
#[derive(Clone)]
pub(super) struct Resolver {
    v6: hickory_resolver::Resolver<Sockets>,
    v4: hickory_resolver::Resolver<Sockets>,
    sockets: Sockets,
    hosts: Arc<Hosts>,
}

/// Questions that may wait for an answer at once, over one TCP connection to a name server.
const WAITING_MAX: usize = 4096;

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
        Self::new(&config, options, Hosts::from_system().unwrap_or_default())
    }

    fn new(
        config: &ResolverConfig,
        mut options: ResolverOpts,
        hosts: Hosts,
    ) -> Result<Self, NetError> {
        options.use_hosts_file = ResolveHosts::Never;
        options.cache_size = 0;
        options.positive_max_ttl = Some(Duration::ZERO);
        options.negative_max_ttl = Some(Duration::ZERO);
        options.max_active_requests = WAITING_MAX;
        let sockets = Sockets::default();
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
            sockets,
            hosts: Arc::new(hosts),
        })
    }

    /// IPv6 first, so that it is tried first (RFC 8305 §4). Never empty.
    async fn lookup(&self, name: &str) -> Result<Vec<SocketAddr>, LookupError> {
        let known = self.in_hosts_file(name);
        if !known.is_empty() {
            return Ok(known);
        }
        let denied = self.sockets.denied();
        let (v6, v4) = tokio::join!(self.v6.lookup_ip(name), self.v4.lookup_ip(name));
        let (v6, v4) = match (v6, v4) {
            (Err(v6), Err(v4)) => {
                let without_sockets = self.sockets.denied() != denied;
                let error = |error| LookupError::new(name, &error, without_sockets);
                return Err(error(v4).or(error(v6)));
            }
            (v6, v4) => (v6.ok(), v4.ok()),
        };
        let addresses: Vec<_> = [&v6, &v4]
            .into_iter()
            .flatten()
            .flat_map(|found| found.iter().map(without_port))
            .collect();
        if addresses.is_empty() {
            return Err(LookupError::without_address(name));
        }
        Ok(addresses)
    }

    /// A name that stands there is not asked about, as the C library does it: hickory would still
    /// wait for the other family. Empty for `localhost`, which is both loopback addresses whatever
    /// the file says (RFC 6761 §6.3).
    fn in_hosts_file(&self, name: &str) -> Vec<SocketAddr> {
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
            .flat_map(|found| {
                LookupIp::from(found)
                    .iter()
                    .map(without_port)
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

/// reqwest fills it in.
fn without_port(address: IpAddr) -> SocketAddr {
    (address, 0).into()
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            note(|record| record.hop.lookup_started = Some(Instant::now()));
            let addresses = resolver.lookup(name.as_str()).await?;
            note(|record| {
                record.hop.lookup_ended = Some(Instant::now());
                let first = addresses.first().map(SocketAddr::ip);
                record.hop.looked_up = first.map(|first| (first, addresses.len()));
            });
            note_addresses(&addresses);
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
        Resolver::new(&config, options, hosts).unwrap()
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
