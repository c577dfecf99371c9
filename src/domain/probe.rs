//! Who is asked: service → platform → endpoint, and the probe that asks it again and again.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of a service, platform or endpoint: as people wrote it, and in slug form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    display: Arc<str>,
    slug: Arc<str>,
}

/// The identity of a probe: `service/platform/endpoint` in slug form, or the explicit `id:`.
///
/// History hangs on it: renaming keeps the history, a new id is a new probe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeId(Arc<str>);

/// A probe, apart from how it asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Probe {
    pub id: ProbeId,
    pub service: Name,
    pub platform: Name,
    pub endpoint: Name,
}

/// A name without a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` has no letter or digit to name it by")]
pub struct BadName(pub String);

/// An id that could not be typed on a command line or stand in a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a probe id; use letters, digits and `-`, `_`, `.`, with `/` between parts, at most 200 bytes"
)]
pub struct BadProbeId(pub String);

/// Longest probe id in bytes: it stands in tables, file names and URLs.
const ID_BYTES_MAX: usize = 200;

impl Name {
    pub fn try_new(display: &str) -> Result<Self, BadName> {
        let mut slug = String::with_capacity(display.len());
        for c in display.trim().chars().flat_map(char::to_lowercase) {
            if c.is_alphanumeric() || matches!(c, '_' | '.') {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug = slug.trim_end_matches('-');
        if !slug.contains(char::is_alphanumeric) {
            return Err(BadName(display.to_owned()));
        }
        let slug: Arc<str> = slug.into();
        let display = match display.trim() {
            // kept once: there may be a hundred thousand of them
            same if same == &*slug => Arc::clone(&slug),
            other => other.into(),
        };
        Ok(Self { display, slug })
    }

    /// As people wrote it, to be shown.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Lower case, with `-` for what is no letter or digit: to be typed, stored and compared.
    pub fn slug(&self) -> &str {
        &self.slug
    }
}

impl ProbeId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProbeId {
    type Err = BadProbeId;

    fn from_str(text: &str) -> Result<Self, BadProbeId> {
        let part_ok = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        if text.len() <= ID_BYTES_MAX && text.split('/').all(part_ok) {
            Ok(Self(text.into()))
        } else {
            Err(BadProbeId(text.to_owned()))
        }
    }
}

impl fmt::Display for ProbeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Probe {
    /// A probe whose id is made from its names; fails when they make it too long.
    pub fn named(service: Name, platform: Name, endpoint: Name) -> Result<Self, BadProbeId> {
        let id = format!("{}/{}/{}", service.slug(), platform.slug(), endpoint.slug());
        Ok(Self {
            id: id.parse()?,
            service,
            platform,
            endpoint,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_what_can_be_typed_of_a_name() {
        for (display, slug) in [
            ("Spotify", "spotify"),
            ("  web API (v1) ", "web-api-v1"),
            ("apresolve.spotify.com", "apresolve.spotify.com"),
            ("Zażółć", "zażółć"),
        ] {
            assert_eq!(Name::try_new(display).unwrap().slug(), slug);
        }
        for nothing in ["", "  ", "--", "."] {
            assert!(Name::try_new(nothing).is_err(), "{nothing:?}");
        }
    }

    #[test]
    fn an_id_is_made_of_typeable_parts() {
        for good in ["a", "spotify/web/player", "x_1.y-2/z"] {
            assert_eq!(good.parse::<ProbeId>().unwrap().as_str(), good);
        }
        let long = "x".repeat(ID_BYTES_MAX + 1);
        for bad in ["", "/a", "a//b", "a b", "a/", long.as_str()] {
            assert!(bad.parse::<ProbeId>().is_err(), "{bad:?}");
        }
    }
}
