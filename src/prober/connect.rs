//! Watches each connection being made.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use tower::{Layer, Service};

use super::recorder::note;

/// Wraps reqwest's connector; its service is called once per request, redirects included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch;

#[derive(Clone, Debug)]
pub(super) struct Watched<S>(S);

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched(inner)
    }
}

// generic over the request, since reqwest does not name its type
impl<S, R> Service<R> for Watched<S>
where
    S: Service<R>,
    S::Response: Connection,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        note(|record| record.hop.connect_called = Some(Instant::now()));
        let connecting = self.0.call(request);
        Box::pin(async move {
            let connection = connecting.await?;
            let connected = Instant::now();
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
