//! What drawings are written on.
//!
//! Across, a place is in hundredths of a percent of the whole width; down, it is in pixels. A
//! drawing that is as wide as its page says the places of words in percent, so that they keep their
//! size, and stretches its shapes alone; one of a known width says pixels, which every program
//! understands. No place is a floating-point number, so that the same chart gives the same bytes.

use std::fmt::Write as _;

use super::ink::{Ink, Palette};
use super::shape::Shape;
use crate::domain::time::{Period, UnixMillis};
use crate::report::ink::cut;
use crate::report::text::harmless;

/// The whole width.
pub(super) const WIDTH: i64 = 10_000;

/// Kept free at both ends, for lines that stand on an edge.
const MARGIN: i64 = 50;

/// The narrowest page, in pixels.
const PAGE_MIN: i64 = 328;

/// How wide a character is, in pixels, if it is a wide one.
pub(super) const CHARACTER: i64 = 7;

/// A place across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Across {
    /// In hundredths of a percent of the width.
    Part(i64),
    Px(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    pub(super) ink: Ink,
    /// In pixels.
    pub(super) width: &'static str,
    /// Lengths of dashes and gaps, in pixels; empty for a solid line.
    pub(super) dashes: &'static str,
}

/// How a shape is filled and outlined.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style {
    pub(super) fill: Option<Ink>,
    /// Of the fill, in percent; `None` if it is solid.
    pub(super) opacity: Option<u8>,
    pub(super) stroke: Option<Stroke>,
}

#[derive(Debug)]
pub(super) struct Canvas {
    out: String,
    palette: Palette,
    /// In pixels; `None` if it is as wide as its page.
    width: Option<i64>,
}

/// Where in the width an instant of a period lies.
pub(super) fn across(at: UnixMillis, period: Period) -> i64 {
    let since = (at.max(period.from).min(period.to) - period.from).0.max(0);
    let length = i128::from(period.length().0.max(1));
    let part = i128::from(since) * i128::from(WIDTH - 2 * MARGIN) / length;
    MARGIN + i64::try_from(part).unwrap_or(0).min(WIDTH - 2 * MARGIN)
}

impl Stroke {
    pub(super) const fn solid(ink: Ink, width: &'static str) -> Self {
        Self {
            ink,
            width,
            dashes: "",
        }
    }
}

impl Style {
    pub(super) const fn filled(ink: Ink) -> Self {
        Self {
            fill: Some(ink),
            opacity: None,
            stroke: None,
        }
    }

    pub(super) const fn stroked(stroke: Stroke) -> Self {
        Self {
            fill: None,
            opacity: None,
            stroke: Some(stroke),
        }
    }

    /// Filled, and seen even where it is narrower than a pixel.
    pub(super) const fn visible(ink: Ink) -> Self {
        Self {
            stroke: Some(Stroke::solid(ink, "1.5")),
            ..Self::filled(ink)
        }
    }
}

impl Canvas {
    pub(super) fn new(palette: Palette, width: Option<u32>) -> Self {
        Self {
            out: String::new(),
            palette,
            width: width.map(i64::from),
        }
    }

    pub(super) fn into_body(self) -> String {
        self.out
    }

    /// How many words of so many pixels fit beside each other, also on a phone.
    pub(super) fn room_for(&self, words: i64) -> usize {
        let width = self.width.unwrap_or(PAGE_MIN);
        usize::try_from(width / words).unwrap_or(0).max(1)
    }

    pub(super) fn shape(&self) -> Shape {
        Shape::new(self.width)
    }

    /// A line of words; `y` is what they stand on.
    pub(super) fn words(&mut self, at: Across, y: i64, anchor: Anchor, ink: Ink, words: &str) {
        let x = match (at, self.width) {
            (Across::Px(px), _) => px.to_string(),
            (Across::Part(part), Some(_)) => self.shape().x(part),
            (Across::Part(part), None) => format!("{}%", hundredths(part)),
        };
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let fill = match ink {
            // that of the whole drawing
            Ink::Text => String::new(),
            ink => format!(" fill=\"{}\"", ink.colour(self.palette)),
        };
        let words = escaped(words);
        self.push(format_args!(
            "<text x=\"{x}\" y=\"{y}\"{anchor}{fill}>{words}</text>"
        ));
    }

    /// The number of a level line, above it, where shapes may lie behind it. `y` is that of the line,
    /// in hundredths of a pixel.
    pub(super) fn level_words(&mut self, y: i64, words: &str) {
        let [muted, behind] = [Ink::Muted, Ink::Background].map(|ink| ink.colour(self.palette));
        let (y, words) = (y / 100 - 3, escaped(words));
        self.push(format_args!(
            "<text x=\"0\" y=\"{y}\" fill=\"{muted}\" stroke=\"{behind}\" stroke-width=\"3\" \
             stroke-linejoin=\"round\" paint-order=\"stroke\">{words}</text>"
        ));
    }

