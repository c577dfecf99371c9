//! A name server on loopback that says what a test wants to hear.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinHandle;

/// What it says to one question.
pub enum Say {
    Addresses(Vec<IpAddr>),
    /// A response code without records: 3 for NXDOMAIN (RFC 1035 §4.1.1).
    Code(u8),
    Nothing,
    /// That the answer does not fit, and to ask again over TCP; there it gives these.
    TooLong(Vec<IpAddr>),
}

pub struct NameServer {
    pub address: SocketAddr,
    asked: Arc<AtomicUsize>,
    serving: [JoinHandle<()>; 2],
}

/// The type of IPv6 addresses (RFC 3596 §2.1).
const AAAA: u16 = 28;

impl NameServer {
    /// `answer` gets the name and whether IPv6 addresses are asked for.
    pub async fn start(answer: impl Fn(&str, bool) -> Say + Send + Sync + 'static) -> Self {
        let (udp, tcp) = same_port().await;
        let address = udp.local_addr().unwrap();
        let (answer, asked) = (Arc::new(answer), Arc::new(AtomicUsize::new(0)));
        let (over_tcp, counter) = (Arc::clone(&answer), Arc::clone(&asked));
        let by_datagram = tokio::spawn(async move {
            let mut message = [0; 1024];
            while let Ok((length, from)) = udp.recv_from(&mut message).await {
                counter.fetch_add(1, Ordering::SeqCst);
                let (name, v6, end) = question(&message[..length]);
                if let Some(reply) = reply(&message[..end], &answer(&name, v6), false) {
                    udp.send_to(&reply, from).await.unwrap();
                }
            }
        });
        let by_stream = tokio::spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let length = stream.read_u16().await.unwrap();
                let mut message = vec![0; usize::from(length)];
                stream.read_exact(&mut message).await.unwrap();
                let (name, v6, end) = question(&message);
                if let Some(reply) = reply(&message[..end], &over_tcp(&name, v6), true) {
                    let length = u16::try_from(reply.len()).unwrap();
                    stream.write_u16(length).await.unwrap();
                    stream.write_all(&reply).await.unwrap();
                }
            }
        });
        Self {
            address,
            asked,
            serving: [by_datagram, by_stream],
        }
    }

    /// How many questions came over UDP.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        for serving in &self.serving {
            serving.abort();
        }
    }
}

async fn same_port() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}

/// The name, whether IPv6 addresses are asked for, and where the question ends.
fn question(message: &[u8]) -> (String, bool, usize) {
    let (mut labels, mut at) = (Vec::new(), 12);
    while message[at] != 0 {
        let end = at + 1 + usize::from(message[at]);
        labels.push(String::from_utf8(message[at + 1..end].to_vec()).unwrap());
        at = end;
    }
    let kind = u16::from_be_bytes([message[at + 1], message[at + 2]]);
    (labels.join("."), kind == AAAA, at + 5)
}

fn reply(question: &[u8], say: &Say, over_tcp: bool) -> Option<Vec<u8>> {
    let (code, truncated, addresses) = match say {
        Say::Code(code) => (*code, false, &[][..]),
        Say::Nothing => return None,
        Say::TooLong(_) if !over_tcp => (0, true, &[][..]),
        Say::Addresses(addresses) | Say::TooLong(addresses) => (0, false, &addresses[..]),
    };
    let v6 = question[question.len() - 3] == 28;
    let fitting = addresses.iter().filter(|address| address.is_ipv6() == v6);
    let records: Vec<Vec<u8>> = fitting
        .map(|address| match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        })
        .collect();
    let mut reply = question.to_vec();
    // RFC 1035 §4.1.1: QR and RD, perhaps TC; RA and the code; then the counts
    reply[2] = 0x81 | if truncated { 2 } else { 0 };
    reply[3] = 0x80 | code;
    reply[4..12].copy_from_slice(&[0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    for record in records {
        // the question's name, its type, class IN, a minute to live
        reply.extend_from_slice(&[0xc0, 12, 0, if v6 { 28 } else { 1 }, 0, 1, 0, 0, 0, 60]);
        reply.extend_from_slice(&u16::try_from(record.len()).unwrap().to_be_bytes());
        reply.extend_from_slice(&record);
    }
    Some(reply)
}
