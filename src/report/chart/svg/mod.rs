//! The drawing of charts as SVG.

mod axis;
mod canvas;
mod days;
mod ink;
mod latency_bands;
mod legend;
mod scale;
mod shape;
mod timelines;
mod windowed_curves;

use std::fmt::Write as _;

use super::{Chart, Drawing};
use canvas::{Canvas, escaped};
use ink::Ink;

pub use ink::Palette;

/// One `<svg>` element, without an XML declaration.
///
/// Positions across are percentages, so that in a page it is as wide as there is room while text
/// keeps its size; `width`, in pixels, is for what stands alone.
pub fn svg(chart: &Chart, palette: Palette, width: Option<u32>) -> String {
    let drawn = Drawn::new(chart, palette, width);
    let height = drawn.height;
    match width {
        Some(px) => drawn.element(&format!(
            "width=\"{px}\" height=\"{height}\" viewBox=\"0 0 {px} {height}\""
        )),
        None => drawn.element(&format!("width=\"100%\" height=\"{height}\"")),
    }
}

/// A file of its own: all of the charts with their titles, one below the other, dark on white.
pub fn sheet(charts: &[Chart], width: u32) -> String {
    let inner = width.saturating_sub(2 * SHEET_MARGIN);
    let (mut body, mut y) = (String::new(), 0);
    let text = Ink::Text.colour(Palette::Light);
    for chart in charts {
        let drawn = Drawn::new(chart, Palette::Light, Some(inner));
        let height = drawn.height;
        let size = format!(
            "x=\"{SHEET_MARGIN}\" y=\"{}\" width=\"{inner}\" height=\"{height}\" \
             viewBox=\"0 0 {inner} {height}\"",
            y + SHEET_TITLE
        );
        // writing to a string does not fail
        let _ = write!(
            body,
            "<text x=\"{SHEET_MARGIN}\" y=\"{}\" font-family=\"sans-serif\" font-size=\"18\" \
             font-weight=\"bold\" fill=\"{text}\">{}</text>{}",
            y + SHEET_TITLE - 16,
            escaped(&chart.title),
            drawn.element(&size),
        );
        y += SHEET_TITLE + height;
    }
    let height = y + i64::from(SHEET_MARGIN);
    let paper = Ink::Background.colour(Palette::Light);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{paper}\"/>{body}</svg>\n"
    )
}

/// As wide as a page of a document is shown.
pub const SHEET_WIDTH: u32 = 960;

const SHEET_MARGIN: u32 = 24;

/// Room above each chart.
const SHEET_TITLE: i64 = 56;

/// A chart as it is drawn, but for the element that it stands in.
struct Drawn<'c> {
    chart: &'c Chart,
    palette: Palette,
    body: String,
    /// In pixels.
    height: i64,
}

impl<'c> Drawn<'c> {
    fn new(chart: &'c Chart, palette: Palette, width: Option<u32>) -> Self {
        let mut canvas = Canvas::new(palette, width);
        let height = match &chart.drawing {
            Drawing::Timelines(timelines) => timelines::draw(&mut canvas, timelines),
            Drawing::Days(days) => days::draw(&mut canvas, days),
            Drawing::Latency(latency) => latency_bands::draw(&mut canvas, latency),
            Drawing::Windowed(curves) => windowed_curves::draw(&mut canvas, curves),
        };
        Self {
            chart,
            palette,
            body: canvas.into_body(),
            height,
        }
    }

    /// `size` is its place and size, as attributes.
    fn element(&self, size: &str) -> String {
        let (id, text) = (id(&self.chart.name), Ink::Text.colour(self.palette));
        let title = escaped(&self.chart.title);
        let title = format!("<title id=\"{id}-title\">{title}</title>");
        let (labels, font, title) = match self.palette {
            Palette::Light => {
                let description = escaped(&self.chart.description);
                let labels = format!("{id}-title {id}-desc");
                let title = format!("{title}<desc id=\"{id}-desc\">{description}</desc>");
                (labels, " font-family=\"sans-serif\"", title)
            }
            // the font and the description are those of the page
            Palette::Page => (format!("{id}-title"), "", title),
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" {size} role=\"img\" \
             aria-labelledby=\"{labels}\" font-size=\"12\"{font} fill=\"{text}\">\
             {title}{}</svg>",
            self.body,
        )
    }
}

/// A name in slug form is an id; of any other, what cannot stand in one is replaced.
fn id(name: &str) -> String {
    let kept = |c: char| {
        if c.is_alphanumeric() || matches!(c, '-' | '.') {
            c
        } else {
            '_'
        }
    };
    format!("chart-{}", name.chars().map(kept).collect::<String>())
}
