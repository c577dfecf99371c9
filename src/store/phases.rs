//! The phases of failures that a program counted which kept only their causes: looked up once in the
//! observations, as long as these are there.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::Store;
use super::chunk::{self, Depth};
use super::counted::{self, Tier, hours_of_days};
use super::error::StoreError;
use super::failures;
use super::pack::{hour_of_key, key, probe_of_key};
use super::prune;
use super::reader::lookup::Lookup;
use super::rounds::{Allowance, DAY_HOURS, day_of};
use crate::domain::failures::Failures;
use crate::domain::observation::Outcome;

/// How far that is. Only in memory: after a crash it begins anew, with what is left.
#[derive(Debug)]
pub(super) struct LookingUp {
    /// Days come after the hours that they are made of.
    tier: Tier,
    /// The next key that is looked at.
    next: i64,
    lookup: Lookup,
}

impl LookingUp {
    /// `None` if nothing is to be looked up.
    pub(super) fn begin(connection: &Connection) -> Result<Option<Self>, StoreError> {
        for tier in [Tier::Hourly, Tier::Daily] {
            let next = first(connection, tier)?;
            if next_key(connection, tier, next)?.is_some() {
                let lookup = Lookup::new(connection)?;
                return Ok(Some(Self { tier, next, lookup }));
            }
        }
        Ok(None)
    }

