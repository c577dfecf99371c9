//! Details and peers: few, long, and ever the same; so each is stored once.

use std::collections::HashMap;
use std::net::SocketAddr;

use rusqlite::{Connection, OptionalExtension};

use crate::domain::observation::Detail;

use super::error::StoreError;
use super::row::Numbers;

/// Most texts kept in memory, on either side. When it is full it starts anew: no bookkeeping, and
/// what is in use is soon back.
pub(super) const KEPT_MAX: usize = 16_384;

/// What the writer remembers of the table.
#[derive(Debug, Default)]
pub(super) struct TextCache {
    texts: HashMap<Detail, u64>,
    peers: HashMap<SocketAddr, u64>,
}

impl TextCache {
    /// After a rollback, when remembered texts may not be in the table.
    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.peers.clear();
    }

    pub(super) fn with<'a>(&'a mut self, connection: &'a Connection) -> Interner<'a> {
        Interner {
            cache: self,
            connection,
        }
    }
}

/// The cache together with the table behind it.
pub(super) struct Interner<'a> {
    cache: &'a mut TextCache,
    connection: &'a Connection,
}

impl Interner<'_> {
    fn in_table(&self, text: &str) -> Result<u64, StoreError> {
        let found: Option<i64> = self
            .connection
            .prepare_cached("SELECT id FROM text WHERE text = ?1")?
            .query_row([text], |row| row.get(0))
            .optional()?;
        let id = if let Some(id) = found {
            id
        } else {
            self.connection
                .prepare_cached("INSERT INTO text (text) VALUES (?1)")?
                .insert([text])?
        };
        Ok(id.cast_unsigned())
    }
}

impl Numbers for Interner<'_> {
    fn of_text(&mut self, text: &Detail) -> Result<u64, StoreError> {
        if let Some(id) = self.cache.texts.get(text) {
            return Ok(*id);
        }
        let id = self.in_table(text)?;
        if self.cache.texts.len() >= KEPT_MAX {
            self.cache.texts.clear();
        }
        self.cache.texts.insert(text.clone(), id);
        Ok(id)
    }

    fn of_peer(&mut self, peer: SocketAddr) -> Result<u64, StoreError> {
        if let Some(id) = self.cache.peers.get(&peer) {
            return Ok(*id);
        }
        let id = self.in_table(&peer.to_string())?;
        if self.cache.peers.len() >= KEPT_MAX {
            self.cache.peers.clear();
        }
        self.cache.peers.insert(peer, id);
        Ok(id)
    }
}
