//! What a service, a platform or an endpoint says of itself as a whole: when its members make it
//! down, how much it matters, when it is maintained, and what is promised.

use std::sync::Arc;

use super::keys::{self, names};
use super::maintenance::Maintained;
use super::mistake::Mistake;
use super::node::{Key, Node, Value};
use super::promises::Promised;
use super::value::{Given, Reader, shortened};
use crate::domain::promise::PromiseKind;
use crate::domain::rollup::{DownWhen, Weight};
use crate::domain::subject::Scope;
use crate::domain::time::Millis;

/// What one file says of one of them. `None` is what it does not mention.
#[derive(Clone, Debug, Default)]
pub(super) struct SubjectSettings {
    pub(super) down_when: Option<Given<DownWhen>>,
    pub(super) weight: Option<Given<Weight>>,
    pub(super) merge_gap: Option<Given<Millis>>,
    pub(super) maintenance: Arc<[Maintained]>,
    pub(super) promises: Vec<Promised>,
}

const DOWN_WHEN_KEYS: [&str; keys::DOWN_WHEN.len()] = names(&keys::DOWN_WHEN);

/// Where the keys belong that are known elsewhere only.
pub(super) const ELSEWHERE: [(&[&str], &str); 6] = [
    (&["merge_gap"], "at the top of the file, beside `platforms`"),
    (&["down_when"], "at the top of the file, or to a platform"),
    (&["slo", "sla"], "at the top of the file, or to a platform"),
    (&["reports"], "at the top of the file, beside `platforms`"),
    (&["weight"], "to a platform or an endpoint"),
    (
        &["maintenance"],
        "at the top of the file, to a platform or to an endpoint",
    ),
];

impl SubjectSettings {
    /// Reads the key if it is one of this scope, else leaves it to the caller.
    pub(super) fn read(
        &mut self,
        key: &Key,
        node: &Node,
        scope: Scope,
        reader: &mut Reader<'_, '_>,
    ) -> bool {
        use Scope::{Endpoint, Platform, Service};
        match (&*key.text, scope) {
            ("down_when", Service | Platform) => self.down_when = Some(reader.down_when(node)),
            ("weight", Platform | Endpoint) => self.weight = Some(reader.weight(node)),
            ("merge_gap", Service) => self.merge_gap = Some(reader.length(node)),
            ("slo", Service | Platform) => {
                self.promises
                    .extend(reader.promises(PromiseKind::Slo, node));
            }
            ("sla", Service | Platform) => {
                self.promises
                    .extend(reader.promises(PromiseKind::Sla, node));
            }
            ("maintenance", _) => self.maintenance = reader.maintenance(node).into(),
            _ => return false,
        }
        true
    }
}

impl Reader<'_, '_> {
    pub(super) fn down_when(&mut self, node: &Node) -> Given<DownWhen> {
        let expected = "any, all, a count as in 2, or a share as in 50%";
        let (at, value) = match &node.value {
            Value::Map(entries) => {
                let mut found = None;
                for (key, node) in entries {
                    if key.text == "quorum" {
                        let expected = "a count as in 2, or a share as in 50%";
                        let quorum = self.policy(node, expected).filter(|policy| {
                            matches!(policy, DownWhen::Quorum(_) | DownWhen::Share(_))
                        });
                        found = Some((node, quorum));
                    } else {
                        self.unknown_key(key, &DOWN_WHEN_KEYS);
                    }
                }
                let Some(found) = found else {
                    if entries.is_empty() {
                        self.unexpected(node, expected);
                    }
                    return Given {
                        place: node.place,
                        value: None,
                    };
                };
                found
            }
            _ => (node, self.policy(node, expected)),
        };
        Given {
            place: at.place,
            value,
        }
    }

    fn policy(&mut self, node: &Node, expected: &str) -> Option<DownWhen> {
        let text = self.plain_text(node, expected)?;
        let word = text.value().trim().to_ascii_lowercase();
        let policy = word.parse().ok();
        // below `quorum` the words mean nothing
        if policy.is_none()
            || (expected.starts_with("a count") && !word.starts_with(|c: char| c.is_ascii_digit()))
        {
            let title = format!("`{}` is not {expected}", shortened(text.written()));
            let label = match word.parse::<f64>() {
                Ok(share) if share > 0.0 && share < 1.0 => {
                    format!("write {:.0}% for a share", share * 100.0)
                }
                _ => format!("write {expected}"),
            };
            self.wrong(Mistake::at(text.place, title).label(label));
            return None;
        }
        policy
    }

    fn weight(&mut self, node: &Node) -> Given<Weight> {
        let value = self
            .plain_text(node, "a weight as in 0.5")
            .and_then(|text| {
                let weight = text.value().trim().parse().ok();
                if weight.is_none() {
                    let title = format!("`{}` is not a weight", shortened(text.written()));
                    let label = "write a number from 0 to 1000, with at most three decimals";
                    self.wrong(Mistake::at(text.place, title).label(label));
                }
                weight
            });
        Given {
            place: node.place,
            value,
        }
    }
}
