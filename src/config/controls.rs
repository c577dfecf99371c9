//! The key `controls` of a file: what is asked to see whether it is us.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::expectation;
use super::keys::{self, names};
use super::mistake::Mistake;
use super::node::{Node, Value};
use super::platform::Platform;
use super::settings::{SCHEDULE_KEYS, Settings};
use super::value::{Given, Reader, shortened};
use crate::domain::probe::Name;
use crate::domain::time::Millis;
use crate::observer::controls::{self, Control, Controls};

const KEYS: [&str; keys::CONTROLS.len()] = names(&keys::CONTROLS);

/// Keys of an endpoint, beside those about asking again and again, that mean nothing here.
pub(super) const MEANINGLESS_KEYS: [&str; 5] = ["id", "steps", "weight", "maintenance", "slow_if"];

/// A failure is told only when the controls have answered or failed to.
const TIMEOUT_MAX: Millis = Millis::from_secs(10);

/// Most controls: each is asked in every round.
const CONTROLS_MAX: usize = 20;

impl Reader<'_, '_> {
    /// The controls of a file. `None` if it has none, or there are mistakes in them.
    pub(super) fn controls(&mut self, root: &Node) -> Option<Arc<Controls>> {
        let Value::Map(entries) = &root.value else {
            return None;
        };
        let (_, node) = entries.iter().find(|(key, _)| key.text == "controls")?;
        let controls = match &node.value {
            Value::Map(_) => self.controls_map(node)?,
            Value::Nothing => return None,
            _ => {
                let timeout = Millis::from_duration(controls::TIMEOUT_DEFAULT);
                Controls {
                    endpoints: self.endpoints(node, timeout)?,
                    quorum: controls::QUORUM_DEFAULT,
                    timeout: controls::TIMEOUT_DEFAULT,
                }
            }
        };
        Some(self.shared.controls(controls))
    }

    fn controls_map(&mut self, node: &Node) -> Option<Controls> {
        let (mut endpoints, mut quorum, mut timeout) = (None, None, None);
        for (key, node) in self.entries(node, "a map") {
            match &*key.text {
                "endpoints" => endpoints = Some(node),
                "quorum" => quorum = Some(self.count(node)),
                "timeout" => timeout = Some(self.length(node)),
                _ => self.unknown_key(key, &KEYS),
            }
        }
        if let Some(timeout) = timeout {
            self.timeout_of_a_control(timeout);
        }
        let timeout = match timeout {
            Some(given) => given.value?,
            None => Millis::from_duration(controls::TIMEOUT_DEFAULT),
        };
        let Some(endpoints) = endpoints else {
            let mistake = Mistake::at(node.place, "no control at all: `endpoints` is missing");
            self.wrong(mistake.help(EXAMPLE));
            return None;
        };
        let endpoints = self.endpoints(endpoints, timeout)?;
        let quorum = match quorum {
            Some(given) => self.quorum(given, endpoints.len())?,
            None => controls::QUORUM_DEFAULT,
        };
        Some(Controls {
            endpoints,
            quorum,
            timeout: timeout.to_duration(),
        })
    }

    fn quorum(&mut self, given: Given<NonZeroU32>, all: usize) -> Option<NonZeroU32> {
        let quorum = given.value?;
        if quorum.get() as usize <= all {
            return Some(quorum);
        }
        let title = format!("quorum {quorum} is above the number of controls, {all}");
        self.wrong(Mistake::at(given.place, title).label(format!("at most {all}")));
        None
    }

    /// The controls of a list, or the built-in ones. None for `off`.
    fn endpoints(&mut self, node: &Node, timeout: Millis) -> Option<Vec<Control>> {
        let nodes = match &node.value {
            Value::List(nodes) => nodes,
            Value::Text(_) | Value::Bool(_) => {
                let on = self.on_off(node)?;
                return on.then(|| controls::defaults(timeout.to_duration()));
            }
            _ => {
                self.unexpected(node, "on, off, or a list of endpoints");
                return None;
            }
        };
        if nodes.is_empty() {
            let mistake = Mistake::at(node.place, "no control at all").label("nothing in here");
            self.wrong(mistake.help(EXAMPLE));
            return None;
        }
        if nodes.len() > CONTROLS_MAX {
            let title = format!("{} controls are too many", nodes.len());
            let label = format!("at most {CONTROLS_MAX}: all of them are asked at once");
            self.wrong(Mistake::at(node.place, title).label(label));
        }
        let read: Vec<_> = nodes.iter().map(|it| self.control(it, timeout)).collect();
        read.into_iter().collect()
    }

    fn control(&mut self, node: &Node, timeout: Millis) -> Option<Control> {
        self.nothing_meaningless(node);
        let name = Name::try_new("controls").expect("a word of letters has letters to name it by");
        let given = |value| {
            Some(Given {
                place: node.place,
                value: Some(value),
            })
        };
        let mut draft = self.endpoint(
            node,
            &Platform {
                service: &name,
                name: name.clone(),
                settings: Settings {
                    timeout: given(timeout),
                    // that anything answers is enough
                    expect: expectation::any_status(node.place),
                    ..Settings::default()
                },
            },
        );
        // what it may not say has no say; longer than any timeout
        draft.settings.interval = given(Millis::from_secs(24 * 3600));
        draft.settings.confirm_interval = None;
        draft.settings.grace = None;
        draft.settings.flap_failures = None;
        draft.settings.flap_of = None;
        if let Some(timeout) = draft.settings.timeout {
            self.timeout_of_a_control(timeout);
        }
        let probe = self.resolve(&draft)?;
        Some(Control {
            shown_url: probe.shown_url.to_string(),
            inquiry: probe.inquiry,
        })
    }

    fn nothing_meaningless(&mut self, node: &Node) {
        let Value::Map(entries) = &node.value else {
            return;
        };
        for (key, _) in entries {
            let text = &*key.text;
            if SCHEDULE_KEYS.contains(&text) || MEANINGLESS_KEYS.contains(&text) {
                let title = format!("`{}` means nothing for a control", shortened(text));
                let mistake = Mistake::at(key.place, title).label("take this out");
                let help = "a control is one request, and only made when probes fail";
                self.wrong(mistake.help(help));
            }
        }
    }

    fn timeout_of_a_control(&mut self, given: Given<Millis>) {
        if let Some(timeout) = given.value
            && timeout > TIMEOUT_MAX
        {
            let title = format!("a control cannot take as long as {timeout}");
            let mistake = Mistake::at(given.place, title).label(format!("at most {TIMEOUT_MAX}"));
            self.wrong(
                mistake.help("a failure is told only when the controls have answered or not"),
            );
        }
    }
}

/// Said where controls are missing.
const EXAMPLE: &str = "the shortest form is\ncontrols: on";
