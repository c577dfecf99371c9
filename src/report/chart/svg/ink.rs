//! The colours of drawings.
//!
//! Of each, the contrast on its background is at least 3 : 1 for shapes and 4.5 : 1 for text. What a
//! colour says, a height, a pattern or a word says too.

use crate::domain::availability::State;

/// Which colours it is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// Dark on white, for print and for files that stand alone.
    Light,
    /// The custom properties of the page that it stands in, which knows light and dark. The caption
    /// beside it tells the description.
    Page,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    State(State),
    Text,
    /// Text that is looked at second.
    Muted,
    /// Lines that only help the eye.
    Line,
    Background,
    /// Of several subjects in one drawing, counted from 0.
    Curve(usize),
}

/// On white as on near black, all of them are seen.
const CURVES: [(&str, &str); 6] = [
    ("var(--curve-1,#2f7de1)", "#1f5fb8"),
    ("var(--curve-2,#c8640a)", "#a84f05"),
    ("var(--curve-3,#9558d0)", "#7a3fb5"),
    ("var(--curve-4,#0f8a83)", "#0b6e69"),
    ("var(--curve-5,#d1478c)", "#b02e70"),
    ("var(--curve-6,#7d7f1f)", "#62640f"),
];

impl Ink {
    pub(super) const fn colour(self, palette: Palette) -> &'static str {
        let (page, light) = match self {
            Self::State(State::Up) => ("var(--up)", "#2e7d32"),
            Self::State(State::Degraded) => ("var(--degraded)", "#b45309"),
            Self::State(State::Down) => ("var(--down)", "#c62828"),
            Self::State(State::Unknown) => ("var(--unknown)", "#5f6b7a"),
            Self::State(State::Maintenance) => ("var(--maintenance)", "#3461b8"),
            Self::Text => ("var(--text)", "#1a1a1a"),
            Self::Muted => ("var(--muted)", "#57606a"),
            Self::Line => ("var(--line)", "#d0d7de"),
            Self::Background => ("var(--background)", "#fff"),
            Self::Curve(at) => CURVES[at % CURVES.len()],
        };
        match palette {
            Palette::Page => page,
            Palette::Light => light,
        }
    }
}
