//! The keys that may stand at any level: an endpoint's go before its platform's, and those before
//! the file's `defaults`.

use std::num::NonZeroU32;
use std::sync::Arc;

use http::Method;
use http::header::AUTHORIZATION;

use super::auth::Auth;
use super::body::Body;
use super::expectation::ExpectSettings;
use super::header::Header;
use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::{Key, Node};
use super::text::Text;
use super::transport::TransportSettings;
use super::value::{Given, OrNone, Reader, shortened};
use crate::domain::time::Millis;
use crate::prober::request::{REDIRECTS_MAX_DEFAULT, Redirects};

/// What one level says. `None` is what it does not mention.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    pub(super) interval: Option<Given<Millis>>,
    pub(super) timeout: Option<Given<Millis>>,
    pub(super) confirm_interval: Option<Given<Millis>>,
    pub(super) grace: Option<Given<Millis>>,
    pub(super) failure_threshold: Option<Given<NonZeroU32>>,
    pub(super) recovery_threshold: Option<Given<NonZeroU32>>,
    pub(super) flap_failures: Option<Given<NonZeroU32>>,
    pub(super) flap_of: Option<Given<NonZeroU32>>,
    pub(super) method: Option<Method>,
    pub(super) user_agent: Option<Text>,
    pub(super) headers: Arc<[Header]>,
    pub(super) body: Option<Body>,
    pub(super) auth: Option<Auth>,
    pub(super) transport: TransportSettings,
    pub(super) compression: Option<bool>,
    pub(super) cache_bust: Option<OrNone<Arc<str>>>,
    pub(super) redirects: Option<Redirects>,
    pub(super) body_bytes_max: Option<usize>,
    pub(super) expect: ExpectSettings,
    pub(super) slow_if: ExpectSettings,
}

/// The keys in the order they are documented.
pub(super) const KEYS: [&str; keys::SETTINGS.len()] = names(&keys::SETTINGS);

/// Of these, the ones that a step of a journey cannot have: they are about asking again and again.
pub(super) const SCHEDULE_KEYS: [&str; 7] = [
    "interval",
    "confirm_interval",
    "failure_threshold",
    "recovery_threshold",
    "grace",
    "flap_failures",
    "flap_of",
];

/// As jQuery has always named it.
const CACHE_BUST_DEFAULT: &str = "_";

const PARAMETER_BYTES_MAX: usize = 64;

/// 1 GiB: a body of this length is held in memory.
const BODY_BYTES_MAX_MAX: u64 = 1 << 30;

impl Settings {
    /// These settings, and where they say nothing, those of the level below.
    pub(super) fn over(self, below: &Self) -> Self {
        let headers = if self.headers.is_empty() && self.auth.is_none() {
            Arc::clone(&below.headers)
        } else {
            let mut headers = below.headers.to_vec();
            headers.retain(|old| self.headers.iter().all(|new| new.name != old.name));
            if self.auth.is_some() {
                headers.retain(|old| old.name != AUTHORIZATION);
            }
            headers.extend_from_slice(&self.headers);
            headers.into()
        };
        Self {
            interval: self.interval.or(below.interval),
            timeout: self.timeout.or(below.timeout),
            confirm_interval: self.confirm_interval.or(below.confirm_interval),
            grace: self.grace.or(below.grace),
            failure_threshold: self.failure_threshold.or(below.failure_threshold),
            recovery_threshold: self.recovery_threshold.or(below.recovery_threshold),
            flap_failures: self.flap_failures.or(below.flap_failures),
            flap_of: self.flap_of.or(below.flap_of),
            method: self.method.or_else(|| below.method.clone()),
            user_agent: self.user_agent.or_else(|| below.user_agent.clone()),
            headers,
            body: self.body.or_else(|| below.body.clone()),
            auth: self.auth.or_else(|| below.auth.clone()),
            transport: self.transport.over(&below.transport),
            compression: self.compression.or(below.compression),
            cache_bust: self.cache_bust.or_else(|| below.cache_bust.clone()),
            redirects: self.redirects.or(below.redirects),
            body_bytes_max: self.body_bytes_max.or(below.body_bytes_max),
            expect: self.expect.over(&below.expect),
            slow_if: self.slow_if.over(&below.slow_if),
        }
    }

