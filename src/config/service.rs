//! The shape of a file: a service, its defaults, its platforms, their endpoints.

use super::mistake::Mistake;
use super::nearest::nearest;
use super::node::{Key, Node, Value};
use super::place::Place;
use super::settings::{EXPECT_KEYS, KEYS, Settings};
use super::text::Text;
use super::value::{Given, Reader, shortened};
use crate::domain::probe::Name;

/// An endpoint as it was written, with the settings of every level.
pub(super) struct Draft {
    pub(super) service: Name,
    pub(super) platform: Name,
    pub(super) name: Option<Given<Name>>,
    pub(super) id: Option<Given<Text>>,
    pub(super) url: Text,
    pub(super) settings: Settings,
    /// What its id comes from: shown if another probe has the same.
    pub(super) place: Place,
}

const FILE_KEYS: [&str; 3] = ["service", "defaults", "platforms"];
const PLATFORM_KEYS: [&str; 1] = ["endpoints"];
const ENDPOINT_KEYS: [&str; 3] = ["name", "url", "id"];

/// A platform of the file.
struct Platform<'p> {
    service: &'p Name,
    name: Name,
    settings: Settings,
}

impl Reader<'_, '_> {
    /// Reads a whole file, whose name stands for the service unless it says otherwise.
    pub(super) fn service(&mut self, root: &Node, stem: &str) -> Vec<Draft> {
        let (mut name, mut defaults, mut platforms) = (None, Settings::default(), None);
        let mut says_name = false;
        for (key, node) in self.entries(root, "a map with `platforms`") {
            match &*key.text {
                "service" => {
                    says_name = true;
                    name = self.name(node, "the name of a service");
                }
                "defaults" => defaults = self.defaults(node),
                "platforms" => platforms = Some((key, node)),
                _ => self.unknown(key, &FILE_KEYS, &[(&KEYS, "below `defaults`")]),
            }
        }
        if !says_name {
            name = named(stem);
            if name.is_none() {
                let title = "the name of this file cannot stand for the service";
                self.wrong(Mistake::at(root.place, title).label("add `service: NAME`"));
            }
        }
        // drafts are made even without a name, so that their mistakes are found as well; one that
        // no other file has, lest their ids seem to be the same
        let service = name.unwrap_or_else(|| {
            Name::try_new(&format!("unnamed {}", root.place.file))
                .expect("a word of letters has letters to name it by")
        });
        let Some((key, node)) = platforms else {
            if matches!(root.value, Value::Map(_)) {
                let mistake = Mistake::at(root.place, "no endpoint at all: `platforms` is missing");
                self.wrong(mistake.help(EXAMPLE));
            }
            return Vec::new();
        };
        self.platforms(key, node, &service, &defaults)
    }

    fn defaults(&mut self, node: &Node) -> Settings {
        let mut settings = Settings::default();
        for (key, node) in self.entries(node, "a map as in { interval: 30s }") {
            if !settings.read(key, node, self) {
                self.unknown(key, &KEYS, &[(&EXPECT_KEYS, "below `expect`")]);
            }
        }
        settings
    }

    fn platforms(
        &mut self,
        key: &Key,
        node: &Node,
        service: &Name,
        defaults: &Settings,
    ) -> Vec<Draft> {
        let entries = self.entries(node, "a map as in { web: [https://play.example/] }");
        if entries.is_empty() && matches!(node.value, Value::Map(_) | Value::Nothing) {
            let mistake = Mistake::at(key.place, "no endpoint at all").label("no platform in here");
            self.wrong(mistake.help(EXAMPLE));
        }
        let mut drafts = Vec::new();
        let mut seen: Vec<(Name, Place)> = Vec::new();
        for (key, node) in entries {
            let Some(name) = named(&key.text) else {
                let title = format!(
                    "`{}` cannot be the name of a platform",
                    shortened(&key.text)
                );
                self.wrong(Mistake::at(key.place, title).label(NAME_RULE));
                continue;
            };
            match seen.iter().find(|(seen, _)| seen.slug() == name.slug()) {
                Some((_, first)) => {
                    let title = format!("the platform `{}` is written twice", key.text);
                    let mistake = Mistake::at(key.place, title)
                        .label("again here")
                        .also(*first, "first here")
                        .help("capitals and blanks make no difference");
                    self.wrong(mistake);
                }
                None => seen.push((name.clone(), key.place)),
            }
            drafts.extend(self.platform(key, node, service, name, defaults));
        }
        drafts
    }

