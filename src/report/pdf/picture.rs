//! Charts on pages.

use krilla::geom::Rect;
use krilla::tagging::BBox;

use super::super::chart::Chart;
use super::super::chart::svg::{Palette, svg};
use super::drawing::Drawing;
use super::face::Face;
use super::line::{Piece, name};
use super::reading::read;
use super::sheet::{Sheets, What};
use super::structure::Role;
use super::style::{BODY, BOTTOM, Ink, MARGIN, TOP, WIDTH};

/// How wide a chart is drawn, in pixels: its words are a little smaller than those of the text.
const WIDTH_PX: u16 = 680;

/// Below the title of a chart.
const GAP: f32 = 4.0;

/// What has room on one.
const PAGE: f32 = BOTTOM - TOP;

/// With its title; no more than a page.
pub(super) fn height(chart: &Chart) -> f32 {
    height_of(&drawing(chart))
}

fn height_of(drawing: &Drawing) -> f32 {
    (BODY.leading + GAP + drawing.height).min(PAGE)
}

/// The chart below its title; one that is higher than a page goes on on the next.
pub(super) fn set(chart: &Chart, sheets: &mut Sheets<'_>) {
    let title = name(&chart.title);
    let drawing = drawing(chart);
    sheets.need(height_of(&drawing));
    let part = sheets.structure.root(Role::Paragraph);
    let pieces = [Piece::new(Face::Bold, Ink::Text, &title)];
    sheets.lines(&pieces, BODY, MARGIN, WIDTH, part);
    sheets.y += GAP;
    let mut room = BOTTOM - sheets.y;
    if room < drawing.height && room < PAGE / 2.0 {
        sheets.need(PAGE);
        room = PAGE;
    }
    let slices = drawing.slices(room);
    let place = match &slices[..] {
        [whole] => bounds(whole, sheets),
        _ => None,
    };
    let description = name(&chart.description);
    // those who do not see it must be told something
    let told = [description, title, "chart".to_owned()];
    let told = told.into_iter().find(|words| !words.trim().is_empty());
    let description = told.unwrap_or_default();
    let figure = sheets.structure.root(Role::Picture(description, place));
    for slice in slices {
        sheets.need(slice.height);
        let content = sheets.structure.content(figure);
        let (y, height) = (sheets.y, slice.height);
        sheets.mark(MARGIN, y, What::Picture(slice), Some(content));
        sheets.y += height;
    }
}

fn drawing(chart: &Chart) -> Drawing {
    let svg = svg(chart, Palette::Light, Some(u32::from(WIDTH_PX)));
    read(&svg, WIDTH / f32::from(WIDTH_PX))
}

fn bounds(drawing: &Drawing, sheets: &Sheets<'_>) -> Option<BBox> {
    let rect = Rect::from_xywh(MARGIN, sheets.y, WIDTH, drawing.height)?;
    Some(BBox::new(sheets.page(), rect))
}
