//! Where services stand, in a sentence or two each: the first that somebody on call reads.

use super::incidents::{how_much, kind};
use crate::domain::availability::State;
use crate::domain::rollup::DownWhen;
use crate::domain::time::UnixMillis;
use crate::report::document::{Text, Tone};
use crate::report::status::{PlatformStatus, ServiceStatus, Signs, Since, StateCounts};
use crate::report::text::{instant_near, length, many};
use crate::report::whole_status::{Ongoing, Vote, WholeStatus};

/// As in `Music is down since 14:08:30Z (1m 30s): web is down since 14:08:30Z (1m 30s); desktop
/// and mobile are up.`
pub(super) fn headline(service: &ServiceStatus, now: UnixMillis) -> Text {
    let name = Text::from(service.name.display());
    let alone = match &service.platforms[..] {
        [only] => Some(only),
        _ => None,
    };
    let mut text = match (&service.whole, alone) {
        // it is what its platform is
        (Some(_), Some(platform)) => {
            let name = name.then(format!(" ({})", platform.name.display()));
            clause(name, platform, now)
        }
        (Some(whole), None) => is(name, whole, now).then(": "),
        (None, _) => name.then(" is shown in part, so that its own state is not told: "),
    };
    if service.whole.is_none() || alone.is_none() {
        for (at, clause) in clauses(service, now).into_iter().enumerate() {
            if at > 0 {
                text = text.then("; ");
            }
            text = text.then(clause);
        }
    }
    text = text.then(".");
    match &service.incident {
        Some(ongoing) => text.then(" ").then(incident(ongoing, now)),
        None => text,
    }
}

/// Platforms in one state without anything to add are told together.
#[derive(Debug)]
struct Alike<'s> {
    platforms: Vec<&'s PlatformStatus>,
    rank: usize,
    plain: bool,
}

/// What the platforms are, the worst first.
fn clauses(service: &ServiceStatus, now: UnixMillis) -> Vec<Text> {
    let mut all: Vec<Alike<'_>> = Vec::new();
    for platform in &service.platforms {
        let is_up = platform
            .whole
            .as_ref()
            .is_some_and(|whole| whole.state == State::Up);
        let plain = is_up && platform.signs == Signs::default();
        let rank = rank(platform);
        match all.iter_mut().find(|alike| alike.plain && plain) {
            Some(alike) => alike.platforms.push(platform),
            None => all.push(Alike {
                platforms: vec![platform],
                rank,
                plain,
            }),
        }
    }
    // stable: equal ones stay in order of their slugs
    all.sort_by_key(|alike| alike.rank);
    all.iter()
        .map(|alike| match alike.platforms.as_slice() {
            [only] => clause(only.name.display().into(), only, now),
            several => together(several, several.len() == service.platforms.len()),
        })
        .collect()
}

/// The place of its state among all, the worst first. If it is up with signs of trouble it goes
/// with the degraded; what is known in part comes last.
fn rank(platform: &PlatformStatus) -> usize {
    let state = match &platform.whole {
        Some(whole) if whole.state == State::Up && platform.signs != Signs::default() => {
            State::Degraded
        }
        Some(whole) => whole.state,
        None => return usize::MAX,
    };
    let order = StateCounts::default().worst_first();
    let place = order.iter().position(|(one, _)| *one == state);
    place.unwrap_or(order.len())
}

/// Several that are up.
fn together(platforms: &[&PlatformStatus], all: bool) -> Text {
    let up = Text::toned(Tone::of(State::Up), State::Up.as_str());
    if all && platforms.len() > 2 {
        let count = many(platforms.len() as u64, "platform", "platforms");
        return Text::from(format!("all {count} are ")).then(up);
    }
    let names: Vec<_> = platforms
        .iter()
        .map(|platform| platform.name.display())
        .collect();
    Text::from(format!("{} are ", listed(&names))).then(up)
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn is(name: Text, whole: &WholeStatus, now: UnixMillis) -> Text {
    name.then(" is ")
        .then(toned(whole.state))
        .then(since(whole.since, now))
        .then(last_seen(whole))
}

fn clause(name: Text, platform: &PlatformStatus, now: UnixMillis) -> Text {
    let Some(whole) = &platform.whole else {
        let some = states(&platform.counts, "probe", "probes");
        return name.then(format!(" is shown in part, {some}"));
    };
    if !is_well(whole.state) {
        return is(name, whole, now);
    }
    let text = match whole.state {
        State::Up => name.then(" is ").then(toned(whole.state)),
        _ => is(name, whole, now),
    };
    let signs = signs(platform.signs, platform.counts.total());
    if signs.is_empty() {
        return text;
    }
    text.then(", but ").then(Text::toned(Tone::Warn, signs))
}

/// As in `1 of its 2 endpoints is flapping and 1 failing, not confirmed yet`
fn signs(signs: Signs, probes: usize) -> String {
    let mut told = Vec::new();
    for (count, what) in [
        (signs.flapping, "flapping"),
        (signs.failing, "failing, not confirmed yet"),
    ] {
        if count > 0 && told.is_empty() {
            let of = many(probes as u64, "endpoint", "endpoints");
            let is = if count == 1 { "is" } else { "are" };
            told.push(format!("{count} of its {of} {is} {what}"));
        } else if count > 0 {
            told.push(format!("{count} {what}"));
        }
    }
    told.join(" and ")
}

/// Whether signs of trouble are worth telling.
pub(super) const fn is_well(state: State) -> bool {
    matches!(state, State::Up | State::Degraded)
}

pub(super) fn toned(state: State) -> Text {
    Text::toned(Tone::of(state), words(state))
}

/// What follows on `is`.
const fn words(state: State) -> &'static str {
    match state {
        State::Maintenance => "in maintenance",
        other => other.as_str(),
    }
}

