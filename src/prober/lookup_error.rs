//! Why a name could not be looked up.

use std::fmt;

use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;

use super::cause::is_local;

/// A name that could not be looked up.
#[derive(Debug)]
pub(super) struct LookupError {
    pub(super) detail: String,
    /// Our own trouble, which says nothing about the name.
    pub(super) local: bool,
    /// A name server answered, and that there is nothing.
    absent: bool,
}

impl LookupError {
    /// `without_sockets` if meanwhile there were none to be had.
    pub(super) fn new(name: &str, error: &NetError, without_sockets: bool) -> Self {
        let detail = match error {
            NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
                ResponseCode::NXDomain => format!("{name} does not exist (NXDOMAIN)"),
                ResponseCode::NoError => return Self::without_address(name),
                code => format!("name server refused to look up {name} ({})", mnemonic(code)),
            },
            NetError::Dns(DnsError::ResponseCode(code)) => {
                format!("name server failed to look up {name} ({})", mnemonic(*code))
            }
            NetError::NoConnections if without_sockets => {
                format!("{name} cannot be looked up: no socket left to ask a name server with")
            }
            NetError::NoConnections => {
                format!("{name} cannot be looked up: no name server can be reached")
            }
            NetError::Timeout => format!("no answer from the name server about {name}"),
            error => format!("{name} cannot be looked up: {error}"),
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

    pub(super) fn without_address(name: &str) -> Self {
        Self {
            detail: format!("{name} has no address"),
            local: false,
            absent: true,
        }
    }
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
            let error = LookupError::new("a.example", &NetError::NoConnections, without_sockets);
            assert_eq!(
                (error.local, error.to_string().as_str()),
                (without_sockets, expected)
            );
        }
    }
}
