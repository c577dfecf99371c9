//! URLs of endpoints: which can be probed, and the name one has if none is given.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::mistake::Mistake;
use super::nearest::nearest;
use super::text::Text;
use super::value::{Reader, shortened};
use crate::domain::probe::Name;
use crate::prober::secrets::MASK;

impl Reader<'_, '_> {
    /// The URL that the text stands for, if it can be probed.
    pub(super) fn url(&mut self, text: &Text) -> Option<Url> {
        // what was filled in must not turn up in a message, not even a part of it
        let filled = text.is_filled();
        let bad = |label: &str| {
            let title = format!("`{}` is not a URL that can be probed", written(text));
            Some(Mistake::at(text.place, title).label(label))
        };
        let value = text.value().trim();
        let parsed = Url::parse(value);
        let mistake = match (value.split_once("://"), &parsed) {
            (None, _) => bad("write it with http:// or https:// at its beginning"),
            (Some((scheme, _)), _) if !matches!(&*scheme.to_lowercase(), "http" | "https") => {
                let near = nearest(scheme, ["https", "http"]).filter(|_| !filled);
                let label = near.map_or_else(
                    || "only http:// and https:// are probed".to_owned(),
                    |near| format!("did you mean `{near}://`?"),
                );
                bad(&label)
            }
            (_, Err(error)) => bad(&error.to_string()),
            (_, Ok(url)) if url.port() == Some(0) => bad("there is no port 0"),
            // it would end the path or query in the middle of a secret, and the rest be sent, shown
            // or dropped as something else
            (_, Ok(_)) if text.secrets().iter().any(cuts) => {
                bad("a blank, `#`, `?` or `\\` is filled in")
            }
            (_, Ok(_)) => None,
        };
        match mistake {
            Some(mistake) => {
                self.wrong(if filled {
                    mistake.help("in a URL, what `${…}` fills in may have to be percent-encoded")
                } else {
                    mistake
                });
                None
            }
            None => parsed.ok(),
        }
    }
}

fn cuts(secret: &SecretString) -> bool {
    let cut = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '#' | '?' | '\\');
    // a whole URL may be filled in, and then has its `?` where it belongs
    let value = secret.expose_secret();
    !value.contains("://") && value.contains(cut)
}

fn written(text: &Text) -> String {
    shortened(&super::conceal::line(text.written()))
}

/// The name of an endpoint that was given none: the URL's host, and port and path if there are any.
///
/// It depends on nothing but the URL as written, so that an endpoint keeps its id, and with it its
/// history, when others are added beside it or a secret changes.
pub(super) fn name(reader: &mut Reader<'_, '_>, url: &Text) -> Option<Name> {
    let outline = Url::parse(url.outline().trim()).ok();
    let host = outline.as_ref().and_then(Url::host_str);
    if let (Some(outline), Some(host)) = (&outline, host)
        && !host.contains(MASK)
    {
        let port = outline.port().map(|port| format!(":{port}"));
        let path = outline.path().trim_end_matches('/');
        let name = format!("{host}{}{path}", port.unwrap_or_default());
        if let Ok(name) = Name::try_new(&name) {
            return Some(name);
        }
    }
    // a URL that is wrong altogether is complained of elsewhere
    if url.is_filled() {
        let mistake = Mistake::at(url.place, "this endpoint has no name")
            .label("its host is filled in, so it cannot name the endpoint")
            .help("give it a `name:`");
        reader.wrong(mistake);
    }
    None
}
