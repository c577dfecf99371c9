//! The key `tls`: what a request's connections trust, show of themselves and offer.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use secrecy::SecretString;

use super::conceal;
use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::Node;
use super::place::Place;
use super::value::{Given, OrNone, Reader, is_none, shortened};
use crate::expect::TlsVersion;
use crate::prober::identity::{BadPem, ClientIdentity, certificates};
use crate::prober::transport::TlsSettings;

/// What one level says about TLS, each key for itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Tls {
    /// Of the nearest level that says something.
    pub(super) place: Option<Place>,
    roots: Option<OrNone<Arc<[CertificateDer<'static>]>>>,
    identity: Option<OrNone<Identity>>,
    server_name: Option<OrNone<(ServerName<'static>, Place)>>,
    insecure: Option<bool>,
    version_min: Option<Given<TlsVersion>>,
    version_max: Option<Given<TlsVersion>>,
}

#[derive(Clone, Debug)]
struct Identity {
    identity: Arc<ClientIdentity>,
    /// What was filled in.
    secrets: Arc<[SecretString]>,
}

/// The keys below `tls`.
pub(super) const KEYS: [&str; keys::TLS.len()] = names(&keys::TLS);

const VERSIONS: [(&str, TlsVersion); 2] = [("1.2", TlsVersion::Tls12), ("1.3", TlsVersion::Tls13)];

/// Largest PEM file: bundles of all public roots have a quarter of it.
const PEM_BYTES_MAX: u64 = 1 << 20;

/// How a PEM text begins, unlike any path.
const PEM_BEGIN: &str = "-----BEGIN";

/// A PEM text, wherever it came from.
struct Pem {
    place: Place,
    bytes: Vec<u8>,
    /// `None` if it stands in the configuration itself.
    path: Option<String>,
    secrets: Vec<SecretString>,
}

impl Tls {
    pub(super) fn over(self, below: &Self) -> Self {
        Self {
            place: self.place.or(below.place),
            roots: self.roots.or_else(|| below.roots.clone()),
            identity: self.identity.or_else(|| below.identity.clone()),
            server_name: self.server_name.or_else(|| below.server_name.clone()),
            insecure: self.insecure.or(below.insecure),
            version_min: self.version_min.or(below.version_min),
            version_max: self.version_max.or(below.version_max),
        }
    }

    pub(super) fn settings(&self) -> TlsSettings {
        let version = |given: Option<Given<TlsVersion>>| given.and_then(|given| given.value);
        let server_name = self.server_name.as_ref().and_then(OrNone::this);
        TlsSettings {
            roots: self.roots.as_ref().and_then(OrNone::this).cloned(),
            identity: self.identity().map(|it| Arc::clone(&it.identity)),
            server_name: server_name.map(|(name, _)| name.clone()),
            insecure: self.insecure.unwrap_or_default(),
            version_min: version(self.version_min),
            version_max: version(self.version_max),
        }
    }

    fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref().and_then(OrNone::this)
    }

    pub(super) fn secrets(&self) -> &[SecretString] {
        self.identity().map_or(&[], |it| &it.secrets)
    }

    pub(super) fn server_name(&self) -> Option<(String, Place)> {
        let named = self.server_name.as_ref().and_then(OrNone::this);
        named.map(|(name, place)| (name.to_str().into_owned(), *place))
    }

    /// What its keys must be to each other, from whichever levels they come.
    pub(super) fn check(&self, reader: &mut Reader<'_, '_>) {
        if let (Some(min), Some(max)) = (self.version_min, self.version_max)
            && let (Some(lowest), Some(highest)) = (min.value, max.value)
            && lowest > highest
        {
            let title = format!("version_min {lowest} is above version_max {highest}");
            let mistake = Mistake::at(min.place, title)
                .label("no version is left to speak")
                .also(max.place, "version_max is set here");
            reader.wrong(mistake);
        }
    }
}

impl Reader<'_, '_> {
    pub(super) fn tls(&mut self, node: &Node, place: Place) -> Tls {
        let mut tls = Tls {
            place: Some(place),
            ..Tls::default()
        };
        let (mut certificate, mut key_node) = (None, None);
        for (key, node) in self.entries(node, "a map as in { ca: ca.pem }") {
            match &*key.text {
                "ca" => tls.roots = self.roots(node),
                "certificate" => certificate = Some(node),
                "key" => key_node = Some(node),
                "server_name" => tls.server_name = self.server_name(node),
                "insecure" => tls.insecure = self.true_false(node),
                "version_min" | "version_max" => {
                    let value = self.choice(node, "a version of TLS that is spoken", &VERSIONS);
                    let given = Given {
                        place: node.place,
                        value,
                    };
                    if key.text == "version_min" {
                        tls.version_min = Some(given);
                    } else {
                        tls.version_max = Some(given);
                    }
                }
                _ => self.unknown_key(key, &KEYS),
            }
        }
        match (certificate, key_node) {
            (Some(certificate), key) => tls.identity = self.client_identity(certificate, key),
            (None, Some(key)) => {
                let mistake = Mistake::at(key.place, "a key without a certificate")
                    .label("whose key is this?")
                    .help("add `certificate:` beside it; both stand at the same level");
                self.wrong(mistake);
            }
            (None, None) => {}
        }
        tls
    }

    fn roots(&mut self, node: &Node) -> Option<OrNone<Arc<[CertificateDer<'static>]>>> {
        let pem = match self.pem(node, "a file of certificates as in ca.pem")? {
            OrNone::None => return Some(OrNone::None),
            OrNone::This(pem) => pem,
        };
        match certificates(&pem.bytes) {
            Ok(roots) => Some(OrNone::This(roots.into())),
            Err(bad) => {
                self.bad_pem(&pem, "trusted certificates", &bad);
                None
            }
        }
    }

