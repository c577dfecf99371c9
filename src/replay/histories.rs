//! From the database to the histories that every report is made from.

use std::collections::HashSet;

use super::BadUsage;
use super::filter::Filter;
use super::source::{Source, StoredProbe, Told, chosen};
use super::what_if::WhatIf;
use crate::domain::history::Life;
use crate::domain::maintenance::maintained;
use crate::domain::parameters::ParameterHistory;
use crate::domain::past::{Past, PastBuilder};
use crate::domain::probe::ProbeId;
use crate::domain::subject::Subject;
use crate::domain::sync::SyncSearch;
use crate::domain::tally::Tally;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::track::Track;
use crate::domain::zone::Zone;
use crate::report::accounting::Accounting;
use crate::report::circumstances::Circumstances;
use crate::report::probe_history::ProbeHistory;
use crate::report::request::Request;
use crate::report::service_history::{ServiceHistory, services};

/// What is read, and how it is judged.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    pub filter: &'a Filter,
    pub what_if: &'a WhatIf,
    pub period: Period,
    /// Whose days are told one by one.
    pub zone: &'a Zone,
    pub now: UnixMillis,
    pub extent: Extent,
}

/// How much of the past is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Windows and states in the period.
    Windows,
    /// What a report tells besides: how many observations had which outcome, the period before, if
    /// there is one to compare with, and what promises look back on.
    Report { before: Option<Period> },
}

impl Selection<'_> {
    /// The same for the models of a report.
    pub fn request(&self) -> Request {
        Request {
            generated_at: self.now,
            period: self.period,
            before: match self.extent {
                Extent::Windows => None,
                Extent::Report { before } => before,
            },
            zone: self.zone.clone(),
            version: env!("CARGO_PKG_VERSION"),
            what_if: self.what_if.changes(),
        }
    }
}

/// The chosen probes with their pasts, by service and platform.
#[derive(Debug)]
pub struct Histories {
    /// As asked for.
    pub judged: Vec<ServiceHistory>,
    /// As configured, if that is not what was asked for.
    pub configured: Option<Vec<ServiceHistory>>,
    /// By which `judged` came about.
    pub circumstances: Circumstances,
}

/// Replays the observations of every chosen probe, as far back as the period needs it.
pub fn read(source: &impl Source, selection: Selection<'_>) -> anyhow::Result<Histories> {
    read_telling(source, selection, &mut |_, _| {})
}

/// The same; `done` is told after each service how many of all probes are read.
pub fn read_telling(
    source: &impl Source,
    selection: Selection<'_>,
    done: &mut dyn FnMut(usize, usize),
) -> anyhow::Result<Histories> {
    let what_if = selection.what_if;
    what_if.check()?;
    let known = source.circumstances()?;
    let chosen = chosen(source, selection.filter)?;
    let wanted: HashSet<_> = chosen
        .probes
        .iter()
        .map(|(_, stored)| stored.probe.id.clone())
        .collect();
    let mut chosen = chosen.widened(&known.annotations);
    // a removal after the present is not known yet
    for (_, stored) in &mut chosen.probes {
        stored.lives = Life::known_at(&stored.lives, selection.now);
    }
    let all = chosen.probes.iter().map(|(_, stored)| &stored.probe);
    let circumstances = what_if.circumstances(known.clone(), all);
    let mut probes: Vec<_> = chosen.probes.iter().collect();
    probes.sort_by_key(|(_, stored)| stored.probe.service.slug());
    let (mut judged, mut configured) = (Vec::new(), Vec::new());
    for of_service in
        probes.chunk_by(|(_, a), (_, b)| a.probe.service.slug() == b.probe.service.slug())
    {
        let read = |otherwise: bool| -> anyhow::Result<Vec<ProbeHistory>> {
            let judging = of_service.iter().map(|(key, stored)| {
                let parameters = stored.parameters.clone();
                let parameters = if otherwise {
                    what_if.apply(&stored.probe.id, parameters)?
                } else {
                    parameters
                };
                Ok((*key, stored, parameters))
            });
            let judging = judging.collect::<Result<Vec<_>, BadUsage>>()?;
            let circumstances = if otherwise { &circumstances } else { &known };
            let replay = Replay {
                source,
                circumstances,
                selection,
                as_configured: !otherwise || what_if.is_empty(),
            };
            replay.of_service(&judging)
        };
        judged.extend(read(true)?);
        if !what_if.is_empty() {
            configured.extend(read(false)?);
        }
        done(judged.len(), probes.len());
    }
    let services = |probes, circumstances: &Circumstances| {
        let mut services = services(probes, circumstances, |subject| chosen.is_whole(subject));
        for service in &mut services {
            service.keep(|probe| wanted.contains(&probe.id));
        }
        services
    };
    Ok(Histories {
        judged: services(judged, &circumstances),
        configured: (!what_if.is_empty()).then(|| services(configured, &known)),
        circumstances,
    })
}

