//! `{{name}}` in the steps of a journey: what earlier steps captured is filled in when it is known.

use http::HeaderName;
use http::header::{AUTHORIZATION, USER_AGENT};
use secrecy::{ExposeSecret as _, SecretString};

use super::auth::Scheme;
use super::capture::PlacedCapture;
use super::mistake::Mistake;
use super::nearest::nearest;
use super::place::Place;
use super::settings::Settings;
use super::text::Text;
use super::value::Reader;
use crate::prober::template::{BadTemplate, Fills, Template};

/// What begins a template.
pub(super) const OPEN: &str = "{{";

/// What a step may fill in.
pub(super) struct Scope<'s> {
    /// Captured by the steps before it.
    pub(super) earlier: Vec<&'s PlacedCapture>,
    /// Captured by itself and the steps after it.
    pub(super) later: Vec<&'s PlacedCapture>,
}

impl Reader<'_, '_> {
    /// What of a step's request is filled in. The URL has been looked at already.
    pub(super) fn fills(
        &mut self,
        settings: &Settings,
        url: Option<Template>,
        scope: &Scope<'_>,
    ) -> Option<Box<Fills>> {
        let mut fills = Fills {
            url,
            ..Fills::default()
        };
        let has = |text: &Text| text.value().contains(OPEN);
        for header in &*settings.headers {
            // all values of the name, since these take the place of what is sent otherwise
            if header.values.iter().any(|(text, _)| has(text)) {
                for (text, _) in &header.values {
                    self.header_fill(&header.name, text, "", scope, &mut fills);
                }
            }
        }
        if let Some(text) = settings.user_agent.as_ref().filter(|text| has(text))
            && settings
                .headers
                .iter()
                .all(|header| header.name != USER_AGENT)
        {
            self.header_fill(&USER_AGENT, text, "", scope, &mut fills);
        }
        match settings.auth.as_ref().map(|auth| &auth.scheme) {
            Some(Scheme::Bearer { token, .. }) if has(token) => {
                self.header_fill(&AUTHORIZATION, token, "Bearer ", scope, &mut fills);
            }
            Some(Scheme::Basic {
                username, password, ..
            }) => {
                for text in [Some(username), password.as_ref()].into_iter().flatten() {
                    self.no_fill(text);
                }
            }
            _ => {}
        }
        if let Some(body) = &settings.body
            && let Some(text) = &body.template
        {
            fills.body = self.template(text, body.place, &body.secrets, scope);
            fills.body_encoding = body.encoding;
        }
        let any = fills.url.is_some() || !fills.headers.is_empty() || fills.body.is_some();
        any.then(|| Box::new(fills))
    }

    fn header_fill(
        &mut self,
        name: &HeaderName,
        text: &Text,
        before: &str,
        scope: &Scope<'_>,
        fills: &mut Fills,
    ) {
        let written = format!("{before}{}", text.value().trim());
        match Template::try_new(&written) {
            // one of several values, with nothing to fill in
            Ok(plain) if plain.names().next().is_none() => {
                fills.headers.push((name.clone(), plain));
            }
            _ => {
                let template = self.template(&written, text.place, text.secrets(), scope);
                fills.headers.extend(template.map(|it| (name.clone(), it)));
            }
        }
    }

    /// Says so if something would have to be filled into Basic credentials.
    fn no_fill(&mut self, text: &Text) {
        let template = Template::try_new(text.value());
        if let Ok(template) = template
            && let Some(name) = template.names().next()
            && !text.is_filled()
        {
            let part = self.part(text.place, name);
            let title = format!("`{{{{{name}}}}}` cannot be part of `basic`");
            let mistake = Mistake::at(part, title).label("it is sent in base64");
            self.wrong(
                mistake.help("in a step, `url`, `headers`, `body` and `bearer` are filled in"),
            );
        }
    }

    /// The template that the text is, if there is something to fill in; what it names has to be
    /// captured by then.
    pub(super) fn template(
        &mut self,
        text: &str,
        place: Place,
        secrets: &[SecretString],
        scope: &Scope<'_>,
    ) -> Option<Template> {
        if !text.contains(OPEN) {
            return None;
        }
        // it would be taken as the name of a captured value, and shown
        if secrets.iter().any(|it| it.expose_secret().contains(OPEN)) {
            let mistake = Mistake::at(place, "what `${…}` fills in has `{{` in it")
                .label("cannot be told from a captured value");
            self.wrong(mistake);
            return None;
        }
        let template = match Template::try_new(text) {
            Ok(template) => template,
            Err(bad) => {
                let mistake = Mistake::at(place, bad.to_string());
                self.wrong(match bad {
                    BadTemplate::Unclosed => mistake.label("not closed"),
                    BadTemplate::Name(_) => mistake.label("no name of a captured value"),
                });
                return None;
            }
        };
        let mut all = true;
        for name in template.names() {
            if scope.earlier.iter().all(|capture| &*capture.name != name) {
                self.not_captured(name, place, scope);
                all = false;
            }
        }
        let fills = template.names().next().is_some();
        (all && fills).then_some(template)
    }

    fn not_captured(&mut self, name: &str, place: Place, scope: &Scope<'_>) {
        let title = format!("no step before this one captures `{name}`");
        let mistake = Mistake::at(self.part(place, name), title);
        let earlier = || scope.earlier.iter().map(|capture| &*capture.name);
        let later = scope.later.iter().find(|capture| &*capture.name == name);
        let mistake = if let Some(later) = later {
            mistake
                .label("not known yet")
                .also(later.place, "captured only here")
        } else if let Some(meant) = nearest(name, earlier()) {
            mistake.label(format!("did you mean `{{{{{meant}}}}}`?"))
        } else {
            mistake.label("not known here")
        };
        let known: Vec<_> = earlier().collect();
        self.wrong(if known.is_empty() {
            mistake.help("a step before it keeps a value by `capture: { NAME: $.path }`")
        } else {
            mistake.help(format!("known here: {}", known.join(", ")))
        });
    }

    /// Where the captured value is named.
    fn part(&self, place: Place, name: &str) -> Place {
        let source = &self.mistakes.sources[place.file as usize];
        place.narrowed(&source.text, &format!("{{{{{name}}}}}"))
    }
}
