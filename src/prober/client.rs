//! The client of those that travel over equal transports.

use reqwest::Client;
use rustls::ClientConfig;

use super::answer::{HEADERS_MAX, HTTP2_HEADERS_BYTES_MAX};
use super::connect::Watch;
use super::resolver::Resolver;
use super::transport::HttpVersions;

/// What keeps every probe from being asked.
#[derive(Debug, thiserror::Error)]
pub enum ProberError {
    #[error("name lookup cannot be set up: {0}")]
    Resolver(String),
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    #[error("`{0}` is no kind of proxy")]
    Proxy(String),
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// Says who asks, unless a probe says otherwise.
pub(super) const USER_AGENT: &str = concat!("outwatch/", env!("CARGO_PKG_VERSION"));

pub(super) fn client(
    tls: &ClientConfig,
    resolver: &Resolver,
    versions: HttpVersions,
) -> Result<Client, reqwest::Error> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .dns_resolver(resolver.clone())
        .connector_layer(Watch { versions })
        // a fresh connection for each request, made in the task that asks
        .pool_max_idle_per_host(0)
        // asked once, directly, by ourselves: what the environment or the server would rather
        // have is not what is measured
        .no_proxy()
        // a deadline of ours covers everything, and system calls saved per connection show
        .tcp_keepalive(None)
        .tcp_keepalive_interval(None)
        .tcp_keepalive_retries(None)
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .http1_max_headers(HEADERS_MAX)
        .http2_max_header_list_size(HTTP2_HEADERS_BYTES_MAX)
        // old, but still to be understood (RFC 9112 §5.1, §5.2): browsers and curl do
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        // what is no HTTP reaches us then, who can say what it is instead
        .http09_responses()
        .user_agent(USER_AGENT);
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(None);
    match versions {
        HttpVersions::Auto => builder,
        HttpVersions::Http11 => builder.http1_only(),
        HttpVersions::Http2 => builder.http2_prior_knowledge(),
    }
    .build()
}
