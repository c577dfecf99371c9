//! Charts as shapes and words, with lengths in points.

use krilla::color::rgb;
use krilla::geom::PathBuilder;
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, Stroke, StrokeDash};
use krilla::surface::Surface;

use super::face::{Face, Fonts};
use super::line::{Piece, line};
use super::press;
use super::style::Ink;

/// Places are seen from its upper left corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Drawing {
    pub(super) height: f32,
    pub(super) shapes: Vec<Shape>,
    pub(super) words: Vec<Words>,
}

/// Outlines with the same looks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) outlines: Vec<Outline>,
    pub(super) fill: Option<Colour>,
    pub(super) stroke: Option<Line>,
}

/// Corners, from one to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outline {
    pub(super) corners: Vec<(f32, f32)>,
    /// Whether it leads back to where it began.
    pub(super) is_closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour {
    /// Red, green and blue.
    pub(super) shade: [u8; 3],
    /// From 0 to 1.
    pub(super) opacity: f32,
}

/// How a line is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) colour: Colour,
    pub(super) width: f32,
    /// Lengths of dashes and gaps; empty for a solid line.
    pub(super) dashes: Vec<f32>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    pub(super) x: f32,
    /// What they stand on.
    pub(super) y: f32,
    pub(super) anchor: Anchor,
    pub(super) size: f32,
    pub(super) colour: [u8; 3],
    pub(super) text: String,
}

/// Which part of words is at their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Drawing {
    /// In slices that are no higher than this, cut above words, since they stand above what they
    /// belong to.
    pub(super) fn slices(self, height_max: f32) -> Vec<Self> {
        let mut slices = Vec::new();
        let mut top = 0.0;
        while self.height - top > height_max {
            let above = self.words.iter().map(|words| words.y - words.size);
            let fits = above.filter(|y| *y > top && *y <= top + height_max);
            // some progress in any case
            let cut = fits.fold(top + height_max / 2.0, f32::max);
            slices.push(self.slice(top, cut));
            top = cut;
        }
        if slices.is_empty() {
            return vec![self];
        }
        slices.push(self.slice(top, self.height));
        slices
    }

    /// What begins there, as if it were a drawing of its own.
    fn slice(&self, top: f32, bottom: f32) -> Self {
        let is_inside = |y: f32| top <= y && y < bottom;
        let shapes = self.shapes.iter().map(|shape| {
            let outlines = shape.outlines.iter();
            let inside = outlines.filter(|outline| is_inside(outline.top()));
            Shape {
                outlines: inside.map(|outline| outline.raised(top)).collect(),
                ..shape.clone()
            }
        });
        let words = self.words.iter().filter(|one| is_inside(one.y - one.size));
        Self {
            height: bottom - top,
            shapes: shapes.filter(|shape| !shape.outlines.is_empty()).collect(),
            words: words
                .map(|one| Words {
                    y: one.y - top,
                    ..one.clone()
                })
                .collect(),
        }
    }

    pub(super) fn draw(&self, x: f32, y: f32, fonts: &Fonts, surface: &mut Surface<'_>) {
        for shape in &self.shapes {
            shape.draw(x, y, surface);
        }
        surface.set_stroke(None);
        for words in &self.words {
            words.draw(x, y, fonts, surface);
        }
    }
}

impl Outline {
    fn top(&self) -> f32 {
        let heights = self.corners.iter().map(|(_, y)| *y);
        heights.fold(f32::INFINITY, f32::min)
    }

    fn raised(&self, by: f32) -> Self {
        Self {
            corners: self.corners.iter().map(|(x, y)| (*x, y - by)).collect(),
            is_closed: self.is_closed,
        }
    }
}

