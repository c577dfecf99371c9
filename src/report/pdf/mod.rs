//! A document as PDF: A4 pages to print, to hand out and to keep.
//!
//! Files are PDF/A-2a, made to be read in decades, and PDF/UA-1, read aloud as they are meant. All
//! fonts are inside. The same document gives the same bytes.
//!
//! Pages are filled first and printed then, since each says how many there are. What fonts lack
//! shows as a box; copied and searched, it is what it was. Text runs from left to right.

mod block;
mod drawing;
mod face;
mod grid;
mod line;
mod picture;
mod press;
mod reading;
mod sheet;
mod structure;
mod style;

use std::io::{self, Write};

use super::document::Document;
use super::meta::Meta;

/// Writes the document as one file.
pub fn render(document: &Document, meta: &Meta, out: &mut dyn Write) -> io::Result<()> {
    let fonts = face::Fonts::new();
    let mut sheets = sheet::Sheets::new(&fonts);
    block::set(document, &mut sheets);
    let file = press::print(&sheets, meta).map_err(io::Error::other)?;
    out.write_all(&file)
}

#[cfg(test)]
mod tests;
