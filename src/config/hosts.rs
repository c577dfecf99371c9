//! Where hosts are found: the keys `resolve` and `dns_servers`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;

use super::mistake::Mistake;
use super::node::{Node, Value};
use super::place::Place;
use super::text::Text;
use super::value::{OrNone, Reader, is_none, shortened};

/// A host and where it is, instead of looking it up.
#[derive(Clone, Debug)]
pub(super) struct HostAddresses {
    /// As it stands in a URL, lower case and in punycode, but without brackets.
    pub(super) host: String,
    /// None at all take inherited ones away.
    pub(super) addresses: Arc<[IpAddr]>,
    pub(super) place: Place,
}

/// Most addresses of a host, and most name servers: each may be waited for.
const ADDRESSES_MAX: usize = 16;

const HOSTS_MAX: usize = 1000;

const DNS_PORT: u16 = 53;

impl Reader<'_, '_> {
    pub(super) fn host_addresses(&mut self, node: &Node) -> Vec<HostAddresses> {
        let mut hosts: Vec<HostAddresses> = Vec::new();
        let entries = self.entries(node, "a map as in { play.example: 203.0.113.7 }");
        if entries.len() > HOSTS_MAX {
            let title = format!("more than {HOSTS_MAX} hosts");
            self.wrong(Mistake::at(node.place, title).label("a name server knows as many"));
            return hosts;
        }
        for (key, node) in entries {
            let Some(host) = host(&key.text) else {
                let title = format!("`{}` is not the name of a host", shortened(&key.text));
                let label = "write it as in a URL, without scheme and port";
                self.wrong(Mistake::at(key.place, title).label(label));
                continue;
            };
            if let Some(first) = hosts.iter().find(|known| known.host == host) {
                let title = format!("the host `{host}` is written twice");
                let mistake = Mistake::at(key.place, title)
                    .label("again here")
                    .also(first.place, "first here");
                self.wrong(mistake.help("several addresses go into a list"));
                continue;
            }
            let texts = match &node.value {
                Value::Nothing => Vec::new(),
                Value::List(nodes) if nodes.is_empty() => {
                    let mistake = Mistake::at(node.place, format!("`{host}` has no address"));
                    self.wrong(mistake.label("write at least one"));
                    continue;
                }
                _ => self
                    .texts(node, "an address as in 203.0.113.7, or a list of them")
                    .unwrap_or_default(),
            };
            self.no_more(node.place, texts.len());
            let addresses = texts
                .iter()
                .filter_map(|text| self.address(text))
                .collect::<Vec<_>>();
            hosts.push(HostAddresses {
                host,
                addresses: addresses.into(),
                place: key.place,
            });
        }
        hosts
    }

    fn address(&mut self, text: &Text) -> Option<IpAddr> {
        let written = text.value().trim().trim_matches(['[', ']']);
        if let Ok(address) = written.parse() {
            return Some(address);
        }
        let title = format!("`{}` is not an IP address", shortened(text.written()));
        let label = if !text.is_filled() && written.parse::<SocketAddr>().is_ok() {
            "the port is the URL's; leave it out"
        } else {
            "write it as in 203.0.113.7 or 2001:db8::1"
        };
        self.wrong(Mistake::at(text.place, title).label(label));
        None
    }

    fn no_more(&mut self, place: Place, count: usize) {
        if count > ADDRESSES_MAX {
            let title = format!("more than {ADDRESSES_MAX} addresses");
            self.wrong(Mistake::at(place, title).label("they could not all be tried in time"));
        }
    }

    pub(super) fn dns_servers(&mut self, node: &Node) -> Option<OrNone<Arc<[SocketAddr]>>> {
        let expected = "the address of a name server as in 9.9.9.9, or a list of them";
        let texts = self.texts(node, expected)?;
        if let [text] = &*texts
            && !text.is_filled()
            && (is_none(text) || text.value().trim() == "system")
        {
            return Some(OrNone::None);
        }
        if texts.is_empty() {
            let mistake = Mistake::at(node.place, "no name server to ask");
            self.wrong(mistake.label("write at least one, or `system`"));
        }
        self.no_more(node.place, texts.len());
        let servers: Vec<_> = texts
            .iter()
            .filter_map(|text| self.dns_server(text))
            .collect();
        Some(OrNone::This(servers.into()))
    }

    fn dns_server(&mut self, text: &Text) -> Option<SocketAddr> {
        let written = text.value().trim();
        let bare = written
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let address = bare.unwrap_or(written).parse::<IpAddr>();
        let server = written
            .parse()
            .or_else(|_| address.map(|address| SocketAddr::new(address, DNS_PORT)));
        match server {
            Ok(server) if server.port() > 0 => Some(server),
            _ => {
                let written = shortened(text.written());
                let title = format!("`{written}` is not the address of a name server");
                let label = "write it as in 9.9.9.9, 127.0.0.1:5353 or [2001:db8::1]:53";
                self.wrong(Mistake::at(text.place, title).label(label));
                None
            }
        }
    }
}

/// As it comes out of a URL with this host. `None` if it is none.
fn host(written: &str) -> Option<String> {
    let bare = written.trim_matches(['[', ']']);
    if let Ok(literal) = bare.parse::<IpAddr>() {
        return Some(literal.to_string());
    }
    if written.is_empty() || written.contains(['/', '?', '#', '@', ':', '\\', '[']) {
        return None;
    }
    host_of(&Url::parse(&format!("http://{written}/")).ok()?)
}

/// The URL's host as `resolve` names it: without brackets, and without the root's dot.
pub(super) fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_matches(['[', ']']);
    Some(host.trim_end_matches('.').to_owned()).filter(|host| !host.is_empty())
}
