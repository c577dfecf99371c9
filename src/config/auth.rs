//! The key `auth`: who asks, and how that is proven.

use std::sync::Arc;

use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::{Key, Node, Value};
use super::place::Place;
use super::text::Text;
use super::value::{Reader, is_none, shortened};
use crate::prober::basic;
use crate::prober::oauth2::{ClientAuth, OAuth2};

/// What one level says about it. Goes before everything that a farther level says, be it `auth` or
/// the header `Authorization`.
#[derive(Clone, Debug)]
pub(super) struct Auth {
    pub(super) place: Place,
    pub(super) scheme: Scheme,
}

#[derive(Clone, Debug)]
pub(super) enum Scheme {
    /// `none`: an inherited one does not hold here.
    None,
    Basic {
        header: HeaderValue,
        username: Text,
        password: Option<Text>,
    },
    Bearer {
        header: HeaderValue,
        token: Text,
    },
    OAuth2 {
        source: Arc<OAuth2>,
        secrets: Arc<[SecretString]>,
    },
}

/// The keys below `auth`.
pub(super) const KEYS: [&str; keys::AUTH.len()] = names(&keys::AUTH);

const BASIC_KEYS: [&str; keys::BASIC.len()] = names(&keys::BASIC);

pub(super) const OAUTH2_KEYS: [&str; keys::OAUTH2.len()] = names(&keys::OAUTH2);

const CLIENT_AUTHS: [(&str, ClientAuth); 2] =
    [("header", ClientAuth::Header), ("body", ClientAuth::Body)];

const EXAMPLE: &str = "a map as in { bearer: \"${TOKEN}\" } or { basic: { username: u, password: \"${PW}\" } }, or none";

impl Scheme {
    /// What is sent, if it is known before the request is.
    pub(super) fn header(&self) -> Option<&HeaderValue> {
        match self {
            Self::Basic { header, .. } | Self::Bearer { header, .. } => Some(header),
            Self::None | Self::OAuth2 { .. } => None,
        }
    }

    pub(super) fn secrets(&self) -> Vec<SecretString> {
        match self {
            Self::None => Vec::new(),
            Self::Basic {
                header,
                username,
                password,
            } => {
                let mut secrets = username.secrets().to_vec();
                if let Some(text) = password {
                    secrets.extend_from_slice(text.secrets());
                    secrets.push(text.value().into());
                }
                secrets.extend(sent(header));
                secrets
            }
            Self::Bearer { token, .. } => {
                let mut secrets = token.secrets().to_vec();
                secrets.push(token.value().trim().into());
                secrets
            }
            Self::OAuth2 { secrets, .. } => secrets.to_vec(),
        }
    }
}

/// What follows the name of the scheme: a server that echoes it may leave that out.
fn sent(header: &HeaderValue) -> Option<SecretString> {
    let value = header.to_str().ok()?;
    Some(value.split_once(' ')?.1.into())
}

impl Reader<'_, '_> {
    pub(super) fn auth(&mut self, node: &Node) -> Option<Auth> {
        let entries = match &node.value {
            Value::Map(entries) => entries,
            Value::Text(_) if self.text(node, EXAMPLE).is_some_and(|text| is_none(&text)) => {
                return Some(Auth {
                    place: node.place,
                    scheme: Scheme::None,
                });
            }
            _ => {
                self.unexpected(node, EXAMPLE);
                return None;
            }
        };
        let mut found: Option<(&Key, Option<Scheme>)> = None;
        for (key, node) in entries {
            let scheme = match &*key.text {
                "basic" => self.basic(node),
                "bearer" => self.bearer(node),
                "oauth2" => self.oauth2(node),
                _ => {
                    self.unknown_key(key, &KEYS);
                    continue;
                }
            };
            if let Some((first, _)) = &found {
                let mistake = Mistake::at(key.place, "two ways to prove who asks")
                    .label("another one")
                    .also(first.place, "the first");
                self.wrong(mistake.help("write one of them"));
                continue;
            }
            found = Some((key, scheme));
        }
        if entries.is_empty() {
            self.wrong(Mistake::at(node.place, format!("expected {EXAMPLE}")).label("empty"));
        }
        let (key, scheme) = found?;
        Some(Auth {
            place: key.place,
            scheme: scheme?,
        })
    }

    fn basic(&mut self, node: &Node) -> Option<Scheme> {
        let (mut username, mut password) = (None, None);
        let expected = "a map as in { username: u, password: \"${PW}\" }";
        for (key, node) in self.entries(node, expected) {
            match &*key.text {
                "username" => username = Some(self.text(node, "a username")?),
                "password" => password = Some(self.text(node, "a password")?),
                _ => self.unknown_key(key, &BASIC_KEYS),
            }
        }
        let Some(username) = username else {
            if matches!(node.value, Value::Map(_) | Value::Nothing) {
                let mistake = Mistake::at(node.place, "`basic` needs a `username`");
                self.wrong(mistake.label(format!("write {expected}")));
            }
            return None;
        };
        // RFC 7617 §2
        if username.value().contains(':') {
            let title = "a username with a colon cannot be sent";
            self.wrong(
                Mistake::at(username.place, title)
                    .label("everything after `:` would be taken as the password"),
            );
            return None;
        }
        for text in [Some(&username), password.as_ref()].into_iter().flatten() {
            if text.value().contains(char::is_control) {
                let title = "credentials have no control characters";
                self.wrong(Mistake::at(text.place, title).label("has one"));
                return None;
            }
        }
        let secret = password.as_ref().map_or("", Text::value);
        let credentials = basic::credentials(username.value(), secret);
        let header = credentials_header("Basic", &credentials);
        Some(Scheme::Basic {
            header: header?,
            username,
            password,
        })
    }

