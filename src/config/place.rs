//! Where something stands: a stretch of one line in one of the files.

use std::ops::Range;
use std::path::PathBuf;

/// A stretch of a file's text, in bytes. Never longer than its first line, so that it can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// Index into the sources.
    pub(super) file: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A file as it was read, kept to quote from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// As it was given or found, to be shown.
    pub(super) path: PathBuf,
    /// Without a byte order mark. What is no UTF-8 is replaced; then there is a mistake as well.
    pub(super) text: String,
}

impl Place {
    pub(super) fn bytes(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The part of it that is `inner`, if `inner` stands in it as written.
    pub(super) fn narrowed(self, text: &str, inner: &str) -> Self {
        let offset = text
            .get(self.bytes())
            .and_then(|written| written.find(inner))
            .and_then(|offset| u32::try_from(offset).ok());
        match (offset, u32::try_from(inner.len())) {
            (Some(offset), Ok(length)) => Self {
                start: self.start + offset,
                end: self.start + offset + length,
                ..self
            },
            _ => self,
        }
    }
}

impl Source {
    /// The stretch from `range.start` to `range.end`, or to the end of the line if that comes first.
    pub(super) fn place(&self, file: u32, range: Range<usize>) -> Place {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.ceil_char_boundary(range.end).max(start);
        let first_line = self.text[start..end].lines().next().unwrap_or_default();
        let end = start + first_line.trim_end().len();
        // the size limit of a file is far below 4 GiB
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Place {
            file,
            start: narrow(start),
            end: narrow(end),
        }
    }
}
