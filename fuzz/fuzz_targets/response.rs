//! Whatever bytes a server sends, asking it ends soon, with an outcome that can be shown.
//!
//! A case is what the server sends before it closes. One that begins with 0, as frames that are
//! shorter than 64 KiB do, is asked for HTTP/2, all others for HTTP/1.

#![no_main]

use std::cell::LazyCell;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use outwatch::domain::observation::Outcome;
use outwatch::domain::time::UnixMillis;
use outwatch::expect::{Expectations, Rule, TextTest};
use outwatch::prober::request::{Redirects, Request};
use outwatch::prober::transport::{HttpVersions, Transport};
use outwatch::prober::{Examined, Prober, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// A machine may be busy: what is looked for is an asking that never ends.
const TAKES_MAX: Duration = Duration::from_secs(5);

/// The prober and its server take turns on one thread.
struct Loopback {
    runtime: Runtime,
    listener: TcpListener,
    prober: Prober,
    http1: Request,
    http2: Request,
    expect: Expectations,
}

thread_local! {
    static LOOPBACK: LazyCell<Loopback> = LazyCell::new(Loopback::new);
}

impl Loopback {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be started");
        let listener = runtime
            .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let url = format!("http://{address}/a/b?c")
            .parse()
            .expect("it is a URL");
        let status = "100-999".parse().expect("it is a range of statuses");
        let contains = Rule::Body(TextTest::Contains("hello".into()));
        let http1 = Request {
            // where to is looked at, but nothing is asked beyond loopback
            redirects: Redirects::Follow { max: 0 },
            body_bytes_max: 4096,
            ..Request::get(url, Duration::from_secs(1))
        };
        let transport = Transport {
            http_version: HttpVersions::Http2,
            ..Transport::default()
        };
        Self {
            runtime,
            listener,
            prober: Prober::new(Settings::default()).expect("a prober can be set up"),
            http2: Request {
                transport: transport.into(),
                ..http1.clone()
            },
            http1,
            expect: Expectations::new(vec![Rule::Status(status), contains], Vec::new()),
        }
    }

    fn ask(&self, answer: &[u8]) -> Examined {
        let request = match answer {
            [0, ..] => &self.http2,
            _ => &self.http1,
        };
        let serve = async {
            let (mut stream, _) = self.listener.accept().await.expect("it listens");
            // the request, which is short
            let _ = stream.read(&mut [0; 1024]).await;
            // the client may have seen enough
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
            while matches!(stream.read(&mut [0; 1024]).await, Ok(1..)) {}
        };
        let ask = self.prober.examine(request, &self.expect, UnixMillis(0));
        self.runtime.block_on(async { tokio::join!(ask, serve).0 })
    }
}

fuzz_target!(|answer: &[u8]| {
    LOOPBACK.with(|loopback| {
        let started = Instant::now();
        let examined = loopback.ask(answer);
        assert!(started.elapsed() < TAKES_MAX, "{examined:?}");
        let outcome = &examined.reply.outcome;
        assert!(
            matches!(outcome, Outcome::Ok | Outcome::Fail(_)),
            "{examined:?}"
        );
        if let Some(detail) = outcome.detail() {
            assert!(
                detail.chars().count() <= 200 && !detail.contains(char::is_control),
                "{detail:?}"
            );
        }
    });
});
