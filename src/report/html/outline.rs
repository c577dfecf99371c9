//! The sections of a document, each with the name that links lead to.

use std::collections::BTreeSet;

use super::escape;
use crate::report::document::{Block, Document, Text};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outline<'d> {
    pub title: Option<&'d Text>,
    /// Above the first heading.
    pub head: Vec<&'d Block>,
    pub sections: Vec<Section<'d>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section<'d> {
    /// Like no other of the page.
    pub id: String,
    pub heading: &'d Text,
    pub blocks: Vec<&'d Block>,
}

impl<'d> Outline<'d> {
    pub(super) fn of(document: &'d Document) -> Self {
        let mut outline = Self {
            title: None,
            head: Vec::new(),
            sections: Vec::new(),
        };
        let mut taken = BTreeSet::new();
        for block in &document.blocks {
            let sections = &mut outline.sections;
            match block {
                Block::Title(text) if outline.title.is_none() && sections.is_empty() => {
                    outline.title = Some(text);
                }
                // one title a page
                Block::Title(heading) | Block::Heading(heading) => sections.push(Section {
                    id: free(&slug(heading), &mut taken),
                    heading,
                    blocks: Vec::new(),
                }),
                block => match sections.last_mut() {
                    Some(section) => section.blocks.push(block),
                    None => outline.head.push(block),
                },
            }
        }
        outline
    }
}

/// Lower-case letters, digits and hyphens, as in `outages-of-services`.
fn slug(heading: &Text) -> String {
    let mut slug = String::new();
    for c in escape::words(heading).chars() {
        match c {
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "section" } else { slug }.to_owned()
}

/// With a number if the name is taken.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut numbered = (2..).map(|number: u32| format!("{name}-{number}"));
    let mut id = name.to_owned();
    while !taken.insert(id.clone()) {
        id = numbered.next().expect("there is always another number");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_stable() {
        let mut document = Document::default();
        for heading in [
            "Outages of services",
            "Probes",
            "Probes",
            "¿?",
            "Probes 2",
            "Probes",
        ] {
            document.heading(heading);
        }
        let outline = Outline::of(&document);
        let ids: Vec<_> = outline.sections.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "outages-of-services",
                "probes",
                "probes-2",
                "section",
                "probes-2-2",
                "probes-3"
            ]
        );
    }
}
