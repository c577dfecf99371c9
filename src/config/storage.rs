//! The key `storage` of a file, which is about the whole daemon: how what is observed is stored, and
//! how long it is kept.

use std::fmt;

use super::keys::{self, names};
use super::length::{self, BadLength};
use super::mistake::{Mistake, Mistakes};
use super::node::{Node, Value};
use super::resolve::Limit;
use super::subjects::{agree, value};
use super::value::{Given, Reader, shortened};
use crate::domain::retention::Retention;
use crate::domain::time::Millis;
use crate::store::{Durability, Settings};

const KEYS: [&str; keys::STORAGE.len()] = names(&keys::STORAGE);

const RETENTION_KEYS: [&str; keys::RETENTION.len()] = names(&keys::RETENTION);

/// What all files together say of it. `None` is what none of them mentions.
#[derive(Default)]
pub(super) struct Storage {
    durability: Option<Given<Durability>>,
    observations: Option<Given<Kept>>,
    hourly: Option<Given<Kept>>,
    daily: Option<Given<Kept>>,
}

/// How long something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    For(Millis),
    Forever,
}

const DAY: Millis = Millis::from_secs(24 * 3600);

impl Storage {
    /// Takes up what a file says, and says so if it contradicts what another said.
    pub(super) fn file(&mut self, root: &Node, reader: &mut Reader<'_, '_>) {
        let Value::Map(entries) = &root.value else {
            return;
        };
        let Some((_, node)) = entries.iter().find(|(key, _)| key.text == "storage") else {
            return;
        };
        for (key, node) in reader.entries(node, "a map as in { durability: full }") {
            match &*key.text {
                "durability" => {
                    let said = reader.durability(node);
                    let what = format_args!("durability of storage");
                    agree(what, &mut self.durability, Some(said), reader);
                }
                "retention" => self.retention(node, reader),
                _ => {
                    let tiers: [(&[&str], _); 1] = [(&RETENTION_KEYS, "below `retention`")];
                    reader.unknown(key, &KEYS, &tiers);
                }
            }
        }
    }

    fn retention(&mut self, node: &Node, reader: &mut Reader<'_, '_>) {
        for (key, node) in reader.entries(node, "a map as in { observations: 90d }") {
            let tier = match &*key.text {
                "observations" => &mut self.observations,
                "hourly" => &mut self.hourly,
                "daily" => &mut self.daily,
                _ => {
                    reader.unknown_key(key, &RETENTION_KEYS);
                    continue;
                }
            };
            let said = reader.kept(node);
            let what = format_args!("retention of {}", key.text);
            agree(what, tier, Some(said), reader);
        }
    }

    /// What holds, with what is built in for all that was not said.
    pub(super) fn into_settings(self, mistakes: &mut Mistakes) -> Settings {
        let built_in = Retention::default();
        let observations = Limit {
            what: "observations",
            value: value(self.observations).unwrap_or_else(|| Kept::from(built_in.observations)),
            place: self.observations.map(|given| given.place),
        };
        let least = Kept::For(Retention::OBSERVATIONS_MIN);
        if let (true, Some(place)) = (observations.value < least, observations.place) {
            let title = format!("observations are kept too short: {}", observations.value);
            let mistake = Mistake::at(place, title).label(format!("at least {least}"));
            mistakes.push(mistake.help("a clock that is set back has them read once more"));
        }
        for (name, given) in [("hourly", self.hourly), ("daily", self.daily)] {
            if let Some(given) = given
                && let Some(kept) = given.value
                && kept < observations.value
            {
                let title = format!(
                    "{name} {kept} is shorter than observations {}",
                    observations.value
                );
                let label = format!("at least {}", observations.value);
                let mistake = Mistake::at(given.place, title).label(label);
                mistakes.push(observations.mentioned(mistake));
            }
        }
        let kept = |given, built_in: Option<Millis>| match value(given) {
            Some(Kept::Forever) => None,
            Some(Kept::For(length)) => Some(length),
            None => built_in,
        };
        Settings {
            durability: value(self.durability).unwrap_or_default(),
            retention: Retention {
                observations: kept(self.observations, built_in.observations),
                hourly: kept(self.hourly, built_in.hourly),
                daily: kept(self.daily, built_in.daily),
            },
        }
    }
}

impl Reader<'_, '_> {
    fn durability(&mut self, node: &Node) -> Given<Durability> {
        let choices = Durability::ALL.map(|it| (it.as_str(), it));
        Given {
            place: node.place,
            value: self.choice(node, "a durability", &choices),
        }
    }

    fn kept(&mut self, node: &Node) -> Given<Kept> {
        let text = self.text(node, "a length of time as in 90d, or forever");
        let value = text.and_then(|text| {
            if text.value().trim().eq_ignore_ascii_case("forever") {
                return Some(Kept::Forever);
            }
            match length::parse_kept(text.value()) {
                Ok(length) => Some(Kept::For(length)),
                Err(BadLength { problem, write }) => {
                    let title = format!("`{}` {problem}", shortened(text.written()));
                    self.wrong(Mistake::at(text.place, title).label(write));
                    None
                }
            }
        });
        Given {
            place: node.place,
            value,
        }
    }
}

impl From<Option<Millis>> for Kept {
    fn from(length: Option<Millis>) -> Self {
        length.map_or(Self::Forever, Self::For)
    }
}

impl fmt::Display for Kept {
    /// As it is written in probes.yaml: `90d`, `60h 30m`, `forever`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str("forever"),
            Self::For(length) if length.0 % DAY.0 == 0 => write!(f, "{}d", length.0 / DAY.0),
            Self::For(length) => write!(f, "{length}"),
        }
    }
}
