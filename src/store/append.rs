//! A batch of new observations, all or none.

use rusqlite::TransactionBehavior;

use crate::domain::observation::Observation;
use crate::domain::probe::ProbeId;

use super::Store;
use super::error::StoreError;
use super::row::Row;
use super::staging;

impl Store {
    /// Committed when this returns.
    pub fn append(&mut self, batch: &[(ProbeId, Observation)]) -> Result<(), StoreError> {
        let appended = self.try_append(batch);
        if appended.is_err() {
            // texts that were new went with the transaction
            self.texts.clear();
        }
        appended
    }

    fn try_append(&mut self, batch: &[(ProbeId, Observation)]) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut numbers = self.texts.with(&transaction);
            for (probe, observation) in batch {
                let Some(key) = self.probes.get(probe) else {
                    return Err(StoreError::UnknownProbe {
                        probe: probe.clone(),
                    });
                };
                let row = Row::new(observation, &mut numbers)?;
                staging::insert(&transaction, *key, &row)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    pub(super) fn knows(&self, probe: &ProbeId) -> bool {
        self.probes.contains_key(probe)
    }
}