    fn step(&mut self, connection: &Connection) -> Result<ControlFlow<()>, StoreError> {
        let mut allowance = Allowance::of_a_step();
        while !allowance.is_spent() {
            let Some(at) = next_key(connection, self.tier, self.next)? else {
                if self.tier == Tier::Daily {
                    return Ok(ControlFlow::Break(()));
                }
                self.tier = Tier::Daily;
                self.next = first(connection, self.tier)?;
                continue;
            };
            self.next = at + 1;
            let (found, rows) = match self.tier {
                Tier::Hourly => self.of_hour(connection, at)?,
                Tier::Daily => (
                    of_day(connection, at)?,
                    usize::try_from(DAY_HOURS).unwrap_or(0),
                ),
            };
            allowance.spend(rows);
            if let Some(found) = found {
                put(connection, self.tier, at, &found)?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// With how many observations were read. What cannot be read is for `db check` to tell, and of no
    /// hindrance here.
    fn of_hour(
        &self,
        connection: &Connection,
        at: i64,
    ) -> Result<(Option<Failures>, usize), StoreError> {
        let data: Option<Vec<u8>> = connection
            .prepare_cached("SELECT data FROM chunk WHERE key = ?1")?
            .query_row([at], |row| row.get(0))
            .optional()?;
        let (data, mut rows) = (data.unwrap_or_default(), Vec::new());
        let mut read = || {
            chunk::decode(&data, hour_of_key(at), Depth::Sightings, &mut rows)?;
            let texts = self.lookup.with(connection);
            let mut found = Failures::default();
            for row in &rows {
                let sighting = row.sighting(&texts)?;
                if let (Outcome::Fail(failure), false) = (&sighting.outcome, sighting.set_aside) {
                    found.add(failure.cause, failure.phase, 1);
                }
            }
            Ok(found)
        };
        let found = match read() {
            Ok(found) => Some(found),
            Err(StoreError::Corrupt { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok((found, rows.len()))
    }
}

/// `None` as long as those of an hour are not known.
fn of_day(connection: &Connection, at: i64) -> Result<Option<Failures>, StoreError> {
    let (day, probe) = (hour_of_key(at), probe_of_key(at));
    let mut all = Failures::default();
    for hour in hours_of_days(day..day + 1) {
        let at = key(hour, probe);
        let Some(hour) = counted::get(connection, Tier::Hourly, at)? else {
            continue;
        };
        if hour.tally.fail > 0 && counted::lacks_phases(connection, Tier::Hourly, at)? {
            return Ok(None);
        }
        all.merge(&hour.failures);
    }
    Ok(Some(all))
}

/// From where on it can be known.
fn first(connection: &Connection, tier: Tier) -> Result<i64, StoreError> {
    let pruned = prune::before(connection)?;
    let counts = prune::before_of(connection, Tier::Hourly.as_str())?;
    let first = match (tier, pruned.max(counts)) {
        (_, None) => return Ok(i64::MIN),
        (Tier::Hourly, Some(hour)) => hour,
        (Tier::Daily, Some(hour)) => day_of(hour + DAY_HOURS - 1),
    };
    Ok(key(first, 0))
}

fn next_key(connection: &Connection, tier: Tier, from: i64) -> Result<Option<i64>, StoreError> {
    // as in the index of these rows
    Ok(connection
        .prepare_cached(&format!(
            "SELECT key FROM {} WHERE fail > 0 AND failures IS NULL AND key >= ?1 \
             ORDER BY key LIMIT 1",
            tier.as_str()
        ))?
        .query_row([from], |row| row.get(0))
        .optional()?)
}

/// If they are those that were counted.
fn put(connection: &Connection, tier: Tier, at: i64, found: &Failures) -> Result<(), StoreError> {
    let stored = counted::get(connection, tier, at)?;
    if stored.is_some_and(|stored| stored.failures == found.without_phases()) {
        connection
            .prepare_cached(&format!(
                "UPDATE {} SET failures = ?2 WHERE key = ?1",
                tier.as_str()
            ))?
            .execute(params![at, failures::to_json(found)?])?;
    }
    Ok(())
}

impl Store {
    /// Whether that was the last step.
    pub(super) fn look_up_step(&mut self, looking: &mut LookingUp) -> Result<bool, StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let flow = looking.step(&transaction)?;
        transaction.commit()?;
        Ok(flow.is_break())
    }

    /// All that can be known.
    pub(super) fn look_up_phases(&mut self) -> Result<(), StoreError> {
        if let Some(mut looking) = LookingUp::begin(&self.connection)? {
            while !self.look_up_step(&mut looking)? {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::time::UnixMillis;
    use crate::store::upkeep;

    /// Sixty hours, of which the first thirty were pruned; of `a` every fifth has failures.
    const OLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/database/v4.db");

    /// In each of these.
    const KNOWN: &str = r#"{"?/?":1,"reset/?":1,"status/verdict":1,"timeout/connect":2}"#;

    fn column(connection: &Connection, tier: &str) -> Vec<Option<String>> {
        let sql = format!("SELECT failures FROM {tier} WHERE fail > 0 ORDER BY key");
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn is_sound(path: &Path) {
        let checked = upkeep::check(path, 3, &mut |_| ()).unwrap();
        assert_eq!(checked.findings, []);
    }

    #[test]
    fn what_an_older_program_counted_gets_the_phases_of_what_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outwatch.db");
        std::fs::copy(OLD, &path).unwrap();
        is_sound(&path);
        let mut store = Store::create_or_open(&path, UnixMillis(0)).unwrap();
        assert!(
            column(&store.connection, "hourly")
                .iter()
                .all(Option::is_none)
        );
        is_sound(&path);
        let before = counted::get(&store.connection, Tier::Hourly, key(479_917, 1)).unwrap();
        store.look_up_phases().unwrap();
        let known = Some(KNOWN.to_owned());
        let hours = [vec![None; 6], vec![known; 6]].concat();
        assert_eq!(column(&store.connection, "hourly"), hours);
        // the first day was pruned, and so were some hours of the second
        assert_eq!(column(&store.connection, "daily"), [None, None]);
        is_sound(&path);
        let after = counted::get(&store.connection, Tier::Hourly, key(479_917, 1)).unwrap();
        let (before, after) = (before.unwrap(), after.unwrap());
        assert_eq!(before.failures, after.failures.without_phases());
        assert_eq!(before.tally, after.tally);
        assert!(LookingUp::begin(&store.connection).unwrap().is_none());
    }
}
