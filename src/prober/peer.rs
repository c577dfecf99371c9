//! Whom a request talked to, or tried to.

use std::net::SocketAddr;

use reqwest::Url;

use super::recorder::Record;
use super::request::Request;
use super::route::literal;

/// The address that was talked to, or tried: `127.0.0.1:81`. If there were several to try, the name.
pub(super) fn whom(record: &Record, url: &Url) -> String {
    if let Some(address) = record.hop.peer.or_else(|| only_address(record, url)) {
        return address.to_string();
    }
    let port = url.port_or_known_default().unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    match record.hop.looked_up {
        Some((_, count)) => format!("{host}:{port} ({count} addresses)"),
        None => format!("{host}:{port}"),
    }
}

/// The address that was talked to, if it is known: of several, reqwest tells which only after the
/// TLS handshake.
pub(super) fn peer(record: &Record, request: &Request) -> Option<SocketAddr> {
    let url = record.url(request);
    record.hop.peer.or_else(|| {
        record.hop.tls_started.or(record.hop.connected)?;
        only_address(record, url)
    })
}

/// Whether only this host itself was, or would have been, talked to: no network can be blamed.
pub(super) fn is_loopback(record: &Record, request: &Request) -> bool {
    // behind a proxy here may be an endpoint anywhere
    if request.transport.proxy.is_some() {
        return false;
    }
    let url = record.url(request);
    let only = record.hop.peer.or_else(|| only_address(record, url));
    if let Some(address) = only {
        return address.ip().to_canonical().is_loopback();
    }
    let tried = &record.addresses;
    !tried.is_empty() && tried.iter().all(|it| it.to_canonical().is_loopback())
}

/// `None` if there were several to try.
fn only_address(record: &Record, url: &Url) -> Option<SocketAddr> {
    let host = url.host_str()?;
    let address = match record.hop.looked_up {
        Some((address, 1)) => address,
        Some(_) => return None,
        None => literal(host).ok()?,
    };
    Some(SocketAddr::new(address, url.port_or_known_default()?))
}