impl Shape {
    fn draw(&self, left: f32, top: f32, surface: &mut Surface<'_>) {
        let mut path = PathBuilder::new();
        for outline in &self.outlines {
            for (at, (x, y)) in outline.corners.iter().enumerate() {
                if at == 0 {
                    path.move_to(left + x, top + y);
                } else {
                    path.line_to(left + x, top + y);
                }
            }
            if outline.is_closed {
                path.close();
            }
        }
        let (fill, stroke) = (self.fill, self.stroke.as_ref());
        if fill.is_none() && stroke.is_none() {
            return;
        }
        surface.set_fill(fill.map(Colour::fill));
        surface.set_stroke(stroke.map(Line::stroke));
        if let Some(path) = path.finish() {
            surface.draw_path(&path);
        }
    }
}

impl Colour {
    fn paint(self) -> (krilla::paint::Paint, NormalizedF32) {
        let [red, green, blue] = self.shade;
        let opacity = NormalizedF32::new(self.opacity).unwrap_or(NormalizedF32::ONE);
        (rgb::Color::new(red, green, blue).into(), opacity)
    }

    fn fill(self) -> Fill {
        let (paint, opacity) = self.paint();
        Fill {
            paint,
            opacity,
            ..Fill::default()
        }
    }
}

impl Line {
    fn stroke(&self) -> Stroke {
        let (paint, opacity) = self.colour.paint();
        let dash = (!self.dashes.is_empty()).then(|| StrokeDash {
            array: self.dashes.clone(),
            offset: 0.0,
        });
        Stroke {
            paint,
            opacity,
            width: self.width,
            dash,
            ..Stroke::default()
        }
    }
}

impl Words {
    fn draw(&self, left: f32, top: f32, fonts: &Fonts, surface: &mut Surface<'_>) {
        let piece = [Piece::new(Face::Regular, Ink::Text, &self.text)];
        let line = line(fonts, &piece, self.size);
        let before = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => line.width / 2.0,
            Anchor::End => line.width,
        };
        let mut x = left + self.x - before;
        let colour = Colour {
            shade: self.colour,
            opacity: 1.0,
        };
        surface.set_fill(Some(colour.fill()));
        for run in &line.runs {
            press::words(
                &run.words,
                run.face,
                x,
                top + self.y,
                self.size,
                fonts,
                surface,
            );
            x += run.width;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten rows of 50, each with its name above a bar.
    fn drawing() -> Drawing {
        let mut drawing = Drawing {
            height: 500.0,
            ..Drawing::default()
        };
        let mut shape = Shape {
            outlines: Vec::new(),
            fill: None,
            stroke: None,
        };
        for row in 0_u16..10 {
            let top = f32::from(row) * 50.0;
            drawing.words.push(Words {
                x: 0.0,
                y: top + 10.0,
                anchor: Anchor::Start,
                size: 10.0,
                colour: [0; 3],
                text: row.to_string(),
            });
            shape.outlines.push(Outline {
                corners: vec![(0.0, top + 20.0), (9.0, top + 20.0), (9.0, top + 40.0)],
                is_closed: true,
            });
        }
        drawing.shapes.push(shape);
        drawing
    }

    #[test]
    fn what_is_higher_than_a_page_is_cut_between_its_rows() {
        let slices = drawing().slices(170.0);
        let shown: Vec<_> = slices
            .iter()
            .map(|slice| {
                let words = slice.words.iter().map(|words| words.text.as_str());
                let tops = slice.shapes[0].outlines.iter().map(Outline::top);
                (
                    slice.height,
                    words.collect::<String>(),
                    tops.fold(0.0, f32::max),
                )
            })
            .collect();
        let row = |words: &str, rows: f32| (rows * 50.0, words.to_owned(), rows * 50.0 - 30.0);
        assert_eq!(
            shown,
            [
                row("012", 3.0),
                row("345", 3.0),
                row("678", 3.0),
                row("9", 1.0)
            ]
        );
        assert_eq!(drawing().slices(500.0), [drawing()]);
    }

    #[test]
    fn what_has_no_words_is_cut_all_the_same() {
        let drawing = Drawing {
            words: Vec::new(),
            ..drawing()
        };
        let heights: f32 = drawing.slices(90.0).iter().map(|slice| slice.height).sum();
        assert!((heights - 500.0).abs() < 0.01);
    }
}
