//! The proxy that requests go through.

use reqwest::Url;
use secrecy::SecretString;

use super::conceal;
use super::mistake::Mistake;
use super::nearest::nearest;
use super::node::Node;
use super::place::Place;
use super::value::{OrNone, Reader, alternatives, is_none, shortened};
use crate::prober::secrets::MASK;

#[derive(Clone)]
pub(super) struct ProxySetting {
    pub(super) place: Place,
    pub(super) url: Url,
    pub(super) secrets: Vec<SecretString>,
}

const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

impl Reader<'_, '_> {
    pub(super) fn proxy(&mut self, node: &Node) -> Option<OrNone<ProxySetting>> {
        let text = self.some_text(node, "a proxy as in http://proxy.example:3128, or none")?;
        if is_none(&text) {
            return Some(OrNone::None);
        }
        let value = text.value().trim();
        let parsed = Url::parse(value);
        let schemes = || alternatives(SCHEMES.into_iter());
        let problem = match (value.split_once("://"), &parsed) {
            (None, _) => "write it as in http://proxy.example:3128".to_owned(),
            (Some((scheme, _)), _) if !SCHEMES.contains(&&*scheme.to_ascii_lowercase()) => {
                match nearest(scheme, SCHEMES).filter(|_| !text.is_filled()) {
                    Some(near) => format!("did you mean `{near}://`?"),
                    None => format!("a proxy's scheme is {}", schemes()),
                }
            }
            (_, Err(error)) => error.to_string(),
            (_, Ok(url)) if url.host_str().is_none_or(str::is_empty) => {
                "the host is missing".to_owned()
            }
            (_, Ok(url)) if url.port() == Some(0) => "there is no port 0".to_owned(),
            (_, Ok(url))
                if !matches!(url.path(), "" | "/")
                    || url.query().is_some()
                    || url.fragment().is_some() =>
            {
                "a proxy has no path: leave out what follows host and port".to_owned()
            }
            (_, Ok(url)) => {
                let mut secrets = text.secrets().to_vec();
                secrets.extend(conceal::credentials(url));
                return Some(OrNone::This(ProxySetting {
                    place: text.place,
                    url: url.clone(),
                    secrets,
                }));
            }
        };
        let written = conceal::line(text.written());
        // without a scheme it is not known as a URL there
        let written = match written.rsplit_once('@') {
            Some((_, host)) if !written.contains("://") => format!("{MASK}@{host}"),
            _ => written.into_owned(),
        };
        let title = format!("`{}` is not a proxy that can be used", shortened(&written));
        self.wrong(Mistake::at(text.place, title).label(problem));
        None
    }
}

impl ProxySetting {
    /// Whether it is given names rather than addresses.
    pub(super) fn looks_up_names(&self) -> bool {
        self.url.scheme() != "socks5"
    }
}

impl std::fmt::Debug for ProxySetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProxySetting({})", self.url.scheme())
    }
}
