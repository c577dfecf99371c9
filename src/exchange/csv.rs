//! The same fields in columns, with a header; the timings flattened to `dns_us` … `total_us`.
//!
//! Spreadsheets may take a cell for a formula, and a detail may hold what a server sent. Such a text
//! is written with an apostrophe before it, which spreadsheets take for "this is text" and
//! [`Reader`] takes away again. So that all texts read back, one that begins with an apostrophe gets
//! another, and the empty text, which would be "unknown", is a lone apostrophe.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Read, Write};
use std::rc::Rc;
use std::str::FromStr;

use super::error::ExchangeError;
use super::fields::{Fields, Wrong};
use super::lines::LINE_BYTES_MAX;
use super::row::{Row, TimingsUs};
use super::{Found, Record};
use crate::domain::formula::is_formula;
use crate::domain::time::Micros;

/// In the order they are written; a file may have them in any.
const COLUMNS: [&str; 19] = [
    "probe_id",
    "url",
    "ts",
    "outcome",
    "cause",
    "reason",
    "phase",
    "detail",
    "duration_ms",
    "status",
    "http_version",
    "peer",
    "dns_us",
    "connect_us",
    "tls_us",
    "first_byte_us",
    "body_us",
    "total_us",
    "set_aside",
];

/// The columns that a file must have.
const NEEDED: [&str; 3] = ["probe_id", "ts", "outcome"];

/// Writes rows under a header.
pub struct Writer<W: Write>(csv::Writer<W>);

