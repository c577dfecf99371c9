//! Whether a database holds what was promised, whole, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::Path;

use outwatch::domain::history::reduce;
use outwatch::domain::observation::Observation;
use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::store::{Reader, StoreError, StoredProbe, upkeep};
use rusqlite::{Connection, OpenFlags};

use crate::sequence::{
    ENDPOINTS, IMPORT, PROBED, declaration, evidence, forgotten_at, has_evidence, id, nth,
    nth_imported, number_imported, number_of, trouble,
};

/// How much of each sequence there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stock {
    pub(crate) written: usize,
    /// Of these observations, also what is sent right after each: evidence and trouble.
    pub(crate) told: usize,
    pub(crate) imports: usize,
    pub(crate) declared: usize,
}

/// Whether evidence must be there. A disk that cannot take it is told in the log; observations matter
/// more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evident {
    Always,
    AsFarAsPossible,
}

const HOUR_MS: i64 = 3_600_000;

const EVER: Period = Period::new(UnixMillis(i64::MIN), UnixMillis(i64::MAX));

/// What the database holds, if that is a whole beginning of each sequence, at least as long as
/// was promised and at most as long as was sent; else what is wrong.
pub(crate) fn judge(
    database: &Path,
    promised: Stock,
    sent: Stock,
    evident: Evident,
) -> Result<Stock, String> {
    let reader = match Reader::open(database) {
        Ok(reader) => reader,
        Err(StoreError::Missing { .. }) if promised == Stock::default() => {
            return Ok(Stock::default());
        }
        Err(error) => return Err(error.to_string()),
    };
    let found = contents(&reader, promised, sent, evident)
        .map_err(|wrong| format!("{wrong} (promised {promised:?}, sent {sent:?})"))?;
    drop(reader);
    is_sound(database)?;
    counts(database, found)?;
    checks_out(database)?;
    Ok(found)
}

fn contents(
    reader: &Reader,
    promised: Stock,
    sent: Stock,
    evident: Evident,
) -> Result<Stock, String> {
    let stored = reader.probes().map_err(|error| error.to_string())?;
    let mut by_probe = Vec::new();
    for endpoint in ENDPOINTS {
        let found = match stored.iter().find(|stored| stored.probe.id == id(endpoint)) {
            Some(stored) => observations(reader, stored)?,
            // not registered yet
            None => Vec::new(),
        };
        by_probe.push(found);
    }
    let imported = by_probe.pop().unwrap();
    let last = |(probe, found): (usize, &Vec<Observation>)| {
        found.last().map_or(0, |last| number_of(probe, last.ts) + 1)
    };
    let written = by_probe.iter().enumerate().map(last).max().unwrap_or(0);
    let kept_from = reader.pruned_before().map_err(|error| error.to_string())?;
    let imports = match imported.last() {
        Some(last) => number_imported(last.ts) + 1,
        // as far as can be told
        None if kept_from.is_some() => promised.imports * IMPORT,
        None => 0,
    };
    if !imports.is_multiple_of(IMPORT) {
        return Err(format!("half an import: {imports}"));
    }
    let found = Stock {
        written,
        // the next observation is only sent when that of this one is on its way
        told: promised.told.max(written.saturating_sub(1)),
        imports: imports / IMPORT,
        declared: declared(reader)?,
    };
    for (what, promised, found, sent) in [
        (
            "observations",
            promised.written,
            found.written,
            sent.written,
        ),
        ("imports", promised.imports, found.imports, sent.imports),
        (
            "declarations",
            promised.declared,
            found.declared,
            sent.declared,
        ),
    ] {
        if found < promised {
            return Err(format!("lost: {found} {what} of {promised} promised"));
        }
        if found > sent {
            return Err(format!("invented: {found} {what} of {sent} sent"));
        }
    }
    by_probe.push(imported);
    let all = |probe| match ENDPOINTS[probe] {
        "imported" => (0..imports).map(nth_imported).collect(),
        _ => (probe..written).step_by(PROBED).map(|n| nth(n).1).collect(),
    };
    let all: Vec<Vec<_>> = (0..ENDPOINTS.len()).map(all).collect();
    let newest = all.iter().flatten().map(|observation| observation.ts).max();
    let now = newest.unwrap_or(UnixMillis(0)) + Millis(1);
    for ((endpoint, found), all) in ENDPOINTS.iter().zip(by_probe).zip(all) {
        windows(reader, &stored, endpoint, &all, now)?;
        kept(endpoint, &found, all, kept_from)?;
    }
    for (probe, endpoint) in ENDPOINTS[..PROBED].iter().enumerate() {
        let told = match evident {
            Evident::Always => found.told,
            Evident::AsFarAsPossible => 0,
        };
        let written = found.written;
        evidence_of(reader, &stored, (endpoint, probe), told, written)?;
    }
    troubles(reader, found)?;
    Ok(found)
}

