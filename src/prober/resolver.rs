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
use super::recorder::note;

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
        let (config, mut options) = read_system_conf().unwrap_or_else(|error| {
            tracing::debug!(%error, "no name servers configured; trying one on this host");
            // resolv.conf(5): without a nameserver line, the one on the local machine is asked
            let local = NameServerConfig::udp_and_tcp(std::net::Ipv4Addr::LOCALHOST.into());
            (
                ResolverConfig::from_name_servers(vec![local]),
                ResolverOpts::default(),
            )
        });
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
            super::recorder::note_in_full(|record| {
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
