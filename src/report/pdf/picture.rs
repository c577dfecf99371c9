//! Charts on pages.
use super::super::chart::Chart;
use super::sheet::Sheets;

pub(super) fn height(_chart: &Chart) -> f32 {
    0.0
}
pub(super) fn set(_chart: &Chart, _sheets: &mut Sheets<'_>) {}
