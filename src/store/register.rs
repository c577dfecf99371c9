//! Which probes there are, since when, and what they are judged with; and when the clock ran
//! straight.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::domain::configured::ConfigHash;
use crate::domain::maintenance::Declaration;
use crate::domain::observation::Epoch;
use crate::domain::parameters::Parameters;
use crate::domain::probe::{Probe, ProbeId};
use crate::domain::promise::Promise;
use crate::domain::rollup::RollupParameters;
use crate::domain::subject::Subject;
use crate::domain::time::UnixMillis;

use super::Store;
use super::chunk::hour_of;
use super::derive::{self, Derived};
use super::error::StoreError;
use super::renames::{self, Members};
use super::{configuration, maintenance, promise, rollup};

/// What the database keeps of a configured probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeRecord {
    pub probe: Probe,
    /// As it may be shown: secrets are masked.
    pub url: Arc<str>,
    pub parameters: Parameters,
}

/// What the database keeps of a configuration. Whatever stood in the last one and not in this one
/// ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configured {
    pub probes: Vec<ProbeRecord>,
    pub rollups: Vec<(Subject, RollupParameters)>,
    pub maintenance: Vec<Declaration>,
    pub promises: Vec<Promise>,
    /// `None`: it has no files.
    pub hash: Option<ConfigHash>,
}

/// What changed by a registration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// New, or removed before and here again.
    pub added: usize,
    pub removed: usize,
    /// Known before, and judged with other parameters from now on.
    pub changed: usize,
}

impl Store {
    /// Makes `configured` what is configured from `now` on: all of it, or nothing if it fails. Doing
    /// it again changes nothing.
    pub fn register(
        &mut self,
        configured: &Configured,
        now: UnixMillis,
    ) -> Result<Registered, StoreError> {
        let Configured {
            probes,
            rollups,
            maintenance,
            promises,
            hash,
        } = configured;
        self.register_with(|transaction| {
            let (mut registered, named) = add(transaction, probes, now)?;
            registered.removed = remove_others(transaction, &named, now)?;
            rollup::configure(transaction, rollups, now)?;
            maintenance::configure(transaction, maintenance, now)?;
            promise::configure(transaction, promises, now)?;
            if let Some(hash) = hash {
                configuration::configure(transaction, *hash, now)?;
            }
            Ok(registered)
        })
    }

    /// Adds those of `records` that are missing or changed; the others stay what they are.
    pub fn register_also(
        &mut self,
        records: &[ProbeRecord],
        now: UnixMillis,
    ) -> Result<Registered, StoreError> {
        self.register_with(|transaction| {
            let (registered, _) = add(transaction, records, now)?;
            Ok(registered)
        })
    }

    fn register_with(
        &mut self,
        change: impl FnOnce(&Transaction) -> Result<Registered, StoreError>,
    ) -> Result<Registered, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let registered = change(&transaction)?;
        transaction.commit()?;
        if registered.added > 0 {
            self.probes = known(&self.connection)?;
        }
        Ok(registered)
    }

    /// A new epoch, which begins now.
    pub fn begin_epoch(&mut self, now: UnixMillis) -> Result<Epoch, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO epoch (started_at_ms, pid, version) VALUES (?1, ?2, ?3)",
            params![now.0, std::process::id(), env!("CARGO_PKG_VERSION")],
        )?;
        let id = transaction.last_insert_rowid();
        // with the clock set back, what was observed since is set aside
        derive::rewind_all(&transaction, hour_of(now.0))?;
        transaction.commit()?;
        u32::try_from(id)
            .map(Epoch)
            .map_err(|_| StoreError::corrupt(format!("there is no epoch {id}")))
    }

    /// The ids of all probes that were ever registered.
    pub fn probe_ids(&self) -> impl Iterator<Item = &ProbeId> {
        self.probes.keys()
    }
}

/// Of records, those that the database has as they are: most, whenever a configuration is read
/// again. Found by one look at all of it, since a few for each would take as long as writing them.
struct Settled<'r> {
    /// Their numbers.
    named: HashSet<i64>,
    ids: HashSet<&'r ProbeId>,
    /// A probe is of another platform or service than before.
    moves: bool,
}

