//! Rows of one probe in order, each once, whatever order they came in.

use std::collections::HashSet;

use super::row::Row;

/// When two rows count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// All columns agree: a row that stands in a chunk and still in staging.
    Exact,
    /// All that an export shows agrees.
    Content,
}

impl Repeat {
    fn key(self, row: &Row) -> Row {
        match self {
            Self::Exact => *row,
            Self::Content => row.content(),
        }
    }
}

/// Whether each comes later than the one before: then none can be a repeat.
pub(super) fn is_ordered(rows: &[Row]) -> bool {
    rows.is_sorted_by(|a, b| a.ts_ms < b.ts_ms)
}

/// Sorts by ts and drops repeats, of which the first stays. Rows with equal ts keep their order.
/// Gives the number of rows dropped.
pub(super) fn order(rows: &mut Vec<Row>, repeat: Repeat) -> usize {
    rows.sort_by_key(|row| row.ts_ms);
    if is_ordered(rows) {
        return 0;
    }
    let before = rows.len();
    let mut at = i64::MIN;
    let mut seen = HashSet::new();
    rows.retain(|row| {
        if row.ts_ms != at {
            at = row.ts_ms;
            seen.clear();
        }
        seen.insert(repeat.key(row))
    });
    before - rows.len()
}
