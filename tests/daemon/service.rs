//! An HTTP service on loopback that does as the test says.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use outwatch::clock::system_now;
use outwatch::domain::time::Period;

use crate::waiting::{pause, wait_for};

/// What it does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Answers at once with this status.
    Status(u16),
    /// Answers well, after this long.
    Slow(Duration),
    /// Reads the request, and nothing more comes.
    Silent,
    /// Nobody listens.
    Refused,
    /// Answers with these bytes; `{head}` stands for the request's own head.
    Bytes(String),
}

pub(crate) const WELL: Behaviour = Behaviour::Status(200);
pub(crate) const UNAVAILABLE: Behaviour = Behaviour::Status(503);

/// Serves until it is dropped.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    listening: Option<JoinHandle<()>>,
}

struct State {
    behaviour: Behaviour,
    /// What it does with the next requests, before it behaves as it does.
    next: VecDeque<Behaviour>,
    /// Request line and headers of every request.
    heads: Vec<String>,
    closing: bool,
}

impl Service {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST, behaviour)
    }

    /// On an address of this host that others may reach.
    pub(crate) fn start_at(address: Ipv4Addr, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            behaviour,
            next: VecDeque::new(),
            heads: Vec::new(),
            closing: false,
        };
        let mut service = Self {
            address,
            state: Arc::new(Mutex::new(state)),
            listening: None,
        };
        service.listen(listener);
        service
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Behaves otherwise from now on. The change comes within the period that is returned.
    pub(crate) fn switch(&mut self, behaviour: Behaviour) -> Period {
        let begin = system_now();
        let refuse = behaviour == Behaviour::Refused;
        self.state.lock().unwrap().behaviour = behaviour;
        if refuse {
            self.close();
        } else if self.listening.is_none() {
            let listener = wait_for("its own port", || TcpListener::bind(self.address).ok());
            self.listen(listener);
        }
        Period::new(begin, system_now())
    }

    /// Behaves so towards the next requests, one after the other.
    pub(crate) fn script(&self, next: impl IntoIterator<Item = Behaviour>) {
        self.state.lock().unwrap().next.extend(next);
    }

    /// The heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.state.lock().unwrap().heads.clone()
    }

    /// Waits until so many requests have come in all.
    #[track_caller]
    pub(crate) fn await_requests(&self, count: usize) {
        wait_for("requests", || (self.heads().len() >= count).then_some(()));
    }

    /// Waits until two more requests have come: what was under way before the first is over then.
    #[track_caller]
    pub(crate) fn await_more_requests(&self) {
        self.await_requests(self.heads().len() + 2);
    }

    fn listen(&mut self, listener: TcpListener) {
        let state = Arc::clone(&self.state);
        state.lock().unwrap().closing = false;
        self.listening = Some(std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                if state.lock().unwrap().closing {
                    return;
                }
                let state = Arc::clone(&state);
                std::thread::spawn(move || serve(stream, &state));
            }
        }));
    }

    fn close(&mut self) {
        if let Some(listening) = self.listening.take() {
            self.state.lock().unwrap().closing = true;
            // wakes it up, to see that it is over
            let _ = TcpStream::connect(self.address);
            listening.join().unwrap();
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let behaviour = {
        let mut state = state.lock().unwrap();
        state.heads.push(head.clone());
        let next = state.next.pop_front();
        next.unwrap_or_else(|| state.behaviour.clone())
    };
    if let Behaviour::Slow(length) = behaviour {
        pause(length);
    }
    let answer = match behaviour {
        Behaviour::Slow(_) => "HTTP/1.1 204 Later\r\nconnection: close\r\n\r\n".to_owned(),
        Behaviour::Status(status) => {
            format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        }
        Behaviour::Bytes(answer) => answer.replace("{head}", &head),
        Behaviour::Silent | Behaviour::Refused => String::new(),
    };
    // the client may have gone meanwhile
    let _ = stream.write_all(answer.as_bytes());
    if !answer.is_empty() {
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
    // until the client closes: closing with its bytes unread would send a reset
    while matches!(stream.read(&mut byte), Ok(1)) {}
}
