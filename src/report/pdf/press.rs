//! The pages as a file.

use krilla::SerializeSettings;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};
use krilla::text::KrillaGlyph;

use super::super::meta::Meta;
use super::face::{Face, Fonts};
use super::line::{Line, Piece, line, name, wrapped};
use super::sheet::{Bookmark, Mark, Sheets, What};
use super::structure::{Content, LANGUAGE};
use super::style::{Ink, MARGIN, MARGINAL, PAGE_HEIGHT, PAGE_WIDTH, Setting, TOP, WIDTH};
use crate::domain::time::UnixMillis;

/// What the words above a page stand on.
const HEADER_Y: f32 = TOP - 14.0;

/// Where the line above the footer is.
const FOOTER_TOP: f32 = PAGE_HEIGHT - 44.0;

/// The file, as PDF/A-2a and PDF/UA-1.
pub(super) fn print(sheets: &Sheets<'_>, meta: &Meta) -> Result<Vec<u8>, KrillaError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .expect("both go with PDF 1.7");
    let mut file = krilla::Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let mut identifiers = vec![None; sheets.structure.contents()];
    let page = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).expect("A4 has a size");
    for (at, sheet) in sheets.pages.iter().enumerate() {
        let mut page = file.start_page_with(page.clone());
        let mut surface = page.surface();
        for mark in &sheet.marks {
            let tag = match mark.content {
                Some(_) => ContentTag::Span(SpanTag::empty()),
                None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
            };
            let identifier = surface.start_tagged(tag);
            draw(mark, sheets.fonts, &mut surface);
            surface.end_tagged();
            keep(mark.content, identifier, &mut identifiers);
        }
        if let Some(heading) = &sheet.goes_on {
            header(heading, sheets.fonts, &mut surface);
        }
        let count = format!("page {} of {}", at + 1, sheets.pages.len());
        footer(meta, &count, sheets.fonts, &mut surface);
    }
    file.set_tag_tree(sheets.structure.tree(&identifiers));
    file.set_outline(outline(&sheets.bookmarks, meta));
    file.set_metadata(metadata(meta));
    file.finish()
}

fn keep(content: Option<Content>, identifier: Identifier, identifiers: &mut [Option<Identifier>]) {
    let place = content.and_then(|Content(at)| identifiers.get_mut(at));
    if let Some(place) = place {
        *place = Some(identifier);
    }
}

fn draw(mark: &Mark, fonts: &Fonts, surface: &mut Surface<'_>) {
    match &mark.what {
        What::Line(line, setting) => text(line, mark.x, mark.y, *setting, fonts, surface),
        What::Box { width, height, ink } => {
            surface.set_fill(Some(fill(*ink)));
            let Some(rect) = Rect::from_xywh(mark.x, mark.y, *width, *height) else {
                return;
            };
            let mut path = PathBuilder::new();
            path.push_rect(rect);
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        What::Picture(drawing) => drawing.draw(mark.x, mark.y, fonts, surface),
    }
}

fn text(line: &Line, x: f32, y: f32, setting: Setting, fonts: &Fonts, surface: &mut Surface<'_>) {
    let mut x = x;
    for run in &line.runs {
        surface.set_fill(Some(fill(run.ink)));
        words(&run.words, run.face, x, y, setting.size, fonts, surface);
        x += run.width;
    }
}

/// Prints words of one face; it must be the one that has them.
pub(super) fn words(
    words: &str,
    face: Face,
    x: f32,
    y: f32,
    size: f32,
    fonts: &Fonts,
    surface: &mut Surface<'_>,
) {
    let glyphs: Vec<_> = words
        .char_indices()
        .map(|(at, c)| {
            let shape = fonts.shape(c, face);
            let range = at..at + c.len_utf8();
            KrillaGlyph::new(shape.glyph, shape.advance, 0.0, 0.0, 0.0, range, None)
        })
        .collect();
    let font = fonts.font(face).clone();
    surface.draw_glyphs(Point::from_xy(x, y), &glyphs, font, words, size, false);
}

fn fill(ink: Ink) -> Fill {
    Fill {
        paint: ink.colour().into(),
        ..Fill::default()
    }
}

/// What a page goes on with.
fn header(heading: &str, fonts: &Fonts, surface: &mut Surface<'_>) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(
        ArtifactType::Header,
    )));
    let piece = [Piece::new(Face::Regular, Ink::Faint, heading)];
    let lines = wrapped(fonts, &piece, MARGINAL.size, WIDTH);
    if let Some(line) = lines.first() {
        text(line, MARGIN, HEADER_Y, MARGINAL, fonts, surface);
    }
    surface.end_tagged();
}

/// What the file is, and which of its pages this is.
fn footer(meta: &Meta, count: &str, fonts: &Fonts, surface: &mut Surface<'_>) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(
        ArtifactType::Footer,
    )));
    let piece = |words: &str| [Piece::new(Face::Regular, Ink::Faint, words)];
    let count = line(fonts, &piece(count), MARGINAL.size);
    let room = WIDTH - count.width - 12.0;
    let y = FOOTER_TOP + 4.0 + MARGINAL.ascent();
    let title = wrapped(fonts, &piece(&name(&meta.title)), MARGINAL.size, room);
    if let Some(line) = title.first() {
        text(line, MARGIN, y, MARGINAL, fonts, surface);
    }
    let x = MARGIN + WIDTH - count.width;
    text(&count, x, y, MARGINAL, fonts, surface);
    let rule = What::Box {
        width: WIDTH,
        height: 0.5,
        ink: Ink::Hairline,
    };
    let rule = Mark {
        x: MARGIN,
        y: FOOTER_TOP,
        what: rule,
        content: None,
    };
    draw(&rule, fonts, surface);
    surface.end_tagged();
}

/// The headings below the title, each with those below it. There is always one: readers of
/// accessible files may rely on it.
fn outline(bookmarks: &[Bookmark], meta: &Meta) -> Outline {
    let mut outline = Outline::new();
    let mut open: Option<OutlineNode> = None;
    let node = |bookmark: &Bookmark| {
        let place = Point::from_xy(0.0, (bookmark.y - 12.0).max(0.0));
        let place = XyzDestination::new(bookmark.page, place);
        OutlineNode::new(bookmark.words.clone(), place)
    };
    for bookmark in bookmarks {
        match &mut open {
            Some(parent) if bookmark.level > 2 => parent.push_child(node(bookmark)),
            _ => {
                if let Some(parent) = open.replace(node(bookmark)) {
                    outline.push_child(parent);
                }
            }
        }
    }
    let whole = || {
        let place = XyzDestination::new(0, Point::from_xy(0.0, 0.0));
        OutlineNode::new(name(&meta.title), place)
    };
    outline.push_child(open.unwrap_or_else(whole));
    outline
}

fn metadata(meta: &Meta) -> Metadata {
    let metadata = Metadata::new()
        .title(name(&meta.title))
        .creator(meta.generator.clone())
        .producer(meta.generator.clone())
        .language(LANGUAGE.to_owned());
    match date(meta.generated_at) {
        Some(date) => metadata.creation_date(date),
        None => metadata,
    }
}

/// `None` outside of the years 0 to 9999.
fn date(at: UnixMillis) -> Option<DateTime> {
    let at = jiff::Timestamp::from_millisecond(at.0).ok()?;
    let at = jiff::tz::TimeZone::UTC.to_datetime(at);
    let small = |of: i8| u8::try_from(of).unwrap_or(0);
    let year = u16::try_from(at.year()).ok()?;
    let date = DateTime::new(year)
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()));
    Some(date.utc_offset_hour(0).utc_offset_minute(0))
}
