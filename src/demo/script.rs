//! The scripted disruption: what the sample service does when. This is the truth that the windows
//! are held against. Synthetic, in the manner of a music service's bad Sunday.

use crate::domain::time::{Period, UnixMillis};

/// How the service answers on one of its paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// As it should.
    Well,
    /// `503 Service Unavailable`.
    Unavailable,
    /// `403 Forbidden`, to whoever would log in.
    RefusesLogin,
    /// The connection is accepted, and nothing more comes.
    Silent,
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Act {
    /// The id of the probe that sees it.
    pub(super) probe: &'static str,
    /// The path of the endpoint that it happens to.
    pub(super) path: &'static str,
    pub(super) during: Period,
    pub(super) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Every request in it: an outage.
    All(Behaviour),
    /// Requests in the first `bad` of every `cycle` milliseconds: flapping, too short each time
    /// to be an outage.
    Now(Behaviour, Flap),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flap {
    pub(super) bad_ms: i64,
    pub(super) cycle_ms: i64,
}

/// 2024-09-29T00:00:00Z, the day that is replayed.
const MIDNIGHT_MS: i64 = 1_727_568_000_000;

/// An instant of the day.
const fn clock(hour: i64, minute: i64, second: i64) -> UnixMillis {
    UnixMillis(MIDNIGHT_MS + ((hour * 60 + minute) * 60 + second) * 1000)
}

/// What is shown of the day.
pub const DAY: Period = Period::new(clock(13, 50, 0), clock(17, 50, 0));

pub(super) const ACTS: &[Act] = &[
    Act {
        probe: "melody/web/player",
        path: "/web/player",
        during: Period::new(clock(14, 2, 0), clock(14, 26, 0)),
        how: How::Now(
            Behaviour::Unavailable,
            Flap {
                bad_ms: 12_000,
                cycle_ms: 41_000,
            },
        ),
    },
    Act {
        probe: "melody/web/player",
        path: "/web/player",
        during: Period::new(clock(14, 30, 14), clock(17, 24, 41)),
        how: How::All(Behaviour::Unavailable),
    },
    Act {
        probe: "melody/mobile/web-api",
        path: "/mobile/api",
        during: Period::new(clock(14, 37, 3), clock(17, 9, 26)),
        how: How::All(Behaviour::Silent),
    },
    Act {
        probe: "melody/desktop/login",
        path: "/desktop/login",
        during: Period::new(clock(14, 33, 50), clock(17, 31, 9)),
        how: How::All(Behaviour::RefusesLogin),
    },
];

/// What the service does with a request for `path` that arrives at `now`.
pub(super) fn behaviour(path: &str, now: UnixMillis) -> Behaviour {
    ACTS.iter()
        .find_map(|act| {
            let on = act.path == path && act.during.from <= now && now < act.during.to;
            match act.how {
                How::All(behaviour) => on.then_some(behaviour),
                How::Now(behaviour, flap) => {
                    let since = (now - act.during.from).0;
                    (on && since % flap.cycle_ms < flap.bad_ms).then_some(behaviour)
                }
            }
        })
        .unwrap_or(Behaviour::Well)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_says_what_each_path_does_when() {
        for (path, hour, minute, second, expected) in [
            ("/web/player", 13, 59, 0, Behaviour::Well),
            ("/web/player", 14, 2, 11, Behaviour::Unavailable),
            ("/web/player", 14, 2, 12, Behaviour::Well),
            ("/web/player", 14, 30, 13, Behaviour::Well),
            ("/web/player", 14, 30, 14, Behaviour::Unavailable),
            ("/mobile/api", 15, 0, 0, Behaviour::Silent),
            ("/desktop/login", 17, 31, 8, Behaviour::RefusesLogin),
            ("/desktop/login", 17, 31, 9, Behaviour::Well),
            ("/desktop/access-points", 15, 0, 0, Behaviour::Well),
        ] {
            let now = clock(hour, minute, second);
            assert_eq!(behaviour(path, now), expected, "{path} at {now}");
        }
    }
}
