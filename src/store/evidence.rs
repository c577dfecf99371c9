//! What was seen of failures: rows of their own, few beside the observations, and worth less. They
//! go into the same commits; one that cannot be written is dropped, and the observations stay.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rusqlite::{Connection, params};

use crate::domain::probe::ProbeId;
use crate::domain::time::UnixMillis;
use crate::evidence::Evidence;

use super::Store;
use super::error::StoreError;

/// What becomes of the evidence of one probe: both at once, or neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceChange {
    /// Of the failures at these instants.
    pub forget: Vec<UnixMillis>,
    /// Of the failure at this instant, in place of what there is of it.
    pub keep: Option<(UnixMillis, Box<Evidence>)>,
}

impl EvidenceChange {
    /// About what it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        let kept = self.keep.as_ref().map_or(0, |(_, kept)| kept.bytes());
        kept + self.forget.len() * size_of::<UnixMillis>()
    }
}

/// Larger is none of ours: [`Evidence`] is bounded to some 50 KiB by whoever makes it.
const JSON_BYTES_MAX: u64 = 1 << 20;

impl Store {
    /// Committed when this returns. Those of unknown probes are left out.
    pub fn change_evidence(
        &mut self,
        changes: &[(ProbeId, EvidenceChange)],
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        for (probe, change) in changes {
            if let Some(key) = self.probes.get(probe) {
                write(&transaction, *key, change)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

pub(super) fn write(
    connection: &Connection,
    probe: i64,
    change: &EvidenceChange,
) -> Result<(), StoreError> {
    for at in &change.forget {
        connection
            .prepare_cached("DELETE FROM evidence WHERE probe = ?1 AND ts_ms = ?2")?
            .execute(params![probe, at.0])?;
    }
    if let Some((at, evidence)) = &change.keep {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO evidence (probe, ts_ms, data) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![probe, at.0, encode(evidence)?])?;
    }
    Ok(())
}

fn encode(evidence: &Evidence) -> Result<Vec<u8>, StoreError> {
    let json = serde_json::to_vec(evidence)
        .map_err(|error| StoreError::corrupt(format!("evidence cannot be written: {error}")))?;
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    let written = deflated.write_all(&json).and_then(|()| deflated.finish());
    written.map_err(|error| StoreError::corrupt(format!("evidence cannot be packed: {error}")))
}

pub(super) fn decode(data: &[u8]) -> Result<Evidence, StoreError> {
    let broken = |error: String| StoreError::corrupt(format!("evidence cannot be read: {error}"));
    let mut json = Vec::new();
    DeflateDecoder::new(data)
        .take(JSON_BYTES_MAX)
        .read_to_end(&mut json)
        .map_err(|error| broken(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|error| broken(error.to_string()))
}
