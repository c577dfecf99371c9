//! What follows from the observations of a probe and cannot change any more: its outage windows, and
//! shorter runs, as rows that people can read, too.

use rusqlite::{Connection, Row as SqlRow, params};

use crate::domain::checkpoint::News;
use crate::domain::history::Told;
use crate::domain::inconclusive::Inconclusive;
use crate::domain::observation::{Cause, Failure, Phase, Reason};
use crate::domain::outage::{Blip, CauseCounts, EndKind, OutageWindow, StartKind};
use crate::domain::time::{Millis, Period, UnixMillis};

use super::error::StoreError;
use super::word_counts;

/// Values of `run.kind`.
const BLIP: &str = "blip";
const SLOW: &str = "slow";
const FLAPPING: &str = "flapping";
const UNKNOWN: &str = "unknown";
const INCONCLUSIVE: &str = "inconclusive";

/// Writes down what was told between a checkpoint and the next, which is that of `told`.
pub(super) fn write(
    connection: &Connection,
    probe: i64,
    news: &News,
    told: UnixMillis,
) -> Result<(), StoreError> {
    let News {
        told:
            Told {
                windows,
                blips,
                slow,
                flapping,
                unknown,
            },
        inconclusive,
    } = news;
    for window in windows {
        write_window(connection, probe, window, told)?;
    }
    let mut runs = Runs {
        connection,
        probe,
        told,
        last: None,
    };
    for blip in blips {
        let Blip {
            first,
            last,
            failures,
            first_failure,
        } = blip;
        runs.write(&Run {
            count: Some(failures.cast_signed()),
            failure: first_failure.as_ref(),
            ..Run::new(BLIP, Period::new(*first, *last))
        })?;
    }
    for (kind, stretches) in [(SLOW, slow), (FLAPPING, flapping), (UNKNOWN, unknown)] {
        // of no length there is nothing to tell
        for stretch in stretches.iter().filter(|stretch| !stretch.is_empty()) {
            runs.write(&Run::new(kind, *stretch))?;
        }
    }
    for run in inconclusive {
        runs.write(&Run {
            count: Some(run.count.cast_signed()),
            reason: run.reason.map(Reason::as_str),
            ..Run::new(INCONCLUSIVE, Period::new(run.first, run.last))
        })?;
    }
    Ok(())
}

/// Forgets what a probe told after the checkpoint of `told`.
pub(super) fn forget_after(
    connection: &Connection,
    probe: i64,
    told: UnixMillis,
) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM outage_window WHERE probe = ?1 AND told_ms > ?2",
        "DELETE FROM run WHERE probe = ?1 AND told_ms > ?2",
    ] {
        connection
            .prepare_cached(sql)?
            .execute(params![probe, told.0])?;
    }
    Ok(())
}

/// What a probe told up to the checkpoint of `told` that reaches to `since` or beyond.
pub(super) fn read(
    connection: &Connection,
    probe: i64,
    since: UnixMillis,
    told: UnixMillis,
) -> Result<News, StoreError> {
    let news = News {
        told: Told {
            windows: windows(connection, probe, since, told)?,
            blips: runs(connection, probe, BLIP, since, told, blip)?,
            slow: runs(connection, probe, SLOW, since, told, |_, period| Ok(period))?,
            flapping: runs(connection, probe, FLAPPING, since, told, |_, period| {
                Ok(period)
            })?,
            unknown: runs(connection, probe, UNKNOWN, since, told, |_, period| {
                Ok(period)
            })?,
        },
        inconclusive: runs(connection, probe, INCONCLUSIVE, since, told, inconclusive)?,
    };
    Ok(news)
}

