//! What came in since the last commit, all or nothing.

use rusqlite::TransactionBehavior;

use crate::domain::observation::Observation;
use crate::domain::probe::ProbeId;
use crate::domain::trouble::Trouble;

use super::Store;
use super::error::StoreError;
use super::evidence::{self, EvidenceChange};
use super::fares::{self, Fares};
use super::row::Row;
use super::{staging, trouble};

/// What is committed together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) observations: Vec<(ProbeId, Observation)>,
    pub(super) evidence: Vec<(ProbeId, EvidenceChange)>,
    pub(super) troubles: Vec<Trouble>,
    pub(super) fares: Option<Fares>,
    /// Nothing but how the daemon fares is worth a commit, too.
    pub(super) is_due: bool,
}

impl Batch {
    /// How many rows are worth a commit.
    pub(super) fn len(&self) -> usize {
        self.observations.len()
            + self.evidence.len()
            + self.troubles.len()
            + usize::from(self.is_due)
    }

    pub(super) fn clear(&mut self) {
        self.observations.clear();
        self.evidence.clear();
        self.troubles.clear();
        self.fares = None;
        self.is_due = false;
    }
}

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
        let batch = Batch {
            observations: batch.to_vec(),
            ..Batch::default()
        };
        self.append_batch(&batch)?
    }

    /// Committed when this returns. If the evidence is what cannot be stored, the inner `Result`
    /// says why, and the rest is stored without.
    pub(super) fn append_batch(
        &mut self,
        batch: &Batch,
    ) -> Result<Result<(), StoreError>, StoreError> {
        let mut stored = self.try_append(batch, &batch.evidence);
        let mut lost = Ok(());
        if let Err(Failed::Evidence(error)) = stored {
            self.texts.clear();
            lost = Err(error);
            stored = self.try_append(batch, &[]);
        }
        match stored {
            Ok(()) => Ok(lost),
            Err(Failed::Observations(error) | Failed::Evidence(error)) => {
                // texts that were new went with the transaction
                self.texts.clear();
                Err(error)
            }
        }
    }

    fn try_append(
        &mut self,
        batch: &Batch,
        evidence: &[(ProbeId, EvidenceChange)],
    ) -> Result<(), Failed> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        {
            let mut numbers = self.texts.with(&transaction);
            for (probe, observation) in &batch.observations {
                let Some(key) = self.probes.get(probe) else {
                    let probe = probe.clone();
                    return Err(StoreError::UnknownProbe { probe }.into());
                };
                let row = Row::new(observation, &mut numbers)?;
                staging::insert(&transaction, *key, &row)?;
            }
        }
        for trouble in &batch.troubles {
            trouble::insert(&transaction, trouble)?;
        }
        if let Some(fares) = &batch.fares {
            fares::write(&transaction, fares)?;
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
