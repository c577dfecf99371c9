//! Through a proxy. Its own failures are told as its own, so that one knows at once that it is not
//! the endpoint which is down.

mod socks;
mod tunnel;

use std::io;
use std::sync::Arc;

use http::header::PROXY_AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::{Client, Response, Url};
use rustls::ClientConfig;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsConnector;

use super::cause::{ROOTLESS, Trouble, is_local, os_text};
use super::chain::Chain;
use super::client::ProberError;
use super::dial::{BoxError, Wire, connect, tls_name};
use super::recorder::{AtProxy, note, noted};
use super::resolver::Resolver;
use super::tls::Tls;
use super::tls_error;
use super::transport::{HttpVersions, Proxy, TlsSettings};

/// A proxy, and how it is talked to.
pub(super) struct Gateway {
    url: Url,
    port: u16,
    kind: Kind,
    /// What it is called in details: without credentials.
    shown: String,
}

enum Kind {
    Http {
        /// If it is spoken to over TLS.
        tls: Option<Arc<ClientConfig>>,
        forwarding: Forwarding,
    },
    Socks {
        credentials: Option<socks::Credentials>,
        /// Names are looked up by us, not by the proxy.
        names_here: bool,
    },
}

/// What a request needs that an HTTP proxy passes on as it is, without a tunnel.
#[derive(Clone)]
pub(super) struct Forwarding {
    authorization: Option<HeaderValue>,
    shown: String,
}

/// Where a proxy connects to: a name, or a literal address without brackets.
struct Target {
    host: String,
    port: u16,
}

impl Gateway {
    pub(super) fn new(
        proxy: &Proxy,
        tls: &Tls,
        settings: &TlsSettings,
        client: &Client,
    ) -> Result<Self, ProberError> {
        let shown = proxy.address();
        let http = |tls| -> Result<Kind, ProberError> {
            Ok(Kind::Http {
                tls,
                forwarding: Forwarding {
                    authorization: basic(&proxy.url, client)?,
                    shown: shown.clone(),
                },
            })
        };
        let kind = match proxy.url.scheme() {
            "http" => http(None)?,
            "https" => {
                // the roots hold for it too, but it is not shown who we are to the endpoint
                let settings = TlsSettings {
                    roots: settings.roots.clone(),
                    ..TlsSettings::default()
                };
                http(Some(tls.config(&settings, HttpVersions::Http11)?.into()))?
            }
            scheme @ ("socks5" | "socks5h") => Kind::Socks {
                credentials: socks::Credentials::of(&proxy.url),
                names_here: scheme == "socks5",
            },
            scheme => return Err(ProberError::Proxy(scheme.to_owned())),
        };
        Ok(Self {
            url: proxy.url.clone(),
            port: proxy.port(),
            kind,
            shown,
        })
    }

    /// A way to the endpoint; or to the proxy, if that shall forward the request.
    pub(super) async fn reach(
        &self,
        endpoint: &Url,
        tunnel: bool,
        resolver: &Resolver,
    ) -> Result<(Box<dyn Wire>, Option<Forwarding>), Trouble> {
        let fixed = resolver.fixed_address(endpoint.host_str().unwrap_or_default());
        let mut target = Target::of(endpoint);
        match &self.kind {
            Kind::Http { tls, forwarding } => {
                let mut wire = self.connect(resolver, tls.as_ref()).await?;
                // a request that is forwarded tells the name, and with it the address
                if !tunnel && fixed.is_none() {
                    note(|record| record.hop.proxy = None);
                    return Ok((wire, Some(forwarding.clone())));
                }
                if let Some(address) = fixed {
                    target.host = address.to_string();
                }
                let authorization = forwarding.authorization.as_ref();
                let asked = tunnel::open(&mut wire, &target, authorization).await;
                self.through(asked)?;
                Ok((wire, None))
            }
            Kind::Socks {
                credentials,
                names_here,
            } => {
                if *names_here || fixed.is_some() {
                    let addresses = resolver.addresses(endpoint).await;
                    let addresses = addresses.map_err(|error| Trouble::Dialed(error.into()))?;
                    // one has to be chosen here, and IPv4 is what most proxies can reach
                    let address = addresses.iter().find(|address| address.is_ipv4());
                    let address = address.or(addresses.first());
                    if let Some(address) = address {
                        target.host = address.ip().to_string();
                        note(|record| record.hop.peer = Some(*address));
                    }
                }
                let mut wire = self.connect(resolver, None).await?;
                let asked = socks::open(&mut wire, &target, credentials.as_ref()).await;
                self.through(asked)?;
                Ok((wire, None))
            }
        }
    }

    fn through(&self, asked: Result<(), Refusal>) -> Result<(), Trouble> {
        let shown = &self.shown;
        match asked {
            Ok(()) => {
                note(|record| record.hop.proxy = None);
                Ok(())
            }
            Err(Refusal::Said(what)) => Err(Trouble::Proxy(format!("proxy {shown} {what}"))),
            Err(Refusal::Broke(error)) => Err(self.broke(&error.into())),
        }
    }