fn write_window(
    connection: &Connection,
    probe: i64,
    window: &OutageWindow,
    told: UnixMillis,
) -> Result<(), StoreError> {
    let OutageWindow {
        start,
        start_earliest,
        start_kind,
        end,
        end_earliest,
        end_latest,
        end_kind,
        certain,
        opened_at,
        detected_at,
        closed_at,
        failures,
        observations,
        causes,
        first_failure,
    } = window;
    let [cause, phase, detail] = words(first_failure.as_ref());
    let ms = |instant: &Option<UnixMillis>| instant.map(|instant| instant.0);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO outage_window (probe, started_at_ms, ended_at_ms, \
                 start_earliest_ms, start_kind, end_earliest_ms, end_latest_ms, end_kind, \
                 duration_min_ms, opened_at_ms, detected_at_ms, closed_at_ms, failures, \
                 observations, causes, first_cause, first_phase, first_detail, told_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, \
                     ?18, ?19)",
        )?
        .execute(params![
            probe,
            start.0,
            end.0,
            ms(start_earliest),
            start_kind.as_str(),
            end_earliest.0,
            ms(end_latest),
            end_kind.as_str(),
            certain.0,
            ms(opened_at),
            ms(detected_at),
            ms(closed_at),
            failures.cast_signed(),
            observations.cast_signed(),
            word_counts::to_json(
                causes
                    .ranked()
                    .into_iter()
                    .map(|(cause, n)| (cause, n.into()))
            )?,
            cause,
            phase,
            detail,
            told.0,
        ])?;
    Ok(())
}

/// Windows come in order and lie apart: from the latest back until one ends before `since`.
fn windows(
    connection: &Connection,
    probe: i64,
    since: UnixMillis,
    told: UnixMillis,
) -> Result<Vec<OutageWindow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT started_at_ms, ended_at_ms, start_earliest_ms, start_kind, end_earliest_ms, \
                end_latest_ms, end_kind, duration_min_ms, opened_at_ms, detected_at_ms, \
                closed_at_ms, failures, observations, causes, first_cause, first_phase, \
                first_detail \
         FROM outage_window WHERE probe = ?1 AND told_ms <= ?2 ORDER BY started_at_ms DESC",
    )?;
    let mut rows = statement.query(params![probe, told.0])?;
    let mut windows = Vec::new();
    while let Some(row) = rows.next()? {
        let window = window(row)?;
        if window.end < since {
            break;
        }
        windows.push(window);
    }
    windows.reverse();
    Ok(windows)
}

fn window(row: &SqlRow) -> Result<OutageWindow, StoreError> {
    let instant = |column| Ok::<_, StoreError>(row.get::<_, Option<i64>>(column)?.map(UnixMillis));
    let failures = row.get::<_, i64>(11)?.cast_unsigned();
    Ok(OutageWindow {
        start: UnixMillis(row.get(0)?),
        end: UnixMillis(row.get(1)?),
        start_earliest: instant(2)?,
        start_kind: kind(
            &[StartKind::Seen, StartKind::Unseen, StartKind::Resumed],
            StartKind::as_str,
            row.get_ref(3)?.as_str().unwrap_or(""),
        )?,
        end_earliest: UnixMillis(row.get(4)?),
        end_latest: instant(5)?,
        end_kind: kind(
            &[
                EndKind::Seen,
                EndKind::Unseen,
                EndKind::Open,
                EndKind::Removed,
            ],
            EndKind::as_str,
            row.get_ref(6)?.as_str().unwrap_or(""),
        )?,
        certain: Millis(row.get(7)?),
        opened_at: instant(8)?,
        detected_at: instant(9)?,
        closed_at: instant(10)?,
        failures,
        observations: row.get::<_, i64>(12)?.cast_unsigned(),
        causes: causes(row.get_ref(13)?.as_str_or_null().unwrap_or_default())?,
        first_failure: (failures > 0).then(|| failure(row, 14)).transpose()?,
    })
}

/// A row of `run`, before it is one.
struct Run<'a> {
    kind: &'static str,
    period: Period,
    count: Option<i64>,
    reason: Option<&'static str>,
    failure: Option<&'a Failure>,
}

impl Run<'_> {
    fn new(kind: &'static str, period: Period) -> Self {
        Self {
            kind,
            period,
            count: None,
            reason: None,
            failure: None,
        }
    }
}