    fn platform(
        &mut self,
        key: &Key,
        node: &Node,
        service: &Name,
        name: Name,
        defaults: &Settings,
    ) -> Vec<Draft> {
        let mut settings = Settings::default();
        let (mut at, mut endpoints) = (key, None);
        match &node.value {
            Value::List(_) => endpoints = Some(node),
            Value::Map(entries) => {
                for (key, node) in entries {
                    if key.text == "endpoints" {
                        (at, endpoints) = (key, Some(node));
                    } else if !settings.read(key, node, self) {
                        let known = [&PLATFORM_KEYS[..], &KEYS].concat();
                        let elsewhere: [(&[&str], _); 2] = [
                            (
                                &ENDPOINT_KEYS,
                                "to an endpoint, in the list below `endpoints`",
                            ),
                            (&EXPECT_KEYS, "below `expect`"),
                        ];
                        self.unknown(key, &known, &elsewhere);
                    }
                }
            }
            Value::Nothing => {}
            _ => {
                self.unexpected(node, "a list of endpoints as in [https://play.example/]");
                return Vec::new();
            }
        }
        let nodes: &[Node] = match endpoints.map(|node| (node, &node.value)) {
            None | Some((_, Value::Nothing)) => &[],
            Some((_, Value::List(nodes))) => nodes,
            Some((node, _)) => {
                self.unexpected(node, "a list of endpoints as in [https://play.example/]");
                return Vec::new();
            }
        };
        if nodes.is_empty() {
            let title = format!("the platform `{}` has no endpoint", key.text);
            let mistake = Mistake::at(at.place, title).label("no endpoint in here");
            self.wrong(mistake.help(EXAMPLE));
        }
        let platform = Platform {
            service,
            name,
            settings: settings.over(defaults),
        };
        nodes
            .iter()
            .filter_map(|node| self.endpoint(node, &platform))
            .collect()
    }

    fn endpoint(&mut self, node: &Node, platform: &Platform<'_>) -> Option<Draft> {
        let (mut name, mut id, mut url) = (None, None, None);
        let mut has_url = false;
        let mut settings = Settings::default();
        match &node.value {
            Value::Map(entries) => {
                for (key, node) in entries {
                    match &*key.text {
                        "name" => {
                            name = Some(Given {
                                place: node.place,
                                value: self.name(node, "the name of an endpoint"),
                            });
                        }
                        "id" => {
                            id = Some(Given {
                                place: node.place,
                                value: self.plain_text(node, "the id of a probe"),
                            });
                        }
                        "url" => {
                            has_url = true;
                            url = self.text(node, "a URL");
                        }
                        _ if settings.read(key, node, self) => {}
                        _ => {
                            let known = [&ENDPOINT_KEYS[..], &KEYS].concat();
                            self.unknown(key, &known, &[(&EXPECT_KEYS, "below `expect`")]);
                        }
                    }
                }
                if !has_url {
                    let mistake = Mistake::at(node.place, "this endpoint has no `url`")
                        .label("add `url: https://…`");
                    self.wrong(mistake);
                }
            }
            Value::Text(_) => url = self.text(node, "a URL"),
            _ => self.unexpected(
                node,
                "a URL, or a map as in { name: player, url: https://… }",
            ),
        }
        let url = url?;
        let place = id.as_ref().map(|id| id.place);
        let place = place.or(name.as_ref().map(|name| name.place));
        Some(Draft {
            service: platform.service.clone(),
            platform: platform.name.clone(),
            name,
            id,
            settings: settings.over(&platform.settings),
            place: place.unwrap_or(url.place),
            url,
        })
    }

    fn name(&mut self, node: &Node, expected: &str) -> Option<Name> {
        let text = self.plain_text(node, expected)?;
        let name = named(text.value());
        if name.is_none() {
            let title = format!("`{}` cannot be {expected}", shortened(text.value()));
            self.wrong(Mistake::at(text.place, title).label(NAME_RULE));
        }
        name
    }

    /// An unknown key, which may be a known one in the wrong place.
    fn unknown(&mut self, key: &Key, known: &[&'static str], elsewhere: &[(&[&str], &str)]) {
        let belongs = elsewhere
            .iter()
            .find(|(keys, _)| keys.contains(&&*key.text));
        match belongs {
            Some((_, place)) if nearest(&key.text, known.iter().copied()).is_none() => {
                let title = format!("`{}` does not stand here", key.text);
                let label = format!("it belongs {place}");
                self.wrong(Mistake::at(key.place, title).label(label));
            }
            _ => self.unknown_key(key, known),
        }
    }
}

/// Control characters have no place in a name: it is printed to terminals.
fn named(text: &str) -> Option<Name> {
    let printable = !text.contains(char::is_control);
    Name::try_new(text).ok().filter(|_| printable)
}

const NAME_RULE: &str = "a name is one line with a letter or digit in it";

const EXAMPLE: &str = "the shortest form is\nplatforms:\n  web:\n    - https://play.example/";
