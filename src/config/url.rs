//! URLs of endpoints: which can be probed, and the name one has if none is given.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::fills::{OPEN, Scope};
use super::mistake::Mistake;
use super::nearest::nearest;
use super::place::Place;
use super::text::Text;
use super::value::{Reader, shortened};
use crate::domain::probe::Name;
use crate::prober::secrets::MASK;
use crate::prober::template::Template;

/// What a request asks.
pub(super) struct Target {
    pub(super) place: Place,
    /// With harmless text in place of captured values.
    pub(super) url: Url,
    /// That were filled in.
    pub(super) secrets: Vec<SecretString>,
    /// `None` if no captured values are filled in.
    pub(super) template: Option<Template>,
}

impl Target {
    pub(super) fn new(text: &Text, url: Url) -> Self {
        Self {
            place: text.place,
            url,
            secrets: text.secrets().to_vec(),
            template: None,
        }
    }
}

impl Reader<'_, '_> {
    /// The URL that the text stands for, if it can be probed.
    pub(super) fn url(&mut self, text: &Text) -> Option<Url> {
        self.url_of(text, text.value().trim(), None)
    }

    /// As [`url`](Self::url), of the text's value with captured values filled in, and perhaps
    /// relative to another URL.
    fn url_of(&mut self, text: &Text, value: &str, base: Option<&Url>) -> Option<Url> {
        // what was filled in must not turn up in a message, not even a part of it
        let filled = text.is_filled();
        let bad = |label: &str| {
            let title = format!("`{}` is not a URL that can be probed", written(text));
            Some(Mistake::at(text.place, title).label(label))
        };
        let parsed = Url::options().base_url(base).parse(value);
        let scheme = value.split_once("://").filter(|_| base.is_none());
        let mistake = match (scheme, &parsed) {
            (None, _) if base.is_none() => {
                bad("write it with http:// or https:// at its beginning")
            }
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

/// How a URL begins that is relative to another.
fn is_relative(value: &str) -> bool {
    !value.starts_with("//")
        && ["/", "?", "./", "../"]
            .iter()
            .any(|it| value.starts_with(it))
}

impl Reader<'_, '_> {
    /// The target of a step: a URL of its own, or one relative to the endpoint's, in which
    /// captured values may be filled in. `base` is `None` also if the endpoint's is wrong.
    pub(super) fn step_target(
        &mut self,
        text: &Text,
        base: Option<(&Text, &Url)>,
        has_base: bool,
        scope: &Scope<'_>,
    ) -> Option<Target> {
        let value = text.value().trim();
        let relative = is_relative(value);
        if relative && !has_base {
            let title = format!("`{}` is relative to no URL", written(text));
            let mistake = Mistake::at(text.place, title)
                .label("write it with http:// or https:// at its beginning")
                .help("or give the endpoint a `url:` to start from");
            self.wrong(mistake);
            return None;
        }
        if !relative && has_base && !value.contains("://") && !value.starts_with(OPEN) {
            let title = format!("`{}` is not a URL that can be asked", written(text));
            let mistake = Mistake::at(text.place, title)
                .label("write `/`, `?`, `./` or `../` at its beginning")
                .help("or write all of it, as in https://play.example/");
            self.wrong(mistake);
            return None;
        }
        if value.starts_with(OPEN) && !has_base {
            let mistake = Mistake::at(text.place, "no server to ask is named")
                .label("begins with a captured value")
                .help("give the endpoint a `url:`; what was captured has to be on the same server");
            self.wrong(mistake);
            return None;
        }
        // a captured value decides what of a server is asked, not which server
        let rest = value.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if !relative && !value.starts_with(OPEN) && authority.contains(OPEN) {
            let title = "host and port of a URL cannot be captured";
            let mistake = Mistake::at(text.place, title).label("`{{…}}` stands in them");
            self.wrong(mistake.help("write them out; path and query are filled in"));
            return None;
        }
        let template = self.template(value, text.place, text.secrets(), scope);
        if value.starts_with(OPEN) {
            // the whole URL, or the beginning of it: what it comes to is known only then
            let (base_text, base) = base?;
            let mut target = Target::new(text, base.clone());
            target.secrets.extend_from_slice(base_text.secrets());
            target.template = template;
            return Some(target);
        }
        let names: Vec<_> = template.iter().flat_map(Template::names).collect();
        let stand_ins = StandIns::new(value, base.map(|(_, url)| url), &names);
        let base = base.filter(|_| relative);
        if relative && base.is_none() {
            return None;
        }
        let url = self.url_of(text, &stand_ins.put_in(value), base.map(|(_, url)| url))?;
        let template = template.as_ref().and_then(|_| {
            // the braces are in none of the rest of a URL but where these put them
            Template::try_new(&stand_ins.take_out(url.as_str())).ok()
        });
        let mut target = Target::new(text, url);
        if let Some((base, _)) = base {
            target.secrets.extend_from_slice(base.secrets());
        }
        target.template = template;
        Some(target)
    }
}

/// Harmless text in place of captured values, to see whether the rest is a URL.
struct StandIns<'n> {
    names: &'n [&'n str],
    /// Is in nothing else.
    word: String,
}

impl<'n> StandIns<'n> {
    fn new(value: &str, base: Option<&Url>, names: &'n [&'n str]) -> Self {
        let mut word = "captured".to_owned();
        while value.contains(&word) || base.is_some_and(|url| url.as_str().contains(&word)) {
            word.push('x');
        }
        Self { names, word }
    }

    fn stand_in(&self, i: usize) -> String {
        format!("{}{i}.", self.word)
    }

    fn put_in(&self, value: &str) -> String {
        let (mut put, mut rest) = (String::new(), value);
        for i in 0..self.names.len() {
            let parts = rest
                .split_once(OPEN)
                .and_then(|(before, rest)| Some((before, rest.split_once("}}")?.1)));
            let Some((before, after)) = parts else { break };
            put.push_str(before);
            put.push_str(&self.stand_in(i));
            rest = after;
        }
        put + rest
    }

    fn take_out(&self, url: &str) -> String {
        let names = self.names.iter().enumerate();
        names.fold(url.to_owned(), |url, (i, name)| {
            url.replace(&self.stand_in(i), &format!("{{{{{name}}}}}"))
        })
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
