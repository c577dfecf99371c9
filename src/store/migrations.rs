//! The tables, and how an older database gets them. Append only: a released entry never changes.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;
use super::lock::beside;

/// "OWch": tells our databases from those of other programs.
pub(super) const APPLICATION_ID: i32 = 0x4f57_6368;

/// Entry n brings a database from `user_version` n to n + 1.
pub(super) const MIGRATIONS: &[&str] = &[V1, V2, V3, V4, V5];

const V1: &str = "
CREATE TABLE probe (
    id INTEGER PRIMARY KEY,
    probe_id TEXT NOT NULL UNIQUE,
    service_slug TEXT NOT NULL,
    platform_slug TEXT NOT NULL,
    endpoint_slug TEXT NOT NULL,
    service TEXT NOT NULL,
    platform TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    url TEXT NOT NULL -- as shown: secrets are masked
) STRICT;

-- A probe can be removed and added again.
CREATE TABLE life (
    probe INTEGER NOT NULL REFERENCES probe (id),
    added_at_ms INTEGER NOT NULL,
    removed_at_ms INTEGER,
    PRIMARY KEY (probe, added_at_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE parameters (
    probe INTEGER NOT NULL REFERENCES probe (id),
    from_ts_ms INTEGER NOT NULL,
    interval_ms INTEGER NOT NULL,
    timeout_ms INTEGER NOT NULL,
    confirm_interval_ms INTEGER NOT NULL,
    failure_threshold INTEGER NOT NULL,
    recovery_threshold INTEGER NOT NULL,
    grace_ms INTEGER NOT NULL,
    flap_failures INTEGER NOT NULL,
    flap_of INTEGER NOT NULL,
    PRIMARY KEY (probe, from_ts_ms)
) STRICT, WITHOUT ROWID;

-- Stretches in which the wall clock ran straight, in order of time.
CREATE TABLE epoch (
    id INTEGER PRIMARY KEY,
    started_at_ms INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL
) STRICT;

-- Details and peers, each once.
CREATE TABLE text (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- What came last, in order of arrival. No index: an insert touches one page.
CREATE TABLE staging (
    id INTEGER PRIMARY KEY,
    probe INTEGER NOT NULL,
    ts_ms INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    cause INTEGER,
    phase INTEGER,
    reason INTEGER,
    detail INTEGER, -- text.id
    duration_us INTEGER,
    epoch INTEGER, -- NULL: imported
    mono_ms INTEGER,
    set_aside INTEGER NOT NULL, -- of an imported one
    status INTEGER,
    http_version INTEGER,
    peer INTEGER, -- text.id
    dns_us INTEGER,
    connect_us INTEGER,
    tls_us INTEGER,
    first_byte_us INTEGER,
    body_us INTEGER
) STRICT;

-- What came before, packed by hour and probe; see chunk.rs for the columns inside. The key is
-- hour * 4294967296 + probe, where hour counts from 1970: a row of an ordinary table keeps a blob
-- of up to a page whole, one WITHOUT ROWID would send three quarters of it to overflow pages.
CREATE TABLE chunk (
    key INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;
";

const V2: &str = "
-- What was seen of the first and the last failure of each outage. An ordinary table, since the
-- blobs are long; its index alone tells of which failures there is something.
CREATE TABLE evidence (
    probe INTEGER NOT NULL REFERENCES probe (id),
    ts_ms INTEGER NOT NULL, -- of the observation
    data BLOB NOT NULL, -- JSON, deflated
    PRIMARY KEY (probe, ts_ms)
) STRICT;
";

const V3: &str = "
-- How the members of a platform or service make up its state, since when. `scope` is the number of
-- the scope, `subject` names it within its scope: music, music/web, or the id of a probe.
CREATE TABLE rollup (
    scope INTEGER NOT NULL,
    subject TEXT NOT NULL,
    from_ts_ms INTEGER NOT NULL,
    down_when TEXT NOT NULL,
    weight INTEGER NOT NULL, -- in thousandths
    merge_gap_ms INTEGER NOT NULL,
    PRIMARY KEY (scope, subject, from_ts_ms)
) STRICT, WITHOUT ROWID;

-- The tables below are only ever added to: what was said once stays said.

-- Declared beforehand: once, or again and again.
CREATE TABLE maintenance (
    id INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    subject TEXT NOT NULL,
    from_ms INTEGER,
    to_ms INTEGER,
    cron TEXT,
    zone TEXT,
    duration_ms INTEGER,
    note TEXT,
    by TEXT, -- NULL: configured
    declared_at_ms INTEGER NOT NULL,
    CHECK ((from_ms IS NULL) = (to_ms IS NULL)),
    CHECK ((cron IS NULL) = (zone IS NULL) AND (cron IS NULL) = (duration_ms IS NULL)),
    CHECK ((from_ms IS NULL) <> (cron IS NULL))
) STRICT;

CREATE TABLE maintenance_end (
    id INTEGER PRIMARY KEY,
    maintenance INTEGER NOT NULL UNIQUE REFERENCES maintenance (id),
    at_ms INTEGER NOT NULL,
    by TEXT -- NULL: it is configured no longer
) STRICT;

-- What people say of an outage afterwards.
CREATE TABLE annotation (
    id INTEGER PRIMARY KEY,
    outage INTEGER NOT NULL, -- its id of then, before it is shown in letters
    scope INTEGER NOT NULL,
    subject TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER, -- NULL: it was open
    kind INTEGER NOT NULL,
    text TEXT,
    by TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;

-- When the observer itself was hindered. What goes on is told again and again, longer each time.
CREATE TABLE trouble (
    from_ts_ms INTEGER NOT NULL,
    to_ts_ms INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    PRIMARY KEY (from_ts_ms, to_ts_ms, reason)
) STRICT, WITHOUT ROWID;

-- Subjects that got another name. What was said before of the old one is meant of the new one:
-- maintenance and annotations up to these ids, whatever the clocks showed.
CREATE TABLE renamed (
    id INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    last_maintenance INTEGER NOT NULL,
    last_annotation INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    by TEXT
) STRICT;
";

const V4: &str = "
-- What follows from the observations, hour by hour once these are over: it can be made again from
-- them, and is what remains of them when they are pruned. `told_ms` is the checkpoint at which a row
-- was known: going back to an earlier one deletes it.

-- Outages of endpoints that are over, and cannot change any more.
CREATE TABLE outage_window (
    probe INTEGER NOT NULL REFERENCES probe (id),
    started_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER NOT NULL,
    start_earliest_ms INTEGER,
    start_kind TEXT NOT NULL,
    end_earliest_ms INTEGER NOT NULL,
    end_latest_ms INTEGER,
    end_kind TEXT NOT NULL,
    duration_min_ms INTEGER NOT NULL,
    opened_at_ms INTEGER,
    detected_at_ms INTEGER,
    closed_at_ms INTEGER,
    failures INTEGER NOT NULL,
    observations INTEGER NOT NULL,
    causes TEXT, -- JSON: {\"status\": 350}
    first_cause TEXT,
    first_phase TEXT,
    first_detail TEXT,
    told_ms INTEGER NOT NULL,
    PRIMARY KEY (probe, started_at_ms)
) STRICT, WITHOUT ROWID;

-- Shorter runs, and time of other states: kind is blip (failures too few to be an outage), slow,
-- flapping, unknown (nobody watched), or inconclusive (requests that say nothing, with their reason).
CREATE TABLE run (
    probe INTEGER NOT NULL REFERENCES probe (id),
    kind TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    nth INTEGER NOT NULL, -- of several that are equal so far
    count INTEGER, -- of observations, for blips and inconclusive ones
    reason TEXT,
    first_cause TEXT,
    first_phase TEXT,
    first_detail TEXT,
    told_ms INTEGER NOT NULL,
    PRIMARY KEY (probe, kind, from_ms, nth)
) STRICT, WITHOUT ROWID;

-- Observations counted, and how long they took; the key is as that of chunk, for one day with the
-- day's number since 1970 in place of the hour's.
CREATE TABLE hourly (
    key INTEGER PRIMARY KEY,
    ok INTEGER NOT NULL,
    slow INTEGER NOT NULL,
    fail INTEGER NOT NULL,
    inconclusive INTEGER NOT NULL,
    set_aside INTEGER NOT NULL,
    causes TEXT, -- JSON: {\"status\": 350}; NULL: there are none
    reasons TEXT, -- as causes, of inconclusive ones
    min_us INTEGER, -- of answers that were ok or slow, all phases together; so are the next four
    p50_us INTEGER,
    p95_us INTEGER,
    p99_us INTEGER,
    max_us INTEGER,
    latency BLOB -- histograms; NULL: of nothing it is known how long it took
) STRICT;

CREATE TABLE daily (
    key INTEGER PRIMARY KEY,
    ok INTEGER NOT NULL,
    slow INTEGER NOT NULL,
    fail INTEGER NOT NULL,
    inconclusive INTEGER NOT NULL,
    set_aside INTEGER NOT NULL,
    causes TEXT,
    reasons TEXT,
    min_us INTEGER,
    p50_us INTEGER,
    p95_us INTEGER,
    p99_us INTEGER,
    max_us INTEGER,
    latency BLOB
) STRICT;

-- Where a probe stood at the beginning of an hour (the key is as that of chunk), so that nothing
-- before has to be read again.
CREATE TABLE checkpoint (
    key INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;

-- Up to here checkpoints are complete: after the latest of a probe there is no observation before it.
CREATE TABLE derived (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    until_ms INTEGER NOT NULL
) STRICT;

-- What is not kept any more: of a tier (observations, hourly, daily) all before that instant.
CREATE TABLE pruned (
    tier TEXT PRIMARY KEY,
    before_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How the daemon fares, as it last told.
CREATE TABLE daemon (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at_ms INTEGER NOT NULL,
    data TEXT NOT NULL -- JSON
) STRICT;

-- For people with sqlite3. An outage gets here when the hour it ended in is over.
CREATE VIEW outages AS
SELECT probe.probe_id, probe.service, probe.platform, probe.endpoint,
    strftime('%Y-%m-%dT%H:%M:%fZ', started_at_ms / 1000.0, 'unixepoch') AS started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', ended_at_ms / 1000.0, 'unixepoch') AS ended_at,
    (ended_at_ms - started_at_ms) / 1000.0 AS duration_s,
    duration_min_ms / 1000.0 AS duration_min_s,
    (end_latest_ms - start_earliest_ms) / 1000.0 AS duration_max_s,
    start_kind, end_kind, failures, observations, causes, first_cause, first_phase, first_detail
FROM outage_window JOIN probe ON probe.id = outage_window.probe;

-- As well: of each hour and each day, which begins at that instant, how many observations there were
-- and how long the answers took that were ok or slow.
CREATE VIEW latency AS
SELECT 'hourly' AS tier, probe.probe_id, probe.service, probe.platform, probe.endpoint,
    strftime('%Y-%m-%dT%H:%M:%fZ', (key >> 32) * 3600, 'unixepoch') AS at,
    ok, slow, fail, inconclusive, causes, reasons,
    min_us / 1000.0 AS min_ms, p50_us / 1000.0 AS p50_ms, p95_us / 1000.0 AS p95_ms,
    p99_us / 1000.0 AS p99_ms, max_us / 1000.0 AS max_ms
FROM hourly JOIN probe ON probe.id = key & 4294967295
UNION ALL
SELECT 'daily' AS tier, probe.probe_id, probe.service, probe.platform, probe.endpoint,
    strftime('%Y-%m-%dT%H:%M:%fZ', (key >> 32) * 86400, 'unixepoch') AS at,
    ok, slow, fail, inconclusive, causes, reasons,
    min_us / 1000.0 AS min_ms, p50_us / 1000.0 AS p50_ms, p95_us / 1000.0 AS p95_ms,
    p99_us / 1000.0 AS p99_ms, max_us / 1000.0 AS max_ms
FROM daily JOIN probe ON probe.id = key & 4294967295;
";

const V5: &str = "
-- Objectives and agreements of platforms and services, since when.
CREATE TABLE promise (
    scope INTEGER NOT NULL,
    subject TEXT NOT NULL,
    kind INTEGER NOT NULL, -- 0: objective, 1: agreement
    name TEXT NOT NULL,
    from_ts_ms INTEGER NOT NULL,
    terms TEXT, -- NULL: it is not promised any more
    PRIMARY KEY (scope, subject, kind, name, from_ts_ms)
) STRICT, WITHOUT ROWID;

-- Which configuration was in force, from that instant until the next.
CREATE TABLE configuration (
    from_ts_ms INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL -- of the texts of its files
) STRICT;

-- By cause and phase, JSON: {\"timeout/connect\": 3}, with ? for what an imported failure does not
-- tell. NULL: there are none, or their phases are not known, since they were counted before these
-- columns were there.
ALTER TABLE hourly ADD COLUMN failures TEXT;
ALTER TABLE daily ADD COLUMN failures TEXT;

-- What is still to be looked up, and then empty but for what was pruned.
CREATE INDEX hourly_without_phases ON hourly (key) WHERE fail > 0 AND failures IS NULL;
CREATE INDEX daily_without_phases ON daily (key) WHERE fail > 0 AND failures IS NULL;

DROP VIEW latency;
CREATE VIEW latency AS
SELECT 'hourly' AS tier, probe.probe_id, probe.service, probe.platform, probe.endpoint,
    strftime('%Y-%m-%dT%H:%M:%fZ', (key >> 32) * 3600, 'unixepoch') AS at,
    ok, slow, fail, inconclusive, causes, reasons, failures,
    min_us / 1000.0 AS min_ms, p50_us / 1000.0 AS p50_ms, p95_us / 1000.0 AS p95_ms,
    p99_us / 1000.0 AS p99_ms, max_us / 1000.0 AS max_ms
FROM hourly JOIN probe ON probe.id = key & 4294967295
UNION ALL
SELECT 'daily' AS tier, probe.probe_id, probe.service, probe.platform, probe.endpoint,
    strftime('%Y-%m-%dT%H:%M:%fZ', (key >> 32) * 86400, 'unixepoch') AS at,
    ok, slow, fail, inconclusive, causes, reasons, failures,
    min_us / 1000.0 AS min_ms, p50_us / 1000.0 AS p50_ms, p95_us / 1000.0 AS p95_ms,
    p99_us / 1000.0 AS p99_ms, max_us / 1000.0 AS max_ms
FROM daily JOIN probe ON probe.id = key & 4294967295;
";

/// The version that `migrations` lead to.
pub(super) fn latest(migrations: &[&str]) -> i32 {
    i32::try_from(migrations.len()).expect("there are not two billion migrations")
}

pub(super) fn user_version(connection: &Connection) -> Result<i32, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings the database to the latest version in one transaction, after a copy of it was made
/// beside it. Does nothing if it is there already.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: &[&str],
) -> Result<(), StoreError> {
    let version = user_version(connection)?;
    let known = latest(migrations);
    if version == known {
        return Ok(());
    }
    let Some(missing) = usize::try_from(version)
        .ok()
        .and_then(|done| migrations.get(done..))
    else {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found: version,
            known,
        });
    };
    let copy = beside(path, &format!(".v{version}.backup"));
    // an older copy is one of a migration that did not end: this one is as good
    connection.backup("main", &copy, None::<fn(rusqlite::backup::Progress)>)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    tracing::info!(
        from = version,
        to = known,
        backup = %copy.display(),
        "database migrated"
    );
    Ok(())
}

/// Fills a new, empty database.
pub(super) fn create(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in MIGRATIONS {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", latest(MIGRATIONS))?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
#[path = "migrations_tests.rs"]
mod tests;
