//! A connection through a SOCKS5 proxy (RFC 1928), with a username and password (RFC 1929).

use std::net::IpAddr;

use reqwest::Url;
use tokio::io::AsyncReadExt;

use super::super::dial::Wire;
use super::{Refusal, Target, decoded, say};

const VERSION: u8 = 5;
/// Methods to prove who one is.
const NONE: u8 = 0;
const PASSWORD: u8 = 2;
/// The version of the exchange of username and password.
const PASSWORD_VERSION: u8 = 1;
const CONNECT: u8 = 1;
/// Kinds of addresses.
const V4: u8 = 1;
const NAME: u8 = 3;
const V6: u8 = 4;

pub(super) struct Credentials {
    username: Vec<u8>,
    password: Vec<u8>,
}

impl Credentials {
    pub(super) fn of(url: &Url) -> Option<Self> {
        let (username, password) = (url.username(), url.password().unwrap_or_default());
        (!username.is_empty() || !password.is_empty()).then(|| Self {
            username: decoded(username),
            password: decoded(password),
        })
    }
}

pub(super) async fn open(
    wire: &mut Box<dyn Wire>,
    target: &Target,
    credentials: Option<&Credentials>,
) -> Result<(), Refusal> {
    // with credentials it may still do without them
    match credentials {
        Some(_) => say(wire, &[VERSION, 2, NONE, PASSWORD]).await?,
        None => say(wire, &[VERSION, 1, NONE]).await?,
    }
    let method = answer(wire).await?;
    match (method, credentials) {
        (NONE, _) => {}
        (PASSWORD, Some(credentials)) => prove(wire, credentials).await?,
        (_, None) => return said("wants credentials"),
        (_, Some(_)) => return said("takes no username and password"),
    }
    let mut request = vec![VERSION, CONNECT, 0];
    match target.host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(V4);
            request.extend_from_slice(&address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(V6);
            request.extend_from_slice(&address.octets());
        }
        Err(_) => {
            request.push(NAME);
            push_counted(&mut request, target.host.as_bytes(), "the name of the host")?;
        }
    }
    request.extend_from_slice(&target.port.to_be_bytes());
    say(wire, &request).await?;
    let reply = answer(wire).await?;
    if reply != 0 {
        return Err(refused(reply));
    }
    // the address that the proxy connects from
    let _reserved = wire.read_u8().await?;
    let length = match wire.read_u8().await? {
        V4 => 4,
        V6 => 16,
        NAME => usize::from(wire.read_u8().await?),
        _ => return said("does not answer as a SOCKS5 proxy"),
    };
    let mut bound = vec![0; length + size_of::<u16>()];
    wire.read_exact(&mut bound).await?;
    Ok(())
}

async fn prove(wire: &mut Box<dyn Wire>, credentials: &Credentials) -> Result<(), Refusal> {
    let mut message = vec![PASSWORD_VERSION];
    push_counted(&mut message, &credentials.username, "the username")?;
    push_counted(&mut message, &credentials.password, "the password")?;
    say(wire, &message).await?;
    let mut answer = [0; 2];
    wire.read_exact(&mut answer).await?;
    if answer[1] != 0 {
        return said("does not accept the credentials");
    }
    Ok(())
}

/// The byte that counts, after that of the version.
async fn answer(wire: &mut Box<dyn Wire>) -> Result<u8, Refusal> {
    let mut answer = [0; 2];
    wire.read_exact(&mut answer).await?;
    if answer[0] != VERSION {
        return said("does not answer as a SOCKS5 proxy");
    }
    Ok(answer[1])
}

fn push_counted(message: &mut Vec<u8>, bytes: &[u8], what: &str) -> Result<(), Refusal> {
    let Ok(length) = u8::try_from(bytes.len()) else {
        return said(&format!(
            "cannot be told {what}: it is longer than 255 bytes"
        ));
    };
    message.push(length);
    message.extend_from_slice(bytes);
    Ok(())
}

/// RFC 1928 §6.
fn refused(reply: u8) -> Refusal {
    Refusal::Said(match reply {
        2 => "does not connect to the endpoint: not allowed by its rules".to_owned(),
        3 => "cannot reach the endpoint: network unreachable".to_owned(),
        4 => "cannot reach the endpoint: host unreachable".to_owned(),
        5 => "cannot reach the endpoint: connection refused".to_owned(),
        6 => "cannot reach the endpoint: TTL expired".to_owned(),
        7 => "does not know how to connect".to_owned(),
        8 => "does not know this kind of address".to_owned(),
        reply => format!("cannot reach the endpoint: general failure ({reply})"),
    })
}

fn said<T>(what: &str) -> Result<T, Refusal> {
    Err(Refusal::Said(what.to_owned()))
}
