//! What the marks on the pages mean, in the order in which they are read: for those who listen, and
//! for programs.

use std::num::NonZeroU16;

use krilla::tagging::{
    BBox, Identifier, ListNumbering, Placement, TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};

/// Of this program's own words.
pub(super) const LANGUAGE: &str = "en";

/// What a part is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    /// With its level, counted from 1, and its words.
    Heading(NonZeroU16, String),
    Paragraph,
    List,
    Item,
    /// Of an item: its bullet or its name.
    Label,
    /// Of an item: what it says.
    Body,
    Table,
    TableHead,
    TableBody,
    Row,
    TitleCell,
    Cell,
    /// With its description, and where it is if that is one place.
    Picture(String, Option<BBox>),
    Code,
}

/// Parts within parts.
#[derive(Debug, Default)]
pub(super) struct Structure {
    parts: Vec<(Role, Vec<Child>)>,
    roots: Vec<Part>,
    contents: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part(usize);

/// What is printed in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content(pub(super) usize);

#[derive(Clone, Copy, Debug)]
enum Child {
    Part(Part),
    Content(Content),
}

impl Structure {
    pub(super) fn root(&mut self, role: Role) -> Part {
        let part = self.add(role);
        self.roots.push(part);
        part
    }

    pub(super) fn part(&mut self, parent: Part, role: Role) -> Part {
        let part = self.add(role);
        self.parts[parent.0].1.push(Child::Part(part));
        part
    }

    pub(super) fn content(&mut self, parent: Part) -> Content {
        let content = Content(self.contents);
        self.contents += 1;
        self.parts[parent.0].1.push(Child::Content(content));
        content
    }

    pub(super) fn contents(&self) -> usize {
        self.contents
    }

    /// `identifiers` are those of the contents, as far as they were printed.
    pub(super) fn tree(&self, identifiers: &[Option<Identifier>]) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(LANGUAGE.to_owned()));
        for root in &self.roots {
            tree.push(self.group(*root, identifiers));
        }
        tree
    }

    fn add(&mut self, role: Role) -> Part {
        self.parts.push((role, Vec::new()));
        Part(self.parts.len() - 1)
    }

    /// No deeper than a cell in a table.
    fn group(&self, part: Part, identifiers: &[Option<Identifier>]) -> TagGroup {
        let (role, children) = &self.parts[part.0];
        let mut group = TagGroup::new(role.tag());
        for child in children {
            match child {
                Child::Part(part) => group.push(self.group(*part, identifiers)),
                Child::Content(content) => {
                    if let Some(Some(identifier)) = identifiers.get(content.0) {
                        group.push(*identifier);
                    }
                }
            }
        }
        group
    }
}

impl Role {
    fn tag(&self) -> TagKind {
        match self {
            Self::Heading(level, words) => Tag::Hn(*level, Some(words.clone())).into(),
            Self::Paragraph => Tag::P.into(),
            Self::List => Tag::L(ListNumbering::None).into(),
            Self::Item => Tag::LI.into(),
            Self::Label => Tag::Lbl.into(),
            Self::Body => Tag::LBody.into(),
            Self::Table => Tag::Table.into(),
            Self::TableHead => Tag::THead.into(),
            Self::TableBody => Tag::TBody.into(),
            Self::Row => Tag::TR.into(),
            Self::TitleCell => Tag::TH(TableHeaderScope::Column).into(),
            Self::Cell => Tag::TD.into(),
            Self::Picture(description, place) => Tag::Figure(Some(description.clone()))
                .with_placement(Some(Placement::Block))
                .with_bbox(*place)
                .into(),
            Self::Code => Tag::Code.into(),
        }
    }
}
