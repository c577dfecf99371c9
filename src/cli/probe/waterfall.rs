//! Bars on a common axis of time: what took how long, after what. Pure: lengths and a width in,
//! rows out.

use unicode_width::UnicodeWidthStr;

use crate::domain::time::Micros;

/// Something that took time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) name: String,
    pub(super) length: Micros,
    /// It broke off in there.
    pub(super) failed: bool,
}

/// One row, its parts padded so that rows are aligned. Trailing blanks are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) name: String,
    /// Length and share.
    pub(super) figures: String,
    /// Empty where there is no room.
    pub(super) bar: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With the place in the list of spans.
    Span(usize),
    Failed,
    Total,
}

/// Narrower bars tell nothing.
const BAR_MIN: usize = 8;
/// Wider ones are hard to follow.
const BAR_MAX: usize = 100;

/// Columns before the names.
pub(super) const INDENT: usize = 2;
/// Between columns.
const GAP: usize = 2;
/// As wide as "first byte" at least, so that waterfalls of several answers are alike.
const NAME_MIN: usize = 10;
const NAME_MAX: usize = 28;

/// The spans one after the other and their total, in rows that fit the width.
pub(super) fn rows(spans: &[Span], total: Micros, width: usize) -> Vec<Row> {
    let decimals = decimals(total);
    let total_ms = milliseconds(total, decimals);
    let name_width = spans
        .iter()
        .map(|span| span.name.width())
        .max()
        .unwrap_or(0)
        .clamp(NAME_MIN, NAME_MAX);
    let sum = spans
        .iter()
        .map(|span| span.length.0)
        .fold(0, u64::saturating_add);
    // rounding may make the parts longer than the whole
    let axis = sum.max(total.0).max(1);
    let figure_width = spans
        .iter()
        .map(|span| milliseconds(span.length, decimals).len())
        .chain([total_ms.len()])
        .max()
        .unwrap_or(0);
    let taken = INDENT + name_width + GAP + figure_width + GAP + SHARE_WIDTH + GAP;
    let cells = match width.saturating_sub(taken + FAILED.width()) {
        room if room < BAR_MIN => 0,
        room => room.min(BAR_MAX),
    };
    let padded = |name: &str| {
        let name = cut(name, name_width);
        let blanks = name_width - name.width();
        format!("{name}{}", " ".repeat(blanks))
    };
    let mut start = 0_u64;
    let mut rows = Vec::new();
    for (number, span) in spans.iter().enumerate() {
        let end = start.saturating_add(span.length.0);
        let mut bar = bar(start, end, axis, cells);
        if span.failed {
            bar.push_str(FAILED);
        }
        let length = milliseconds(span.length, decimals);
        let share = share(span.length, total);
        rows.push(Row {
            name: padded(&span.name),
            figures: format!("{length:>figure_width$}  {share:>SHARE_WIDTH$}"),
            bar,
            kind: if span.failed {
                Kind::Failed
            } else {
                Kind::Span(number)
            },
        });
        start = end;
    }
    rows.push(Row {
        name: padded("total"),
        figures: format!("{total_ms:>figure_width$}  {:SHARE_WIDTH$}", ""),
        bar: ruler(cells),
        kind: Kind::Total,
    });
    rows
}

/// As wide as `100 %`.
const SHARE_WIDTH: usize = 5;

/// After the bar of what broke off.
const FAILED: &str = " ✗";

/// All of the axis.
fn ruler(cells: usize) -> String {
    match cells {
        0 => String::new(),
        cells => format!("└{}┘", "─".repeat(cells - 2)),
    }
}

/// From `start` to `end` of an axis that long, to half a column; never nothing, so that what took
/// hardly any time is seen too.
fn bar(start: u64, end: u64, axis: u64, cells: usize) -> String {
    if cells == 0 {
        return String::new();
    }
    let halves = 2 * cells;
    let at = |time: u64| {
        let rounded = (u128::from(time) * halves as u128 + u128::from(axis) / 2) / u128::from(axis);
        // it is at most `halves`, since no time is beyond the axis
        usize::try_from(rounded).unwrap_or(halves).min(halves)
    };
    let first = at(start).min(halves - 1);
    let last = at(end).max(first + 1);
    let drawn = |half: usize| (first..last).contains(&half);
    let cell = |cell: usize| match (drawn(2 * cell), drawn(2 * cell + 1)) {
        (true, true) => '━',
        (true, false) => '╸',
        (false, true) => '╺',
        (false, false) => ' ',
    };
    (0..last.div_ceil(2)).map(cell).collect()
}

/// Digits after the point that tell something beside a total of this length.
fn decimals(total: Micros) -> usize {
    match total.0 {
        0..10_000 => 3,
        10_000..100_000 => 2,
        100_000..10_000_000 => 1,
        _ => 0,
    }
}

