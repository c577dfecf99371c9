//! The steps of a journey as they were written: the key `steps` of an endpoint.

use super::capture::PlacedCapture;
use super::expectation;
use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::{Node, Value};
use super::place::Place;
use super::settings::{self, SCHEDULE_KEYS, Settings};
use super::text::Text;
use super::value::{Given, Reader};
use crate::domain::probe::Name;
use crate::domain::time::Millis;

/// A step as it was written. Its settings are its own alone.
pub(super) struct StepDraft {
    pub(super) place: Place,
    pub(super) name: Option<Given<Name>>,
    /// `None` if it is missing or could not be read.
    pub(super) url: Option<Text>,
    pub(super) has_url: bool,
    pub(super) timeout: Option<Given<Millis>>,
    pub(super) settings: Settings,
    pub(super) captures: Vec<PlacedCapture>,
    pub(super) always: bool,
}

/// A step's own keys; the settings of requests and expectations may stand beside them.
pub(super) const KEYS: [&str; keys::STEP.len()] = names(&keys::STEP);

/// What people do in one go has fewer.
const STEPS_MAX: usize = 50;

const EXAMPLE: &str = "a list as in [{ name: log in, url: /login }]";

impl Reader<'_, '_> {
    pub(super) fn steps(&mut self, node: &Node) -> Vec<StepDraft> {
        let nodes: &[Node] = match &node.value {
            Value::List(nodes) => nodes,
            Value::Nothing => &[],
            _ => {
                self.unexpected(node, EXAMPLE);
                return Vec::new();
            }
        };
        if nodes.is_empty() {
            let mistake = Mistake::at(node.place, "a journey without a step");
            self.wrong(mistake.label(format!("write {EXAMPLE}")));
        }
        if let Some(node) = nodes.get(STEPS_MAX) {
            let title = format!("a journey of more than {STEPS_MAX} steps");
            self.wrong(Mistake::at(node.place, title).label("one too many"));
            return Vec::new();
        }
        let steps: Vec<_> = nodes.iter().map(|node| self.step(node)).collect();
        self.unique_names(&steps);
        self.unique_captures(&steps);
        steps
    }

    fn step(&mut self, node: &Node) -> StepDraft {
        let mut step = StepDraft {
            place: node.place,
            name: None,
            url: None,
            has_url: false,
            timeout: None,
            settings: Settings::default(),
            captures: Vec::new(),
            always: false,
        };
        for (key, node) in self.entries(node, "a step as in { name: log in, url: /login }") {
            match &*key.text {
                "name" => {
                    step.name = Some(Given {
                        place: node.place,
                        value: self.name(node, "the name of a step"),
                    });
                }
                "url" => {
                    step.has_url = true;
                    step.url = self.some_text(node, "a URL");
                }
                "capture" => step.captures = self.captures(node),
                "always" => {
                    let always = self.true_false(node);
                    step.always = always.unwrap_or_default();
                }
                key_text if SCHEDULE_KEYS.contains(&key_text) => {
                    let title = format!("a step has no `{key_text}`");
                    let label = "it belongs to the endpoint, beside `steps`";
                    self.wrong(Mistake::at(key.place, title).label(label));
                }
                "timeout" => step.timeout = Some(self.length(node)),
                _ if step.settings.read(key, node, self) => {}
                _ => {
                    let settings = settings::KEYS
                        .iter()
                        .filter(|key| !SCHEDULE_KEYS.contains(key));
                    let known: Vec<_> = KEYS.iter().chain(settings).copied().collect();
                    let elsewhere: [(&[&str], _); 2] = [
                        (&expectation::KEYS, "below `expect`"),
                        (&["id", "steps"], "to the endpoint"),
                    ];
                    self.unknown(key, &known, &elsewhere);
                }
            }
        }
        if step.name.is_none() && matches!(node.value, Value::Map(_) | Value::Nothing) {
            let mistake = Mistake::at(node.place, "this step has no `name`");
            self.wrong(mistake.label("add `name:`; failures are told by it"));
        }
        step
    }

    fn unique_names(&mut self, steps: &[StepDraft]) {
        let names = || {
            steps.iter().filter_map(|step| {
                let given = step.name.as_ref()?;
                Some((given.value.as_ref()?, given.place))
            })
        };
        for (i, (name, place)) in names().enumerate() {
            let first = names()
                .take(i)
                .find(|(other, _)| other.slug() == name.slug());
            if let Some((_, first)) = first {
                let title = format!("two steps are called `{}`", name.display());
                let mistake = Mistake::at(place, title)
                    .label("the second")
                    .also(first, "the first")
                    .help("capitals and blanks make no difference");
                self.wrong(mistake);
            }
        }
    }

    fn unique_captures(&mut self, steps: &[StepDraft]) {
        let captures = || steps.iter().flat_map(|step| &step.captures);
        for (i, capture) in captures().enumerate() {
            let first = captures().take(i).find(|other| other.name == capture.name);
            if let Some(first) = first {
                let title = format!("two captured values are called `{}`", capture.name);
                let mistake = Mistake::at(capture.place, title)
                    .label("the second")
                    .also(first.place, "the first");
                self.wrong(mistake.help("give one of them another name"));
            }
        }
    }
}
