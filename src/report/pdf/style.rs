//! Sizes, distances and colours. All lengths are in points, 72 to the inch.

use krilla::color::rgb;

use super::super::document::Tone;

/// A4.
pub(super) const PAGE_WIDTH: f32 = 595.28;
pub(super) const PAGE_HEIGHT: f32 = 841.89;

/// Left and right of what is printed.
pub(super) const MARGIN: f32 = 48.0;
pub(super) const WIDTH: f32 = PAGE_WIDTH - 2.0 * MARGIN;
/// Where the first line may begin, and where the last has to end.
pub(super) const TOP: f32 = 50.0;
pub(super) const BOTTOM: f32 = PAGE_HEIGHT - 60.0;

/// What lines of one kind look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Setting {
    /// Of the letters.
    pub(super) size: f32,
    /// From line to line.
    pub(super) leading: f32,
}

pub(super) const TITLE: Setting = setting(21.0, 26.0);
pub(super) const HEADING: Setting = setting(13.0, 17.0);
pub(super) const SUBHEADING: Setting = setting(10.5, 14.0);
pub(super) const BODY: Setting = setting(9.5, 13.5);
pub(super) const CELL: Setting = setting(8.0, 10.5);
pub(super) const CELL_TITLE: Setting = setting(7.0, 9.5);
pub(super) const CODE: Setting = setting(7.5, 10.0);
pub(super) const FIGURE_LABEL: Setting = setting(7.5, 10.0);
/// The first that it fits in on one line.
pub(super) const FIGURE_VALUES: [Setting; 2] = [setting(15.0, 19.0), setting(12.0, 19.0)];
pub(super) const FIGURE_NOTE: Setting = setting(7.5, 9.5);
pub(super) const MARGINAL: Setting = setting(7.5, 9.0);

const fn setting(size: f32, leading: f32) -> Setting {
    Setting { size, leading }
}

impl Setting {
    /// From the top of a line to where its letters stand.
    pub(super) fn ascent(self) -> f32 {
        (self.leading - self.size) / 2.0 + self.size * 0.83
    }
}

/// Of text and of lines; each is readable on white, in print without colour too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Text,
    Faint,
    Good,
    Warn,
    Bad,
    /// Of lines that only help the eye.
    Hairline,
    /// Behind what belongs together.
    Shade,
}

impl Ink {
    pub(super) fn colour(self) -> rgb::Color {
        let [red, green, blue] = match self {
            Self::Text => [0x1a, 0x1a, 0x1a],
            Self::Faint => [0x57, 0x60, 0x6a],
            Self::Good => [0x2e, 0x7d, 0x32],
            Self::Warn => [0xb4, 0x53, 0x09],
            Self::Bad => [0xc6, 0x28, 0x28],
            Self::Hairline => [0xd0, 0xd7, 0xde],
            Self::Shade => [0xf6, 0xf8, 0xfa],
        };
        rgb::Color::new(red, green, blue)
    }

    pub(super) const fn of(tone: Tone) -> Self {
        match tone {
            Tone::Good => Self::Good,
            Tone::Warn => Self::Warn,
            Tone::Bad => Self::Bad,
            Tone::Faint => Self::Faint,
        }
    }
}
