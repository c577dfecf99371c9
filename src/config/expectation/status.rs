//! The key `status`.

use super::super::mistake::Mistake;
use super::super::node::Node;
use super::super::value::{Reader, shortened};
use super::Said;
use crate::expect::{Rule, StatusSet};

impl Reader<'_, '_> {
    pub(super) fn status(&mut self, node: &Node, said: &mut Said) {
        let expected = "a status as in 200, 2xx or 200-299, or a list of them";
        let Some(texts) = self.texts(node, expected) else {
            return;
        };
        if texts.is_empty() {
            let mistake = Mistake::at(node.place, "no status would be right")
                .label("name at least one, as in [200, 3xx]");
            self.wrong(mistake);
            return;
        }
        let mut sets = Vec::new();
        for text in &texts {
            for part in said.take(text).split(',') {
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
        said.rules.push(Rule::Status(StatusSet::union(sets)));
    }
}