impl<'r> Settled<'r> {
    fn read(transaction: &Transaction, records: &'r [ProbeRecord]) -> Result<Self, StoreError> {
        let by_id = records
            .iter()
            .map(|record| (record.probe.id.as_str(), record));
        let by_id: HashMap<_, _> = by_id.collect();
        let mut settled = Self {
            named: HashSet::new(),
            ids: HashSet::new(),
            moves: false,
        };
        let mut statement = transaction.prepare_cached(
            "SELECT probe_id, service_slug, platform_slug, endpoint_slug, service, platform, \
                    endpoint, url, probe.id, \
                    EXISTS (SELECT 1 FROM life \
                            WHERE life.probe = probe.id AND removed_at_ms IS NULL), \
                    interval_ms, timeout_ms, confirm_interval_ms, failure_threshold, \
                    recovery_threshold, grace_ms, flap_failures, flap_of \
             FROM probe LEFT JOIN parameters ON parameters.probe = probe.id \
                 AND from_ts_ms = (SELECT max(from_ts_ms) FROM parameters AS last \
                                   WHERE last.probe = probe.id)",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text = |column| row.get_ref(column).ok().and_then(|it| it.as_str().ok());
            let Some(record) = text(0).and_then(|id| by_id.get(id)) else {
                continue;
            };
            let ProbeRecord { probe, url, .. } = record;
            let is_of = [probe.service.slug(), probe.platform.slug()];
            settled.moves |= [text(1), text(2)] != is_of.map(Some);
            let texts = [
                probe.service.slug(),
                probe.platform.slug(),
                probe.endpoint.slug(),
                probe.service.display(),
                probe.platform.display(),
                probe.endpoint.display(),
                url,
            ];
            let mut is_same = (1..).zip(texts).all(|(at, it)| text(at) == Some(it));
            is_same &= row.get::<_, bool>(9)?;
            for (at, number) in (10..).zip(numbers(&record.parameters)) {
                is_same &= row.get::<_, Option<i64>>(at)? == Some(number);
            }
            if is_same {
                settled.named.insert(row.get(8)?);
                settled.ids.insert(&probe.id);
            }
        }
        Ok(settled)
    }
}

/// As they stand in the columns, in their order.
fn numbers(parameters: &Parameters) -> [i64; 8] {
    [
        parameters.interval.0,
        parameters.timeout.0,
        parameters.confirm_interval.0,
        parameters.failure_threshold.get().into(),
        parameters.recovery_threshold.get().into(),
        parameters.grace.0,
        parameters.flap_failures.get().into(),
        parameters.flap_of.get().into(),
    ]
}

/// Gives the numbers of all of them, too.
fn add(
    transaction: &Transaction,
    records: &[ProbeRecord],
    now: UnixMillis,
) -> Result<(Registered, HashSet<i64>), StoreError> {
    let mut registered = Registered::default();
    let Settled {
        mut named,
        ids,
        moves,
    } = Settled::read(transaction, records)?;
    let members = || moves.then(|| Members::read(transaction)).transpose();
    let before = members()?;
    let mut derived = Derived::read(transaction)?;
    for record in records {
        if ids.contains(&record.probe.id) {
            continue;
        }
        let probe = upsert(transaction, record)?;
        named.insert(probe);
        let added = begin_life(transaction, probe, now)?;
        let changed_from = set_parameters(transaction, probe, &record.parameters, now)?;
        let changed = changed_from.is_some();
        if added || changed {
            // with the clock set back, what follows is older than what is derived
            let from = changed_from.unwrap_or(now).min(now);
            derived.take_back(transaction, probe, hour_of(from.0))?;
        }
        registered.added += usize::from(added);
        registered.changed += usize::from(changed && !added);
    }
    // by `id:` probes keep their history, and so does what they make up
    if let (Some(before), Some(after)) = (before, members()?) {
        for (old, new) in before.renamed(&after) {
            renames::rename(transaction, &old, &new, None, now)?;
        }
    }
    Ok((registered, named))
}

/// Gives how many.
fn remove_others(
    transaction: &Transaction,
    named: &HashSet<i64>,
    now: UnixMillis,
) -> Result<usize, StoreError> {
    let mut removed = 0;
    let mut derived = Derived::read(transaction)?;
    for probe in living(transaction)? {
        if !named.contains(&probe) {
            transaction
                .prepare_cached(
                    "UPDATE life SET removed_at_ms = max(added_at_ms, ?2) \
                     WHERE probe = ?1 AND removed_at_ms IS NULL",
                )?
                .execute(params![probe, now.0])?;
            derived.take_back(transaction, probe, hour_of(now.0))?;
            removed += 1;
        }
    }
    Ok(removed)
}

pub(super) fn known(connection: &Connection) -> Result<HashMap<ProbeId, i64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT probe_id, id FROM probe")?;
    let mut rows = statement.query([])?;
    let mut probes = HashMap::new();
    while let Some(row) = rows.next()? {
        probes.insert(
            probe_id(row.get_ref(0)?.as_str().unwrap_or(""))?,
            row.get(1)?,
        );
    }
    Ok(probes)
}

