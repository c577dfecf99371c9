//! Lines of a file that nobody vouches for.

use std::io::{BufRead, Read};

use super::error::ExchangeError;

/// Longest line. An observation with the longest detail, all of it escaped, has half of that.
pub(super) const LINE_BYTES_MAX: usize = 64 << 10;

/// Reads line after line, each no longer than [`LINE_BYTES_MAX`].
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    pub(super) number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            number: 0,
        }
    }

    /// The next line without its end; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<&str>, ExchangeError> {
        self.number += 1;
        self.buffer.clear();
        let limit = LINE_BYTES_MAX as u64 + 1;
        if (&mut self.input)
            .take(limit)
            .read_until(b'\n', &mut self.buffer)?
            == 0
        {
            return Ok(None);
        }
        if self.buffer.len() > LINE_BYTES_MAX {
            return Err(ExchangeError::TooLong {
                line: self.number,
                max: LINE_BYTES_MAX,
            });
        }
        let mut line = self.buffer.as_slice();
        if self.number == 1 {
            // a byte order mark, as Windows puts it
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        match std::str::from_utf8(line.trim_ascii_end()) {
            Ok(line) => Ok(Some(line)),
            Err(error) => Err(ExchangeError::Bad {
                place: super::Place {
                    line: self.number,
                    column: Some(error.valid_up_to() as u64 + 1),
                    field: None,
                },
                what: "is not UTF-8; save the file as UTF-8".to_owned(),
            }),
        }
    }
}