impl<W: Write> Writer<W> {
    pub fn new(out: W) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS)?;
        Ok(Self(writer))
    }

    pub fn write(&mut self, record: Record) -> io::Result<()> {
        let Row {
            probe_id,
            url,
            ts,
            outcome,
            cause,
            reason,
            phase,
            detail,
            duration_ms,
            status,
            http_version,
            peer,
            timings_us,
            set_aside,
        } = Row::from(record);
        let row = &mut self.0;
        row.write_field(&*guarded(probe_id.unwrap_or_default()))?;
        row.write_field(&*guarded(url))?;
        row.write_field(ts)?;
        for word in [Some(outcome), cause, reason, phase] {
            row.write_field(word.unwrap_or_default())?;
        }
        row.write_field(&*detail.map_or(Cow::Borrowed(""), guarded))?;
        row.write_field(shown(duration_ms))?;
        row.write_field(shown(status))?;
        row.write_field(http_version.unwrap_or_default())?;
        row.write_field(peer.unwrap_or_default())?;
        let TimingsUs {
            dns,
            connect,
            tls,
            first_byte,
            body,
            total,
        } = timings_us;
        for length in [dns, connect, tls, first_byte, body, total] {
            row.write_field(shown(length))?;
        }
        row.write_field(if set_aside { "true" } else { "" })?;
        row.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Nothing is sure to be written before.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn shown(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn is_guarded_against(text: &str) -> bool {
    text.starts_with('\'') || is_formula(text)
}

fn guarded(text: &str) -> Cow<'_, str> {
    if text.is_empty() || is_guarded_against(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.is_empty() || is_guarded_against(rest) => rest,
        _ => text,
    }
}

/// Reads observations row by row.
pub struct Reader<R> {
    rows: csv::Reader<Metered<R>>,
    row: csv::ByteRecord,
    /// Which of [`COLUMNS`] each column of the file is; others are passed over.
    columns: Vec<Option<&'static str>>,
    /// Bytes that may be read so far.
    allowed: Rc<Cell<u64>>,
}

impl<R: Read> Reader<R> {
    /// Reads the header.
    pub fn new(input: R) -> Result<Self, ExchangeError> {
        let allowed = Rc::new(Cell::new(0));
        let mut reader = Self {
            rows: csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(Metered {
                    input,
                    read: 0,
                    allowed: Rc::clone(&allowed),
                }),
            row: csv::ByteRecord::new(),
            columns: Vec::new(),
            allowed,
        };
        if !reader.advance()? {
            return Err(ExchangeError::at(
                1,
                "has no header; it begins with the names of the columns",
            ));
        }
        let mut columns = Vec::new();
        for name in &reader.row {
            let known = COLUMNS
                .into_iter()
                .find(|known| known.as_bytes() == name.trim_ascii());
            if let Some(known) = known
                && columns.contains(&Some(known))
            {
                return Err(ExchangeError::at(
                    1,
                    format!("has the column `{known}` twice"),
                ));
            }
            columns.push(known);
        }
        for needed in NEEDED {
            if !columns.contains(&Some(needed)) {
                return Err(ExchangeError::at(
                    1,
                    format!(
                        "has no column `{needed}`; a header names {}",
                        NEEDED.join(", ")
                    ),
                ));
            }
        }
        reader.columns = columns;
        Ok(reader)
    }

    /// Reads the next row; whether there is one.
    fn advance(&mut self) -> Result<bool, ExchangeError> {
        let start = self.rows.position().clone();
        // what the reader holds ahead of its position was allowed before
        self.allowed
            .set(start.byte() + LINE_BYTES_MAX as u64 + READ_AHEAD);
        let line = start.line();
        match self.rows.read_byte_record(&mut self.row) {
            Ok(more) => Ok(more),
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    ExchangeError::TooLong {
                        line,
                        max: LINE_BYTES_MAX,
                    }
                }
                csv::ErrorKind::Io(error) => ExchangeError::Io(error),
                csv::ErrorKind::UnequalLengths {
                    pos,
                    expected_len,
                    len,
                } => ExchangeError::at(
                    pos.map_or(line, |pos| pos.line()),
                    format!("has {len} columns, the header {expected_len}"),
                ),
                other => ExchangeError::at(line, format!("{other:?}")),
            }),
        }
    }

    fn read(&mut self) -> Result<Option<Found>, ExchangeError> {
        if !self.advance()? {
            return Ok(None);
        }
        let line = self
            .row
            .position()
            .map_or_else(|| self.rows.position().line(), csv::Position::line);
        let fields = self
            .fields()
            .map_err(|wrong| ExchangeError::field(line, wrong))?;
        let (probe, observation) = fields
            .read()
            .map_err(|wrong| ExchangeError::field(line, wrong))?;
        Ok(Some(Found {
            line,
            probe,
            observation,
        }))
    }

    fn fields(&self) -> Result<Fields, Wrong> {
        let mut fields = Fields::default();
        for (column, value) in self.columns.iter().zip(&self.row) {
            let Some(column) = *column else { continue };
            if value.is_empty() {
                continue;
            }
            let value = std::str::from_utf8(value)
                .map_err(|_| (column, "is not UTF-8; save the file as UTF-8".to_owned()))?;
            let text = || Some(unguarded(value).to_owned());
            match column {
                "probe_id" => fields.probe_id = text(),
                "ts" => fields.ts = text(),
                "outcome" => fields.outcome = text(),
                "cause" => fields.cause = text(),
                "reason" => fields.reason = text(),
                "phase" => fields.phase = text(),
                "detail" => fields.detail = text(),
                "http_version" => fields.http_version = text(),
                "peer" => fields.peer = text(),
                "duration_ms" => fields.duration_ms = Some(number(column, value, "milliseconds")?),
                "status" => fields.status = Some(number(column, value, "a status, as in 200")?),
                "dns_us" => fields.timings.dns = Some(us(column, value)?),
                "connect_us" => fields.timings.connect = Some(us(column, value)?),
                "tls_us" => fields.timings.tls = Some(us(column, value)?),
                "first_byte_us" => fields.timings.first_byte = Some(us(column, value)?),
                "body_us" => fields.timings.body = Some(us(column, value)?),
                "total_us" => fields.total = Some(us(column, value)?),
                "set_aside" => fields.set_aside = number(column, value, "true or false")?,
                // the URL is the configuration's to say
                _ => {}
            }
        }
        Ok(fields)
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Found, ExchangeError>;

    /// After an error, do not go on: rows may have been torn.
    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

fn number<T: FromStr>(column: &'static str, value: &str, right: &str) -> Result<T, Wrong> {
    value
        .trim()
        .parse()
        .map_err(|_| (column, format!("`{value}` cannot be; write {right}")))
}

fn us(column: &'static str, value: &str) -> Result<Micros, Wrong> {
    number(column, value, "whole microseconds").map(Micros)
}

/// What [`csv::Reader`] may have read beyond its position.
const READ_AHEAD: u64 = 16 << 10;

/// Fails where a row goes on and on, as it does after a quote that nobody closes.
struct Metered<R> {
    input: R,
    read: u64,
    allowed: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read > self.allowed.get() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.input.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str) {
        let cell = guarded(text);
        assert!(!is_formula(&cell), "{text:?}");
        assert!(!cell.is_empty());
        assert_eq!(unguarded(&cell), text);
    }

    #[test]
    fn no_text_is_a_formula_and_each_reads_back() {
        for text in [
            "", "'", "''", "=1+1", "'=1", "''=1", "-x", "@a", "plain", "it's", "+", "\tx", "'x",
            " =1", "＝1", "\u{0}=1", "\r\n", "\"=1\"", "' ",
        ] {
            check(text);
        }
        // what others wrote stays as they wrote it
        assert_eq!(unguarded("'quoted'"), "'quoted'");
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in "\\PC*", odd in "['=+@ \t\r\n\u{0}\u{feff}a-]{0,6}") {
            check(&text);
            check(&odd);
        }
    }
}
