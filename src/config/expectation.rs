//! What stands below `expect`.

use super::mistake::Mistake;
use super::node::Node;
use super::settings::Settings;
use super::text::Text;
use super::value::{Reader, shortened};
use crate::expect::StatusSet;

/// The keys below `expect`.
pub(super) const KEYS: [&str; 3] = ["status", "body_contains", "latency_max"];

impl Settings {
    /// Expectations join those that are there already, each for itself.
    pub(super) fn expect(&mut self, node: &Node, reader: &mut Reader<'_, '_>) {
        for (key, node) in reader.entries(node, "a map as in { status: 200 }") {
            match &*key.text {
                "status" => self.status = reader.status(node),
                "body_contains" => self.body_contains = reader.body_contains(node),
                "latency_max" => self.latency_max = Some(reader.length(node)),
                _ => reader.unknown_key(key, &KEYS),
            }
        }
    }
}

impl Reader<'_, '_> {
    fn status(&mut self, node: &Node) -> Option<StatusSet> {
        let texts = self.texts(
            node,
            "a status as in 200, 2xx or 200-299, or a list of them",
        )?;
        if texts.is_empty() {
            let mistake = Mistake::at(node.place, "no status would be right")
                .label("name at least one, as in [200, 3xx]");
            self.wrong(mistake);
            return None;
        }
        let mut sets = Vec::new();
        for text in texts {
            for part in text.value().split(',') {
                if let Ok(set) = part.parse::<StatusSet>() {
                    sets.push(set);
                } else {
                    // the parser's error would repeat what was filled in
                    let title = format!("`{}` is not a status", shortened(text.written()));
                    let label = "write a code (200), a class (2xx) or a range (200-299)";
                    self.wrong(Mistake::at(text.place, title).label(label));
                }
            }
        }
        Some(StatusSet::union(sets))
    }

    fn body_contains(&mut self, node: &Node) -> Option<Vec<Text>> {
        let texts = self.texts(node, "text, or a list of texts")?;
        for text in &texts {
            if text.value().is_empty() {
                let mistake = Mistake::at(text.place, "every body contains nothing")
                    .label("write what has to stand in the body");
                self.wrong(mistake);
            }
        }
        Some(texts)
    }
}