/// All that was sent is there, but for what was pruned; of which some may still be there.
fn kept(
    endpoint: &str,
    found: &[Observation],
    mut sent: Vec<Observation>,
    kept_from: Option<UnixMillis>,
) -> Result<(), String> {
    let kept_from = kept_from.unwrap_or(UnixMillis(i64::MIN));
    let is_old = |observation: &Observation| observation.ts < kept_from;
    let (old, kept) = found.split_at(found.partition_point(is_old));
    let sent_and_kept = sent.split_off(sent.partition_point(is_old));
    equal(endpoint, kept, sent_and_kept.into_iter())?;
    let mut sent = sent.iter();
    // in the same order
    match old.iter().find(|old| !sent.any(|sent| sent == *old)) {
        Some(invented) => Err(format!("{endpoint}: {invented:?} was never sent")),
        None => Ok(()),
    }
}

fn observations(reader: &Reader, stored: &StoredProbe) -> Result<Vec<Observation>, String> {
    let mut all = Vec::new();
    let read = reader.observations(stored.key, EVER, |observation, is_set_aside| {
        all.push((observation, is_set_aside));
        Ok::<_, StoreError>(())
    });
    read.map_err(|error| error.to_string())?;
    if all.iter().any(|(_, is_set_aside)| *is_set_aside) {
        return Err("set aside".to_owned());
    }
    Ok(all
        .into_iter()
        .map(|(observation, _)| observation)
        .collect())
}

fn equal<T: PartialEq + Debug>(
    what: &str,
    found: &[T],
    expected: impl Iterator<Item = T>,
) -> Result<(), String> {
    let expected: Vec<_> = expected.collect();
    if found == expected {
        return Ok(());
    }
    let at = found.iter().zip(&expected).position(|(a, b)| a != b);
    let at = at.unwrap_or(found.len().min(expected.len()));
    Err(format!(
        "{what}: {} found and {} expected; number {at} is {:?}, not {:?}",
        found.len(),
        expected.len(),
        found.get(at),
        expected.get(at)
    ))
}

fn declared(reader: &Reader) -> Result<usize, String> {
    let declared = reader.maintenance().map_err(|error| error.to_string())?;
    let declarations: Vec<_> = declared.into_iter().map(|each| each.declaration).collect();
    let expected = (0..declarations.len()).map(declaration);
    equal("declarations", &declarations, expected)?;
    Ok(declarations.len())
}

/// What the reader tells of outages at `now` is what follows from the observations that are known.
fn windows(
    reader: &Reader,
    stored: &[StoredProbe],
    endpoint: &str,
    observations: &[Observation],
    now: UnixMillis,
) -> Result<(), String> {
    let stored = stored.iter().find(|stored| stored.probe.id == id(endpoint));
    let Some(stored) = stored else {
        return Ok(());
    };
    let sightings = observations.iter().map(Sighting::from).collect();
    let expected = reduce(sightings, &stored.parameters, &stored.lives, now).windows;
    let found = reader
        .windows_since(stored, UnixMillis(0), now)
        .map_err(|error| error.to_string())?;
    equal(
        &format!("windows of {endpoint}"),
        &found,
        expected.into_iter(),
    )
}

/// All that was promised with observations, unless it was to be forgotten since; and of each that
/// is there, it is what was seen then.
fn evidence_of(
    reader: &Reader,
    stored: &[StoredProbe],
    (endpoint, probe): (&str, usize),
    told: usize,
    written: usize,
) -> Result<(), String> {
    let Some(stored) = stored.iter().find(|stored| stored.probe.id == id(endpoint)) else {
        return Ok(());
    };
    let instants = reader
        .evidence_instants(stored.key)
        .map_err(|error| error.to_string())?;
    let instants: BTreeSet<_> = instants.into_iter().collect();
    let numbers = || (probe..written).step_by(PROBED);
    let forgotten = |end: usize| -> BTreeSet<usize> {
        let ends = (probe..end).step_by(PROBED);
        ends.flat_map(forgotten_at).collect()
    };
    let (may_be_gone, must_be_gone) = (forgotten(written), forgotten(told));
    for n in numbers().filter(|n| has_evidence(*n)) {
        let at = nth(n).1.ts;
        if !instants.contains(&at) {
            if n < told && !may_be_gone.contains(&n) {
                return Err(format!("the evidence of {n} is lost"));
            }
            continue;
        }
        if must_be_gone.contains(&n) {
            return Err(format!("the evidence of {n} was to be forgotten"));
        }
        let found = reader
            .evidence(stored.key, Period::new(at, at + Millis(1)))
            .map_err(|error| error.to_string())?;
        equal(
            &format!("evidence of {n}"),
            &found,
            [(at, evidence(n))].into_iter(),
        )?;
    }
    let known: BTreeSet<_> = numbers()
        .filter(|n| has_evidence(*n))
        .map(|n| nth(n).1.ts)
        .collect();
    match instants.difference(&known).next() {
        Some(at) => Err(format!("evidence of nothing at {at}")),
        None => Ok(()),
    }
}

