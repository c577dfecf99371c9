//! The blocks of a document on pages.

use std::num::NonZeroU16;

use super::super::document::{Block, Document, Fields, Figure, Text, Tone, Verbatim};
use super::super::text::harmless;
use super::face::Face;
use super::line::{Piece, line, name, pieces, wrapped};
use super::sheet::Sheets;
use super::structure::Role;
use super::style::{
    BODY, BOTTOM, CODE, FIGURE_LABEL, FIGURE_NOTE, FIGURE_VALUES, HEADING, Ink, MARGIN, SUBHEADING,
    Setting, TITLE, TOP, WIDTH,
};
use super::{grid, picture};

/// Before a block and the next.
const GAP: f32 = 7.0;

/// Before headings, beside the gap.
const HEADING_GAP: f32 = 14.0;
const SUBHEADING_GAP: f32 = 3.0;

/// From the bullet to its text.
const BULLET: f32 = 11.0;

/// Most key figures beside each other, and the space between them.
const FIGURES_MAX: usize = 4;
const FIGURE_GAP: f32 = 8.0;

/// Around what stands on a shade.
const PADDING: f32 = 7.0;

/// The widest that names of fields may be.
const NAME_MAX: f32 = 150.0;

/// Spaces in the place of a tab.
const TAB: &str = "    ";

/// All of the document.
pub(super) fn set(document: &Document, sheets: &mut Sheets<'_>) {
    let mut blocks = &document.blocks[..];
    while let [block, rest @ ..] = blocks {
        set_one(block, rest, sheets);
        blocks = rest;
    }
}

fn set_one(block: &Block, rest: &[Block], sheets: &mut Sheets<'_>) {
    match block {
        Block::Title(text) => heading(text, TITLE, 1, 0.0, sheets),
        Block::Heading(text) => {
            sheets.skip(HEADING_GAP);
            heading(text, HEADING, 2, least(rest), sheets);
        }
        Block::Subheading(text) => {
            sheets.skip(SUBHEADING_GAP);
            heading(text, SUBHEADING, 3, least(rest), sheets);
        }
        Block::Paragraph(text) => {
            sheets.skip(GAP);
            let part = sheets.structure.root(Role::Paragraph);
            let pieces = pieces(text, Face::Regular, false);
            sheets.lines(&pieces, BODY, MARGIN, WIDTH, part);
        }
        Block::List(items) => list(items, sheets),
        Block::Grid(grid) => {
            sheets.skip(GAP);
            grid::set(grid, sheets);
        }
        Block::Fields(fields) => set_fields(fields, sheets),
        Block::Verbatim(verbatim) => set_verbatim(verbatim, sheets),
        Block::Figures(figures) => {
            sheets.skip(GAP);
            // rows of about the same length
            let rows = figures.len().div_ceil(FIGURES_MAX).max(1);
            let columns = figures.len().div_ceil(rows).max(1);
            for row in figures.chunks(columns) {
                set_figures(row, columns, sheets);
            }
        }
        Block::Chart(chart) => {
            sheets.skip(GAP);
            picture::set(chart, sheets);
        }
    }
}

/// What has to stand on the same page as the heading before it, at least.
fn least(rest: &[Block]) -> f32 {
    match rest {
        [
            Block::Title(_) | Block::Heading(_) | Block::Subheading(_),
            rest @ ..,
        ] => GAP + SUBHEADING_GAP + HEADING.leading + least(rest),
        [Block::Chart(chart), ..] => GAP + picture::height(chart),
        [Block::Figures(_), ..] => GAP + FIGURE_VALUES[0].leading * 4.0,
        [_, ..] => GAP + BODY.leading * 3.0,
        [] => 0.0,
    }
}

fn heading(text: &Text, setting: Setting, level: u16, least: f32, sheets: &mut Sheets<'_>) {
    sheets.skip(GAP);
    // never so much that it would not fit on any page
    let least = least.min((BOTTOM - TOP) / 2.0);
    sheets.need(setting.leading + least);
    let pieces = pieces(text, Face::Bold, false);
    let words: String = pieces.iter().map(|piece| piece.words.as_str()).collect();
    let words = name(&words);
    // one without words leads nobody anywhere
    let role = if words.trim().is_empty() {
        Role::Paragraph
    } else {
        sheets.bookmark(level, words.clone());
        Role::Heading(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), words)
    };
    let part = sheets.structure.root(role);
    sheets.lines(&pieces, setting, MARGIN, WIDTH, part);
}

fn list(items: &[Text], sheets: &mut Sheets<'_>) {
    sheets.skip(GAP);
    let list = sheets.structure.root(Role::List);
    for item in items {
        let bullet = [Piece::new(Face::Regular, Ink::Faint, "• ")];
        let bullet = line(sheets.fonts, &bullet, BODY.size);
        let pieces = pieces(item, Face::Regular, false);
        let lines = wrapped(sheets.fonts, &pieces, BODY.size, WIDTH - BULLET);
        sheets.need_begin(lines.len(), BODY);
        let item_part = sheets.structure.part(list, Role::Item);
        let label = sheets.structure.part(item_part, Role::Label);
        let content = sheets.structure.content(label);
        sheets.line(MARGIN + 2.0, bullet, BODY, Some(content));
        let body = sheets.structure.part(item_part, Role::Body);
        sheets.print(lines, BODY, MARGIN + BULLET, body);
        sheets.y += 1.5;
    }
}

