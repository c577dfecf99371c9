//! Proxies on loopback.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::{Server, read_head};

/// What came to a proxy: heads of requests, or destinations.
#[derive(Clone, Default)]
pub struct Came(Arc<Mutex<Vec<String>>>);

impl Came {
    fn push(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Connects whoever asks, and passes plain requests on; all names are hosts on loopback to it.
pub async fn http() -> (Server, Came) {
    let came = Came::default();
    let notes = came.clone();
    let server = Server::start(move |stream| serve_http(stream, notes.clone())).await;
    (server, came)
}

/// As [`http`], to those who speak TLS with it.
pub async fn https(acceptor: tokio_rustls::TlsAcceptor) -> (Server, Came) {
    let came = Came::default();
    let notes = came.clone();
    let server = Server::start(move |stream| {
        let (acceptor, notes) = (acceptor.clone(), notes.clone());
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve_http(stream, notes).await;
            }
        }
    })
    .await;
    (server, came)
}

async fn serve_http(mut client: impl AsyncRead + AsyncWrite + Unpin, came: Came) {
    let head = read_head(&mut client).await;
    came.push(head.clone());
    let mut words = head.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return;
    };
    let authority = target.trim_start_matches("http://");
    let authority = authority.split('/').next().unwrap();
    let port: u16 = authority.rsplit(':').next().unwrap().parse().unwrap();
    let Ok(mut upstream) = TcpStream::connect(("127.0.0.1", port)).await else {
        let _ = client.write_all(b"HTTP/1.1 502 No\r\n\r\n").await;
        return;
    };
    if method == "CONNECT" {
        let established = b"HTTP/1.1 200 Connection established\r\nX-Via: test\r\n\r\n";
        client.write_all(established).await.unwrap();
    } else {
        upstream.write_all(head.as_bytes()).await.unwrap();
    }
    let _ = copy_bidirectional(&mut client, &mut upstream).await;
}

/// A SOCKS5 proxy that wants this username and password, or none, and answers with this reply code.
pub async fn socks5(credentials: Option<(&'static str, &'static str)>, code: u8) -> (Server, Came) {
    let came = Came::default();
    let notes = came.clone();
    let server = Server::start(move |stream| {
        let notes = notes.clone();
        async move {
            // the client may end it at any time
            let _ = serve_socks5(stream, credentials, code, notes).await;
        }
    })
    .await;
    (server, came)
}

async fn serve_socks5(
    mut client: TcpStream,
    credentials: Option<(&str, &str)>,
    code: u8,
    came: Came,
) -> std::io::Result<()> {
    assert_eq!(client.read_u8().await?, 5);
    let methods = counted(&mut client).await?;
    let method = if credentials.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        return client.write_all(&[5, 0xff]).await;
    }
    client.write_all(&[5, method]).await?;
    if let Some((username, password)) = credentials {
        assert_eq!(client.read_u8().await?, 1);
        let given = (counted(&mut client).await?, counted(&mut client).await?);
        let right = given == (username.into(), password.into());
        client.write_all(&[1, u8::from(!right)]).await?;
        if !right {
            return Ok(());
        }
    }
    let mut head = [0; 4];
    client.read_exact(&mut head).await?;
    let host = match head[3] {
        1 => {
            let mut octets = [0; 4];
            client.read_exact(&mut octets).await?;
            std::net::Ipv4Addr::from(octets).to_string()
        }
        3 => String::from_utf8(counted(&mut client).await?).unwrap(),
        kind => panic!("address type {kind}"),
    };
    let port = client.read_u16().await?;
    came.push(format!("{host}:{port}"));
    client.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    if code == 0 {
        let mut upstream = TcpStream::connect(("127.0.0.1", port)).await?;
        copy_bidirectional(&mut client, &mut upstream).await?;
    }
    Ok(())
}

async fn counted(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::from(stream.read_u8().await?)];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
