//! Looks up names: the system's name servers and hosts file, asked without a thread.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::system_conf::read_system_conf;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::cause::is_local;
use super::recorder::{note, note_in_full};

/// Nothing is cached: a probe must see what a visitor who comes for the first time would see.
#[derive(Clone)]
pub(super) struct Resolver(TokioResolver);

/// Questions that may wait for an answer at once, over one TCP connection to a name server.
const WAITING_MAX: usize = 4096;

/// A name that could not be looked up.
#[derive(Debug)]
pub(super) struct LookupError {
    pub(super) detail: String,
    /// Our own trouble, which says nothing about the name.
    pub(super) local: bool,
}

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
        Self::new(config, options)
    }

    fn new(config: ResolverConfig, mut options: ResolverOpts) -> Result<Self, NetError> {
        options.cache_size = 0;
        options.positive_max_ttl = Some(Duration::ZERO);
        options.negative_max_ttl = Some(Duration::ZERO);
        options.max_active_requests = WAITING_MAX;
        let mut builder =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        *builder.options_mut() = options;
        Ok(Self(builder.build()?))
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.0.clone();
        Box::pin(async move {
            note(|record| record.hop.lookup_started = Some(Instant::now()));
            let found = resolver.lookup_ip(name.as_str()).await;
            let addresses: Vec<SocketAddr> = match found {
                // reqwest fills in the port
                Ok(found) => found.iter().map(|address| (address, 0).into()).collect(),
                Err(error) => return Err(LookupError::new(name.as_str(), &error).into()),
            };
            let Some(first) = addresses.first() else {
                return Err(LookupError::without_address(name.as_str()).into());
            };
            note(|record| {
                record.hop.lookup_ended = Some(Instant::now());
                record.hop.looked_up = Some((first.ip(), addresses.len()));
            });
            note_in_full(|record| {
                record
                    .addresses
                    .extend(addresses.iter().map(SocketAddr::ip));
            });
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

impl LookupError {
    fn new(name: &str, error: &NetError) -> Self {
        let detail = match error {
            NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
                ResponseCode::NXDomain => format!("{name} does not exist (NXDOMAIN)"),
                ResponseCode::NoError => return Self::without_address(name),
                code => format!("name server refused to look up {name} ({})", mnemonic(code)),
            },
            NetError::Dns(DnsError::ResponseCode(code)) => {
                format!("name server failed to look up {name} ({})", mnemonic(*code))
            }
            NetError::Timeout => format!("no answer from the name server about {name}"),
            error => format!("{name} cannot be looked up: {error}"),
        };
        Self {
            detail,
            local: matches!(error, NetError::Io(error) if is_local(error)),
        }
    }

    fn without_address(name: &str) -> Self {
        Self {
            detail: format!("{name} has no address"),
            local: false,
        }
    }
}

/// As RFC 6895 §2.3 writes them.
fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        code => format!("code {}", u16::from(code)),
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for LookupError {}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hickory_resolver::config::ConnectionConfig;
    use tokio::net::UdpSocket;

    use super::*;

    /// A name server that sends each question back as an answer with this response code and
    /// without records; silent for `None`.
    async fn name_server(code: Option<u8>) -> Resolver {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut connection = ConnectionConfig::udp();
        connection.port = socket.local_addr().unwrap().port();
        let server = NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![connection]);
        tokio::spawn(async move {
            let mut message = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut message).await {
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
        Resolver::new(config, options).unwrap()
    }

    #[tokio::test]
    async fn a_failed_lookup_says_what_the_name_server_said() {
        for (code, expected) in [
            (Some(0), "api.example has no address"),
            (
                Some(2),
                "name server failed to look up api.example (SERVFAIL)",
            ),
            (Some(3), "api.example does not exist (NXDOMAIN)"),
            (
                Some(5),
                "name server failed to look up api.example (REFUSED)",
            ),
            (None, "no answer from the name server about api.example"),
        ] {
            let resolver = name_server(code).await;
            let Err(error) = resolver.resolve("api.example".parse().unwrap()).await else {
                panic!("{expected}");
            };
            let error: Box<LookupError> = error.downcast().unwrap();
            assert_eq!(error.detail, expected);
            assert!(!error.local);
        }
    }
}
