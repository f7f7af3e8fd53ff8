//! Which client addresses share one connection limit, and which are exempt.

use std::net::IpAddr;

use ipnet::IpNet;

/// An IPv4 address, or the /64 network from which one IPv6 host can choose its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AddressKey(IpAddr);

impl AddressKey {
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// Reads an address or a network: `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
pub(crate) fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> AddressKey {
        AddressKey::of(text.parse().unwrap())
    }

    #[test]
    fn one_host_has_one_key() {
        assert_eq!(key("::ffff:10.0.0.1"), key("10.0.0.1"));
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_ne!(key("10.0.0.1"), key("10.0.0.2"));
    }

    #[test]
    fn networks_and_addresses_are_read() {
        let holds = |network: &str, address: &str| {
            parse_network(network).unwrap().contains(&address.parse::<IpAddr>().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.9.9.9") && holds("10.0.0.1", "10.0.0.1"));
        assert!(!holds("10.0.0.1", "10.0.0.2") && holds("fd00::/8", "fd12::1"));
        assert!(parse_network("bank.example").is_none() && parse_network("10.0.0.0/33").is_none());
    }
}
