//! How far away an address is: what a success there proves.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far an answer has come. Ordered from near to far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// This host: needs no network at all.
    Host,
    /// The networks around: they may work while the line to the world does not.
    Site,
    World,
}

impl Reach {
    pub(super) fn of(address: IpAddr) -> Self {
        let address = address.to_canonical();
        if address.is_loopback() {
            return Self::Host;
        }
        let near = match address {
            IpAddr::V4(address) => is_near_v4(address),
            IpAddr::V6(address) => is_near_v6(address),
        };
        if near { Self::Site } else { Self::World }
    }
}

fn is_near_v4(address: Ipv4Addr) -> bool {
    // RFC 6598: shared between a provider's customers
    let [a, b, ..] = address.octets();
    address.is_private() || address.is_link_local() || (a == 100 && b & 0xc0 == 64)
}

fn is_near_v6(address: Ipv6Addr) -> bool {
    address.is_unique_local() || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_of_this_host_around_it_or_anywhere() {
        for (address, reach) in [
            ("127.0.0.1", Reach::Host),
            ("127.8.0.1", Reach::Host),
            ("::1", Reach::Host),
            ("::ffff:127.0.0.1", Reach::Host),
            ("10.1.2.3", Reach::Site),
            ("172.16.0.1", Reach::Site),
            ("192.168.1.1", Reach::Site),
            ("169.254.1.1", Reach::Site),
            ("100.64.0.1", Reach::Site),
            ("100.128.0.1", Reach::World),
            ("fe80::1", Reach::Site),
            ("fd00::1", Reach::Site),
            ("172.32.0.1", Reach::World),
            ("1.1.1.1", Reach::World),
            ("2606:4700:4700::1111", Reach::World),
        ] {
            assert_eq!(Reach::of(address.parse().unwrap()), reach, "{address}");
        }
    }
}
