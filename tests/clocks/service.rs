//! An HTTP service that behaves as the test says, and may hold its answers back.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::sync::watch;

use crate::support::{Server, drain, read_head};

/// What it does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Answers at once with this status.
    Status(u16),
    /// Waits until it is released.
    Held,
    /// Closes the connection.
    Closed,
}

pub(crate) const WELL: Manner = Manner::Status(200);
pub(crate) const UNAVAILABLE: Manner = Manner::Status(503);

pub(crate) struct Service {
    server: Server,
    manner: watch::Sender<Manner>,
    released: watch::Sender<Manner>,
    requests: Arc<watch::Sender<usize>>,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let (manner, present) = watch::channel(WELL);
        let (released, release) = watch::channel(WELL);
        let requests = Arc::new(watch::channel(0).0);
        let count = Arc::clone(&requests);
        let server = Server::start(move |mut stream| {
            let (present, mut release) = (present.clone(), release.clone());
            let count = Arc::clone(&count);
            async move {
                read_head(&mut stream).await;
                let mut manner = *present.borrow();
                release.mark_unchanged();
                count.send_modify(|count| *count += 1);
                if manner == Manner::Held && release.changed().await.is_ok() {
                    manner = *release.borrow();
                }
                let Manner::Status(status) = manner else {
                    return;
                };
                let answer = format!(
                    "HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                // the client may have gone meanwhile
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
                drain(stream).await;
            }
        })
        .await;
        Self {
            server,
            manner,
            released,
            requests,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("/player")
    }

    pub(crate) fn switch(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }

    /// Treats so the requests that it has held, and well those that come from now on.
    pub(crate) fn release(&self, manner: Manner) {
        self.manner.send_replace(WELL);
        self.released.send_replace(manner);
    }

    /// How many requests have come.
    pub(crate) fn requests(&self) -> usize {
        *self.requests.borrow()
    }

    /// Waits for so many requests more.
    pub(crate) async fn more(&self, count: usize) {
        let wanted = self.requests() + count;
        let mut requests = self.requests.subscribe();
        requests.wait_for(|count| *count >= wanted).await.unwrap();
    }
}