pub(super) fn probe_id(text: &str) -> Result<ProbeId, StoreError> {
    text.parse()
        .map_err(|error| StoreError::corrupt(format!("{error}")))
}

fn upsert(transaction: &Transaction, record: &ProbeRecord) -> Result<i64, StoreError> {
    let ProbeRecord { probe, url, .. } = record;
    let id = transaction
        .prepare_cached(
            "INSERT INTO probe (probe_id, service_slug, platform_slug, endpoint_slug, \
                                service, platform, endpoint, url) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT (probe_id) DO UPDATE SET \
                 service_slug = ?2, platform_slug = ?3, endpoint_slug = ?4, \
                 service = ?5, platform = ?6, endpoint = ?7, url = ?8 \
             RETURNING id",
        )?
        .query_row(
            params![
                probe.id.as_str(),
                probe.service.slug(),
                probe.platform.slug(),
                probe.endpoint.slug(),
                probe.service.display(),
                probe.platform.display(),
                probe.endpoint.display(),
                url,
            ],
            |row| row.get(0),
        )?;
    Ok(id)
}

/// Whether the probe had none.
fn begin_life(transaction: &Transaction, probe: i64, now: UnixMillis) -> Result<bool, StoreError> {
    let lives = transaction
        .prepare_cached("SELECT 1 FROM life WHERE probe = ?1 AND removed_at_ms IS NULL")?
        .exists([probe])?;
    if lives {
        return Ok(false);
    }
    // if the clock was set back since, that is of time that is set aside
    transaction
        .prepare_cached("DELETE FROM life WHERE probe = ?1 AND added_at_ms > ?2")?
        .execute(params![probe, now.0])?;
    // and so is its removal: it goes on living, as one does that was removed a millisecond ago
    let goes_on = transaction
        .prepare_cached(
            "UPDATE life SET removed_at_ms = NULL \
             WHERE probe = ?1 AND (added_at_ms = ?2 OR removed_at_ms > ?2)",
        )?
        .execute(params![probe, now.0])?;
    if goes_on == 0 {
        transaction
            .prepare_cached("INSERT INTO life (probe, added_at_ms) VALUES (?1, ?2)")?
            .execute(params![probe, now.0])?;
    }
    Ok(true)
}

fn living(transaction: &Transaction) -> Result<Vec<i64>, StoreError> {
    let mut statement =
        transaction.prepare_cached("SELECT probe FROM life WHERE removed_at_ms IS NULL")?;
    let probes = statement.query_map([], |row| row.get(0))?;
    Ok(probes.collect::<Result<_, _>>()?)
}

/// If they differ from those in force, from when on other ones are.
fn set_parameters(
    transaction: &Transaction,
    probe: i64,
    parameters: &Parameters,
    now: UnixMillis,
) -> Result<Option<UnixMillis>, StoreError> {
    let last = transaction
        .prepare_cached(
            "SELECT from_ts_ms, interval_ms, timeout_ms, confirm_interval_ms, failure_threshold, \
                    recovery_threshold, grace_ms, flap_failures, flap_of \
             FROM parameters WHERE probe = ?1 ORDER BY from_ts_ms DESC LIMIT 1",
        )?
        .query_row([probe], |row| {
            let from: i64 = row.get(0)?;
            let numbers: [i64; 8] = [
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
                row.get(8)?,
            ];
            Ok((from, numbers))
        })
        .optional()?;
    let new = numbers(parameters);
    let from = match last {
        Some((_, old)) if old == new => return Ok(None),
        // with the clock set back, the later decision is still the one in force
        Some((last, _)) => now.0.max(last),
        None => now.0,
    };
    let [
        interval,
        timeout,
        confirm,
        failures,
        recoveries,
        grace,
        flaps,
        flap_of,
    ] = new;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO parameters (probe, from_ts_ms, interval_ms, timeout_ms, \
                 confirm_interval_ms, failure_threshold, recovery_threshold, grace_ms, \
                 flap_failures, flap_of) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            probe, from, interval, timeout, confirm, failures, recoveries, grace, flaps, flap_of
        ])?;
    // the first ones hold before their instant, too
    let is_first = !transaction
        .prepare_cached("SELECT 1 FROM parameters WHERE probe = ?1 AND from_ts_ms < ?2")?
        .exists([probe, from])?;
    Ok(Some(UnixMillis(if is_first { i64::MIN } else { from })))
}