fn title(text: &Text, sheets: &mut Sheets<'_>) {
    sheets.skip(GAP);
    if !text.0.is_empty() {
        sheets.need(BODY.leading * 3.0);
        let part = sheets.structure.root(Role::Paragraph);
        sheets.lines(&pieces(text, Face::Bold, false), BODY, MARGIN, WIDTH, part);
    }
}

/// Names on the left, what they say on the right.
fn set_fields(fields: &Fields, sheets: &mut Sheets<'_>) {
    title(&fields.title, sheets);
    let names: Vec<_> = fields
        .fields
        .iter()
        .map(|(field, _)| [Piece::new(Face::Regular, Ink::Faint, &harmless(field))])
        .collect();
    let width = |field| line(sheets.fonts, field, BODY.size).width;
    let names_width = names.iter().map(|field| width(field)).fold(0.0, f32::max);
    let names_width = names_width.min(NAME_MAX) + 12.0;
    let list = sheets.structure.root(Role::List);
    for (field, (_, value)) in names.iter().zip(&fields.fields) {
        let item = sheets.structure.part(list, Role::Item);
        let label = sheets.structure.part(item, Role::Label);
        let body = sheets.structure.part(item, Role::Body);
        let names = wrapped(sheets.fonts, field, BODY.size, names_width - 8.0);
        let value = pieces(value, Face::Regular, false);
        let values = wrapped(sheets.fonts, &value, BODY.size, WIDTH - names_width);
        for at in 0..names.len().max(values.len()) {
            sheets.need(BODY.leading);
            let columns = [
                (MARGIN, names.get(at), label),
                (MARGIN + names_width, values.get(at), body),
            ];
            for (x, line, part) in columns {
                if let Some(line) = line {
                    let content = sheets.structure.content(part);
                    sheets.line(x, line.clone(), BODY, Some(content));
                }
            }
            sheets.y += BODY.leading;
        }
    }
}

/// Foreign lines on a shade, as they are.
fn set_verbatim(verbatim: &Verbatim, sheets: &mut Sheets<'_>) {
    title(&verbatim.title, sheets);
    sheets.skip(2.0);
    let paragraph = sheets.structure.root(Role::Paragraph);
    let code = sheets.structure.part(paragraph, Role::Code);
    for words in &verbatim.lines {
        let words = harmless(&words.replace('\t', TAB));
        let pieces = [Piece::new(Face::Mono, Ink::Text, &words)];
        let room = WIDTH - 2.0 * PADDING;
        for line in wrapped(sheets.fonts, &pieces, CODE.size, room) {
            sheets.need(CODE.leading);
            sheets.shade(MARGIN, 0.0, WIDTH, CODE.leading, Ink::Shade);
            let content = sheets.structure.content(code);
            sheets.line(MARGIN + PADDING, line, CODE, Some(content));
            sheets.y += CODE.leading;
        }
    }
}

/// Beside each other, in columns that all rows share.
fn set_figures(figures: &[Figure], columns: usize, sheets: &mut Sheets<'_>) {
    let count = u16::try_from(columns).map_or(1.0, f32::from);
    let width = (WIDTH - FIGURE_GAP * (count - 1.0)) / count;
    let room = width - 2.0 * PADDING;
    let cards: Vec<_> = figures
        .iter()
        .map(|Figure { label, value, note }| {
            let label = [Piece::new(Face::Regular, Ink::Faint, &harmless(label))];
            let note = toned(pieces(note, Face::Regular, false), Tone::Faint);
            let value = pieces(value, Face::Bold, false);
            let fits = |setting: &Setting| line(sheets.fonts, &value, setting.size).width <= room;
            let setting = FIGURE_VALUES.into_iter().find(fits);
            let setting = setting.unwrap_or(FIGURE_VALUES[1]);
            [
                (label.to_vec(), FIGURE_LABEL),
                (value, setting),
                (note, FIGURE_NOTE),
            ]
            .map(|(pieces, setting)| {
                let lines = wrapped(sheets.fonts, &pieces, setting.size, room);
                let lines = if pieces.is_empty() { Vec::new() } else { lines };
                (lines, setting)
            })
        })
        .collect();
    let inner = |card: &[(Vec<_>, Setting); 3]| -> f32 {
        let heights = card
            .iter()
            .map(|(lines, setting)| lines.iter().map(|_| setting.leading).sum::<f32>());
        heights.sum()
    };
    let height = cards.iter().map(inner).fold(0.0, f32::max) + 2.0 * PADDING;
    sheets.need(height);
    let list = sheets.structure.root(Role::List);
    let top = sheets.y;
    let mut x = MARGIN;
    for card in cards {
        sheets.y = top;
        sheets.shade(x, 0.0, width, height, Ink::Shade);
        sheets.y += PADDING;
        let item = sheets.structure.part(list, Role::Item);
        let parts = [Role::Label, Role::Body, Role::Body];
        for ((lines, setting), role) in card.into_iter().zip(parts) {
            if lines.is_empty() {
                continue;
            }
            let part = sheets.structure.part(item, role);
            for line in lines {
                let content = sheets.structure.content(part);
                sheets.line(x + PADDING, line, setting, Some(content));
                sheets.y += setting.leading;
            }
        }
        x += width + FIGURE_GAP;
    }
    sheets.y = top + height + FIGURE_GAP;
}

/// What has no tone of its own gets this one.
pub(super) fn toned(mut pieces: Vec<Piece>, tone: Tone) -> Vec<Piece> {
    for piece in &mut pieces {
        if piece.ink == Ink::Text {
            piece.ink = Ink::of(tone);
        }
    }
    pieces
}