/// How observations are replayed.
struct Replay<'a, S> {
    source: &'a S,
    circumstances: &'a Circumstances,
    selection: Selection<'a>,
    /// With the parameters that were in force.
    as_configured: bool,
}

impl<S: Source> Replay<'_, S> {
    /// The pasts of the probes of one service. They are replayed from where nothing was the matter with
    /// any of them, so that what they say together is known, too, of all that reaches into the period.
    fn of_service(
        &self,
        probes: &[(S::Key, &StoredProbe, ParameterHistory)],
    ) -> anyhow::Result<Vec<ProbeHistory>> {
        let Self {
            circumstances,
            selection,
            ..
        } = *self;
        let pause = |at: UnixMillis| {
            let services = probes.iter().map(|(_, stored, _)| {
                let service = Subject::service_of(&stored.probe);
                circumstances.rollup(&service).at(at).merge_gap
            });
            services.max().unwrap_or_default()
        };
        let mut from = self.since(
            probes
                .first()
                .map(|(_, stored, _)| stored.probe.service.slug()),
        );
        loop {
            let quiet_since = from.saturating_sub(pause(from));
            let mut histories = Vec::with_capacity(probes.len());
            for (key, stored, parameters) in probes {
                let past = self.past(*key, stored, parameters, quiet_since)?;
                histories.push(told(stored, parameters, past, circumstances, selection));
            }
            let disturbed = Period::new(quiet_since, from + Millis(1));
            let since = histories
                .iter()
                .filter_map(|history| troubled_since(history, disturbed));
            match since.min() {
                Some(since) if since < from => from = since,
                _ => return Ok(histories),
            }
        }
    }

    /// Where the past of a service begins that is wanted.
    fn since(&self, service: Option<&str>) -> UnixMillis {
        let Selection { period, extent, .. } = self.selection;
        match extent {
            // what was pruned can only be judged as it was
            Extent::Report { before } if self.as_configured => {
                let before = before.map(|before| before.from);
                let promised = service
                    .and_then(|service| self.circumstances.promises_look_back_to(service, period));
                let all = [before, promised];
                all.into_iter().flatten().fold(period.from, UnixMillis::min)
            }
            Extent::Report { .. } | Extent::Windows => period.from,
        }
    }

    /// What reaches to `since` or beyond: from what was written down, if that was found with the same
    /// parameters, or else from the observations.
    fn past(
        &self,
        key: S::Key,
        stored: &StoredProbe,
        parameters: &ParameterHistory,
        since: UnixMillis,
    ) -> anyhow::Result<Past> {
        let Self {
            source, selection, ..
        } = *self;
        let Selection { period, now, .. } = selection;
        let past = PastBuilder::new(parameters, &stored.lives, period, now);
        let told = if self.as_configured {
            source.told(key, since, now)?
        } else {
            None
        };
        let (mut past, from) = if let Some(told) = told {
            let tally = if matches!(selection.extent, Extent::Report { .. }) {
                source.tally(key, period, &told)?
            } else {
                Tally::default()
            };
            let Told {
                begins,
                news,
                checkpoint,
                from,
            } = told;
            let past = past.resuming(checkpoint, news, tally);
            (past.beginning(Some(begins)), from)
        } else {
            let begins = sync_point(source, key, stored, parameters, since)?;
            let from = begins.unwrap_or(UnixMillis(i64::MIN));
            if let Some(pruned) = source.pruned_before()?
                && from < pruned
            {
                return Err(self.pruned(&stored.probe.id, pruned).into());
            }
            (past.beginning(begins), from)
        };
        source.sightings(key, Period::new(from, now + Millis(1)), |sighting| {
            past.push(sighting);
        })?;
        Ok(past.finish())
    }

    /// Why nothing can be said of the time before `pruned`.
    fn pruned(&self, probe: &ProbeId, pruned: UnixMillis) -> BadUsage {
        let Selection { period, now, .. } = self.selection;
        BadUsage(if self.as_configured {
            format!(
                "what was known at {now} of {probe} cannot be told: observations before {pruned} were pruned; let --generated-at be later, or leave it out"
            )
        } else {
            format!(
                "--what-if needs observations of {probe} from before {pruned}, which were pruned; let the period begin later than {}, by an hour or more after {pruned}",
                period.from
            )
        })
    }
}

