//! How the requests of one transport are sent.

use std::net::IpAddr;

use http::header::HOST;
use reqwest::{Client, Request, Response, Url};
use rustls::pki_types::ServerName;

use super::cause::Trouble;
use super::client::{ProberError, client};
use super::dial::{Dialer, authority};
use super::proxy::Gateway;
use super::resolver::Resolver;
use super::tls::Tls;
use super::transport::{HttpVersions, IpFamily, Transport};

/// How the requests of one transport are sent: by reqwest, or by our own hands where it has no way
/// to say what we want to.
pub(super) struct Route {
    pub(super) client: Client,
    dialer: Dialer,
    versions: HttpVersions,
    family: IpFamily,
}

impl Route {
    pub(super) fn new(
        tls: &Tls,
        resolver: &Resolver,
        transport: &Transport,
    ) -> Result<Self, ProberError> {
        let config = tls.config(&transport.tls, transport.http_version)?;
        let resolver = resolver
            .for_transport(transport)
            .map_err(|error| ProberError::Resolver(error.to_string()))?;
        let client = client(&config, &resolver, transport.http_version)?;
        let gateway = match &transport.proxy {
            Some(proxy) => Some(Gateway::new(proxy, tls, &transport.tls, &client)?),
            None => None,
        };
        Ok(Self {
            client,
            dialer: Dialer {
                resolver,
                tls: config.into(),
                versions: transport.http_version,
                gateway,
            },
            versions: transport.http_version,
            family: transport.ip,
        })
    }

    /// `server_name` is asked for and verified in the TLS handshake instead of the URL's host.
    pub(super) async fn send(
        &self,
        request: Request,
        server_name: Option<&ServerName<'static>>,
    ) -> Result<Response, Trouble> {
        if self.is_dialed(&request, server_name.is_some())? {
            // boxed, or every request would carry room for it
            return Box::pin(self.dialer.send(request, server_name)).await;
        }
        self.client.execute(request).await.map_err(Trouble::Http)
    }

    /// Whether reqwest does not know how to send this one.
    fn is_dialed(&self, request: &Request, by_other_name: bool) -> Result<bool, Trouble> {
        let url = request.url();
        let https = url.scheme() == "https";
        let may_be_http_2 = match self.versions {
            HttpVersions::Auto => https,
            HttpVersions::Http11 => false,
            HttpVersions::Http2 => true,
        };
        Ok(self.dialer.gateway.is_some()
            || (https && by_other_name)
            || self.is_literal_replaced(url)?
            // over HTTP/2 the URL's host is the `:authority`, which a Host must not contradict
            // (RFC 9113 §8.3.1)
            || (may_be_http_2 && has_other_host(request)))
    }

    /// Literal addresses are connected to without a look at the family or at other addresses to
    /// use; those of another family are refused here.
    fn is_literal_replaced(&self, url: &Url) -> Result<bool, Trouble> {
        if self.dialer.resolver.is_plain() && self.family == IpFamily::Any {
            return Ok(false);
        }
        let Some(Ok(literal)) = url.host_str().map(literal) else {
            return Ok(false);
        };
        if self.dialer.resolver.replaces(literal) {
            return Ok(true);
        }
        if !self.family.allows(literal) {
            let wanted = if literal.is_ipv4() { "IPv6" } else { "IPv4" };
            return Err(Trouble::Unreachable(format!(
                "{literal} is no {wanted} address, and the probe uses only those"
            )));
        }
        Ok(false)
    }
}

/// A URL writes literal IPv6 addresses in brackets.
pub(super) fn literal(host: &str) -> Result<IpAddr, std::net::AddrParseError> {
    host.trim_matches(['[', ']']).parse()
}

fn has_other_host(request: &Request) -> bool {
    let host = request.headers().get(HOST);
    host.is_some_and(|host| *host.as_bytes() != *authority(request.url()).as_bytes())
}
