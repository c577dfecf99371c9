//! What a page looks like.

use std::fmt::Write;

use super::escape::css;
use super::grid::Shape;
use crate::report::meta::Meta;

/// The same for all pages.
pub(super) const SHEET: &str = include_str!("style.css");

/// What depends on the page: its tables, and what stands at the foot of each sheet of paper.
pub(super) fn of(meta: &Meta, shapes: &[Shape]) -> String {
    let mut rules = String::new();
    for (number, shape) in shapes.iter().enumerate() {
        rules.push_str(&shape.rules(number));
    }
    let title = css(&meta.title);
    _ = writeln!(rules, "@page {{ @bottom-left {{ content: \"{title}\" }} }}");
    rules
}
