//! Methods: any token, but no slip of a known one.

use http::Method;

use super::mistake::Mistake;
use super::nearest::nearest_within;
use super::node::Node;
use super::value::{Reader, shortened};

/// Methods that are understood in any case of letters: the standard ones and what services
/// commonly add.
const METHODS: [&str; 25] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "QUERY",
    "PROPFIND",
    "PROPPATCH",
    "REPORT",
    "SEARCH",
    "PURGE",
    "BAN",
    "LIST",
    "LINK",
    "UNLINK",
    "LOCK",
    "UNLOCK",
    "COPY",
    "MOVE",
    "MKCOL",
    "MKCALENDAR",
    "ACL",
];

/// Longest method: those that are registered have up to 17 letters.
const METHOD_BYTES_MAX: usize = 64;

impl Reader<'_, '_> {
    pub(super) fn method(&mut self, node: &Node) -> Option<Method> {
        let text = self.text(node, "a method as in GET")?;
        let value = text.value().trim();
        let upper = value.to_ascii_uppercase();
        if METHODS.contains(&&*upper) {
            return upper.parse().ok();
        }
        let title = format!("`{}` is not a method", shortened(text.written()));
        let mistake = Mistake::at(text.place, title);
        // one slip: `LIST` is a method of its own, although two letters make it `POST`
        let meant = nearest_within(&upper, METHODS, 1).filter(|_| !text.is_filled());
        let mistake = if let Some(meant) = meant {
            mistake
                .label(format!("did you mean `{meant}`?"))
                .help(format!(
                    "methods: {}, or any other word",
                    METHODS.join(", ")
                ))
        } else if upper == "CONNECT" {
            mistake
                .label("CONNECT opens tunnels")
                .help("`proxy:` goes through one")
        } else {
            // RFC 9110 §9.1: a token, in the case it is written in
            match value.parse() {
                Ok(method) if value.len() <= METHOD_BYTES_MAX => return Some(method),
                _ => mistake.label("a method is one word of letters, digits and `-`"),
            }
        };
        self.wrong(mistake);
        None
    }
}
