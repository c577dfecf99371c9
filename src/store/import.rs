//! The history of other databases and tools, all of it or nothing.

use std::collections::BTreeMap;

use rusqlite::{Connection, TransactionBehavior};

use crate::domain::observation::Observation;
use crate::domain::probe::ProbeId;

use super::Store;
use super::chunk::hour_of;
use super::error::StoreError;
use super::merge::Repeat;
use super::row::Row;
use super::{derive, pack, prune};

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub added: u64,
    /// Were there already: same probe, same instant, same content.
    pub repeated: u64,
}

/// Rows held in memory before they are merged into their chunks: 20 MB.
const BATCH_ROWS: usize = 100_000;

impl Store {
    /// Takes all of `observations` in one transaction; if one of them is an error, none.
    pub fn import<E: From<StoreError>>(
        &mut self,
        observations: impl IntoIterator<Item = Result<(ProbeId, Observation), E>>,
    ) -> Result<Imported, E> {
        // so that repeats of the open hour meet what they repeat
        self.pack_all()?;
        let imported = self.try_import(observations);
        if imported.is_err() {
            // texts that were new went with the transaction
            self.texts.clear();
        }
        imported
    }

    fn try_import<E: From<StoreError>>(
        &mut self,
        observations: impl IntoIterator<Item = Result<(ProbeId, Observation), E>>,
    ) -> Result<Imported, E> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let pruned = prune::before(&transaction)?.map(derive::start_of);
        let mut imported = Imported::default();
        let mut chunks = BTreeMap::<_, Vec<Row>>::new();
        let mut held = 0;
        for observation in observations {
            let (probe, observation) = observation?;
            let Some(key) = self.probes.get(&probe) else {
                return Err(StoreError::UnknownProbe { probe }.into());
            };
            if let Some(before) = pruned
                && observation.ts < before
            {
                let ts = observation.ts;
                return Err(StoreError::Pruned { ts, before }.into());
            }
            let row = Row::new(&observation, &mut self.texts.with(&transaction))?;
            let at = (hour_of(row.ts_ms), *key);
            chunks.entry(at).or_default().push(row);
            held += 1;
            if held == BATCH_ROWS {
                imported.put(&transaction, std::mem::take(&mut chunks), held)?;
                held = 0;
            }
        }
        imported.put(&transaction, chunks, held)?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(imported)
    }
}

impl Imported {
    fn put(
        &mut self,
        connection: &Connection,
        chunks: BTreeMap<(i64, i64), Vec<Row>>,
        held: usize,
    ) -> Result<(), StoreError> {
        let repeated = pack::put_rows(connection, chunks, Repeat::Content)?;
        self.repeated += repeated as u64;
        self.added += (held - repeated) as u64;
        Ok(())
    }
}
