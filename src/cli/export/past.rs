//! What observations come to: windows, stretches and latencies, told by the same code as in reports,
//! also of the hours that are not over.

use std::collections::HashMap;
use std::io::Write;

use indicatif::ProgressBar;

use super::Format;
use crate::domain::subject::Scope;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::zone::Zone;
use crate::replay::{Extent, Filter, Histories, Selection, Source, WhatIf, read_telling};
use crate::report::latency_list::Bucket;
use crate::report::outage_list::OutageList;
use crate::report::probe_history::ProbeHistory;
use crate::report::run_list::runs_of;
use crate::report::{csv, json};
use crate::store::{ProbeKey, Reader};

pub(super) struct Export<'a> {
    pub(super) reader: &'a Reader,
    pub(super) filter: &'a Filter,
    /// Nothing of it is later than `now`.
    pub(super) period: Period,
    pub(super) now: UnixMillis,
    pub(super) format: Format,
    pub(super) progress: &'a ProgressBar,
}

impl Export<'_> {
    /// Windows of endpoints, then those of platforms and of services.
    pub(super) fn outages(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let zone = Zone::utc();
        let what_if = WhatIf::default();
        let selection = self.selection(&zone, &what_if);
        let services = self.read(selection)?.judged;
        let mut outages = Vec::new();
        for scope in [Scope::Endpoint, Scope::Platform, Scope::Service] {
            let list = OutageList::new(selection.request(), scope, &services, None);
            for subject in &list.partial {
                tracing::warn!(
                    "nothing is told of {subject}: only some of its probes were asked for"
                );
            }
            outages.extend(list.outages);
        }
        match self.format {
            Format::Ndjson => json::outage_lines(&outages, out)?,
            Format::Csv => csv::outages_of(&outages, out)?,
        }
        Ok(())
    }

    pub(super) fn runs(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        if self.format == Format::Csv {
            csv::runs_header(out)?;
        }
        for history in &self.histories()? {
            let runs = runs_of(history, self.period);
            match self.format {
                Format::Ndjson => json::run_lines(&history.probe, &runs, out)?,
                Format::Csv => csv::runs(&history.probe, &runs, out)?,
            }
        }
        Ok(())
    }

    pub(super) fn latency(&self, step: Millis, out: &mut dyn Write) -> anyhow::Result<()> {
        if self.format == Format::Csv {
            csv::latency_header(out)?;
        }
        let stored = Source::probes(self.reader)?.into_iter();
        let keys: HashMap<_, _> = stored.map(|(key, stored)| (stored.probe.id, key)).collect();
        let histories = self.histories()?;
        self.progress.reset();
        for history in &histories {
            let probe = &history.probe;
            let Some(key) = keys.get(&probe.id) else {
                continue;
            };
            for period in steps(&history.past.history.covered, self.period, step) {
                let bucket = [self.bucket(*key, period)?];
                match self.format {
                    Format::Ndjson => json::latency_lines(probe, &bucket, out)?,
                    Format::Csv => csv::latency(probe, &bucket, out)?,
                }
            }
            self.progress.inc(1);
        }
        Ok(())
    }

    fn bucket(&self, probe: ProbeKey, period: Period) -> anyhow::Result<Bucket> {
        // as a whole, since steps have no phases
        let whole = Source::over_time(self.reader, probe, &[period])?.whole;
        Ok(Bucket::new(period, &whole.counted, whole.is_rounded))
    }

    /// Of all chosen probes.
    fn histories(&self) -> anyhow::Result<Vec<ProbeHistory>> {
        let zone = Zone::utc();
        let what_if = WhatIf::default();
        let services = self.read(self.selection(&zone, &what_if))?.judged;
        let platforms = services.into_iter().flat_map(|service| service.platforms);
        Ok(platforms.flat_map(|platform| platform.probes).collect())
    }

    fn read(&self, selection: Selection<'_>) -> anyhow::Result<Histories> {
        read_telling(self.reader, selection, &mut |done, all| {
            self.progress.set_length(all as u64);
            self.progress.set_position(done as u64);
        })
    }

    fn selection<'s>(&'s self, zone: &'s Zone, what_if: &'s WhatIf) -> Selection<'s> {
        Selection {
            filter: self.filter,
            what_if,
            period: self.period,
            zone,
            now: self.now,
            extent: Extent::Windows,
        }
    }
}

/// The steps, at round times (UTC), in which a probe existed: whole ones, but where the period cuts
/// them.
fn steps(lives: &[Period], period: Period, step: Millis) -> Vec<Period> {
    let mut steps: Vec<Period> = Vec::new();
    for life in lives {
        let life = life.clip(period);
        let mut from = UnixMillis(life.from.0.div_euclid(step.0) * step.0);
        if let Some(last) = steps.last() {
            // two lives may share one
            from = from.max(last.to);
        }
        while from < life.to {
            let to = from.saturating_add(step);
            steps.push(Period::new(from, to).clip(period));
            from = to;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_whole_but_at_the_ends_of_the_period() {
        let period = |from: i64, to: i64| Period::new(UnixMillis(from), UnixMillis(to));
        let ever = period(i64::MIN, 95);
        for (lives, within, expected) in [
            (&[period(12, 35)][..], ever, "10-20 20-30 30-40"),
            (
                &[period(12, 200)],
                ever,
                "10-20 20-30 30-40 40-50 50-60 60-70 70-80 80-90 90-95",
            ),
            (&[period(12, 35)], period(15, 25), "15-20 20-25"),
            (
                &[period(0, 5), period(7, 12), period(30, 31)],
                ever,
                "0-10 10-20 30-40",
            ),
            (&[period(0, 5)], period(10, 20), ""),
            (&[], ever, ""),
        ] {
            let steps = steps(lives, within, Millis(10));
            let told: Vec<_> = steps
                .iter()
                .map(|step| format!("{}-{}", step.from.0, step.to.0))
                .collect();
            assert_eq!(told.join(" "), expected);
        }
    }
}
