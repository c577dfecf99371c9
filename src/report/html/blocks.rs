//! The blocks of a document as elements.

use std::fmt::Write;

use super::escape::{escaped, text};
use super::grid::{Laid, Shape};
use super::outline::Outline;
use crate::report::chart::Chart;
use crate::report::chart::svg::{Palette, svg};
use crate::report::document::{Block, Fields, Figure, Span, Text, Verbatim};
use crate::report::meta::Meta;
use crate::report::text::harmless;

/// What a page shows.
#[derive(Default)]
pub(super) struct Body {
    /// Above the contents.
    pub head: String,
    /// The sections.
    pub main: String,
    /// By the numbers that tables call them.
    shapes: Vec<Shape>,
}

impl Body {
    pub(super) fn of(outline: &Outline, meta: &Meta) -> Self {
        let mut body = Self::default();
        let mut head = String::new();
        let title = outline.title.map_or_else(|| escaped(&meta.title), text);
        _ = writeln!(head, "<h1>{title}</h1>");
        for (at, block) in outline.head.iter().enumerate() {
            match block {
                Block::Paragraph(words) if at == 0 && begins_in_a_tone(words) => {
                    _ = writeln!(head, "<p class=\"v\">{}</p>", text(words));
                }
                block => body.write(block, None, &mut head),
            }
        }
        let mut main = String::new();
        for section in &outline.sections {
            let id = &section.id;
            let heading = text(section.heading);
            _ = writeln!(
                main,
                "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>"
            );
            for block in &section.blocks {
                body.write(block, Some(id), &mut main);
            }
            main.push_str("</section>\n");
        }
        Self { head, main, ..body }
    }

    pub(super) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// `section` is the id of the heading above, if there is one.
    fn write(&mut self, block: &Block, section: Option<&str>, out: &mut String) {
        _ = match block {
            Block::Title(words) | Block::Heading(words) => {
                writeln!(out, "<h2>{}</h2>", text(words))
            }
            // no level is skipped
            Block::Subheading(words) if section.is_none() => {
                writeln!(out, "<h2>{}</h2>", text(words))
            }
            Block::Subheading(words) => writeln!(out, "<h3>{}</h3>", text(words)),
            Block::Paragraph(words) => writeln!(out, "<p>{}</p>", text(words)),
            Block::List(items) => write_list(items, out),
            Block::Figures(figures) => write_figures(figures, out),
            Block::Fields(fields) => write_fields(fields, out),
            Block::Verbatim(verbatim) => write_verbatim(verbatim, out),
            Block::Chart(chart) => write_chart(chart, out),
            Block::Grid(grid) => {
                let laid = Laid::out(grid);
                laid.write(self.number(laid.shape()), section, out);
                Ok(())
            }
        };
    }

    fn number(&mut self, shape: Shape) -> usize {
        let known = self.shapes.iter().position(|known| *known == shape);
        known.unwrap_or_else(|| {
            self.shapes.push(shape);
            self.shapes.len() - 1
        })
    }
}

/// As the verdict does, which stands out.
fn begins_in_a_tone(words: &Text) -> bool {
    matches!(words.0.first(), Some(Span::Toned(..)))
}

fn write_list(items: &[Text], out: &mut String) -> std::fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    out.push_str("<ul>\n");
    for item in items {
        writeln!(out, "<li>{}", text(item))?;
    }
    out.push_str("</ul>\n");
    Ok(())
}

fn write_figures(figures: &[Figure], out: &mut String) -> std::fmt::Result {
    if figures.is_empty() {
        return Ok(());
    }
    out.push_str("<dl class=\"k\">\n");
    for Figure { label, value, note } in figures {
        let (label, value, note) = (escaped(label), text(value), text(note));
        write!(out, "<div><dt>{label}</dt><dd>{value}</dd>")?;
        if !note.is_empty() {
            write!(out, "<dd class=\"n\">{note}</dd>")?;
        }
        out.push_str("</div>\n");
    }
    out.push_str("</dl>\n");
    Ok(())
}

fn write_fields(fields: &Fields, out: &mut String) -> std::fmt::Result {
    write_title(&fields.title, out)?;
    if fields.fields.is_empty() {
        return Ok(());
    }
    out.push_str("<dl class=\"d\">\n");
    for (name, value) in &fields.fields {
        writeln!(out, "<dt>{}<dd>{}", escaped(name), text(value))?;
    }
    out.push_str("</dl>\n");
    Ok(())
}

fn write_verbatim(verbatim: &Verbatim, out: &mut String) -> std::fmt::Result {
    write_title(&verbatim.title, out)?;
    out.push_str("<pre>");
    for (at, line) in verbatim.lines.iter().enumerate() {
        let line = escaped(&harmless(line));
        // the first line break would be swallowed, and so would an empty first line
        let line_break = if at > 0 || line.is_empty() { "\n" } else { "" };
        write!(out, "{line_break}{line}")?;
    }
    out.push_str("</pre>\n");
    Ok(())
}

fn write_title(title: &Text, out: &mut String) -> std::fmt::Result {
    if title.0.is_empty() {
        return Ok(());
    }
    writeln!(out, "<p class=\"t\">{}</p>", text(title))
}

fn write_chart(chart: &Chart, out: &mut String) -> std::fmt::Result {
    let (title, description) = (escaped(&chart.title), escaped(&chart.description));
    writeln!(
        out,
        "<figure>\n{}\n<figcaption><b>{title}</b><span class=unseen> {description}</span></figcaption>\n</figure>",
        svg(chart, Palette::Page, None)
    )
}
