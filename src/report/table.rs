//! A document on a terminal: aligned columns, and colour if the terminal shows it.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::document::{Align, Block, Document, Grid, Span, Text, Tone};
use super::text::{harmless, plain};

/// Longest line of a paragraph, in characters.
const LINE_CHARS_MAX: usize = 100;

/// Stand for the beginning of a tone and its end while columns are measured. They have no width,
/// and [`harmless`] lets none through from outside.
const MARKS: [(char, &str); 5] = [
    (mark(Tone::Good), "\u{1b}[32m"),
    (mark(Tone::Warn), "\u{1b}[33m"),
    (mark(Tone::Bad), "\u{1b}[1;31m"),
    (mark(Tone::Faint), "\u{1b}[2m"),
    (MARK_END, "\u{1b}[0m"),
];
const MARK_END: char = '\u{2060}';

const fn mark(tone: Tone) -> char {
    match tone {
        Tone::Good => '\u{2061}',
        Tone::Warn => '\u{2062}',
        Tone::Bad => '\u{2063}',
        Tone::Faint => '\u{2064}',
    }
}

/// Whether escape sequences for colour may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    On,
    Off,
}

/// Writes the document as lines of text.
pub fn render(document: &Document, colour: Colour, out: &mut dyn Write) -> io::Result<()> {
    for (at, block) in document.blocks.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        match block {
            Block::Title(text) | Block::Paragraph(text) => wrapped("", text, colour, out)?,
            Block::Heading(text) => writeln!(out, "{}", inked(&line(text).to_uppercase(), colour))?,
            Block::List(items) => {
                for item in items {
                    wrapped("- ", item, colour, out)?;
                }
            }
            Block::Grid(grid) => {
                for row in aligned(grid).lines() {
                    writeln!(out, "{}", inked(row.trim_end(), colour))?;
                }
            }
        }
    }
    Ok(())
}

/// The line, with the marks of its tones.
fn line(text: &Text) -> String {
    let mut line = String::new();
    for span in &text.0 {
        match span {
            Span::Words(words) => line.push_str(&harmless(words)),
            Span::Quoted(words) => line.push_str(&plain(words)),
            Span::Toned(tone, words) => {
                line.push(mark(*tone));
                line.push_str(&harmless(words));
                line.push(MARK_END);
            }
        }
    }
    line
}

/// Broken between words; lines after the first stand under the text.
fn wrapped(bullet: &str, text: &Text, colour: Colour, out: &mut dyn Write) -> io::Result<()> {
    let text = line(text);
    let mut current = String::from(bullet);
    let mut words = 0;
    for word in text.split(' ') {
        let longer = current.chars().count() + 1 + word.chars().count();
        if words > 0 && longer > LINE_CHARS_MAX {
            writeln!(out, "{}", inked(&current, colour))?;
            current = " ".repeat(bullet.len());
            words = 0;
        }
        if words > 0 {
            current.push(' ');
        }
        current.push_str(word);
        words += 1;
    }
    writeln!(out, "{}", inked(&current, colour))
}

fn aligned(grid: &Grid) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(
            grid.columns
                .iter()
                .map(|column| column.title.to_uppercase()),
        )
        .add_rows(grid.rows.iter().map(|row| row.iter().map(line)));
    for (at, column) in grid.columns.iter().enumerate() {
        if let Some(set) = table.column_mut(at) {
            set.set_padding((0, 2));
            set.set_cell_alignment(match column.align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
    }
    table
}

/// With escape sequences in place of the marks, or nothing.
fn inked(line: &str, colour: Colour) -> String {
    let mut inked = String::with_capacity(line.len());
    for c in line.chars() {
        match MARKS.iter().find(|(mark, _)| *mark == c) {
            Some((_, escape)) if colour == Colour::On => inked.push_str(escape),
            Some(_) => {}
            None => inked.push(c),
        }
    }
    inked
}

#[cfg(test)]
mod tests {
    use super::super::document::{left, right};
    use super::*;

    fn document() -> Document {
        let mut grid = Grid::new(&[left("Name"), right("Count")]);
        grid.row([Text::toned(Tone::Bad, "down"), "7".into()]);
        grid.row([Text::quoted("\u{1b}[2J\nx"), "1234567".into()]);
        let mut document = Document::default();
        document.grid(grid);
        document
    }

    fn shown(colour: Colour) -> String {
        let mut out = Vec::new();
        render(&document(), colour, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned_whatever_their_colour() {
        assert_eq!(
            shown(Colour::Off),
            "NAME      COUNT\ndown          7\n\u{fffd}[2J x  1234567\n"
        );
        assert_eq!(
            shown(Colour::On),
            "NAME      COUNT\n\u{1b}[1;31mdown\u{1b}[0m          7\n\u{fffd}[2J x  1234567\n"
        );
    }
}
