//! Texts that a spreadsheet may reckon out instead of showing them.

/// Whether a spreadsheet may take a cell with this text for a formula: whatever its language, and
/// after what it passes over at the beginning. Some take a tab or a line's end for the end of a
/// cell.
pub fn is_formula(text: &str) -> bool {
    let passed_over = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    let begins = |c| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫'
        )
    };
    text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(passed_over).starts_with(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_one() {
        for (text, formula) in [
            ("=1", true),
            ("+1", true),
            ("-1", true),
            ("@SUM(A1)", true),
            ("＝1", true),
            ("﹣1", true),
            (" =1", true),
            ("\t", true),
            ("\r\n=1", true),
            ("\u{0}=1", true),
            ("\u{feff}=1", true),
            ("\u{200b} @a", true),
            ("503 = bad", false),
            ("|calc", false),
            ("\"=1\"", false),
            ("'=1", false),
            ("", false),
            (" ", false),
        ] {
            assert_eq!(is_formula(text), formula, "{text:?}");
        }
    }
}
