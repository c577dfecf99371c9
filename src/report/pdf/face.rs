//! The fonts that files carry, and what each character looks like in them.

use krilla::text::{Font, GlyphId};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

/// What words are set in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
    /// For foreign lines, whose columns may mean something.
    Mono,
    /// Arrows, boxes and signs, which the others lack.
    Symbols,
}

/// In the order of [`Face`].
const FILES: [&[u8]; 4] = [
    include_bytes!("fonts/Roboto-Regular.ttf"),
    include_bytes!("fonts/Roboto-Bold.ttf"),
    include_bytes!("fonts/RobotoMono-Regular.ttf"),
    include_bytes!("fonts/DejaVuSans-Symbols.ttf"),
];

/// Stands for characters that no face has: a box. What they were can still be copied and searched.
const MISSING: char = '□';

pub(super) struct Fonts {
    faces: [Loaded; 4],
}

struct Loaded {
    font: Font,
    characters: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    units_per_em: f32,
}

/// How a character looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) face: Face,
    pub(super) glyph: GlyphId,
    /// To where the next one begins, in parts of the size.
    pub(super) advance: f32,
}

impl Fonts {
    pub(super) fn new() -> Self {
        Self {
            faces: FILES.map(Loaded::new),
        }
    }

    pub(super) fn font(&self, face: Face) -> &Font {
        &self.of(face).font
    }

    /// In the face if it has the character, else in that of symbols, else a box.
    pub(super) fn shape(&self, c: char, face: Face) -> Shape {
        self.of(face)
            .shape(c, face)
            .or_else(|| self.of(Face::Symbols).shape(c, Face::Symbols))
            .or_else(|| self.of(Face::Symbols).shape(MISSING, Face::Symbols))
            .expect("the face of symbols has the box; a test checks it")
    }

    /// In points.
    pub(super) fn width(&self, words: &str, face: Face, size: f32) -> f32 {
        let advances = words.chars().map(|c| self.shape(c, face).advance);
        advances.sum::<f32>() * size
    }

    fn of(&self, face: Face) -> &Loaded {
        &self.faces[face as usize]
    }
}

impl Loaded {
    fn new(file: &'static [u8]) -> Self {
        let krilla = Font::new(file.into(), 0).expect("the files are fonts; a test loads them");
        let font = FontRef::new(file).expect("the files are fonts; a test loads them");
        Self {
            characters: font.charmap(),
            metrics: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            units_per_em: krilla.units_per_em(),
            font: krilla,
        }
    }

    fn shape(&self, c: char, face: Face) -> Option<Shape> {
        let glyph = self.characters.map(c)?;
        let advance = self.metrics.advance_width(glyph)?;
        Some(Shape {
            face,
            glyph: GlyphId::new(glyph.to_u32()),
            advance: advance / self.units_per_em,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reports_are_written_with_has_a_shape() {
        let fonts = Fonts::new();
        let missing = fonts.shape(MISSING, Face::Regular);
        for face in [Face::Regular, Face::Bold, Face::Mono] {
            for c in "aZ09 äßŁőžΩжЇ–—…·×÷≤≥≈−±µ→←↑↓✓✗■○▲◆⚠\u{fffd}".chars()
            {
                let shape = fonts.shape(c, face);
                assert_ne!(shape.glyph, GlyphId::new(0), "{c}");
                assert_ne!(shape, missing, "{c}");
            }
        }
    }

    #[test]
    fn what_no_face_has_is_a_box() {
        let fonts = Fonts::new();
        let shown = fonts.shape('日', Face::Bold);
        assert_eq!(shown, fonts.shape(MISSING, Face::Regular));
        assert_eq!(shown.face, Face::Symbols);
    }

    #[test]
    fn figures_stand_below_each_other() {
        let fonts = Fonts::new();
        for face in [Face::Regular, Face::Bold, Face::Mono] {
            let widths = ('0'..='9').map(|c| fonts.shape(c, face).advance.to_bits());
            let mut widths: Vec<_> = widths.collect();
            widths.dedup();
            assert_eq!(widths.len(), 1, "{face:?}");
        }
    }
}
