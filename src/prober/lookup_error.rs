//! Why a name could not be looked up.

use std::fmt;
use std::net::SocketAddr;

use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;

use crate::domain::observation::Detail;

use super::cause::is_local;
use super::transport::IpFamily;

/// A name that could not be looked up.
#[derive(Debug)]
pub(super) struct LookupError {
    pub(super) detail: String,
    /// Our own trouble, which says nothing about the name.
    pub(super) local: bool,
    /// A name server answered, and that there is nothing.
    absent: bool,
}

/// Whether name servers answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// With an address, or that there is none.
    Answered,
    /// Not at all, or that they cannot tell.
    Unanswered(Detail),
    /// They could not be asked, for a reason of our own.
    Unable(Detail),
}

impl From<LookupError> for Lookup {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError { absent: true, .. } => Self::Answered,
            LookupError {
                local: true,
                detail,
                ..
            } => Self::Unable(detail.into()),
            LookupError { detail, .. } => Self::Unanswered(detail.into()),
        }
    }
}

/// What was asked, of whom.
pub(super) struct Question<'q> {
    pub(super) name: &'q str,
    pub(super) family: IpFamily,
    /// `None` if it was the system's.
    pub(super) server: Option<SocketAddr>,
    /// Meanwhile there were no sockets to be had.
    pub(super) without_sockets: bool,
}

impl LookupError {
    pub(super) fn new(question: &Question<'_>, error: &NetError) -> Self {
        let Question {
            name,
            family,
            server,
            without_sockets,
        } = *question;
        let whom = server_name(server);
        let at = server.map_or(String::new(), |server| format!(" at {server}"));
        let detail = match error {
            NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
                ResponseCode::NXDomain => match server {
                    Some(server) => format!("{name} does not exist (NXDOMAIN from {server})"),
                    None => format!("{name} does not exist (NXDOMAIN)"),
                },
                ResponseCode::NoError => return Self::without_address(name, family),
                code => format!("{whom} refused to look up {name} ({})", mnemonic(code)),
            },
            NetError::Dns(DnsError::ResponseCode(code)) => {
                format!("{whom} failed to look up {name} ({})", mnemonic(*code))
            }
            NetError::NoConnections if without_sockets => {
                format!("{name} cannot be looked up: no socket left to ask a name server with")
            }
            NetError::NoConnections => {
                format!("{name} cannot be looked up: no name server can be reached{at}")
            }
            NetError::Timeout => {
                let the = if server.is_none() { "the " } else { "" };
                format!("no answer from {the}{whom} about {name}")
            }
            error => format!("{name} cannot be looked up{at}: {error}"),
        };
        let local = match error {
            NetError::Io(error) => is_local(error),
            NetError::NoConnections | NetError::Timeout => without_sockets,
            _ => false,
        };
        let absent = matches!(error, NetError::Dns(DnsError::NoRecordsFound(none))
            if none.response_code == ResponseCode::NXDomain);
        Self {
            detail,
            local,
            absent,
        }
    }

    /// The one that tells more, of the two families of addresses: that there is no IPv6 address
    /// says nothing when nobody could ask for an IPv4 one.
    pub(super) fn or(self, other: Self) -> Self {
        if (other.local && !self.local) || (self.absent && !other.absent) {
            other
        } else {
            self
        }
    }

    pub(super) fn without_address(name: &str, family: IpFamily) -> Self {
        let kind = match family {
            IpFamily::Any => "address",
            IpFamily::V4 => "IPv4 address",
            IpFamily::V6 => "IPv6 address",
        };
        Self {
            detail: format!("{name} has no {kind}"),
            local: false,
            absent: true,
        }
    }

    /// Whether another name server would say the same.
    pub(super) fn is_final(&self) -> bool {
        self.absent || self.local
    }

    /// What two servers failed with, one after the other.
    pub(super) fn then(self, next: &Self) -> Self {
        Self {
            detail: format!("{}; {}", self.detail, next.detail),
            ..self
        }
    }
}

/// As in `name server 9.9.9.9:53`.
pub(super) fn server_name(server: Option<SocketAddr>) -> String {
    server.map_or("name server".to_owned(), |server| {
        format!("name server {server}")
    })
}

/// As RFC 6895 §2.3 writes them.
fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        code => format!("code {}", u16::from(code)),
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for LookupError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreachable_name_server_is_our_own_trouble_only_without_sockets() {
        for (without_sockets, expected) in [
            (
                true,
                "a.example cannot be looked up: no socket left to ask a name server with",
            ),
            (
                false,
                "a.example cannot be looked up: no name server can be reached",
            ),
        ] {
            let error = LookupError::new(
                &Question {
                    name: "a.example",
                    family: IpFamily::Any,
                    server: None,
                    without_sockets,
                },
                &NetError::NoConnections,
            );
            assert_eq!(
                (error.local, error.to_string().as_str()),
                (without_sockets, expected)
            );
        }
    }
}
