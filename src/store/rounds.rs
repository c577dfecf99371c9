//! Long work over all observations, day by day and probe by probe, in steps short enough to write in
//! between.

use std::collections::VecDeque;

use rusqlite::Connection;

use super::error::StoreError;

/// About how many rows one step takes: a tenth of a second.
const STEP_ROWS: usize = 50_000;

pub(super) const DAY_HOURS: i64 = 24;

/// What is left to do. Only in memory: after a crash it begins anew.
#[derive(Debug)]
pub(super) struct Rounds {
    /// Hours that have chunks, ascending, by the day (UTC) that they lie in.
    days: VecDeque<Vec<i64>>,
    probes: Vec<i64>,
    /// Which of the probes comes next.
    at: usize,
}

/// What a step is at.
pub(super) enum Turn<'a> {
    Probe {
        hours: &'a [i64],
        probe: i64,
    },
    /// All probes had their turn with the day that these hours lie in.
    DayDone {
        last_hour: i64,
    },
    AllDone,
}

/// How much of a step is left.
#[derive(Debug)]
pub(super) struct Allowance(usize);

impl Rounds {
    /// Over the chunks of these hours, which ascend.
    pub(super) fn new(connection: &Connection, hours: &[i64]) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached("SELECT id FROM probe ORDER BY id")?;
        let probes = statement.query_map([], |row| row.get(0))?;
        let days = hours.chunk_by(|a, b| day_of(*a) == day_of(*b));
        Ok(Self {
            days: days.map(<[i64]>::to_vec).collect(),
            probes: probes.collect::<Result<_, _>>()?,
            at: 0,
        })
    }

    pub(super) fn next(&mut self) -> Turn<'_> {
        if self.at == self.probes.len() {
            self.at = 0;
            let done = self.days.pop_front();
            if let Some(last_hour) = done.and_then(|hours| hours.last().copied()) {
                return Turn::DayDone { last_hour };
            }
        }
        let Some(hours) = self.days.front() else {
            return Turn::AllDone;
        };
        let Some(probe) = self.probes.get(self.at) else {
            return Turn::AllDone;
        };
        self.at += 1;
        Turn::Probe {
            hours,
            probe: *probe,
        }
    }
}

impl Allowance {
    pub(super) fn of_a_step() -> Self {
        Self(STEP_ROWS)
    }

    pub(super) fn is_spent(&self) -> bool {
        self.0 == 0
    }

    /// For so many rows. To look for them costs something, too.
    pub(super) fn spend(&mut self, rows: usize) {
        self.0 = self.0.saturating_sub(rows + 4);
    }
}

/// Which day (UTC) an hour lies in, counted from 1970.
pub(super) const fn day_of(hour: i64) -> i64 {
    hour.div_euclid(DAY_HOURS)
}