    fn client_identity(
        &mut self,
        certificate: &Node,
        key: Option<&Node>,
    ) -> Option<OrNone<Identity>> {
        let chain = self.pem(certificate, "a file of certificates as in client.pem");
        let key = key.map(|key| self.pem(key, "the file of a key as in client.key"));
        let (chain, key) = match (chain?, key) {
            (OrNone::None, None | Some(Some(OrNone::None))) => return Some(OrNone::None),
            (OrNone::This(chain), None) => (chain, None),
            (OrNone::This(chain), Some(Some(OrNone::This(key)))) => (chain, Some(key)),
            // cannot be read, which was said
            (_, Some(None)) => return None,
            (OrNone::None, Some(Some(OrNone::This(pem))))
            | (OrNone::This(pem), Some(Some(OrNone::None))) => {
                let title = "certificate and key belong together";
                let mistake = Mistake::at(pem.place, title).label("without the other");
                self.wrong(mistake.help("write both, or `none` for both"));
                return None;
            }
        };
        if let Err(bad) = certificates(&chain.bytes) {
            self.bad_pem(&chain, "the client's certificate", &bad);
            return None;
        }
        let key_pem = key.as_ref().unwrap_or(&chain);
        match ClientIdentity::try_new(&chain.bytes, &key_pem.bytes) {
            Ok(identity) => {
                let mut secrets = chain.secrets;
                secrets.extend(key.into_iter().flat_map(|key| key.secrets));
                Some(OrNone::This(Identity {
                    identity: Arc::new(identity),
                    secrets: secrets.into(),
                }))
            }
            Err(bad) => {
                self.bad_pem(key_pem, "the client's key", &bad);
                None
            }
        }
    }

    /// Says what is wrong with a PEM text, and quotes nothing of it.
    fn bad_pem(&mut self, pem: &Pem, what: &str, bad: &BadPem) {
        let name = pem.path.as_deref().unwrap_or("this text");
        let title = format!("{name} cannot be used as {what}");
        let empty = pem.bytes.iter().all(u8::is_ascii_whitespace);
        let encrypted = memchr::memmem::find(&pem.bytes, b"ENCRYPTED").is_some();
        let (label, help) = match bad {
            _ if empty => ("it is empty".to_owned(), ""),
            BadPem::NoKey if encrypted => (
                "the key is encrypted, and there is nobody to ask for its passphrase".to_owned(),
                "`openssl pkey -in FILE -out FILE` writes it without one",
            ),
            BadPem::NoKey => (
                bad.to_string(),
                "a key in a file of its own is named by `key:`",
            ),
            // what the reader of PEM says may quote a line of it
            BadPem::Unreadable(_) => (
                "it is not whole".to_owned(),
                "a PEM text has a line -----BEGIN …-----, lines of base64, and a line -----END …-----",
            ),
            BadPem::NoCertificate | BadPem::OtherKey => (bad.to_string(), ""),
            BadPem::BadKey(_) => (
                "no private key that can be used for TLS".to_owned(),
                "RSA from 2048 bits, ECDSA on P-256, P-384 or P-521, and Ed25519 can be used",
            ),
        };
        let mistake = Mistake::at(pem.place, title).label(label);
        self.wrong(if help.is_empty() {
            mistake
        } else {
            mistake.help(help)
        });
    }

    /// Text that begins as PEM does is taken as such, all other as the path of a file.
    fn pem(&mut self, node: &Node, expected: &str) -> Option<OrNone<Pem>> {
        let text = self.some_text(node, expected)?;
        if is_none(&text) {
            return Some(OrNone::None);
        }
        let value = text.value().trim();
        let mut pem = Pem {
            place: text.place,
            bytes: value.as_bytes().to_vec(),
            path: None,
            secrets: text.secrets().to_vec(),
        };
        if value.starts_with(PEM_BEGIN) {
            return Some(OrNone::This(pem));
        }
        if !is_path(value) {
            let mistake = Mistake::at(text.place, "neither a path nor a PEM text")
                .label("cannot be used")
                .help("a PEM text begins with -----BEGIN, each of its lines on a line of its own");
            self.wrong(mistake);
            return None;
        }
        // a key that lost its first line looks like a path
        let shown = shortened(&conceal::line(text.shown().trim()));
        match self.outside.bytes(Path::new(value), PEM_BYTES_MAX) {
            Ok(bytes) => {
                pem.bytes = bytes.to_vec();
                pem.path = Some(shown);
                Some(OrNone::This(pem))
            }
            Err(why) => {
                let mistake = Mistake::at(text.place, format!("cannot read {shown}: {why}"))
                    .label(format!("expected {expected}"))
                    .help("a relative path starts in the folder of this file");
                self.wrong(mistake);
                None
            }
        }
    }

    fn server_name(&mut self, node: &Node) -> Option<OrNone<(ServerName<'static>, Place)>> {
        let text = self.some_text(node, "the name of a server as in play.example, or none")?;
        if is_none(&text) {
            return Some(OrNone::None);
        }
        let Ok(name) = ServerName::try_from(text.value().trim().to_owned()) else {
            let title = format!(
                "`{}` is not the name of a server",
                shortened(text.written())
            );
            let label = "write a host's name as in play.example, without scheme and port";
            self.wrong(Mistake::at(text.place, title).label(label));
            return None;
        };
        Some(OrNone::This((name, text.place)))
    }
}

/// Whether the text can be meant as one; a key that lost its first line is not to be quoted.
fn is_path(text: &str) -> bool {
    /// The longest part of a path that file systems take.
    const NAME_BYTES_MAX: usize = 255;
    !text.contains(char::is_control) && text.split('/').all(|name| name.len() <= NAME_BYTES_MAX)
}
