//! Bodies as HTML forms send them (`application/x-www-form-urlencoded`).

pub(super) use crate::prober::encode::form as encode;

/// As [`encode`], but for what stands between `{{` and `}}`, braces included.
pub(super) fn encode_template(text: &str) -> String {
    let (mut encoded, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else {
            break;
        };
        let end = start + length + "}}".len();
        encoded.push_str(&encode(&rest[..start]));
        encoded.push_str(&rest[start..end]);
        rest = &rest[end..];
    }
    encoded.push_str(&encode(rest));
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_encoded_and_templates_left_alone() {
        for (text, plain, template) in [
            ("", "", ""),
            ("a b&c=d", "a+b%26c%3Dd", "a+b%26c%3Dd"),
            ("ż", "%C5%BC", "%C5%BC"),
            ("a&{{ id }}&", "a%26%7B%7B+id+%7D%7D%26", "a%26{{ id }}%26"),
            ("{{id", "%7B%7Bid", "%7B%7Bid"),
        ] {
            assert_eq!(encode(text), plain);
            assert_eq!(encode_template(text), template);
        }
    }
}
