//! A small server that does what nginx would: it runs where there is none.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::conditions::Conditions;
use super::diary::{FaultKind, Moment};
use super::pause;
use super::settings::SLOW;

pub(crate) struct BuiltIn {
    port: u16,
    conditions: Conditions,
    state: Arc<State>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    closing: AtomicBool,
    frozen: AtomicBool,
}

const START_MAX: Duration = Duration::from_secs(30);

/// Nobody waits longer for an answer that does not come.
const PATIENCE: Duration = Duration::from_mins(5);

impl BuiltIn {
    pub(crate) fn new(port: u16, conditions: Conditions) -> Self {
        Self {
            port,
            conditions,
            state: Arc::default(),
            listening: None,
        }
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    pub(crate) fn start(&mut self) -> anyhow::Result<Moment> {
        let (moment, listener) = Moment::of(|| {
            let deadline = Instant::now() + START_MAX;
            loop {
                match TcpListener::bind(self.address()) {
                    Err(_) if Instant::now() < deadline => pause(Duration::from_millis(2)),
                    bound => return bound,
                }
            }
        });
        let listener = listener.context("the built-in server")?;
        let (state, conditions) = (Arc::clone(&self.state), self.conditions.clone());
        state.closing.store(false, Ordering::SeqCst);
        self.listening = Some(std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if state.closing.load(Ordering::SeqCst) {
                    return;
                }
                let (state, conditions) = (Arc::clone(&state), conditions.clone());
                std::thread::spawn(move || {
                    // the client may go away at any time
                    let _ = serve(stream, &state, &conditions);
                });
            }
        }));
        Ok(moment)
    }

    /// Returns when nobody listens any more.
    pub(crate) fn stop(&mut self) -> Moment {
        let address = self.address();
        let (moment, ()) = Moment::of(|| {
            let Some(listening) = self.listening.take() else {
                return;
            };
            self.state.closing.store(true, Ordering::SeqCst);
            // wakes it up, to see that it is over
            let _ = TcpStream::connect(address);
            // it does not panic, and were it gone all the better
            let _ = listening.join();
        });
        moment
    }

    pub(crate) fn freeze(&self, is_frozen: bool) -> Moment {
        Moment::of(|| self.state.frozen.store(is_frozen, Ordering::SeqCst)).0
    }
}

impl Drop for BuiltIn {
    fn drop(&mut self) {
        self.freeze(false);
        self.stop();
    }
}

fn serve(mut stream: TcpStream, state: &State, conditions: &Conditions) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let begun = Instant::now();
    while state.frozen.load(Ordering::SeqCst) && begun.elapsed() < PATIENCE {
        pause(Duration::from_millis(10));
    }
    let mut seen = [0; 2048];
    let length = loop {
        let length = stream.peek(&mut seen)?;
        if length == 0 || length == seen.len() || seen[..length].ends_with(b"\r\n\r\n") {
            break length;
        }
        pause(Duration::from_millis(1));
    };
    let head = String::from_utf8_lossy(&seen[..length]).into_owned();
    let endpoint = head.split(' ').nth(1).unwrap_or_default();
    let condition = conditions.of(endpoint.trim_start_matches('/'));
    if condition == Some(FaultKind::Reset) {
        // closing with unread bytes sends a reset
        return Ok(());
    }
    stream.read_exact(&mut seen[..length])?;
    let answer: &[u8] = match condition {
        Some(FaultKind::Status) => {
            b"HTTP/1.1 503 Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        }
        Some(FaultKind::Hang) => b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no",
        _ => b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
    };
    if condition == Some(FaultKind::Slow) {
        pause(SLOW.to_duration());
    }
    stream.write_all(answer)?;
    if condition != Some(FaultKind::Hang) {
        stream.shutdown(Shutdown::Write)?;
    }
    // until the client closes: closing with its bytes unread would send a reset
    while matches!(stream.read(&mut seen), Ok(1..)) {}
    Ok(())
}
