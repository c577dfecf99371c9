//! A platform of a file: its settings and the list of its endpoints.

use super::endpoint::{self, Draft};
use super::expectation;
use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::{Key, Node, Value};
use super::service::EXAMPLE;
use super::settings::{KEYS, Settings};
use super::subject::{ELSEWHERE, SubjectSettings};
use super::value::Reader;
use crate::domain::probe::Name;
use crate::domain::subject::Scope;

/// A platform of the file.
pub(super) struct Platform<'p> {
    pub(super) service: &'p Name,
    pub(super) name: Name,
    pub(super) settings: Settings,
}

/// A platform as it was written.
pub(super) struct PlatformDraft {
    pub(super) name: Name,
    /// What it says of itself as a whole.
    pub(super) whole: SubjectSettings,
    pub(super) endpoints: Vec<Draft>,
}

/// Most probes of one daemon. Each takes some two kilobytes while files are read.
const PROBES_MAX: usize = 250_000;

const PLATFORM_KEYS: [&str; keys::PLATFORM.len()] = names(&keys::PLATFORM);

impl Reader<'_, '_> {
    pub(super) fn platform(
        &mut self,
        key: &Key,
        node: &Node,
        service: &Name,
        name: Name,
        defaults: &Settings,
    ) -> PlatformDraft {
        let mut settings = Settings::default();
        let mut draft = PlatformDraft {
            name: name.clone(),
            whole: SubjectSettings::default(),
            endpoints: Vec::new(),
        };
        let (mut at, mut endpoints) = (key, None);
        match &node.value {
            Value::List(_) => endpoints = Some(node),
            Value::Map(entries) => {
                for (key, node) in entries {
                    if key.text == "endpoints" {
                        (at, endpoints) = (key, Some(node));
                    } else if !settings.read(key, node, self)
                        && !draft.whole.read(key, node, Scope::Platform, self)
                    {
                        let known = [&PLATFORM_KEYS[..], &KEYS].concat();
                        let elsewhere: [(&[&str], _); 2] = [
                            (
                                &endpoint::KEYS,
                                "to an endpoint, in the list below `endpoints`",
                            ),
                            (&expectation::KEYS, "below `expect`"),
                        ];
                        self.unknown(key, &known, &[&elsewhere[..], &ELSEWHERE].concat());
                    }
                }
            }
            Value::Nothing => {}
            _ => {
                self.unexpected(node, "a list of endpoints as in [https://play.example/]");
                return draft;
            }
        }
        let nodes: &[Node] = match endpoints.map(|node| (node, &node.value)) {
            None | Some((_, Value::Nothing)) => &[],
            Some((_, Value::List(nodes))) => nodes,
            Some((node, _)) => {
                self.unexpected(node, "a list of endpoints as in [https://play.example/]");
                return draft;
            }
        };
        if nodes.is_empty() {
            let title = format!("the platform `{}` has no endpoint", key.text);
            let mistake = Mistake::at(at.place, title).label("no endpoint in here");
            self.wrong(mistake.help(EXAMPLE));
        }
        self.shared.endpoints += nodes.len();
        if self.shared.endpoints > PROBES_MAX {
            let title = format!("more than {PROBES_MAX} probes altogether");
            let mistake = Mistake::at(at.place, title).label("too many with these");
            self.wrong(mistake.help("another daemon with another database takes more of them"));
            return draft;
        }
        let platform = Platform {
            service,
            name,
            settings: settings.over(defaults),
        };
        let endpoints = nodes.iter().map(|node| self.endpoint(node, &platform));
        draft.endpoints = endpoints.collect();
        draft
    }
}
