//! Over what a URL is asked that is not configured: addresses, proxy, TLS, the version of HTTP.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::Url;
use rustls::pki_types::ServerName;
use secrecy::{ExposeSecret, SecretString};

use super::super::BadUsage;
use crate::config;
use crate::expect::TlsVersion;
use crate::prober::identity::{BadPem, ClientIdentity, certificates};
use crate::prober::transport::{HttpVersions, IpFamily, Proxy, TlsSettings, Transport};

/// How the connection is made to URLs that are not configured.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Connection to URLs")]
pub(super) struct NetworkArgs {
    /// Use IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', long)]
    ipv6: bool,
    /// Address of a host, instead of looking it up; may be repeated
    #[arg(long, value_name = "HOST:[PORT:]ADDRESS", value_parser = parse_resolve)]
    resolve: Vec<Resolve>,
    /// Name server to ask instead of the system's; may be repeated
    #[arg(long = "dns-server", value_name = "ADDRESS[:PORT]", value_parser = parse_dns_server)]
    dns_servers: Vec<SocketAddr>,
    /// Version of HTTP: auto, 1.1, or 2 (over plain text with prior knowledge) [default: auto]
    #[arg(long, value_name = "VERSION", value_parser = parse_http_version)]
    http_version: Option<HttpVersions>,
    /// Proxy: http, https, socks5 (names are looked up here) or socks5h (there)
    #[arg(short = 'x', long, value_name = "URL")]
    proxy: Option<String>,
    /// Take any certificate, and still tell about it
    #[arg(short = 'k', long, conflicts_with = "cacert")]
    insecure: bool,
    /// Trust these roots (PEM) instead of the system's
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Client certificate (PEM), with its chain
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Key of the client certificate (PEM), if it is not in the same file
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Name that TLS asks for and verifies, instead of the URL's host
    #[arg(long, value_name = "NAME", value_parser = parse_server_name)]
    server_name: Option<ServerName<'static>>,
    /// Lowest version of TLS offered: 1.2 or 1.3
    #[arg(long, value_name = "VERSION", value_parser = parse_tls_version)]
    tls_version_min: Option<TlsVersion>,
    /// Highest version of TLS offered: 1.2 or 1.3
    #[arg(long, value_name = "VERSION", value_parser = parse_tls_version)]
    tls_version_max: Option<TlsVersion>,
}

/// `--resolve`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Resolve {
    /// In lower case.
    host: String,
    /// As curl has it; it must be the URL's.
    port: Option<u16>,
    address: IpAddr,
}

/// Largest file of certificates; the roots of a whole system take a quarter of it.
const PEM_BYTES_MAX: u64 = 1 << 20;

impl NetworkArgs {
    /// For all URLs alike. The second part is what of it must not be shown.
    pub(super) fn transport(&self) -> Result<(Transport, Vec<SecretString>), BadUsage> {
        let mut resolve = BTreeMap::<String, Vec<IpAddr>>::new();
        for Resolve { host, address, .. } in &self.resolve {
            resolve.entry(host.clone()).or_default().push(*address);
        }
        let (proxy, secrets) = match &self.proxy {
            Some(text) => proxy(text).map(|(proxy, secrets)| (Some(proxy), secrets))?,
            None => (None, Vec::new()),
        };
        let transport = Transport {
            http_version: self.http_version.unwrap_or_default(),
            ip: match (self.ipv4, self.ipv6) {
                (true, _) => IpFamily::V4,
                (_, true) => IpFamily::V6,
                _ => IpFamily::Any,
            },
            resolve,
            dns_servers: self.dns_servers.clone(),
            proxy,
            tls: self.tls()?,
        };
        Ok((transport, secrets))
    }

    /// Whether `--resolve` is about the URL's port, where it names one.
    pub(super) fn check(&self, url: &Url) -> Result<(), BadUsage> {
        let own = url.port_or_known_default();
        let wrong = self.resolve.iter().find(|resolve| {
            Some(&*resolve.host) == url.host_str()
                && resolve.port.is_some_and(|port| Some(port) != own)
        });
        match wrong {
            Some(Resolve { host, address, .. }) => Err(BadUsage(format!(
                "`--resolve` names another port of {host} than the URL; write {host}:{address}"
            ))),
            None => Ok(()),
        }
    }

