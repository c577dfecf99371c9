//! Text written so that it can stand inside other text.

use std::fmt::Write;

/// Everything but the unreserved characters (RFC 3986 §2.3) as `%2F`: fits any place of a URL.
pub(super) fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => push_percent(&mut encoded, byte),
        }
    }
    encoded
}

/// As browsers send forms (URL standard, application/x-www-form-urlencoded serializing).
pub fn form(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            _ => push_percent(&mut encoded, byte),
        }
    }
    encoded
}

/// Two digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // writing to a String cannot fail
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Without the quotes around it.
pub(super) fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn push_percent(encoded: &mut String, byte: u8) {
    // writing to a String cannot fail
    let _ = write!(encoded, "%{byte:02X}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_encoded_for_where_it_stands() {
        let text = "a/ż ~*\"\n";
        assert_eq!(percent(text), "a%2F%C5%BC%20~%2A%22%0A");
        assert_eq!(form(text), "a%2F%C5%BC+%7E*%22%0A");
        assert_eq!(json(text), "a/ż ~*\\\"\\n");
        assert_eq!(hex(b"\0\xff~"), "00ff7e");
    }
}