    /// The name of a row, cut where there is no room for it.
    pub(super) fn label(&mut self, y: i64, name: &str) {
        let words = cut(&harmless(name), self.room_for(CHARACTER));
        self.words(Across::Px(0), y, Anchor::Start, Ink::Text, &words);
    }

    /// Shapes are drawn between this and [`Self::end_shapes`]. `height` is that of the drawing.
    pub(super) fn begin_shapes(&mut self, height: i64) {
        if self.width.is_none() {
            self.push(format_args!(
                "<svg width=\"100%\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
                 preserveAspectRatio=\"none\">"
            ));
        }
    }

    pub(super) fn end_shapes(&mut self) {
        if self.width.is_none() {
            self.push(format_args!("</svg>"));
        }
    }

    pub(super) fn draw(&mut self, shape: &Shape, style: Style) {
        self.draw_told(shape, style, None);
    }

    /// The words show where it is pointed at. Nothing of a shape that is empty.
    pub(super) fn draw_told(&mut self, shape: &Shape, style: Style, words: Option<&str>) {
        if shape.is_empty() {
            return;
        }
        let effect = match self.width {
            None if style.stroke.is_some() => " vector-effect=\"non-scaling-stroke\"",
            _ => "",
        };
        let style = self.styled(style);
        let d = shape.path();
        match words.map(escaped) {
            Some(words) => self.push(format_args!(
                "<path d=\"{d}\"{style}{effect}><title>{words}</title></path>"
            )),
            None => self.push(format_args!("<path d=\"{d}\"{style}{effect}/>")),
        }
    }

    /// A small shape that keeps its form, outside of the stretched ones: `d` is in pixels from the
    /// place.
    pub(super) fn symbol(&mut self, at: Across, y: i64, d: &str, style: Style) {
        let style = self.styled(style);
        match (at, self.width) {
            (Across::Px(x), _) => self.push(format_args!(
                "<path transform=\"translate({x} {y})\" d=\"{d}\"{style}/>"
            )),
            (Across::Part(part), Some(_)) => {
                let x = self.shape().x(part);
                self.push(format_args!(
                    "<path transform=\"translate({x} {y})\" d=\"{d}\"{style}/>"
                ));
            }
            (Across::Part(part), None) => {
                let x = hundredths(part);
                self.push(format_args!(
                    "<svg x=\"{x}%\" y=\"{y}\" overflow=\"visible\"><path d=\"{d}\"{style}/></svg>"
                ));
            }
        }
    }

    fn styled(&self, style: Style) -> String {
        let mut text = match style.fill {
            Some(ink) => format!(" fill=\"{}\"", ink.colour(self.palette)),
            None => " fill=\"none\"".to_owned(),
        };
        if let Some(percent) = style.opacity {
            let _ = write!(text, " fill-opacity=\"{}\"", hundredths(percent.into()));
        }
        if let Some(Stroke { ink, width, dashes }) = style.stroke {
            let colour = ink.colour(self.palette);
            let _ = write!(text, " stroke=\"{colour}\" stroke-width=\"{width}\"");
            if !dashes.is_empty() {
                let _ = write!(text, " stroke-dasharray=\"{dashes}\"");
            }
        }
        text
    }

    fn push(&mut self, words: std::fmt::Arguments<'_>) {
        // writing to a string does not fail
        let _ = self.out.write_fmt(words);
    }
}

/// A number of hundredths, as short as it can be written.
pub(super) fn hundredths(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let (whole, rest) = (number.unsigned_abs() / 100, number.unsigned_abs() % 100);
    match (whole, rest) {
        (whole, 0) => format!("{sign}{whole}"),
        (0, rest) if rest % 10 == 0 => format!("{sign}.{}", rest / 10),
        (0, rest) => format!("{sign}.{rest:02}"),
        (whole, rest) if rest % 10 == 0 => format!("{sign}{whole}.{}", rest / 10),
        (whole, rest) => format!("{sign}{whole}.{rest:02}"),
    }
}

/// Text from anywhere, as it may stand in XML and in HTML, between tags and in quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // no characters of XML
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        for (number, text) in [
            (0, "0"),
            (5, ".05"),
            (50, ".5"),
            (-25, "-.25"),
            (100, "1"),
            (1234, "12.34"),
            (-1230, "-12.3"),
        ] {
            assert_eq!(hundredths(number), text);
        }
    }

    #[test]
    fn an_instant_never_lies_beside_the_drawing() {
        let period = |from, to| Period::new(UnixMillis(from), UnixMillis(to));
        for (at, period, expected) in [
            (0, period(0, 1), MARGIN),
            (1, period(0, 1), WIDTH - MARGIN),
            (500, period(0, 1000), WIDTH / 2),
            (-7, period(0, 1000), MARGIN),
            (7000, period(0, 1000), WIDTH - MARGIN),
            (3, period(3, 3), MARGIN),
            (3, period(5, 2), MARGIN),
            (i64::MAX, period(i64::MIN, i64::MAX), WIDTH - MARGIN),
        ] {
            assert_eq!(
                across(UnixMillis(at), period),
                expected,
                "{at} in {period:?}"
            );
        }
    }
}
