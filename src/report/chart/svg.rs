//! The drawing of charts as SVG.

use super::Chart;

/// Which colours it is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// Dark on white, for print and for files that stand alone.
    Light,
    /// The custom properties of the page that it stands in, which knows light and dark.
    Page,
}

/// One `<svg>` element, without an XML declaration.
///
/// Positions across are percentages, so that in a page it is as wide as there is room while text
/// keeps its size; `width`, in pixels, is for what stands alone.
pub fn svg(_chart: &Chart, _palette: Palette, _width: Option<u32>) -> String {
    String::new()
}
