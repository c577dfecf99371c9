//! A document on a terminal: aligned columns that fit its width, and colour if it shows it.

use std::io::{self, Write};

use super::document::{Block, Document, Fields};
use super::ink::{inked, whole, wrapped};
use super::{columns, fields};

pub use super::ink::Colour;

/// Longest line of a paragraph, in columns: longer ones are hard to read.
const PARAGRAPH_WIDTH_MAX: usize = 100;

/// What the document is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub colour: Colour,
    /// Columns of the terminal. `None` for anything else: there a row is one line, however long.
    pub width: Option<usize>,
}

impl Page {
    /// A file, or the input of another program.
    pub const PLAIN: Self = Self {
        colour: Colour::Off,
        width: None,
    };
}

/// Writes the document as lines of text.
pub fn render(document: &Document, page: Page, out: &mut dyn Write) -> io::Result<()> {
    let paragraph = page.width.unwrap_or(usize::MAX).min(PARAGRAPH_WIDTH_MAX);
    for (at, block) in document.in_words().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let lines = match block {
            Block::Title(text) | Block::Paragraph(text) => wrapped("", &whole(text), paragraph),
            Block::Heading(text) => vec![whole(text).to_uppercase()],
            Block::Subheading(text) => vec![whole(text)],
            Block::Figures(figures) => fields::lines(&Fields::of(figures), page.width),
            Block::Chart(_) => Vec::new(),
            Block::List(items) => items
                .iter()
                .flat_map(|item| wrapped("- ", &whole(item), paragraph))
                .collect(),
            Block::Grid(grid) => columns::lines(grid, page.width),
            Block::Fields(fields) => fields::lines(fields, page.width),
            Block::Verbatim(verbatim) => fields::verbatim(verbatim, page.width),
        };
        for line in lines {
            writeln!(out, "{}", inked(&line, page.colour))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::document::{Grid, Text, Tone, left, right};
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
        let page = Page {
            colour,
            width: None,
        };
        render(&document(), page, &mut out).unwrap();
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
