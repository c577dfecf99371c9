//! A tunnel through an HTTP proxy (RFC 9110 §9.3.6).

use http::{HeaderValue, StatusCode};
use tokio::io::AsyncReadExt;

use super::super::client::USER_AGENT;
use super::super::dial::Wire;
use super::{Refusal, Target, say, wants_credentials};

/// Longest head of an answer to CONNECT: what hyper allows too.
const HEAD_BYTES_MAX: usize = 8192;

pub(super) async fn open(
    wire: &mut Box<dyn Wire>,
    target: &Target,
    authorization: Option<&HeaderValue>,
) -> Result<(), Refusal> {
    let authority = if target.host.contains(':') {
        format!("[{}]:{}", target.host, target.port)
    } else {
        format!("{}:{}", target.host, target.port)
    };
    let mut head = format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {USER_AGENT}\r\n"
    )
    .into_bytes();
    if let Some(authorization) = authorization {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(authorization.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    say(wire, &head).await?;
    let answer = read_head(wire).await?;
    let Some(status) = status(&answer) else {
        return Err(Refusal::Said("does not answer as an HTTP proxy".to_owned()));
    };
    if status.is_success() {
        return Ok(());
    }
    Err(Refusal::Said(match status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            wants_credentials(authorization.is_some()).to_owned()
        }
        status if status.is_server_error() => format!("cannot reach the endpoint: {status}"),
        status => format!("does not connect to the endpoint: {status}"),
    }))
}

/// Up to the empty line, and not a byte further: what follows is the endpoint's.
async fn read_head(wire: &mut Box<dyn Wire>) -> Result<Vec<u8>, Refusal> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES_MAX {
            return Err(Refusal::Said("answers with too long a head".to_owned()));
        }
        head.push(wire.read_u8().await?);
    }
    Ok(head)
}

fn status(head: &[u8]) -> Option<StatusCode> {
    let line = head.split(|&byte| byte == b'\r').next()?;
    let rest = line.strip_prefix(b"HTTP/1.")?;
    let code = rest.get(1..)?.strip_prefix(b" ")?.get(..3)?;
    StatusCode::from_bytes(code).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_is_read_or_is_none() {
        for (head, expected) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", Some(200)),
            ("HTTP/1.0 407\r\n\r\n", Some(407)),
            ("HTTP/1.1 2x0 OK\r\n\r\n", None),
            ("HTTP/1.1\r\n\r\n", None),
            ("SSH-2.0-OpenSSH\r\n\r\n", None),
            ("", None),
        ] {
            let status = status(head.as_bytes()).map(|status| status.as_u16());
            assert_eq!(status, expected, "{head:?}");
        }
    }
}
