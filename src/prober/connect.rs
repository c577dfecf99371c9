//! Watches each connection being made.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use tower::{Layer, Service};

use super::recorder::{note, noted};
use super::transport::HttpVersions;

/// As reqwest calls it.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Wraps reqwest's connector; its service is called once per request, redirects included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    pub(super) versions: HttpVersions,
}

#[derive(Clone, Debug)]
pub(super) struct Watched<S> {
    inner: S,
    versions: HttpVersions,
}

/// A server that was to speak HTTP/2 over TLS did not agree to it.
#[derive(Debug, thiserror::Error)]
#[error("the server does not speak HTTP/2: it did not agree to it during the TLS handshake")]
pub(super) struct NoHttp2;

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched {
            inner,
            versions: self.versions,
        }
    }
}

// generic over the request, since reqwest does not name its type
impl<S, R> Service<R> for Watched<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: Connection,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        note(|record| record.hop.connect_called = Some(Instant::now()));
        let connecting = self.inner.call(request);
        let versions = self.versions;
        Box::pin(async move {
            let connection = connecting.await?;
            let connected = Instant::now();
            if versions == HttpVersions::Http2 {
                let agreed = connection.connected().is_negotiated_h2();
                let over_tls = noted(|record| record.hop.tls_started.is_some());
                if over_tls == Some(true) && !agreed {
                    return Err(NoHttp2.into());
                }
            }
            note(|record| {
                record.hop.connected = Some(connected);
                // two system calls, so it is only asked which of several addresses won
                if record.hop.looked_up.is_some_and(|(_, count)| count > 1) {
                    let mut extras = http::Extensions::new();
                    connection.connected().get_extras(&mut extras);
                    record.hop.peer = extras.get::<HttpInfo>().map(HttpInfo::remote_addr);
                }
            });
            Ok(connection)
        })
    }
}
