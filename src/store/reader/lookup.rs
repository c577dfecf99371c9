//! What the numbers in rows stand for.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;

use rusqlite::{Connection, OptionalExtension};

use crate::domain::epoch::EpochStarts;
use crate::domain::observation::{Detail, Epoch};
use crate::domain::time::UnixMillis;
use crate::store::error::StoreError;
use crate::store::row::Texts;
use crate::store::text::KEPT_MAX;

/// Texts seen so far, and when each epoch began.
#[derive(Debug)]
pub(in crate::store) struct Lookup {
    texts: RefCell<HashMap<u64, Detail>>,
    peers: RefCell<HashMap<u64, SocketAddr>>,
    epochs: EpochStarts,
}

impl Lookup {
    pub(in crate::store) fn new(connection: &Connection) -> Result<Self, StoreError> {
        let starts = connection
            .prepare_cached("SELECT id, started_at_ms FROM epoch")?
            .query_map([], |row| Ok((Epoch(row.get(0)?), UnixMillis(row.get(1)?))))?
            .collect::<Result<_, _>>()?;
        Ok(Self {
            texts: RefCell::default(),
            peers: RefCell::default(),
            epochs: EpochStarts::new(starts),
        })
    }

    pub(in crate::store) fn with<'a>(&'a self, connection: &'a Connection) -> Looker<'a> {
        Looker {
            lookup: self,
            connection,
        }
    }
}

/// The lookup together with the table behind it.
pub(in crate::store) struct Looker<'a> {
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
        self.lookup.epochs.sets_aside(epoch, ts)
    }
}
