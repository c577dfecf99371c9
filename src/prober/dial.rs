//! Connections made by hand: through proxies, and where the TLS handshake or the Host names another
//! host than the URL, which reqwest cannot do. What is noted of them is what is noted of reqwest's.

use std::convert::Infallible;
use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::{ACCEPT, HOST, USER_AGENT};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest::{Body, Response, Url};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tower::Service;

use super::answer::{HEADERS_MAX, HTTP2_HEADERS_BYTES_MAX};
use super::cause::Trouble;
use super::client;
use super::connect::NoHttp2;
use super::proxy::Gateway;
use super::recorder::note;
use super::resolver::Resolver;
use super::tls::H2;
use super::transport::HttpVersions;

/// As reqwest and hyper call it.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What bytes go over: TCP, or TLS to a proxy.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<W: AsyncRead + AsyncWrite + Send + Unpin> Wire for W {}

pub(super) struct Dialer {
    pub(super) resolver: Resolver,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) versions: HttpVersions,
    pub(super) gateway: Option<Gateway>,
}

impl Dialer {
    pub(super) async fn send(
        &self,
        request: reqwest::Request,
        server_name: Option<&ServerName<'static>>,
    ) -> Result<Response, Trouble> {
        note(|record| record.hop.connect_called = Some(Instant::now()));
        let url = request.url().clone();
        let mut request = http::Request::try_from(request).map_err(Trouble::Http)?;
        let headers = request.headers_mut();
        headers
            .entry(ACCEPT)
            .or_insert(HeaderValue::from_static("*/*"));
        let agent = HeaderValue::from_static(client::USER_AGENT);
        headers.entry(USER_AGENT).or_insert(agent);

        let https = url.scheme() == "https";
        let prior_knowledge = !https && self.versions == HttpVersions::Http2;
        let (wire, forwarding) = match &self.gateway {
            None => (self.reach(&url).await?, None),
            Some(gateway) => {
                let tunnel = https || prior_knowledge;
                gateway.reach(&url, tunnel, &self.resolver).await?
            }
        };
        let (wire, http_2) = if https {
            self.shake_hands(wire, &url, server_name).await?
        } else {
            (wire, prior_knowledge)
        };
        note(|record| record.hop.connected = Some(Instant::now()));
        if http_2 {
            send_http_2(wire, with_authority(request)?).await
        } else if let Some(forwarding) = forwarding {
            forwarding.authorize(request.headers_mut());
            let host = host(&url)?;
            request.headers_mut().entry(HOST).or_insert(host);
            let answer = send_http_11(wire, request).await?;
            forwarding.check(answer)
        } else {
            let host = host(&url)?;
            request.headers_mut().entry(HOST).or_insert(host);
            let path = request.uri().path_and_query().cloned();
            *request.uri_mut() = path.unwrap_or(PathAndQuery::from_static("/")).into();
            send_http_11(wire, request).await
        }
    }

    async fn reach(&self, url: &Url) -> Result<Box<dyn Wire>, Trouble> {
        let dialed = |error: BoxError| Trouble::Dialed(error);
        let addresses = self.resolver.addresses(url).await;
        let addresses = addresses.map_err(|error| dialed(error.into()))?;
        let several = addresses.len() > 1;
        let stream = connect(addresses).await.map_err(dialed)?;
        if several {
            note(|record| record.hop.peer = stream.peer_addr().ok());
        }
        Ok(Box::new(stream))
    }

    /// Tells whether HTTP/2 was agreed to.
    async fn shake_hands(
        &self,
        wire: Box<dyn Wire>,
        url: &Url,
        server_name: Option<&ServerName<'static>>,
    ) -> Result<(Box<dyn Wire>, bool), Trouble> {
        let name = match server_name {
            Some(name) => name.clone(),
            None => tls_name(url)?,
        };
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector.connect(name, wire).await;
        let stream = stream.map_err(|error| Trouble::Dialed(error.into()))?;
        let http_2 = stream.get_ref().1.alpn_protocol() == Some(H2);
        if self.versions == HttpVersions::Http2 && !http_2 {
            return Err(Trouble::Dialed(NoHttp2.into()));
        }
        Ok((Box::new(stream), http_2))
    }
}

/// Races the addresses as reqwest's connector does, because it is the same one.
pub(super) async fn connect(addresses: Vec<SocketAddr>) -> Result<TcpStream, BoxError> {
    let known =
        tower::service_fn(move |_: Name| ready(Ok::<_, Infallible>(addresses.clone().into_iter())));
    let mut connector = HttpConnector::new_with_resolver(known);
    connector.set_nodelay(true);
    // a name, so that it asks for the addresses, and no port, so that it takes theirs
    let name = Uri::from_static("http://addresses/");
    Ok(connector.call(name).await?.into_inner())
}

/// The URL's host as TLS names it.
pub(super) fn tls_name(url: &Url) -> Result<ServerName<'static>, Trouble> {
    let host = url.host_str().unwrap_or_default();
    let name = host.trim_matches(['[', ']']).to_owned();
    ServerName::try_from(name).map_err(|error| Trouble::Dialed(error.into()))
}

/// Host, and port unless it is the scheme's own.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn host(url: &Url) -> Result<HeaderValue, Trouble> {
    HeaderValue::try_from(authority(url)).map_err(|error| Trouble::Dialed(error.into()))
}

/// Over HTTP/2 the Host is said as `:authority`.
fn with_authority(mut request: http::Request<Body>) -> Result<http::Request<Body>, Trouble> {
    let Some(host) = request.headers_mut().remove(HOST) else {
        return Ok(request);
    };
    let uri = || -> Result<Uri, http::Error> {
        let mut parts = request.uri().clone().into_parts();
        parts.authority = Some(Authority::try_from(host.as_bytes())?);
        Ok(Uri::from_parts(parts)?)
    };
    *request.uri_mut() = uri().map_err(|error| Trouble::Dialed(error.into()))?;
    Ok(request)
}

async fn send_http_11(
    wire: Box<dyn Wire>,
    request: http::Request<Body>,
) -> Result<Response, Trouble> {
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder
        .max_headers(HEADERS_MAX)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .http09_responses(true);
    let made = builder.handshake(TokioIo::new(wire)).await;
    let (mut sender, connection) = made.map_err(|error| Trouble::Dialed(error.into()))?;
    // ends when the request and its answer are dropped
    let driving = tokio::spawn(connection);
    answer(sender.send_request(request).await, driving).await
}

async fn send_http_2(
    wire: Box<dyn Wire>,
    request: http::Request<Body>,
) -> Result<Response, Trouble> {
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    builder.max_header_list_size(HTTP2_HEADERS_BYTES_MAX);
    let made = builder.handshake(TokioIo::new(wire)).await;
    let (mut sender, connection) = made.map_err(|error| Trouble::Dialed(error.into()))?;
    let driving = tokio::spawn(connection);
    answer(sender.send_request(request).await, driving).await
}

async fn answer(
    sent: Result<http::Response<Incoming>, hyper::Error>,
    driving: JoinHandle<Result<(), hyper::Error>>,
) -> Result<Response, Trouble> {
    let error = match sent {
        Ok(answer) => return Ok(answer.map(Body::wrap).into()),
        // the connection broke before the request was taken, and knows why
        Err(error) if error.is_canceled() => match driving.await {
            Ok(Err(reason)) => reason,
            _ => error,
        },
        Err(error) => error,
    };
    Err(Trouble::Dialed(error.into()))
}
