//! The key `expression`: CEL, one or several.

use super::super::mistake::Mistake;
use super::super::node::Node;
use super::super::value::Reader;
use super::Said;
use crate::expect::{Expression, Rule};

impl Reader<'_, '_> {
    pub(super) fn expressions(&mut self, node: &Node, said: &mut Said) {
        let expected = "an expression as in 'status == 200', or a list of them";
        for text in self.texts(node, expected).unwrap_or_default() {
            let value = said.take(&text);
            let title = "this is not an expression that can be used";
            match Expression::try_new(value) {
                Ok(expression) => said.rules.push(Rule::Expression(expression)),
                Err(bad) => {
                    let at = bad.at.and_then(|(line, column)| byte(value, line, column));
                    let place = match at {
                        Some(at) => self.spot(&text, at),
                        None => text.place,
                    };
                    let mistake = Mistake::at(place, title);
                    // the reason quotes what stands there
                    self.wrong(if text.is_filled() {
                        mistake.label("not understood")
                    } else {
                        mistake.label(bad.reason)
                    });
                }
            }
        }
    }
}

/// Where the column of the line is, both counted from 1.
fn byte(text: &str, line: usize, column: usize) -> Option<usize> {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(before) => text.match_indices('\n').nth(before)?.0 + 1,
    };
    let rest = &text[start..];
    let offset = rest.char_indices().nth(column.saturating_sub(1));
    Some(start + offset.map_or(rest.len(), |(offset, _)| offset))
}
