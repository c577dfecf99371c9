//! Over what requests travel: the keys `proxy`, `tls`, `resolve`, `dns_servers`, `ip` and
//! `http_version`, and which of them make no sense together.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::header::HOST;
use reqwest::Url;

use super::hosts::{self, HostAddresses};
use super::mistake::Mistake;
use super::node::{Key, Node};
use super::place::Place;
use super::proxy::ProxySetting;
use super::settings::Settings;
use super::tls::Tls;
use super::value::{Given, OrNone, Reader};
use crate::prober::transport::{HttpVersions, IpFamily, Proxy, Transport};

/// What one level says about it.
#[derive(Clone, Debug, Default)]
pub(super) struct TransportSettings {
    pub(super) proxy: Option<OrNone<ProxySetting>>,
    pub(super) tls: Tls,
    pub(super) resolve: Arc<[HostAddresses]>,
    pub(super) dns_servers: Option<OrNone<Arc<[SocketAddr]>>>,
    pub(super) ip: Option<Given<IpFamily>>,
    pub(super) http_version: Option<Given<HttpVersions>>,
}

const FAMILIES: [(&str, IpFamily); 3] = [
    ("any", IpFamily::Any),
    ("v4", IpFamily::V4),
    ("v6", IpFamily::V6),
];

const VERSIONS: [(&str, HttpVersions); 3] = [
    ("auto", HttpVersions::Auto),
    ("1.1", HttpVersions::Http11),
    ("2", HttpVersions::Http2),
];

impl TransportSettings {
    /// Reads the key if it is about transport, else leaves it to the caller.
    pub(super) fn read(&mut self, key: &Key, node: &Node, reader: &mut Reader<'_, '_>) -> bool {
        match &*key.text {
            "proxy" => self.proxy = reader.proxy(node),
            "tls" => self.tls = reader.tls(node, key.place),
            "resolve" => self.resolve = reader.host_addresses(node).into(),
            "dns_servers" => self.dns_servers = reader.dns_servers(node),
            "ip" => {
                let value = reader.choice(node, "a family of addresses", &FAMILIES);
                self.ip = Some(Given {
                    place: node.place,
                    value,
                });
            }
            "http_version" => {
                let value = reader.choice(node, "a version of HTTP that is spoken", &VERSIONS);
                self.http_version = Some(Given {
                    place: node.place,
                    value,
                });
            }
            _ => return false,
        }
        true
    }

    pub(super) fn over(self, below: &Self) -> Self {
        let resolve = if self.resolve.is_empty() {
            Arc::clone(&below.resolve)
        } else {
            let mut resolve = below.resolve.to_vec();
            resolve.retain(|old| self.resolve.iter().all(|new| new.host != old.host));
            resolve.extend_from_slice(&self.resolve);
            resolve.into()
        };
        Self {
            proxy: self.proxy.or_else(|| below.proxy.clone()),
            tls: self.tls.over(&below.tls),
            resolve,
            dns_servers: self.dns_servers.or_else(|| below.dns_servers.clone()),
            ip: self.ip.or(below.ip),
            http_version: self.http_version.or(below.http_version),
        }
    }

    fn proxy(&self) -> Option<&ProxySetting> {
        self.proxy.as_ref().and_then(OrNone::this)
    }

    fn http2(&self) -> Option<Place> {
        self.http_version
            .filter(|given| given.value == Some(HttpVersions::Http2))
            .map(|given| given.place)
    }
}

impl Reader<'_, '_> {
    /// What requests to this URL travel over. Equal ones are one.
    pub(super) fn transport(&mut self, settings: &Settings, url: &Url) -> Arc<Transport> {
        let of = &settings.transport;
        self.family(of, url);
        self.host_of_http2(settings, url);
        of.tls.check(self);
        let proxy = of.proxy().map(|proxy| Proxy {
            url: proxy.url.clone(),
        });
        let known = of.resolve.iter().filter(|host| !host.addresses.is_empty());
        let transport = Transport {
            http_version: of
                .http_version
                .and_then(|given| given.value)
                .unwrap_or_default(),
            ip: of.ip.and_then(|given| given.value).unwrap_or_default(),
            resolve: known
                .map(|host| (host.host.clone(), host.addresses.to_vec()))
                .collect(),
            dns_servers: of
                .dns_servers
                .as_ref()
                .and_then(OrNone::this)
                .map_or_else(Vec::new, |servers| servers.to_vec()),
            proxy,
            tls: of.tls.settings(),
        };
        self.shared.transports.share(transport)
    }

    /// Who is connected to must have an address of the family: the proxy, if there is one that is
    /// given names, else the URL's host.
    fn family(&mut self, of: &TransportSettings, url: &Url) {
        let Some((place, family)) = of.ip.and_then(|given| Some((given.place, given.value?)))
        else {
            return;
        };
        let is_of = |address: &IpAddr| match family {
            IpFamily::Any => true,
            IpFamily::V4 => address.is_ipv4(),
            IpFamily::V6 => address.is_ipv6(),
        };
        let word = FAMILIES.iter().find(|(_, known)| *known == family);
        let word = word.map_or("", |(word, _)| word);
        let known = |url: &Url| {
            let host = hosts::host_of(url)?;
            let known = of.resolve.iter().find(|known| known.host == host)?;
            (!known.addresses.is_empty()).then_some(known)
        };
        let connected = match of.proxy() {
            Some(proxy) if proxy.looks_up_names() => &proxy.url,
            _ => url,
        };
        if let Some(host) = hosts::host_of(connected)
            && let Ok(literal) = host.parse::<IpAddr>()
            && known(connected).is_none()
            && !is_of(&literal)
        {
            let title = format!("{literal} is no address of the family {word}");
            let mistake = Mistake::at(place, title).label("nothing could be asked");
            let mistake = match of.proxy() {
                Some(proxy) if proxy.looks_up_names() => {
                    mistake.also(proxy.place, "it stands here")
                }
                _ => mistake,
            };
            self.wrong(mistake.help("leave `ip` out, or write a host's name into the URL"));
        }
        // a proxy is given these as well
        for known in [known(url), known(connected)].into_iter().flatten() {
            if !known.addresses.iter().any(is_of) {
                let title = format!("`{}` is given no address of the family {word}", known.host);
                let mistake = Mistake::at(place, title)
                    .label("nothing could be asked")
                    .also(known.place, "its addresses");
                self.wrong(mistake);
            }
        }
    }

    /// Servers of HTTP/2 answer 421 if the host of a request is not that of the TLS handshake
    /// (RFC 9110 §15.5.20).
    fn host_of_http2(&mut self, settings: &Settings, url: &Url) {
        let of = &settings.transport;
        let header = settings.headers.iter().find(|header| header.name == HOST);
        if let Some(place) = of.http2()
            && let Some((name, named)) = of.tls.server_name()
            && let Some(header) = header
            && let Some((text, _)) = header.values.first()
            && url.scheme() == "https"
        {
            let host = text.value().trim();
            // without a port
            let host = host
                .rsplit_once(':')
                .filter(|(_, port)| port.bytes().all(|c| c.is_ascii_digit()))
                .map_or(host, |(host, _)| host);
            if !host.eq_ignore_ascii_case(&name) {
                let title = "the header `Host` is not the `server_name`";
                let mistake = Mistake::at(text.place, title)
                    .label("servers of HTTP/2 refuse this (421)")
                    .also(named, "the name in the handshake")
                    .also(place, "HTTP/2 is asked for")
                    .help("make them the same, or speak `http_version: 1.1`");
                self.wrong(mistake);
            }
        }
    }
}
