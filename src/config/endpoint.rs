//! An endpoint as it was written.

use super::expectation;
use super::mistake::Mistake;
use super::node::{Node, Value};
use super::place::Place;
use super::platform::Platform;
use super::settings::{self, Settings};
use super::text::Text;
use super::value::{Given, Reader};
use crate::domain::probe::Name;

/// An endpoint as it was written, with the settings of every level.
pub(super) struct Draft {
    pub(super) service: Name,
    pub(super) platform: Name,
    pub(super) name: Option<Given<Name>>,
    pub(super) id: Option<Given<Text>>,
    /// `None` if it is missing or could not be read.
    pub(super) url: Option<Text>,
    pub(super) settings: Settings,
    /// What its id comes from: shown if another probe has the same.
    pub(super) place: Place,
}

/// Its own keys; all the settings may stand beside them.
pub(super) const KEYS: [&str; 3] = ["name", "url", "id"];

impl Reader<'_, '_> {
    /// Also of an endpoint without a usable URL, so that its other mistakes are found.
    pub(super) fn endpoint(&mut self, node: &Node, platform: &Platform<'_>) -> Draft {
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
                            let known = [&KEYS[..], &settings::KEYS].concat();
                            self.unknown(key, &known, &[(&expectation::KEYS, "below `expect`")]);
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
        let places = [
            id.as_ref().map(|id| id.place),
            name.as_ref().map(|name| name.place),
            url.as_ref().map(|url| url.place),
        ];
        Draft {
            service: platform.service.clone(),
            platform: platform.name.clone(),
            name,
            id,
            settings: settings.over(&platform.settings),
            place: places.into_iter().flatten().next().unwrap_or(node.place),
            url,
        }
    }
}
