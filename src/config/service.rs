//! The shape of a file: a service, its defaults, its platforms, their endpoints.

use std::collections::HashMap;

use super::expectation;
use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::{Key, Node, Value};
use super::place::Place;
use super::platform::PlatformDraft;
use super::settings::{KEYS, Settings};
use super::subject::{ELSEWHERE, SubjectSettings};
use super::value::{Reader, shortened};
use crate::domain::probe::Name;
use crate::domain::subject::Scope;

/// A file as it was written.
pub(super) struct ServiceDraft {
    pub(super) name: Name,
    /// What it says of itself as a whole.
    pub(super) whole: SubjectSettings,
    pub(super) platforms: Vec<PlatformDraft>,
}

const FILE_KEYS: [&str; keys::FILE.len()] = names(&keys::FILE);

impl Reader<'_, '_> {
    /// Reads a whole file, whose name stands for the service unless it says otherwise.
    pub(super) fn service(&mut self, root: &Node, stem: &str) -> ServiceDraft {
        let (mut name, mut defaults, mut platforms) = (None, Settings::default(), None);
        let (mut says_name, mut whole) = (false, SubjectSettings::default());
        for (key, node) in self.entries(root, "a map with `platforms`") {
            match &*key.text {
                "service" => {
                    says_name = true;
                    name = self.name(node, "the name of a service");
                }
                "defaults" => defaults = self.defaults(node),
                "platforms" => platforms = Some((key, node)),
                // read by themselves
                "controls" | "storage" | "reports" => {}
                _ if whole.read(key, node, Scope::Service, self) => {}
                _ => {
                    let settings: [(&[&str], _); 1] = [(&KEYS, "below `defaults`")];
                    self.unknown(key, &FILE_KEYS, &[&settings[..], &ELSEWHERE].concat());
                }
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
        let name = name.unwrap_or_else(|| {
            Name::try_new(&format!("unnamed {}", root.place.file))
                .expect("a word of letters has letters to name it by")
        });
        let platforms = if let Some((key, node)) = platforms {
            self.platforms(key, node, &name, &defaults)
        } else {
            if matches!(root.value, Value::Map(_)) {
                let title = "no endpoint at all: `platforms` is missing";
                self.wrong(Mistake::at(root.place, title).help(EXAMPLE));
            }
            Vec::new()
        };
        ServiceDraft {
            name,
            whole,
            platforms,
        }
    }

    fn defaults(&mut self, node: &Node) -> Settings {
        let mut settings = Settings::default();
        for (key, node) in self.entries(node, "a map as in { interval: 30s }") {
            if !settings.read(key, node, self) {
                let expect: [(&[&str], _); 1] = [(&expectation::KEYS, "below `expect`")];
                self.unknown(key, &KEYS, &[&expect[..], &ELSEWHERE].concat());
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
    ) -> Vec<PlatformDraft> {
        let entries = self.entries(node, "a map as in { web: [https://play.example/] }");
        if entries.is_empty() && matches!(node.value, Value::Map(_) | Value::Nothing) {
            let mistake = Mistake::at(key.place, "no endpoint at all").label("no platform in here");
            self.wrong(mistake.help(EXAMPLE));
        }
        let mut drafts = Vec::new();
        let mut seen: HashMap<String, Place> = HashMap::new();
        for (key, node) in entries {
            let Some(name) = named(&key.text) else {
                let title = format!(
                    "`{}` cannot be the name of a platform",
                    shortened(&key.text)
                );
                self.wrong(Mistake::at(key.place, title).label(NAME_RULE));
                continue;
            };
            let first = *seen.entry(name.slug().to_owned()).or_insert(key.place);
            if first != key.place {
                let title = format!("the platform `{}` is written twice", shortened(&key.text));
                let mistake = Mistake::at(key.place, title)
                    .label("again here")
                    .also(first, "first here")
                    .help("capitals and blanks make no difference");
                self.wrong(mistake);
            }
            drafts.push(self.platform(key, node, service, name, defaults));
        }
        drafts
    }

    pub(super) fn name(&mut self, node: &Node, expected: &str) -> Option<Name> {
        let text = self.plain_text(node, expected)?;
        let name = named(text.value());
        if name.is_none() {
            let title = format!("`{}` cannot be {expected}", shortened(text.value()));
            self.wrong(Mistake::at(text.place, title).label(NAME_RULE));
        }
        name
    }
}

/// Control characters have no place in a name: it is printed to terminals.
fn named(text: &str) -> Option<Name> {
    let printable = !text.contains(char::is_control);
    Name::try_new(text).ok().filter(|_| printable)
}

const NAME_RULE: &str = "a name is one line with a letter or digit in it";

/// Said where endpoints are missing.
pub(super) const EXAMPLE: &str =
    "the shortest form is\nplatforms:\n  web:\n    - https://play.example/";
