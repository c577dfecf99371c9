//! How texts look that have a form.

use super::Pattern;

const fn pattern(regex: &'static str, about: &'static str) -> Pattern {
    Pattern { regex, about }
}

pub(in crate::config) const URL: Pattern = pattern(
    r"^\s*[Hh][Tt][Tt][Pp][Ss]?://[^/?#\s]",
    "http:// or https://, with a host",
);

pub(super) const STEP_URL: Pattern = pattern(
    r"^\s*([Hh][Tt][Tt][Pp][Ss]?://[^/?#\s]|/(?!/)|\?|\./|\.\./|\{\{)",
    "a whole URL, or one relative to the endpoint's",
);

pub(super) const ID: Pattern = pattern(
    r"^[\p{L}\p{N}._-]+(/[\p{L}\p{N}._-]+)*$",
    "letters, digits, `-`, `_` and `.`, with `/` between parts",
);

pub(in crate::config) const JSON_PATH: Pattern =
    pattern(r"^\s*\$", "a JSONPath (RFC 9535) as in $.items[0].name");

/// RFC 9110 §9.1: a token, but for the one that opens tunnels.
pub(super) const METHOD: Pattern = pattern(
    r"^\s*(?![Cc][Oo][Nn][Nn][Ee][Cc][Tt]\s*$)[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*$",
    "a method: one word",
);

/// RFC 9110 §5.1: a token.
pub(super) const HEADER_NAME: Pattern =
    pattern(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "the name of a header");

/// Without those that follow from the body.
pub(super) const SENT_HEADER_NAME: Pattern = pattern(
    r"^(?![Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh]$|[Tt][Rr][Aa][Nn][Ss][Ff][Ee][Rr]-[Ee][Nn][Cc][Oo][Dd][Ii][Nn][Gg]$)[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    "the name of a header that can be set",
);

pub(super) const HEADER_VALUE: Pattern = pattern(r"^\s*[^\r\n]*\s*$", "one line");

pub(super) const PROXY: Pattern = pattern(
    r"^\s*([Hh][Tt][Tt][Pp][Ss]?://[^/?#\s]+/?|[Ss][Oo][Cc][Kk][Ss]5[Hh]?://[^/?#\s]+/?|none)\s*$",
    "http://, https://, socks5:// or socks5h:// with host and port, or none",
);

pub(super) const HOST: Pattern = pattern(
    r"^([^/?#@:\\\[\s]+|\[?[0-9A-Fa-f]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]?)$",
    "a host without scheme and port",
);

pub(super) const ADDRESS: Pattern = pattern(
    r"^\s*(\d{1,3}(\.\d{1,3}){3}|\[?[0-9A-Fa-f]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]?)\s*$",
    "an IP address",
);

pub(super) const DNS_SERVER: Pattern = pattern(
    r"^\s*(\d{1,3}(\.\d{1,3}){3}(:[1-9]\d*)?|[0-9A-Fa-f]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*|\[[0-9A-Fa-f:.]+\](:[1-9]\d*)?|none|system)\s*$",
    "an IP address, with a port or without",
);

/// RFC 3986 §2.3: what stands for itself in a URL.
pub(super) const PARAMETER: Pattern = pattern(
    r"^\s*[A-Za-z0-9._~-]{1,64}\s*$",
    "on, off, or the name of a query parameter",
);

pub(super) const USERNAME: Pattern = pattern(r"^[^:]*$", "a name without a colon");

pub(super) const TOKEN: Pattern = pattern(r"^\s*\S+\s*$", "a token, without blanks");

pub(super) const SERVER_NAME: Pattern = pattern(r"^\s*[^/@\s]+\s*$", "a host's name");

pub(super) const VARIABLE: Pattern = pattern(
    r"^[A-Za-z_][A-Za-z0-9_]*$",
    "letters, digits and `_`, and no digit first",
);

/// An instant with an offset, or a local time.
pub(super) const WHEN: Pattern = pattern(
    r"^\s*[+-]?\d{4,6}-?\d\d-?\d\d([Tt ]\s*\d\d(:?\d\d(:?\d\d([.,]\d+)?)?)?.*)?\s*$",
    "a time as in 2026-12-01T02:00:00Z",
);

pub(super) const CRON: Pattern = pattern(
    r"^\s*(@[A-Za-z]+|[0-9*,/-]+\s+[0-9*,/-]+\s+[0-9*?,/Ll-]+\s+[0-9A-Za-z*,/-]+\s+[0-9A-Za-z*?,/#-]+)\s*$",
    "five fields: minute, hour, day of the month, month, day of the week",
);

pub(super) const ZONE: Pattern = pattern(
    r"^\s*[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*\s*$",
    "a time zone as in Europe/Berlin",
);

pub(in crate::config) const QUORUM: Pattern = pattern(
    r"^\s*([1-9]\d*|[1-9]\d?\s*%|100\s*%)\s*$",
    "a count as in 2, or a share as in 50%",
);

/// With at most three decimals.
pub(super) const PERCENT: Pattern = pattern(
    r"^\s*(100(\.0{1,3})?|0?\d{1,2}(\.\d{1,3})?)\s*%\s*$",
    "a percentage as in 99.9%",
);

pub(super) const TARGET: Pattern = pattern(
    r"^\s*0?\d{1,2}(\.\d{1,3})?\s*%\s*$",
    "a percentage below 100% as in 99.9%",
);

pub(super) const ZERO: Pattern = pattern(r"^\s*0\s*[a-z]*\s*$", "no time at all");

pub(super) const FOLDER: Pattern = pattern(r"\S", "the path of a folder");
