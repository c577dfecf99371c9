//! The sockets that name lookup uses.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hickory_resolver::net::runtime::{RuntimeProvider, TokioRuntimeProvider};

use super::cause::is_local;

/// Tokio's, counting those that could not be had: hickory says only that it reached no name
/// server, but it is not the endpoint's fault when we have no socket left.
#[derive(Clone, Default)]
pub(super) struct Sockets {
    tokio: TokioRuntimeProvider,
    denied: Arc<AtomicU64>,
}

type Opening<S> = Pin<Box<dyn Future<Output = io::Result<S>> + Send>>;

impl Sockets {
    /// How many could not be had so far, for want of our own resources.
    pub(super) fn denied(&self) -> u64 {
        // a counter on its own orders nothing
        self.denied.load(Ordering::Relaxed)
    }

    fn counting<S: 'static>(&self, opening: Opening<S>) -> Opening<S> {
        let denied = Arc::clone(&self.denied);
        Box::pin(async move {
            let opened = opening.await;
            if opened.as_ref().is_err_and(is_local) {
                denied.fetch_add(1, Ordering::Relaxed);
            }
            opened
        })
    }
}

impl RuntimeProvider for Sockets {
    type Handle = <TokioRuntimeProvider as RuntimeProvider>::Handle;
    type Timer = <TokioRuntimeProvider as RuntimeProvider>::Timer;
    type Udp = <TokioRuntimeProvider as RuntimeProvider>::Udp;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        self.tokio.create_handle()
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        bind: Option<SocketAddr>,
        timeout: Option<Duration>,
    ) -> Opening<Self::Tcp> {
        self.counting(self.tokio.connect_tcp(server, bind, timeout))
    }

    fn bind_udp(&self, local: SocketAddr, server: SocketAddr) -> Opening<Self::Udp> {
        self.counting(self.tokio.bind_udp(local, server))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_is_our_own_lack_is_counted() {
        let sockets = Sockets::default();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        assert!(sockets.bind_udp(any, any).await.is_ok());
        assert_eq!(sockets.denied(), 0);
        // no machine has this one (RFC 5737 §3)
        let nowhere = SocketAddr::from(([192, 0, 2, 1], 0));
        assert!(sockets.bind_udp(nowhere, any).await.is_err());
        assert_eq!(sockets.denied(), 1);
    }
}