    /// How many headers, hosts and expectations it holds for itself rather than sharing them with
    /// the level below.
    pub(super) fn own_since(&self, below: &Self) -> usize {
        let headers = if Arc::ptr_eq(&self.headers, &below.headers) {
            0
        } else {
            self.headers.len()
        };
        let (hosts, inherited) = (&self.transport.resolve, &below.transport.resolve);
        let hosts = if Arc::ptr_eq(hosts, inherited) {
            0
        } else {
            hosts.len()
        };
        let expected = self.expect.own_since(&below.expect);
        headers + hosts + expected + self.slow_if.own_since(&below.slow_if)
    }

    /// Reads the key if it is one of [`KEYS`], else leaves it to the caller.
    pub(super) fn read(&mut self, key: &Key, node: &Node, reader: &mut Reader<'_, '_>) -> bool {
        match &*key.text {
            "interval" => self.interval = Some(reader.length(node)),
            "timeout" => self.timeout = Some(reader.length(node)),
            "confirm_interval" => self.confirm_interval = Some(reader.length(node)),
            "grace" => self.grace = Some(reader.length(node)),
            "failure_threshold" => self.failure_threshold = Some(reader.count(node)),
            "recovery_threshold" => self.recovery_threshold = Some(reader.count(node)),
            "flap_failures" => self.flap_failures = Some(reader.count(node)),
            "flap_of" => self.flap_of = Some(reader.count(node)),
            "method" => self.method = reader.method(node),
            "user_agent" => self.user_agent = reader.user_agent(node),
            "headers" => self.headers = reader.headers(node).into(),
            "body" => self.body = reader.body(node),
            "auth" => self.auth = reader.auth(node),
            "compression" => self.compression = reader.on_off(node),
            "cache_bust" => self.cache_bust = reader.cache_bust(node),
            "redirects" => self.redirects = reader.redirects(node),
            "body_bytes_max" => {
                let bytes = reader.number(node, 1..=BODY_BYTES_MAX_MAX);
                self.body_bytes_max = bytes.and_then(|bytes| usize::try_from(bytes).ok());
            }
            "expect" => self.expect.read(node, reader),
            "slow_if" => self.slow_if.read(node, reader),
            _ => return self.transport.read(key, node, reader),
        }
        true
    }
}

impl Reader<'_, '_> {
    /// The parameter's name.
    fn cache_bust(&mut self, node: &Node) -> Option<OrNone<Arc<str>>> {
        let text = self.text(node, "on, off, or the name of a query parameter")?;
        let value = text.value().trim();
        match &*value.to_ascii_lowercase() {
            "on" | "true" | "yes" => return Some(OrNone::This(CACHE_BUST_DEFAULT.into())),
            "off" | "false" | "no" => return Some(OrNone::None),
            _ => {}
        }
        // RFC 3986 §2.3: what stands for itself in a URL
        let unreserved = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
        if !value.is_empty() && value.len() <= PARAMETER_BYTES_MAX && value.chars().all(unreserved)
        {
            return Some(OrNone::This(value.into()));
        }
        let title = format!(
            "`{}` cannot be the name of a query parameter",
            shortened(text.written())
        );
        let label = "write on, off, or a name of letters, digits, `-`, `.`, `_` and `~`";
        self.wrong(Mistake::at(text.place, title).label(label));
        None
    }

    fn redirects(&mut self, node: &Node) -> Option<Redirects> {
        let text = self.text(node, "off, on, or how many to follow")?;
        let word = text.value().trim().to_ascii_lowercase();
        match (&*word, word.parse::<u8>()) {
            ("off" | "false" | "no", _) => Some(Redirects::Off),
            ("on" | "true" | "yes", _) => Some(Redirects::Follow {
                max: REDIRECTS_MAX_DEFAULT,
            }),
            (_, Ok(max @ 1..)) => Some(Redirects::Follow { max }),
            _ => {
                let title = format!(
                    "`{}` does not say how redirects are taken",
                    shortened(text.written())
                );
                let label = "write off, on, or a number from 1 to 255";
                self.wrong(Mistake::at(text.place, title).label(label));
                None
            }
        }
    }
}
