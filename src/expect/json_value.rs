//! How values of JSON compare.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// Numbers are compared by value: 1 equals 1.0.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

/// Integers exactly, also with fractions: 2^53 + 1 is above 2^53 as a float.
pub(super) fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(a), None) => compare_integer(a, b.as_f64()?),
        (None, Some(b)) => compare_integer(b, a.as_f64()?).map(Ordering::reverse),
        (None, None) => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

pub(super) fn compare_float(a: &Number, b: f64) -> Option<Ordering> {
    match integer(a) {
        Some(a) => compare_integer(a, b),
        None => a.as_f64()?.partial_cmp(&b),
    }
}

pub(super) fn is_integer(number: &Number) -> bool {
    integer(number).is_some() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

fn integer(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or(number.as_u64().map(i128::from))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, far beyond every integer of JSON here"
)]
fn compare_integer(a: i128, b: f64) -> Option<Ordering> {
    let whole = b.floor();
    if b.is_nan() {
        return None;
    }
    match a.cmp(&(whole as i128)) {
        Ordering::Equal if whole < b => Some(Ordering::Less),
        ordering => Some(ordering),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_equal_by_value() {
        for (a, b, expected) in [
            (json!(1), json!(1.0), true),
            (json!(-1), json!(-1.0), true),
            (json!(0), json!(-0.0), true),
            (json!(1), json!(1.5), false),
            (json!(u64::MAX), json!(-1), false),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992.0),
                false,
            ),
            (json!(u64::MAX), json!(18_446_744_073_709_551_615.0), false),
            (json!(1e300), json!(1e300), true),
            (json!(1), json!("1"), false),
            (json!([1, {"a": 2}]), json!([1.0, {"a": 2.0}]), true),
            (json!([1]), json!([1, 2]), false),
            (json!({"a": 1}), json!({"b": 1}), false),
            (json!(null), json!(null), true),
        ] {
            assert_eq!(equal(&a, &b), expected, "{a} {b}");
            assert_eq!(equal(&b, &a), expected, "{b} {a}");
        }
    }

    #[test]
    fn integers_are_compared_exactly_with_floats() {
        for (a, b, expected) in [
            (
                "9007199254740993",
                9_007_199_254_740_992.0,
                Ordering::Greater,
            ),
            ("-5", -4.5, Ordering::Less),
            ("-4", -4.5, Ordering::Greater),
            ("5", f64::INFINITY, Ordering::Less),
            ("5", f64::NEG_INFINITY, Ordering::Greater),
            ("5.5", 5.5, Ordering::Equal),
        ] {
            let number: Number = serde_json::from_str(a).unwrap();
            assert_eq!(compare_float(&number, b), Some(expected), "{a} {b}");
        }
        assert_eq!(compare_float(&5.into(), f64::NAN), None);
        for (text, expected) in [("1", true), ("1.0", true), ("1.5", false), ("1e300", true)] {
            let number: Number = serde_json::from_str(text).unwrap();
            assert_eq!(is_integer(&number), expected, "{text}");
        }
    }
}
