//! What the numbers in rows stand for.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;

use rusqlite::{Connection, OptionalExtension};

use crate::domain::observation::{Detail, Epoch};
use crate::domain::time::UnixMillis;
use crate::store::error::StoreError;
use crate::store::row::Texts;
use crate::store::text::KEPT_MAX;

/// Texts seen so far, and when each epoch was overtaken.
#[derive(Debug)]
pub(super) struct Lookup {
    texts: RefCell<HashMap<u64, Detail>>,
    peers: RefCell<HashMap<u64, SocketAddr>>,
    /// Ascending by epoch: the first start of any later one.
    overtaken: Vec<(Epoch, UnixMillis)>,
}

impl Lookup {
    pub(super) fn new(connection: &Connection) -> Result<Self, StoreError> {
        let mut statement =
            connection.prepare_cached("SELECT id, started_at_ms FROM epoch ORDER BY id DESC")?;
        let mut rows = statement.query([])?;
        let mut overtaken = Vec::new();
        let mut earliest_later = UnixMillis(i64::MAX);
        while let Some(row) = rows.next()? {
            overtaken.push((Epoch(row.get(0)?), earliest_later));
            earliest_later = earliest_later.min(UnixMillis(row.get(1)?));
        }
        overtaken.reverse();
        Ok(Self {
            texts: RefCell::default(),
            peers: RefCell::default(),
            overtaken,
        })
    }

    pub(super) fn with<'a>(&'a self, connection: &'a Connection) -> Looker<'a> {
        Looker {
            lookup: self,
            connection,
        }
    }
}

/// The lookup together with the table behind it.
pub(super) struct Looker<'a> {
    lookup: &'a Lookup,
    connection: &'a Connection,
}

impl Texts for Looker<'_> {
    fn text(&self, id: u64) -> Result<Detail, StoreError> {
        let mut texts = self.lookup.texts.borrow_mut();
        if let Some(text) = texts.get(&id) {
            return Ok(text.clone());
        }
        let found: Option<String> = self
            .connection
            .prepare_cached("SELECT text FROM text WHERE id = ?1")?
            .query_row([id.cast_signed()], |row| row.get(0))
            .optional()?;
        let text: Detail = found
            .ok_or_else(|| StoreError::corrupt(format!("there is no text {id}")))?
            .into();
        if texts.len() >= KEPT_MAX {
            texts.clear();
        }
        texts.insert(id, text.clone());
        Ok(text)
    }

    fn peer(&self, id: u64) -> Result<SocketAddr, StoreError> {
        if let Some(peer) = self.lookup.peers.borrow().get(&id) {
            return Ok(*peer);
        }
        let text = self.text(id)?;
        let peer = text
            .parse()
            .map_err(|_| StoreError::corrupt(format!("`{text}` is no address with a port")))?;
        let mut peers = self.lookup.peers.borrow_mut();
        if peers.len() >= KEPT_MAX {
            peers.clear();
        }
        peers.insert(id, peer);
        Ok(peer)
    }

    fn is_set_aside(&self, epoch: Epoch, ts: UnixMillis) -> bool {
        let overtaken = &self.lookup.overtaken;
        overtaken
            .binary_search_by_key(&epoch, |(epoch, _)| *epoch)
            .is_ok_and(|at| ts >= overtaken[at].1)
    }
}
