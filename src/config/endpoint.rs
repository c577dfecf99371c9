//! An endpoint as it was written.

use super::expectation;
use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::{Node, Value};
use super::place::Place;
use super::platform::Platform;
use super::settings::{self, Settings};
use super::steps::StepDraft;
use super::subject::{ELSEWHERE, SubjectSettings};
use super::text::Text;
use super::value::{Given, Reader};
use crate::domain::probe::Name;
use crate::domain::subject::Scope;

/// An endpoint as it was written, with the settings of every level.
pub(super) struct Draft {
    pub(super) service: Name,
    pub(super) platform: Name,
    pub(super) name: Option<Given<Name>>,
    pub(super) id: Option<Given<Text>>,
    /// `None` if it is missing or could not be read.
    pub(super) url: Option<Text>,
    /// Of a journey.
    pub(super) steps: Option<Vec<StepDraft>>,
    pub(super) settings: Settings,
    /// What it says of itself as a whole.
    pub(super) whole: SubjectSettings,
    /// Where the endpoint itself, rather than what it inherits, says something about TLS.
    pub(super) own_tls: Option<Place>,
    /// What its id comes from: shown if another probe has the same.
    pub(super) place: Place,
}

impl Draft {
    /// The URL that it is shown and named by. `None` is a mistake that was told of.
    pub(super) fn first_url(&self) -> Option<&Text> {
        let first = self.steps.as_ref().and_then(|steps| steps.first());
        self.url.as_ref().or_else(|| first?.url.as_ref())
    }
}

/// Most headers, hosts and expectations of all endpoints together: twenty for each of a hundred
/// thousand.
const HELD_MAX: usize = 2_000_000;

/// Its own keys; all the settings may stand beside them.
pub(super) const KEYS: [&str; keys::ENDPOINT.len()] = names(&keys::ENDPOINT);

impl Reader<'_, '_> {
    /// Whether so many headers, hosts and expectations more can be held; says so once if not.
    fn has_room(&mut self, place: Place, own: usize) -> bool {
        let before = self.shared.held;
        self.shared.held += own;
        if self.shared.held <= HELD_MAX {
            return true;
        }
        if before <= HELD_MAX {
            let title = format!("more than {HELD_MAX} headers, hosts and expectations altogether");
            let mistake = Mistake::at(place, title).label("too many with these");
            self.wrong(mistake.help(
                "each endpoint with some of its own holds those that it inherits beside them",
            ));
        }
        false
    }

    /// Also of an endpoint without a usable URL, so that its other mistakes are found.
    pub(super) fn endpoint(&mut self, node: &Node, platform: &Platform<'_>) -> Draft {
        let (mut name, mut id, mut url) = (None, None, None);
        let (mut has_url, mut steps) = (false, None);
        let (mut settings, mut whole) = (Settings::default(), SubjectSettings::default());
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
                        "steps" => steps = Some(self.steps(node)),
                        _ if settings.read(key, node, self) => {}
                        _ if whole.read(key, node, Scope::Endpoint, self) => {}
                        _ => {
                            let known = [&KEYS[..], &settings::KEYS].concat();
                            let elsewhere: [(&[&str], _); 2] = [
                                (&expectation::KEYS, "below `expect`"),
                                (
                                    &["capture", "always"],
                                    "to a step, in the list below `steps`",
                                ),
                            ];
                            self.unknown(key, &known, &[&elsewhere[..], &ELSEWHERE].concat());
                        }
                    }
                }
                if !has_url && steps.is_none() {
                    let mistake = Mistake::at(node.place, "this endpoint has no `url`")
                        .label("add `url: https://…`, or `steps:`");
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
        let place = places.into_iter().flatten().next().unwrap_or(node.place);
        let own_tls = settings.transport.tls.place;
        let mut settings = settings.over(&platform.settings);
        if !self.has_room(place, settings.own_since(&platform.settings)) {
            settings = platform.settings.clone();
        }
        Draft {
            service: platform.service.clone(),
            platform: platform.name.clone(),
            name,
            id,
            steps,
            own_tls,
            settings,
            whole,
            place,
            url,
        }
    }
}