/// ` since 14:08:30Z (1m 30s)`
fn since(since: Option<Since>, now: UnixMillis) -> String {
    match since {
        None => String::new(),
        Some(Since::At(at)) => {
            format!(" since {} ({})", instant_near(now, at), length(now - at))
        }
        Some(Since::Before(at)) => format!(" for more than {}", length(now - at)),
    }
}

fn last_seen(whole: &WholeStatus) -> &'static str {
    match whole.last_seen {
        None => "",
        Some(seen) if seen.down => ", down when last seen",
        Some(_) => ", not down when last seen",
    }
}

fn incident(ongoing: &Ongoing, now: UnixMillis) -> Text {
    let incident = &ongoing.incident;
    let text = Text::from("Incident ")
        .then(Text::quoted(incident.id.to_string()))
        .then(format!(
            " since {} ({}): {}, {}",
            instant_near(now, incident.period.from),
            length(now - incident.period.from),
            how_much(incident.severity),
            kind(incident.kind, incident.is_open),
        ));
    match ongoing.calm {
        None => text.then("."),
        Some(calm) => text.then(format!("; calm for {}.", length(calm))),
    }
}

/// All states that occur, the worst first, as in `1 of 3 probes down, 2 up`.
pub(super) fn states(counts: &StateCounts, one: &str, more: &str) -> String {
    told(counts, counts.total(), one, more)
}

fn told(counts: &StateCounts, total: usize, one: &str, more: &str) -> String {
    let mut told = Vec::new();
    for (state, count) in counts.worst_first() {
        let state = words(state);
        if count > 0 && told.is_empty() {
            let members = if total == 1 { one } else { more };
            told.push(format!("{count} of {total} {members} {state}"));
        } else if count > 0 {
            told.push(format!("{count} {state}"));
        }
    }
    told.join(", ")
}

/// How a state comes about, as in `1 of 2 endpoints down, any is enough`. Empty if all is well.
pub(super) fn why(whole: &WholeStatus, signs: Signs, one: &str, more: &str) -> String {
    let Vote {
        members, down_when, ..
    } = whole.vote;
    let mut reasons = Vec::new();
    let troubled = StateCounts { up: 0, ..members };
    if troubled.total() > 0 {
        reasons.push(told(&troubled, members.total(), one, more));
    }
    if members.down + members.unknown > 0 && members.total() > 1 {
        reasons.push(enough(down_when, whole.state));
    }
    if is_well(whole.state) {
        for (count, what) in [(signs.flapping, "flapping"), (signs.failing, "failing")] {
            if count > 0 {
                let endpoints = many(count as u64, "endpoint", "endpoints");
                reasons.push(format!("{endpoints} {what}"));
            }
        }
    }
    reasons.join(", ")
}

fn enough(down_when: DownWhen, state: State) -> String {
    match (down_when, state == State::Down) {
        (DownWhen::Any, true) => "any is enough".to_owned(),
        (DownWhen::Any, false) => "one down would be enough".to_owned(),
        (DownWhen::All, _) => "down when all are".to_owned(),
        (DownWhen::Quorum(_) | DownWhen::Share(_), true) => format!("{down_when} are enough"),
        (DownWhen::Quorum(_) | DownWhen::Share(_), false) => format!("down when {down_when} are"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::availability::Availability;

    #[test]
    fn the_reason_tells_of_members_policy_and_signs() {
        let counts = |down, unknown, maintenance, up| StateCounts {
            up,
            degraded: 0,
            down,
            unknown,
            maintenance,
        };
        let well = Signs::default();
        let signs = |flapping, failing| Signs { flapping, failing };
        for (state, policy, members, signs, expected) in [
            (State::Up, "any", counts(0, 0, 0, 3), well, ""),
            (
                State::Down,
                "any",
                counts(1, 0, 0, 2),
                well,
                "1 of 3 endpoints down, any is enough",
            ),
            (
                State::Down,
                "50%",
                counts(2, 1, 0, 0),
                // nobody asks whether what is down fails
                signs(1, 1),
                "2 of 3 endpoints down, 1 unknown, 50% are enough",
            ),
            (
                State::Degraded,
                "all",
                counts(1, 0, 1, 1),
                signs(0, 1),
                "1 of 3 endpoints down, 1 in maintenance, down when all are, 1 endpoint failing",
            ),
            (
                State::Unknown,
                "any",
                counts(0, 2, 0, 1),
                well,
                "2 of 3 endpoints unknown, one down would be enough",
            ),
            (
                State::Down,
                "any",
                counts(1, 0, 0, 0),
                well,
                "1 of 1 endpoint down",
            ),
            (
                State::Up,
                "2",
                counts(0, 0, 0, 3),
                signs(2, 0),
                "2 endpoints flapping",
            ),
        ] {
            let whole = WholeStatus {
                state,
                since: None,
                vote: Vote {
                    down_when: policy.parse().unwrap(),
                    needed: 1,
                    members,
                },
                outage: None,
                last_seen: None,
                availability: Availability::default(),
            };
            assert_eq!(why(&whole, signs, "endpoint", "endpoints"), expected);
        }
    }

    #[test]
    fn names_are_listed_as_people_do() {
        for (names, expected) in [
            (&[][..], ""),
            (&["web"], "web"),
            (&["mobile", "web"], "mobile and web"),
            (&["desktop", "mobile", "web"], "desktop, mobile and web"),
        ] {
            assert_eq!(listed(names), expected);
        }
    }
}
