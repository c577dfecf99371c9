//! What an outage window or an incident is called, so that people and programs can refer to it.

use std::fmt;

use super::probe::ProbeId;
use super::subject::Subject;
use super::time::UnixMillis;

/// The same for one window or incident in every command and every run: it is made from what that is
/// of and its start, and nothing else. It changes if older observations are imported that move the
/// start.
///
/// FNV-1a (64 bit) over the bytes of the name, which is the probe's id for a window of an endpoint,
/// a zero byte, and the start's milliseconds as eight bytes, the lowest first. Shown in Crockford's base 32, in lower case: 13 characters without `i`, `l`,
/// `o` and `u`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutageId(pub u64);

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl OutageId {
    /// Of a window of one endpoint.
    pub fn new(probe: &ProbeId, start: UnixMillis) -> Self {
        Self::hash(probe.as_str().bytes(), start)
    }

    /// Of a window of any subject. Platforms and services are hashed with their scope before the
    /// key, as in `platform:spotify/web`, which no probe can be called.
    pub fn of(subject: &Subject, start: UnixMillis) -> Self {
        match subject {
            Subject::Endpoint(probe) => Self::new(probe, start),
            _ => Self::hash(format!("{}:{subject}", subject.scope()).bytes(), start),
        }
    }

    /// Of an incident of a service: hashed as `incident:spotify`.
    pub fn of_incident(service: &Subject, start: UnixMillis) -> Self {
        Self::hash(format!("incident:{service}").bytes(), start)
    }

    fn hash(name: impl Iterator<Item = u8>, start: UnixMillis) -> Self {
        let bytes = name.chain([0]);
        let bytes = bytes.chain(start.0.to_le_bytes());
        Self(bytes.fold(FNV_OFFSET, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
        }))
    }
}

impl fmt::Display for OutageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = (0..13u32)
            .rev()
            .map(|place| char::from(CROCKFORD[(self.0 >> (place * 5) & 31) as usize]))
            .collect();
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_shows_as_thirteen_characters() {
        for (id, text) in [
            (0, "0000000000000"),
            (31, "000000000000z"),
            (32, "0000000000010"),
            (u64::MAX, "fzzzzzzzzzzzz"),
        ] {
            assert_eq!(OutageId(id).to_string(), text);
        }
    }

    #[test]
    fn an_id_depends_on_the_probe_and_the_start_only() {
        let id = |probe: &str, start| OutageId::new(&probe.parse().unwrap(), UnixMillis(start));
        assert_eq!(id("a/b/c", 30_000), id("a/b/c", 30_000));
        assert_ne!(id("a/b/c", 30_000), id("a/b/c", 30_001));
        assert_ne!(id("a/b/c", 30_000), id("a/b/d", 30_000));
        // a contract: other programs keep it
        assert_eq!(
            id("spotify/web/player", 1_727_620_220_000).to_string(),
            "77w8j7c5f43wq"
        );
    }
}