    fn bearer(&mut self, node: &Node) -> Option<Scheme> {
        let token = self.some_text(node, "a token as in \"${TOKEN}\"")?;
        let value = token.value().trim();
        let label = match credentials_header("Bearer", value) {
            _ if value.len() > 7 && value.as_bytes()[..7].eq_ignore_ascii_case(b"bearer ") => {
                "leave out `Bearer`: it is written before the token anyway"
            }
            Some(header) => return Some(Scheme::Bearer { header, token }),
            None => "a token is one line, without control characters",
        };
        let mistake = Mistake::at(token.place, "this cannot be sent as a token");
        self.wrong(mistake.label(label));
        None
    }

    fn oauth2(&mut self, node: &Node) -> Option<Scheme> {
        let (mut url, mut id, mut secret) = (None, None, None);
        let (mut scopes, mut audience, mut client_auth) = (Some(Vec::new()), None, None);
        let entries = self.entries(
            node,
            "a map as in { token_url: https://…, client_id: x, client_secret: \"${S}\" }",
        );
        for (key, node) in entries {
            match &*key.text {
                "token_url" => url = self.text(node, "a URL"),
                "client_id" => id = self.some_text(node, "a client's id"),
                "client_secret" => secret = self.some_text(node, "a client's secret"),
                "scopes" => scopes = self.scopes(node),
                "audience" => audience = self.some_text(node, "an audience"),
                "client_auth" => {
                    client_auth =
                        self.choice(node, "a way to send a client's secret", &CLIENT_AUTHS);
                }
                _ => self.unknown_key(key, &OAUTH2_KEYS),
            }
        }
        if matches!(node.value, Value::Map(_) | Value::Nothing) {
            for needed in ["token_url", "client_id", "client_secret"] {
                if entries.iter().all(|(key, _)| key.text != needed) {
                    let mistake = Mistake::at(node.place, format!("`oauth2` needs `{needed}`"));
                    self.wrong(mistake.label(format!("add `{needed}:`")));
                }
            }
        }
        let token_url = url.as_ref().and_then(|url| self.url(url));
        let (url, token_url, id, secret, scopes) = (url?, token_url?, id?, secret?, scopes?);
        let client_secret: SecretString = secret.value().trim().into();
        let mut secrets = vec![client_secret.clone()];
        for text in [Some(&url), Some(&id), Some(&secret), audience.as_ref()]
            .into_iter()
            .flatten()
            .chain(&scopes)
        {
            secrets.extend_from_slice(text.secrets());
        }
        let plain = |text: &Text| text.value().trim().to_owned();
        // as it is sent, by header or in a form (RFC 6749 §2.3.1)
        let in_form = super::form::encode(client_secret.expose_secret());
        let id_in_form = super::form::encode(&plain(&id));
        secrets.push(basic::credentials(&id_in_form, &in_form).into());
        secrets.push(in_form.into());
        secrets.extend(super::conceal::credentials(&token_url));
        let source = OAuth2 {
            token_url,
            client_id: plain(&id),
            client_secret,
            scopes: scopes.iter().map(plain).collect(),
            audience: audience.as_ref().map(plain),
            client_auth: client_auth.unwrap_or_default(),
        };
        Some(Scheme::OAuth2 {
            source: self.shared.oauth2.share(source),
            secrets: secrets.into(),
        })
    }

    fn scopes(&mut self, node: &Node) -> Option<Vec<Text>> {
        let scopes = self.texts(node, "a scope, or a list of scopes")?;
        let mut good = true;
        for scope in &scopes {
            // RFC 6749 §3.3
            let allowed = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
            let value = scope.value().trim();
            if value.is_empty() || !value.chars().all(allowed) {
                let title = format!("`{}` is not a scope", shortened(scope.written()));
                let label = "one word; several go into a list as in [read, write]";
                self.wrong(Mistake::at(scope.place, title).label(label));
                good = false;
            }
        }
        good.then_some(scopes)
    }
}

/// Left out of `Debug`, and of HTTP/2's compression tables.
fn credentials_header(scheme: &str, credentials: &str) -> Option<HeaderValue> {
    let value = format!("{scheme} {credentials}");
    let mut header = HeaderValue::from_bytes(value.as_bytes()).ok()?;
    header.set_sensitive(true);
    Some(header)
}
