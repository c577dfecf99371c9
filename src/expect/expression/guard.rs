//! Keeps from the parser what it is not made for: it goes down a tree on the stack, and needs up to
//! 150 KB of it for a bracket.

use super::BadExpression;

/// Longest expression, in bytes.
const BYTES_MAX: usize = 4096;

/// Stack of the thread that an expression is read on. Four times of what the deepest ones need.
pub(super) const STACK_BYTES: usize = 32 << 20;

/// Most brackets inside each other.
const DEPTH_MAX: usize = 16;

/// Most operators, dots and brackets altogether: a chain of any of them makes a tree as deep as it
/// is long.
const OPERATORS_MAX: usize = 200;

pub(super) fn check(expression: &str) -> Result<(), BadExpression> {
    let bad = |reason: String, at: Option<usize>| {
        let at = at.map(|byte| {
            let chars = expression[..byte].chars().count();
            place(expression, chars)
        });
        Err(BadExpression { reason, at })
    };
    if expression.trim().is_empty() {
        return bad("is empty".to_owned(), None);
    }
    if expression.len() > BYTES_MAX {
        return bad(format!("longer than {BYTES_MAX} bytes"), None);
    }
    let (mut depth, mut operators) = (0_usize, 0);
    let (mut quote, mut escaped) = (None, false);
    for (at, byte) in expression.bytes().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match byte {
            b'\\' if quote.is_some() => escaped = true,
            b'\'' | b'"' if quote.is_none() => quote = Some(byte),
            _ if quote == Some(byte) => quote = None,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // counted inside of texts too: what is one depends on raw and threefold quotes
        if b"([{.+-*/%!<>=&|?".contains(&byte) {
            operators += 1;
        }
        if depth > DEPTH_MAX {
            return bad("too many brackets inside each other".to_owned(), Some(at));
        }
        if operators > OPERATORS_MAX {
            return bad(format!("more than {OPERATORS_MAX} operators"), Some(at));
        }
    }
    Ok(())
}

/// Line and column, from 1, of the character with that number, from 0.
pub(super) fn place(expression: &str, char: usize) -> (usize, usize) {
    let before = expression.chars().take(char);
    before.fold((1, 1), |(line, column), c| match c {
        '\n' => (line + 1, 1),
        _ => (line, column + 1),
    })
}
