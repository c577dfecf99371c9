//! The file as small as what it holds.

use std::path::Path;

use super::info::number;
use super::space;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::open;

/// What came of it, in bytes of the database file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vacuumed {
    pub before: u64,
    pub after: u64,
}

impl Store {
    /// How many bytes [`vacuum`](Self::vacuum) takes beside the database while it runs, at most.
    pub fn vacuum_needs(&self) -> Result<u64, StoreError> {
        let number = |pragma| number(&self.connection, pragma);
        let pages = number("PRAGMA page_count")?.saturating_sub(number("PRAGMA freelist_count")?);
        // written in order into a file of its own, and from there into the log
        Ok(pages * number("PRAGMA page_size")? * 2)
    }

    /// Writes the database anew, without the pages that are free, and closes it. Should it be stopped,
    /// everything is as it was.
    pub fn vacuum(self) -> Result<Vacuumed, StoreError> {
        let path = self.path.clone();
        let before = open::file_length(&path);
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let needed = self.vacuum_needs()?;
        if let Some(free) = space::free(&folder).filter(|free| *free < needed) {
            return Err(StoreError::NoRoom { path, needed, free });
        }
        // else it goes where temporary files are, which may be memory
        let escaped = folder.to_string_lossy().replace('\'', "''");
        let connection = &self.connection;
        connection.execute_batch(&format!("PRAGMA temp_store_directory = '{escaped}'"))?;
        let vacuumed = connection.execute_batch("VACUUM");
        let _ = connection.execute_batch("PRAGMA temp_store_directory = ''");
        vacuumed?;
        self.close()?;
        let after = open::file_length(&path);
        Ok(Vacuumed { before, after })
    }
}
