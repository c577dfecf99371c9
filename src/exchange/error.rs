//! What is wrong with a file, where, and what would be right.

use std::fmt;
use std::io;

#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    #[error("{place}: {what}")]
    Bad { place: Place, what: String },
    #[error("line {line} is longer than {max} bytes; one observation stands on each")]
    TooLong { line: u64, max: usize },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u64,
    /// A column of bytes, in JSON.
    pub column: Option<u64>,
    /// A field by its name.
    pub field: Option<&'static str>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        if let Some(field) = self.field {
            write!(f, ", {field}")?;
        }
        Ok(())
    }
}

impl ExchangeError {
    pub(super) fn at(line: u64, what: impl Into<String>) -> Self {
        Self::Bad {
            place: Place {
                line,
                column: None,
                field: None,
            },
            what: what.into(),
        }
    }

    pub(super) fn field(line: u64, (field, what): (&'static str, String)) -> Self {
        Self::Bad {
            place: Place {
                line,
                column: None,
                field: Some(field),
            },
            what,
        }
    }
}