    async fn connect(
        &self,
        resolver: &Resolver,
        tls: Option<&Arc<ClientConfig>>,
    ) -> Result<Box<dyn Wire>, Trouble> {
        note(|record| record.hop.proxy = Some(AtProxy::Reaching));
        let host = self.url.host_str().unwrap_or_default();
        let mut addresses = match super::route::literal(host) {
            Ok(address) => vec![(address, 0).into()],
            // not noted: the time goes to the connection, and the addresses are not the endpoint's
            Err(_) => resolver.lookup(host).await.map_err(|error| {
                let detail = format!("proxy {}: {}", self.shown, error.detail);
                if error.local {
                    Trouble::Local(detail)
                } else {
                    Trouble::Proxy(detail)
                }
            })?,
        };
        for address in &mut addresses {
            address.set_port(self.port);
        }
        let stream = connect(addresses).await;
        let stream = stream.map_err(|error| self.broke(&error))?;
        let wire: Box<dyn Wire> = match tls {
            None => Box::new(stream),
            Some(config) => {
                let connector = TlsConnector::from(Arc::clone(config));
                let stream = connector.connect(tls_name(&self.url)?, stream).await;
                let stream = stream.map_err(|error| self.broke(&error.into()))?;
                // what the hooks saw was not the endpoint's handshake
                note(|record| {
                    record.hop.tls_started = None;
                    record.hop.tls_version = None;
                    record.hop.certificates.clear();
                    record.hop.identity_wanted = false;
                });
                Box::new(stream)
            }
        };
        note(|record| record.hop.proxy = Some(AtProxy::Asked));
        Ok(wire)
    }

    /// The connection to the proxy cannot be made, or breaks off.
    fn broke(&self, error: &BoxError) -> Trouble {
        let shown = &self.shown;
        let chain = Chain::of(&**error);
        if let Some(error) = chain.io.filter(|error| is_local(error)) {
            return Trouble::Local(format!("cannot open a connection: {}", os_text(error)));
        }
        if let Some(error) = chain.tls {
            let (why, rootless) =
                noted(|record| (tls_error::text(error, record), record.hop.rootless))
                    .unwrap_or_else(|| (error.to_string(), false));
            if rootless {
                return Trouble::Local(ROOTLESS.to_owned());
            }
            return Trouble::Proxy(format!("no TLS handshake with proxy {shown}: {why}"));
        }
        Trouble::Proxy(match chain.io.map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => {
                format!("proxy {shown} refused the connection")
            }
            Some(
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe,
            ) => format!("proxy {shown} closed the connection"),
            _ => {
                let why = chain.io.map_or_else(|| error.to_string(), os_text);
                format!("proxy {shown} cannot be reached: {why}")
            }
        })
    }
}

/// Why a proxy did not connect us.
enum Refusal {
    /// It said so: `wants credentials (407)`.
    Said(String),
    Broke(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Broke(error)
    }
}

impl Forwarding {
    pub(super) fn authorize(&self, headers: &mut HeaderMap) {
        if let Some(authorization) = &self.authorization {
            headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
    }

    /// Only a proxy answers with a 407; of all others nobody can tell who did.
    pub(super) fn check(&self, answer: Response) -> Result<Response, Trouble> {
        if answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            let what = wants_credentials(self.authorization.is_some());
            return Err(Trouble::Proxy(format!("proxy {} {what}", self.shown)));
        }
        Ok(answer)
    }
}

fn wants_credentials(given: bool) -> &'static str {
    if given {
        "does not accept the credentials (407)"
    } else {
        "wants credentials (407)"
    }
}

impl Target {
    fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
        }
    }
}

/// As `Authorization` has them (RFC 7617); reqwest knows how to write that.
fn basic(url: &Url, client: &Client) -> Result<Option<HeaderValue>, ProberError> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let username = decoded(url.username());
    let password = url.password().map(decoded);
    let request = client
        .get("http://proxy/")
        .basic_auth(
            String::from_utf8_lossy(&username),
            password.as_deref().map(String::from_utf8_lossy),
        )
        .build()?;
    Ok(request.headers().get(http::header::AUTHORIZATION).cloned())
}

/// What stands behind the percent signs (RFC 3986 §2.1); one that begins nothing is itself.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = (byte == b'%').then(|| after.get(..2)).flatten();
        let value = hex.and_then(|hex| {
            let digit = |at: usize| char::from(hex[at]).to_digit(16);
            u8::try_from(digit(0)? * 16 + digit(1)?).ok()
        });
        if let Some(value) = value {
            bytes.push(value);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    bytes
}

async fn say(wire: &mut Box<dyn Wire>, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_what_the_percent_signs_stand_for() {
        for (text, expected) in [
            ("plain", "plain"),
            ("p%40ss%3a", "p@ss:"),
            ("100%", "100%"),
            ("%+1x%zz", "%+1x%zz"),
            ("%c3%a9", "é"),
        ] {
            let decoded = decoded(text);
            assert_eq!(String::from_utf8(decoded).unwrap(), expected, "{text}");
        }
    }
}
