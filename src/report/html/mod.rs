//! A document as one HTML file that stands alone: no script, nothing from outside, light and dark,
//! narrow and wide, and fit to be printed. Whatever stands in the text stays text.

mod blocks;
mod escape;
mod grid;
mod layout;
mod outline;
mod style;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use blocks::Body;
use escape::escaped;
use outline::Outline;

use super::document::Document;
use super::meta::Meta;

/// Nothing is fetched and nothing runs, whatever a text could smuggle in.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// Fewer sections are found without a table of contents.
const CONTENTS_MIN: usize = 2;

/// Writes the document as a page. End tags that HTML lets go are left out, since reports are long.
pub fn render(document: &Document, meta: &Meta, out: &mut dyn Write) -> io::Result<()> {
    let outline = Outline::of(document);
    let body = Body::of(&outline, meta);
    let title = escaped(&meta.title);
    let generator = escaped(&meta.generator);
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"generator\" content=\"{generator}\">\n\
         <title>{title}</title>\n<style>\n{}</style>\n<style>\n{}</style>\n</head>",
        style::SHEET,
        style::of(meta, body.shapes()),
    )?;
    let sections = &outline.sections;
    let has_contents = sections.len() >= CONTENTS_MIN;
    let with_contents = if has_contents { " class=\"c\"" } else { "" };
    writeln!(
        out,
        "<body{with_contents}>\n<header>\n{}</header>",
        body.head
    )?;
    if has_contents {
        writeln!(out, "<nav aria-label=\"Contents\">\n<ul>")?;
        for section in sections {
            let words = escape::words(section.heading);
            writeln!(out, "<li><a href=\"#{}\">{words}</a>", section.id)?;
        }
        writeln!(out, "</ul>\n</nav>")?;
    }
    writeln!(
        out,
        "<main>\n{}</main>\n<footer><p>{title} · {generator}</p></footer>\n</body>\n</html>",
        body.main
    )
}