/// As in `41.70 ms`.
pub(super) fn milliseconds(Micros(us): Micros, decimals: usize) -> String {
    let unit = 10_u64.pow(u32::try_from(3 - decimals.min(3)).unwrap_or(0));
    // rounded to the unit, in units
    let rounded = us.saturating_add(unit / 2) / unit;
    let per_ms = 1000 / unit;
    match decimals {
        0 => format!("{rounded} ms"),
        _ => format!("{}.{:0decimals$} ms", rounded / per_ms, rounded % per_ms),
    }
}

/// As in `29 %`.
fn share(part: Micros, total: Micros) -> String {
    if total.0 == 0 {
        return String::new();
    }
    let percent = (u128::from(part.0) * 100 + u128::from(total.0) / 2) / u128::from(total.0);
    match percent {
        0 if part.0 > 0 => "<1 %".to_owned(),
        percent => format!("{} %", percent.min(100)),
    }
}

/// To that many columns, with `…` where something is missing.
pub(super) fn cut(text: &str, width_max: usize) -> String {
    use unicode_width::UnicodeWidthChar;
    if text.width() <= width_max {
        return text.to_owned();
    }
    let mut room = width_max.saturating_sub(1);
    let mut cut: String = text
        .chars()
        .take_while(|c| {
            let width = c.width().unwrap_or(0);
            let fits = width <= room;
            room = room.saturating_sub(width);
            fits
        })
        .collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(spans: &[(&str, u64)], total: u64, width: usize) -> String {
        let last = spans.len() - 1;
        let spans: Vec<_> = spans
            .iter()
            .enumerate()
            .map(|(at, (name, us))| Span {
                name: name.trim_end_matches('!').to_owned(),
                length: Micros(*us),
                failed: at == last && name.ends_with('!'),
            })
            .collect();
        let mut text = String::new();
        for row in rows(&spans, Micros(total), width) {
            let line = format!("  {}  {}  {}", row.name, row.figures, row.bar);
            assert!(line.trim_end().width() <= width, "{line}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    #[test]
    fn phases_follow_each_other_on_one_axis() {
        let phases = [
            ("dns", 1_204),
            ("connect", 12_000),
            ("tls", 20_100),
            ("first byte", 8_000),
            ("body", 96),
        ];
        insta::assert_snapshot!(drawn(&phases, 41_700, 64), @r"
        dns          1.20 ms    3 %  ━
        connect     12.00 ms   29 %   ━━━━━━━━━
        tls         20.10 ms   48 %            ━━━━━━━━━━━━━━━
        first byte   8.00 ms   19 %                           ━━━━━╸
        body         0.10 ms   <1 %                                ╺
        total       41.70 ms         └─────────────────────────────┘
        ");
    }

    #[test]
    fn what_broke_off_is_marked() {
        insta::assert_snapshot!(drawn(&[("dns", 900), ("connect!", 9_999_100)], 10_000_000, 60), @r"
        dns             1 ms   <1 %  ╸
        connect      9999 ms  100 %  ━━━━━━━━━━━━━━━━━━━━━━━━━━━ ✗
        total       10000 ms         └─────────────────────────┘
        ");
    }

    #[test]
    fn where_there_is_no_room_only_figures_are_left() {
        insta::assert_snapshot!(drawn(&[("connect", 1), ("first byte", 1000)], 1001, 36), @r"
        connect     0.001 ms   <1 %
        first byte  1.000 ms  100 %
        total       1.001 ms
        ");
    }

    #[test]
    fn a_long_name_is_cut_and_a_long_axis_bounded() {
        let name = "a step whose name goes on and on and on";
        let text = drawn(&[(name, 500_000), ("日本", 500_000)], 1_000_000, 400);
        let widths: Vec<_> = text.lines().map(UnicodeWidthStr::width).collect();
        assert!(widths.iter().all(|width| *width < 160), "{widths:?}");
        assert!(text.contains("  a step whose name goes on a…  "), "{text}");
    }

    #[test]
    fn no_lengths_break_it() {
        for (spans, total) in [
            (&[("dns", 0)][..], 0),
            (&[("dns", u64::MAX), ("connect", u64::MAX)], u64::MAX),
            (&[("dns", 5)], 3),
        ] {
            for width in 0..90 {
                let spans: Vec<_> = spans
                    .iter()
                    .map(|(name, us)| Span {
                        name: (*name).to_owned(),
                        length: Micros(*us),
                        failed: false,
                    })
                    .collect();
                assert_eq!(rows(&spans, Micros(total), width).len(), spans.len() + 1);
            }
        }
    }

    #[test]
    fn milliseconds_are_rounded_to_what_is_shown() {
        for (us, decimals, text) in [
            (41_700, 2, "41.70 ms"),
            (41_705, 2, "41.71 ms"),
            (999, 0, "1 ms"),
            (49, 1, "0.0 ms"),
            (50, 1, "0.1 ms"),
            (7, 3, "0.007 ms"),
        ] {
            assert_eq!(milliseconds(Micros(us), decimals), text);
        }
    }
}
