//! A batch of new observations, all or none.

use rusqlite::TransactionBehavior;

use crate::domain::observation::Observation;
use crate::domain::probe::ProbeId;

use super::Store;
use super::error::StoreError;
use super::evidence::{self, EvidenceChange};
use super::row::Row;
use super::staging;

/// What could not be stored.
enum Failed {
    Observations(StoreError),
    Evidence(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Observations(error)
    }
}

impl Store {
    /// Committed when this returns.
    pub fn append(&mut self, batch: &[(ProbeId, Observation)]) -> Result<(), StoreError> {
        self.append_with(batch, &[]).map(|_| ())
    }

    /// As [`append`](Self::append), with evidence in the same transaction. If the evidence is what
    /// cannot be stored, the inner `Result` says why, and the observations are stored without.
    pub(super) fn append_with(
        &mut self,
        batch: &[(ProbeId, Observation)],
        evidence: &[(ProbeId, EvidenceChange)],
    ) -> Result<Result<(), StoreError>, StoreError> {
        match self.try_append(batch, evidence) {
            Ok(()) => Ok(Ok(())),
            Err(Failed::Observations(error)) => {
                // texts that were new went with the transaction
                self.texts.clear();
                Err(error)
            }
            Err(Failed::Evidence(error)) => {
                self.texts.clear();
                self.append(batch)?;
                Ok(Err(error))
            }
        }
    }

    fn try_append(
        &mut self,
        batch: &[(ProbeId, Observation)],
        evidence: &[(ProbeId, EvidenceChange)],
    ) -> Result<(), Failed> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        {
            let mut numbers = self.texts.with(&transaction);
            for (probe, observation) in batch {
                let Some(key) = self.probes.get(probe) else {
                    let probe = probe.clone();
                    return Err(StoreError::UnknownProbe { probe }.into());
                };
                let row = Row::new(observation, &mut numbers)?;
                staging::insert(&transaction, *key, &row)?;
            }
        }
        for (probe, change) in evidence {
            if let Some(key) = self.probes.get(probe) {
                evidence::write(&transaction, *key, change).map_err(Failed::Evidence)?;
            }
        }
        transaction.commit().map_err(StoreError::from)?;
        Ok(())
    }

    pub(super) fn knows(&self, probe: &ProbeId) -> bool {
        self.probes.contains_key(probe)
    }
}