struct Runs<'a> {
    connection: &'a Connection,
    probe: i64,
    told: UnixMillis,
    /// Kind and beginning of the one before, and how many were equal.
    last: Option<(&'static str, UnixMillis, i64)>,
}

impl Runs<'_> {
    fn write(&mut self, run: &Run) -> Result<(), StoreError> {
        let nth = match self.last {
            Some((kind, from, nth)) if (kind, from) == (run.kind, run.period.from) => nth + 1,
            _ => 0,
        };
        self.last = Some((run.kind, run.period.from, nth));
        let [cause, phase, detail] = words(run.failure);
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO run (probe, kind, from_ms, to_ms, nth, count, reason, \
                     first_cause, first_phase, first_detail, told_ms) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                self.probe,
                run.kind,
                run.period.from.0,
                run.period.to.0,
                nth,
                run.count,
                run.reason,
                cause,
                phase,
                detail,
                self.told.0,
            ])?;
        Ok(())
    }
}

/// Those of one kind come in order and lie apart: from the latest back until one ends before `since`.
fn runs<T>(
    connection: &Connection,
    probe: i64,
    kind: &str,
    since: UnixMillis,
    told: UnixMillis,
    make: impl Fn(&SqlRow, Period) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT from_ms, to_ms, count, reason, first_cause, first_phase, first_detail FROM run \
         WHERE probe = ?1 AND kind = ?2 AND told_ms <= ?3 ORDER BY from_ms DESC, nth DESC",
    )?;
    let mut rows = statement.query(params![probe, kind, told.0])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        let period = Period::new(UnixMillis(row.get(0)?), UnixMillis(row.get(1)?));
        if period.to < since {
            break;
        }
        runs.push(make(row, period)?);
    }
    runs.reverse();
    Ok(runs)
}

fn blip(row: &SqlRow, period: Period) -> Result<Blip, StoreError> {
    Ok(Blip {
        first: period.from,
        last: period.to,
        failures: row.get::<_, i64>(2)?.cast_unsigned(),
        first_failure: Some(failure(row, 4)?),
    })
}

fn inconclusive(row: &SqlRow, period: Period) -> Result<Inconclusive, StoreError> {
    Ok(Inconclusive {
        reason: word(row, 3)?,
        first: period.from,
        last: period.to,
        count: row.get::<_, i64>(2)?.cast_unsigned(),
    })
}

fn words(failure: Option<&Failure>) -> [Option<&str>; 3] {
    let Some(failure) = failure else {
        return [None; 3];
    };
    [
        failure.cause.map(Cause::as_str),
        failure.phase.map(Phase::as_str),
        failure.detail.as_deref(),
    ]
}

/// From three columns that begin at column `at`.
fn failure(row: &SqlRow, at: usize) -> Result<Failure, StoreError> {
    Ok(Failure {
        cause: word(row, at)?,
        phase: word(row, at + 1)?,
        detail: row.get::<_, Option<String>>(at + 2)?.map(Into::into),
    })
}

fn word<W: std::str::FromStr<Err: std::fmt::Display>>(
    row: &SqlRow,
    at: usize,
) -> Result<Option<W>, StoreError> {
    let text: Option<String> = row.get(at)?;
    let word = text.map(|text| {
        text.parse()
            .map_err(|error| StoreError::corrupt(format!("{error}")))
    });
    word.transpose()
}

fn kind<K: Copy>(
    all: &[K],
    as_str: impl Fn(K) -> &'static str,
    text: &str,
) -> Result<K, StoreError> {
    let found = all.iter().find(|kind| as_str(**kind) == text);
    found
        .copied()
        .ok_or_else(|| StoreError::corrupt(format!("no window begins or ends `{text}`")))
}

fn causes(json: Option<&str>) -> Result<CauseCounts, StoreError> {
    let counts: Vec<(Cause, u64)> = word_counts::from_json(json)?;
    let counts = counts.into_iter();
    let counts = counts.map(|(cause, count)| (cause, u32::try_from(count).unwrap_or(u32::MAX)));
    Ok(CauseCounts::new(counts))
}