/// Where the earliest of what reaches into `period` began: an outage, scattered failures, or time
/// that nobody watched although somebody had watched before.
fn troubled_since(history: &ProbeHistory, period: Period) -> Option<UnixMillis> {
    let track = &history.track;
    let begins = history.past.begins.unwrap_or(UnixMillis(i64::MIN));
    let watched = |at: UnixMillis| {
        let mut lives = track.covered.iter();
        begins < at && lives.all(|life| life.from != at)
    };
    let possible = track.possible.iter().map(|stretch| stretch.period);
    let flapping = history.past.history.flapping.periods().iter().copied();
    let unknown = track.unknown.periods().iter().copied();
    let unknown = unknown.filter(|stretch| watched(stretch.from));
    let all = possible.chain(flapping).chain(unknown);
    all.filter(|stretch| stretch.overlaps(period))
        .map(|stretch| stretch.from)
        .min()
}

/// From where on the observations of a probe must be replayed to know what is from `from` on.
/// `None` if from the beginning.
fn sync_point<S: Source>(
    source: &S,
    key: S::Key,
    probe: &StoredProbe,
    parameters: &ParameterHistory,
    from: UnixMillis,
) -> anyhow::Result<Option<UnixMillis>> {
    SyncSearch::new(parameters, &probe.lives).walk_back(from, |end| {
        let Some(begin) = source.stretch_before(key, end)? else {
            return Ok(None);
        };
        let mut stretch = Vec::new();
        source.sightings(key, Period::new(begin, end), |sighting| {
            stretch.push(sighting);
        })?;
        Ok(Some((begin, stretch)))
    })
}

fn told(
    stored: &StoredProbe,
    parameters: &ParameterHistory,
    past: Past,
    circumstances: &Circumstances,
    selection: Selection<'_>,
) -> ProbeHistory {
    let now = selection.now;
    // those of a removed probe are those it had last
    let removed = stored.lives.last().and_then(|life| life.to);
    let probe = &stored.probe;
    let existed = past.history.covered.first().map_or(now, |life| life.from);
    let known = Period::new(past.begins.unwrap_or(existed), now);
    let maintenance = maintained(&circumstances.maintenance, probe, known);
    ProbeHistory {
        track: Track::of(&past.history, maintenance),
        accounting: Accounting::default(),
        rollup: circumstances.rollup(&Subject::Endpoint(probe.id.clone())),
        probe: probe.clone(),
        url: stored.url.clone(),
        parameters: *parameters.at(removed.map_or(now, |removed| removed.min(now))),
        lives: stored.lives.clone(),
        past,
    }
}
