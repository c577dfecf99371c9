//! A document as GitHub-flavoured Markdown. Whatever stands in the text stays text.

use std::io::{self, Write};

use super::document::{Align, Block, Document, Figure, Grid, Span, Text};
use super::text::{harmless, plain};

/// Writes the document as Markdown.
pub fn render(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    for (at, block) in document.in_words().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        match block {
            Block::Title(text) => writeln!(out, "# {}", line(text))?,
            Block::Heading(text) => writeln!(out, "## {}", line(text))?,
            Block::Subheading(text) => writeln!(out, "### {}", line(text))?,
            Block::Paragraph(text) => writeln!(out, "{}", line(text))?,
            Block::Figures(figures) => {
                for figure in figures {
                    let Figure { label, value, note } = figure;
                    let (value, note) = (line(value), line(note));
                    let gap = if note.is_empty() { "" } else { "; " };
                    writeln!(out, "- {}: **{value}**{gap}{note}", escaped(label))?;
                }
            }
            Block::Chart(_) => {}
            Block::List(items) => {
                for item in items {
                    writeln!(out, "- {}", line(item))?;
                }
            }
            Block::Grid(grid) => table(grid, out)?,
            Block::Fields(fields) => {
                titled(&fields.title, out)?;
                for (name, value) in &fields.fields {
                    writeln!(out, "- {}: {}", escaped(name), line(value))?;
                }
            }
            Block::Verbatim(verbatim) => {
                titled(&verbatim.title, out)?;
                // indented code ends with its indentation, whatever stands in it
                for words in &verbatim.lines {
                    writeln!(out, "    {}", harmless(words))?;
                }
            }
        }
    }
    Ok(())
}

fn titled(title: &Text, out: &mut dyn Write) -> io::Result<()> {
    let title = line(title);
    if !title.is_empty() {
        writeln!(out, "{title}\n")?;
    }
    Ok(())
}

fn table(grid: &Grid, out: &mut dyn Write) -> io::Result<()> {
    for column in &grid.columns {
        write!(out, "| {} ", escaped(column.title))?;
    }
    writeln!(out, "|")?;
    for column in &grid.columns {
        out.write_all(match column.align {
            Align::Left => b"| --- ",
            Align::Right => b"| ---: ",
        })?;
    }
    writeln!(out, "|")?;
    for row in &grid.rows {
        for cell in row {
            write!(out, "| {} ", line(cell))?;
        }
        writeln!(out, "|")?;
    }
    Ok(())
}

fn line(text: &Text) -> String {
    let spans = text.0.iter();
    spans
        .map(|span| match span {
            Span::Words(words) | Span::Spare(words) | Span::Toned(_, words) => escaped(words),
            Span::Quoted(words) => code(words),
        })
        .collect()
}

/// With a backslash before everything that could be markup within a line.
fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in harmless(words).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '~' | '#' | '|' | '&' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// As code, in which nothing is markup, link or mention: between more backticks than follow each
/// other in it. Only a pipe would end a table's cell even there, and what escapes it differs, so
/// it shows as a broken bar.
fn code(words: &str) -> String {
    let words = plain(words).replace('|', "¦");
    if words.trim().is_empty() {
        return String::new();
    }
    let longest = words.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{words}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_a_list_and_foreign_lines_are_code() {
        use super::super::document::Fields;
        let mut fields = Fields::titled("Headers");
        fields.add("x-*a*", "<b>");
        let mut document = Document::default();
        document.fields(fields);
        document.verbatim("Body", vec!["# no".to_owned(), "```".to_owned()]);
        let mut out = Vec::new();
        render(&document, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "Headers\n\n- x-\\*a\\*: \\<b>\n\nBody\n\n    # no\n    ```\n"
        );
    }

    #[test]
    fn foreign_text_stays_text() {
        for (hostile, shown) in [
            ("plain", "`plain`"),
            ("a|b\\|c", "`a¦b\\¦c`"),
            ("a`b``c", "``` a`b``c ```"),
            ("x\n\n# y", "`x  # y`"),
            ("<script>", "`<script>`"),
            (" ", ""),
        ] {
            assert_eq!(code(hostile), shown);
        }
        assert_eq!(
            escaped("[a](b) <i> *c* _d_ | e"),
            "\\[a\\](b) \\<i> \\*c\\* \\_d\\_ \\| e"
        );
    }
}