fn troubles(reader: &Reader, Stock { told, written, .. }: Stock) -> Result<(), String> {
    let found = reader.troubles(EVER).map_err(|error| error.to_string())?;
    let found: PeriodSet = found.into_iter().map(|trouble| trouble.period).collect();
    let until = |end: usize| -> PeriodSet {
        let all = (0..end).filter_map(trouble);
        all.map(|trouble| trouble.period).collect()
    };
    let (least, most) = (until(told), until(written));
    for period in least.periods() {
        if !found.periods().contains(period) {
            return Err(format!("trouble is lost: {period:?}"));
        }
    }
    for period in found.periods() {
        if !most.periods().contains(period) {
            return Err(format!("trouble that nobody told of: {period:?}"));
        }
    }
    Ok(())
}

/// By hour or day and probe, how many observations had which outcome.
type Counted = BTreeMap<(i64, String), [i64; 4]>;

/// What was counted of hours and days that are over is what was there to count.
fn counts(database: &Path, stock: Stock) -> Result<(), String> {
    let mut hours = Counted::new();
    let observed = (0..stock.written).map(nth);
    let imported = (0..stock.imports * IMPORT).map(|n| ("imported", nth_imported(n)));
    for (endpoint, observation) in observed.chain(imported) {
        let hour = observation.ts.0.div_euclid(HOUR_MS);
        let counts = hours.entry((hour, id(endpoint).to_string())).or_default();
        counts[observation.outcome.kind() as usize] += 1;
    }
    let mut days = Counted::new();
    for ((hour, probe), counts) in &hours {
        let day = days
            .entry((hour.div_euclid(24), probe.clone()))
            .or_default();
        for (of_day, of_hour) in day.iter_mut().zip(counts) {
            *of_day += of_hour;
        }
    }
    let wrong = |error: rusqlite::Error| error.to_string();
    let connection = Connection::open(database).map_err(wrong)?;
    let over: Option<i64> = connection
        .query_row("SELECT max(until_ms) FROM derived", [], |row| row.get(0))
        .map_err(wrong)?;
    let is_over = |hour: i64| over.is_some_and(|over| (hour + 1) * HOUR_MS <= over);
    // a day is summed up with the first hour of the probe's next one
    let summed_up = |day: i64, probe: &String| {
        let mut hours = hours.keys();
        hours.any(|(hour, of)| of == probe && hour.div_euclid(24) > day && is_over(*hour))
    };
    let must_be = |table: &str, (at, probe): &(i64, String)| match table {
        "hourly" => is_over(*at),
        _ => summed_up(*at, probe),
    };
    for (table, expected) in [("hourly", &hours), ("daily", &days)] {
        let mut found = counted(&connection, table).map_err(wrong)?;
        // those that need not be there yet must be right, too, but for hours that go on
        found.retain(|at, counts| must_be(table, at) || expected.get(at) != Some(counts));
        if table == "hourly" || over.is_none() {
            found.retain(|at, _| must_be(table, at));
        }
        let expected = expected.iter().filter(|(at, _)| must_be(table, at));
        let found: Vec<_> = found.iter().collect();
        equal(table, &found, expected)?;
    }
    Ok(())
}

/// The rows of such a table, by hour or day and probe.
fn counted(connection: &Connection, table: &str) -> rusqlite::Result<Counted> {
    let mut statement = connection.prepare(&format!(
        "SELECT key >> 32, probe_id, ok, slow, fail, inconclusive \
         FROM {table} JOIN probe ON id = key & 4294967295"
    ))?;
    let mut rows = statement.query([])?;
    let mut found = Counted::new();
    while let Some(row) = rows.next()? {
        let mut counts = [0; 4];
        for (column, count) in (2..).zip(&mut counts) {
            *count = row.get(column)?;
        }
        found.insert((row.get(0)?, row.get(1)?), counts);
    }
    Ok(found)
}

/// What `outwatch db check` says.
fn checks_out(database: &Path) -> Result<(), String> {
    let checked = upkeep::check(database, 3, &mut |_| {}).map_err(|error| error.to_string())?;
    match &checked.findings[..] {
        [] => Ok(()),
        findings => Err(format!("check: {findings:?}")),
    }
}

/// As far as `SQLite` can tell.
pub(crate) fn is_sound(database: &Path) -> Result<(), String> {
    let check = || -> rusqlite::Result<Vec<String>> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = Connection::open_with_flags(database, flags)?;
        let mut statement = connection.prepare("PRAGMA integrity_check")?;
        let lines = statement.query_map([], |row| row.get(0))?;
        lines.collect()
    };
    match check() {
        Ok(lines) if lines == ["ok"] => Ok(()),
        Ok(lines) => Err(format!("the database is damaged: {lines:?}")),
        Err(error) => Err(format!("the database is damaged: {error}")),
    }
}
