//! The keys that may stand at any level: an endpoint's go before its platform's, and those before
//! the file's `defaults`.

use std::num::NonZeroU32;

use http::Method;

use super::expectation::ExpectSettings;
use super::header::Header;
use super::mistake::Mistake;
use super::nearest::nearest;
use super::node::{Key, Node};
use super::text::Text;
use super::value::{Given, Reader, shortened};
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
    pub(super) headers: Vec<Header>,
    pub(super) body: Option<Text>,
    pub(super) redirects: Option<Redirects>,
    pub(super) body_bytes_max: Option<usize>,
    pub(super) expect: ExpectSettings,
    pub(super) slow_if: ExpectSettings,
}

/// The keys in the order they are documented.
pub(super) const KEYS: [&str; 16] = [
    "interval",
    "timeout",
    "confirm_interval",
    "failure_threshold",
    "recovery_threshold",
    "grace",
    "flap_failures",
    "flap_of",
    "method",
    "user_agent",
    "headers",
    "body",
    "redirects",
    "body_bytes_max",
    "expect",
    "slow_if",
];

/// Methods that are understood, the standard ones and what services commonly add.
const METHODS: [&str; 13] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PROPFIND",
    "REPORT", "SEARCH", "PURGE",
];

/// 1 GiB: a body of this length is held in memory.
const BODY_BYTES_MAX_MAX: u64 = 1 << 30;

impl Settings {
    /// These settings, and where they say nothing, those of the level below.
    pub(super) fn over(self, below: &Self) -> Self {
        let mut headers = below.headers.clone();
        headers.retain(|old| self.headers.iter().all(|new| new.name != old.name));
        headers.extend(self.headers);
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
            redirects: self.redirects.or(below.redirects),
            body_bytes_max: self.body_bytes_max.or(below.body_bytes_max),
            expect: self.expect.over(&below.expect),
            slow_if: self.slow_if.over(&below.slow_if),
        }
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
            "headers" => self.headers = reader.headers(node),
            "body" => self.body = reader.text(node, "text"),
            "redirects" => self.redirects = reader.redirects(node),
            "body_bytes_max" => {
                let bytes = reader.number(node, 1..=BODY_BYTES_MAX_MAX);
                self.body_bytes_max = bytes.and_then(|bytes| usize::try_from(bytes).ok());
            }
            "expect" => self.expect.read(node, reader),
            "slow_if" => self.slow_if.read(node, reader),
            _ => return false,
        }
        true
    }
}

impl Reader<'_, '_> {
    fn method(&mut self, node: &Node) -> Option<Method> {
        let text = self.text(node, "a method as in GET")?;
        let upper = text.value().to_ascii_uppercase();
        if METHODS.contains(&&*upper) {
            return upper.parse().ok();
        }
        let title = format!("`{}` is not a method", shortened(text.written()));
        let label = match nearest(&upper, METHODS) {
            Some(meant) if !text.is_filled() => format!("did you mean `{meant}`?"),
            _ => "unknown method".to_owned(),
        };
        let mistake = Mistake::at(text.place, title).label(label);
        self.wrong(mistake.help(format!("methods: {}", METHODS.join(", "))));
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
