//! What was configured and declared of subjects, what people said, and the observer's own trouble.

use std::collections::HashMap;

use super::Reader;
use crate::domain::annotation::Annotation;
use crate::domain::configured::InForceFrom;
use crate::domain::maintenance::Declared;
use crate::domain::promise::Promised;
use crate::domain::rollup::{RollupHistory, RollupParameters, Weight};
use crate::domain::subject::Subject;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::trouble::Trouble;
use crate::store::error::StoreError;
use crate::store::{annotation, configuration, maintenance, promise, subject, trouble};

impl Reader {
    /// By what the states of platforms and services were made up, of each that ever was configured.
    pub fn rollups(&self) -> Result<HashMap<Subject, RollupHistory>, StoreError> {
        let mut changes = HashMap::<Subject, Vec<_>>::new();
        if !self.has_declarations {
            return Ok(HashMap::new());
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT scope, subject, from_ts_ms, down_when, weight, merge_gap_ms FROM rollup",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let down_when = row.get::<_, String>(3)?.parse();
            let parameters = RollupParameters {
                down_when: down_when.map_err(|error| StoreError::corrupt(format!("{error}")))?,
                weight: Weight(row.get(4)?),
                merge_gap: Millis(row.get(5)?),
            };
            let of_subject = changes.entry(subject::subject(row, 0)?).or_default();
            of_subject.push((UnixMillis(row.get(2)?), parameters));
        }
        let histories = changes.into_iter().filter_map(|(subject, changes)| {
            RollupHistory::from_changes(changes).map(|history| (subject, history))
        });
        Ok(histories.collect())
    }

    /// What was ever promised, by subject, kind and name, each in order of time. Subjects as they are
    /// called now.
    pub fn promises(&self) -> Result<Vec<Promised>, StoreError> {
        if !self.has_promises()? {
            return Ok(Vec::new());
        }
        promise::all(&self.connection)
    }

    /// A database of an older version is read as it is, and has none.
    fn has_promises(&self) -> Result<bool, StoreError> {
        Ok(self.connection.table_exists(None, "promise")?)
    }

    /// Which configurations were in force, in order of time.
    pub fn configurations(&self) -> Result<Vec<InForceFrom>, StoreError> {
        if !self.has_promises()? {
            return Ok(Vec::new());
        }
        configuration::all(&self.connection)
    }

    /// All that was ever declared, in the order in which it was. Subjects as they are called now.
    pub fn maintenance(&self) -> Result<Vec<Declared>, StoreError> {
        if !self.has_declarations {
            return Ok(Vec::new());
        }
        maintenance::all(&self.connection)
    }

    /// In the order in which they were made. Subjects and outages as they are called now.
    pub fn annotations(&self) -> Result<Vec<Annotation>, StoreError> {
        if !self.has_declarations {
            return Ok(Vec::new());
        }
        annotation::all(&self.connection)
    }

    /// What lies in `range` of the observer's own trouble, in order of time. Of one reason none
    /// touches another.
    pub fn troubles(&self, range: Period) -> Result<Vec<Trouble>, StoreError> {
        if !self.has_declarations {
            return Ok(Vec::new());
        }
        trouble::within(&self.connection, range)
    }
}
