//! What a server seems to speak that does not speak HTTP.

/// About an answer that does not begin with `HTTP/1.`, but with these bytes.
pub(super) fn describe(start: &[u8], whom: &str) -> String {
    match start {
        [] => "not an HTTP answer".to_owned(),
        // an alert, of any version (RFC 8446 §5.1)
        [0x15, 3, ..] => format!("{whom} speaks TLS on this port: use https://"),
        // a SETTINGS frame of the connection (RFC 9113 §6.5)
        [0, _, _, 4, 0 | 1, 0, 0, 0, 0, ..] => {
            format!("{whom} speaks only HTTP/2 on this port: use http_version: 2")
        }
        _ => {
            let line = start.split(|byte| matches!(byte, b'\r' | b'\n')).next();
            let line = String::from_utf8_lossy(line.unwrap_or_default());
            format!("not an HTTP answer: it begins with `{line}`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_protocols_are_told_by_their_first_bytes() {
        for (start, expected) in [
            (&b""[..], "not an HTTP answer"),
            (
                b"\x15\x03\x01\x00\x02\x02\x46",
                "ADDRESS speaks TLS on this port: use https://",
            ),
            (
                b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64",
                "ADDRESS speaks only HTTP/2 on this port: use http_version: 2",
            ),
            (
                b"+OK POP3\r\nmore",
                "not an HTTP answer: it begins with `+OK POP3`",
            ),
            (b"\xff\n", "not an HTTP answer: it begins with `\u{fffd}`"),
        ] {
            assert_eq!(describe(start, "ADDRESS"), expected);
        }
    }
}
