//! Everything that is wrong, as a person is told.

use std::fmt;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer};

use super::mistake::{At, Mistake};
use super::place::Source;
use super::quotation::{Mark, Quotations, printable};

/// Everything that is wrong in the configuration. Its `Display` is the complete text, without
/// colour, and so is its `Debug`: the files themselves may hold credentials.
pub struct Errors {
    pub(super) sources: Vec<Source>,
    pub(super) mistakes: Vec<Mistake>,
    /// Mistakes that were not kept.
    pub(super) more: usize,
}

/// Most mistakes that are shown; whoever has more has one mistake many times.
const SHOWN_MAX: usize = 500;

impl Errors {
    /// How many mistakes there are.
    pub fn count(&self) -> usize {
        self.mistakes.len() + self.more
    }

    /// Every mistake with file, line, column, the line quoted, and what would be right.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let mut text = match self.count() {
            1 => "1 mistake in the configuration\n".to_owned(),
            count => format!("{count} mistakes in the configuration\n"),
        };
        let mut quotations = Quotations::new(&self.sources);
        let mut shown = 0;
        for mistake in self.mistakes.iter().take(SHOWN_MAX) {
            if quotations.are_too_much() {
                break;
            }
            text.push('\n');
            let quotation = renderer.render(&[group(mistake, &mut quotations)]);
            for line in quotation
                .split_inclusive('\n')
                .filter(|line| !names_no_file(line))
            {
                text.push_str(line);
            }
            text.push('\n');
            shown += 1;
        }
        if let more @ 1.. = self.count() - shown {
            text.push_str("\nand ");
            text.push_str(&more.to_string());
            text.push_str(" more\n");
        }
        text.truncate(text.trim_end().len());
        text
    }
}

fn group<'a>(mistake: &'a Mistake, quotations: &mut Quotations<'a>) -> Group<'a> {
    let title = Level::ERROR.primary_title(printable(&mistake.title));
    let mut group = Group::with_title(title);
    let mut marks = Vec::new();
    match &mistake.at {
        At::Path(path) => {
            group = group.element(Origin::path(printable(&path.display().to_string())));
        }
        At::Place(place) => marks.push((*place, AnnotationKind::Primary, &*mistake.label)),
    }
    let also = mistake.also.iter();
    marks.extend(also.map(|(place, label)| (*place, AnnotationKind::Context, &**label)));
    // what stands close together is shown together
    let near = |a: &Mark<'_>, b: &Mark<'_>| {
        a.0.file == b.0.file && a.0.start.abs_diff(b.0.start) < NEAR_BYTES
    };
    for marks in marks.chunk_by(near) {
        group = group.elements(quotations.quote(marks));
    }
    if let Some(help) = &mistake.help {
        group = group.element(Level::HELP.message(printable(help)));
    }
    group
}

/// Whether the line says that a file begins, and not which: the renderer writes it above a line whose
/// place was told before.
fn names_no_file(line: &str) -> bool {
    let mut plain = line.split('\u{1b}').enumerate();
    let unstyled = |(i, part): (usize, &str)| match part.split_once('m') {
        Some((_, rest)) if i > 0 => rest.trim().to_owned(),
        _ => part.trim().to_owned(),
    };
    plain.try_fold(String::new(), |all, part| {
        let all = all + &unstyled(part);
        (all.len() <= 3).then_some(all)
    }) == Some(":::".to_owned())
}

/// Places this close together are shown in one quotation.
const NEAR_BYTES: u32 = 4096;

impl fmt::Debug for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Errors {}