    fn tls(&self) -> Result<TlsSettings, BadUsage> {
        if let (Some(min), Some(max)) = (self.tls_version_min, self.tls_version_max)
            && min > max
        {
            return Err(BadUsage(format!(
                "no version of TLS is at least {min} and at most {max}"
            )));
        }
        let wrong = |path: &Path, problem: BadPem| {
            BadUsage(format!("cannot use {}: {problem}", path.display()))
        };
        let roots = match &self.cacert {
            Some(path) => Some(certificates(&read(path)?).map_err(|problem| wrong(path, problem))?),
            None => None,
        };
        let identity = match &self.cert {
            Some(path) => {
                let chain = read(path)?;
                let key_path = self.key.as_deref().unwrap_or(path);
                let key = read(key_path)?;
                let identity = ClientIdentity::try_new(&chain, &key).map_err(|problem| {
                    let at_fault = match problem {
                        BadPem::NoKey | BadPem::BadKey(_) | BadPem::OtherKey => key_path,
                        _ => path,
                    };
                    wrong(at_fault, problem)
                })?;
                Some(Arc::new(identity))
            }
            None => None,
        };
        Ok(TlsSettings {
            roots: roots.map(Into::into),
            identity,
            server_name: self.server_name.clone(),
            insecure: self.insecure,
            version_min: self.tls_version_min,
            version_max: self.tls_version_max,
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, BadUsage> {
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(PEM_BYTES_MAX + 1).read_to_end(&mut bytes));
    let wrong = |why: &str| BadUsage(format!("cannot read {}: {why}", path.display()));
    match read {
        Err(error) => Err(wrong(&error.to_string())),
        Ok(_) if bytes.len() as u64 > PEM_BYTES_MAX => Err(wrong("it is larger than 1 MiB")),
        Ok(_) => Ok(bytes),
    }
}

fn proxy(text: &str) -> Result<(Proxy, Vec<SecretString>), BadUsage> {
    let wrong = |why: &str| BadUsage(format!("the proxy cannot be used: {why}"));
    let filled = config::fill(text).map_err(|why| wrong(&why))?;
    let written = filled.value.expose_secret();
    // as curl takes it
    let whole = match written.split_once("://") {
        Some(_) => written.to_owned(),
        None => format!("http://{written}"),
    };
    let url: Url = whole
        .parse()
        .map_err(|_| wrong("write a URL as in http://proxy:3128"))?;
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") {
        return Err(wrong("its URL begins with http, https, socks5 or socks5h"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("its URL has no host"));
    }
    let mut secrets = filled.secrets;
    secrets.extend(url.password().map(SecretString::from));
    Ok((Proxy { url }, secrets))
}

fn parse_resolve(text: &str) -> Result<Resolve, String> {
    const WRITE: &str = "write HOST:ADDRESS, as in play.example:203.0.113.7 or \
                         play.example:443:[2001:db8::1]";
    let (host, rest) = text.split_once(':').ok_or(WRITE)?;
    if host.is_empty() {
        return Err(WRITE.to_owned());
    }
    let address = |text: &str| -> Option<IpAddr> {
        let inside = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        inside.unwrap_or(text).parse().ok()
    };
    // `443:2001:db8::1` is an address too; curl wants brackets there, and so do we
    let (port, address) = match (address(rest), rest.split_once(':')) {
        (Some(address), _) => (None, address),
        (None, Some((port, rest))) => (
            Some(port.parse().map_err(|_| WRITE)?),
            address(rest).ok_or(WRITE)?,
        ),
        (None, None) => return Err(WRITE.to_owned()),
    };
    Ok(Resolve {
        host: host.to_lowercase(),
        port,
        address,
    })
}

fn parse_dns_server(text: &str) -> Result<SocketAddr, String> {
    const DNS_PORT: u16 = 53;
    text.parse()
        .or_else(|_| {
            let address = text.trim_matches(['[', ']']).parse::<IpAddr>();
            address.map(|address| SocketAddr::new(address, DNS_PORT))
        })
        .map_err(|_| "write an address as in 9.9.9.9, 127.0.0.1:5353 or [::1]:53".to_owned())
}

fn parse_http_version(text: &str) -> Result<HttpVersions, String> {
    match text {
        "auto" => Ok(HttpVersions::Auto),
        "1.1" => Ok(HttpVersions::Http11),
        "2" => Ok(HttpVersions::Http2),
        _ => Err("write auto, 1.1 or 2".to_owned()),
    }
}

fn parse_tls_version(text: &str) -> Result<TlsVersion, String> {
    let version = TlsVersion::ALL.into_iter().find(|v| v.as_str() == text);
    version.ok_or_else(|| "write 1.2 or 1.3".to_owned())
}

fn parse_server_name(text: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(text.to_owned()).map_err(|_| "write a host name or an address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_resolved_as_written_here_or_for_curl() {
        for (text, expected) in [
            (
                "A.example:203.0.113.7",
                Some(("a.example", None, "203.0.113.7")),
            ),
            ("a:443:203.0.113.7", Some(("a", Some(443), "203.0.113.7"))),
            ("a:2001:db8::1", Some(("a", None, "2001:db8::1"))),
            ("a:[2001:db8::1]", Some(("a", None, "2001:db8::1"))),
            ("a:443:[2001:db8::1]", Some(("a", Some(443), "2001:db8::1"))),
            ("a", None),
            ("a:b", None),
            (":1.2.3.4", None),
            ("a:99999:1.2.3.4", None),
        ] {
            let expected = expected.map(|(host, port, address)| Resolve {
                host: host.to_owned(),
                port,
                address: address.parse().unwrap(),
            });
            assert_eq!(parse_resolve(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_name_server_has_port_53_unless_told_otherwise() {
        for (text, expected) in [
            ("9.9.9.9", "9.9.9.9:53"),
            ("127.0.0.1:5353", "127.0.0.1:5353"),
            ("::1", "[::1]:53"),
            ("[::1]", "[::1]:53"),
            ("[::1]:54", "[::1]:54"),
        ] {
            assert_eq!(parse_dns_server(text).unwrap().to_string(), expected);
        }
        assert!(parse_dns_server("dns.example").is_err());
    }

    #[test]
    fn a_proxy_needs_no_scheme_and_keeps_its_password_to_itself() {
        let (proxy, secrets) = proxy("me:hunter2@proxy:3128").unwrap();
        assert_eq!(proxy.url.scheme(), "http");
        assert_eq!(secrets[0].expose_secret(), "hunter2");
        for (bad, why) in [
            ("ftp://proxy", "begins with http"),
            ("http://", "write a URL"),
        ] {
            let BadUsage(text) = super::proxy(bad).unwrap_err();
            assert!(text.contains(why), "{text}");
        }
    }
}
