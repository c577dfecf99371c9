//! Holds what was reported against what was true. docs/SOAK.md tells the rules.

use std::collections::BTreeSet;

use outwatch::domain::period_set::PeriodSet;
use outwatch::domain::time::{Millis, Period, UnixMillis};

use super::axis::{Axis, State, Truth};
use super::diary::{Diary, Moment};
use super::figures::{Figures, Unwatched};
use super::observed::{self, Observation, Observed, Outcome, Unobserved, Window};
use super::settings::{EXTRA, LATE, PLATFORMS, Settings};

/// What is compared.
pub(crate) struct Check<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) diary: &'a Diary,
    pub(crate) observed: &'a Observed,
    /// Observations that were on disk before a kill.
    pub(crate) committed: &'a BTreeSet<String>,
    /// When it was begun to read what is compared, by the system's clock.
    pub(crate) now: UnixMillis,
}

/// One probe.
struct Subject<'a> {
    probe: usize,
    id: String,
    truth: Truth,
    observations: &'a [Observation],
    windows: &'a [Window],
    unobserved: &'a [Unobserved],
}

/// A request may be under way for so much longer than was measured: it waits for its turn before,
/// and its answer after.
const FLIGHT: Millis = Millis(300);

/// Of what was done to the daemon, an asking may have been begun as much before or after.
const AROUND: Millis = Millis(50);

impl Check<'_> {
    /// Says what is wrong.
    pub(crate) fn run(&self) -> (Vec<String>, Figures) {
        let mut figures = Figures::default();
        let mut wrong = Vec::new();
        let axis = Axis::new(self.diary, self.now);
        for probe in (0..self.settings.probes).chain([EXTRA]) {
            let id = Settings::probe_id(probe);
            let subject = Subject {
                probe,
                truth: axis.truth(self.diary, probe),
                observations: of(self.observed.observations.get(&id)),
                windows: of(self.observed.windows.get(&id)),
                unobserved: of(self.observed.unobserved.get(&id)),
                id,
            };
            let mut found = Vec::new();
            self.check_observations(&subject, &axis, &mut figures, &mut found);
            self.check_windows(&subject, &axis, &mut figures, &mut found);
            self.check_wholes(&subject, &axis, &mut found);
            // this one comes and goes
            if probe != EXTRA {
                self.check_missed(&subject, &axis, &mut figures, &mut found);
                self.check_unobserved(&subject, &axis, &mut figures, &mut found);
            }
            let id = &subject.id;
            wrong.extend(found.into_iter().map(|what| format!("{id}: {what}")));
        }
        self.check_wholes_alone(&mut wrong);
        self.check_committed(&mut wrong);
        (wrong, figures)
    }

    /// Each answer is one that the endpoint gave while the request was under way, and was had while
    /// somebody was there.
    fn check_observations(
        &self,
        subject: &Subject<'_>,
        axis: &Axis,
        figures: &mut Figures,
        wrong: &mut Vec<String>,
    ) {
        let absent: Vec<Period> = (self.absences())
            .flat_map(|(begin, end)| axis.pieces(Period::new(begin.latest, end.earliest)))
            .filter(|absent| !axis.is_vague(*absent))
            .collect();
        for observation in subject.observations {
            let ts = observation.ts;
            let state = match &observation.outcome {
                Outcome::Inconclusive(reason) => {
                    *figures.inconclusive.entry(reason.clone()).or_default() += 1;
                    continue;
                }
                _ if observation.set_aside => {
                    figures.set_aside += 1;
                    continue;
                }
                Outcome::Good => State::Up,
                Outcome::Fail(_) => State::Down,
            };
            if !subject.truth.may_be(state, flight(observation)) {
                wrong.push(format!("an answer that it did not give: {observation:?}"));
            }
            if absent
                .iter()
                .any(|absent| absent.from < ts && ts < absent.to)
            {
                wrong.push(format!("nobody was there to ask: {observation:?}"));
            }
        }
    }

    /// Each window tells of a true outage, whose begin and end lie within its bounds.
    fn check_windows(
        &self,
        subject: &Subject<'_>,
        axis: &Axis,
        figures: &mut Figures,
        wrong: &mut Vec<String>,
    ) {
        let disturbed: Vec<_> = (self.diary.disturbed.iter())
            .flat_map(|period| axis.pieces(*period))
            .collect();
        let goes_on = |_: &Window, next: &Window| next.start_kind == "resumed";
        for chain in subject.windows.chunk_by(goes_on) {
            let (first, last) = (&chain[0], chain.iter().rfind(|window| window.failures > 0));
            let Some(last) = last.filter(|_| first.start_kind != "resumed") else {
                wrong.push(format!("resumed from nothing: {chain:?}"));
                continue;
            };
            let [start, end] =
                [first.start, last.end_earliest].map(|at| self.flight_at(subject, at));
            let may_be_down = |at| subject.truth.may_be(State::Down, at);
            if !may_be_down(start) || !may_be_down(end) {
                wrong.push(format!("a window without an outage: {chain:?}"));
                continue;
            }
            let outages = (subject.truth.outage(start)).zip(subject.truth.outage(end));
            // else it lies where nothing is sure
            let Some((begun, ended)) = outages else {
                continue;
            };
            let before = wrong.len();
            let mut claim = |holds: bool, what: &str| {
                if !holds {
                    wrong.push(format!(
                        "{what} does not hold: truly {begun:?} to {ended:?}, {chain:?}"
                    ));
                }
            };
            if let Some(earliest) = first.start_earliest {
                let flight = self.flight_at(subject, earliest);
                let seen = self.observed.at(&subject.id, earliest);
                let is_good = seen.is_some_and(|seen| seen.outcome == Outcome::Good);
                claim(is_good && earliest < first.start, "start_earliest");
                claim(subject.truth.may_be(State::Up, flight), "start_earliest");
                claim(
                    !begun.is_one || earliest <= begun.sure.from,
                    "start_earliest",
                );
            }
            if let Some(latest) = last.end_latest {
                let flight = self.flight_at(subject, latest);
                let is_seen = self.observed.at(&subject.id, latest).is_some();
                claim(is_seen && last.end <= Some(latest), "end_latest");
                let is_over = ended.sure.to <= flight.to;
                claim(!ended.is_one || is_over, "end_latest");
            }
            if let Some(end) = last.end.filter(|_| last.end_kind == "seen") {
                let flight = self.flight_at(subject, end);
                claim(subject.truth.may_be(State::Up, flight), "end");
            }
            let is_good = wrong.len() == before;
            if begun == ended && begun.is_one {
                let row = figures.rows.entry(begun.kind).or_default();
                row.windows += 1;
                row.within += u64::from(is_good);
                // how exact it is is a question of the interval, where nothing disturbs
                let around = Period::new(
                    begun.reach.from,
                    last.end_latest.unwrap_or(last.end_earliest),
                );
                if disturbed.iter().any(|period| period.overlaps(around)) {
                    continue;
                }
                if first.start_kind == "seen" {
                    row.start
                        .add(first.start - middle(begun.reach.from, begun.sure.from));
                }
                if let Some(end) = last.end.filter(|_| last.end_kind == "seen") {
                    row.end.add(end - middle(ended.sure.to, ended.reach.to));
                }
            }
        }
        for two in subject.windows.windows(2) {
            let [one, next] = two else { continue };
            let is_within = |outage: &super::axis::Outage| {
                outage.is_one && one.start >= outage.sure.from && next.end_earliest < outage.sure.to
            };
            let is_split = subject.truth.outages.iter().any(is_within);
            if is_split && next.start_kind != "resumed" {
                wrong.push(format!("one outage, and two windows: {two:?}"));
            }
        }
    }

    /// Each true outage that was watched for long enough has a window.
    fn check_missed(
        &self,
        subject: &Subject<'_>,
        axis: &Axis,
        figures: &mut Figures,
        wrong: &mut Vec<String>,
    ) {
        let horizon = self.now.saturating_sub(self.settle());
        let unwatched: PeriodSet = (self.diary.disturbed.iter())
            .chain(&self.diary.held_up)
            .copied()
            .chain([Period::new(horizon, self.now)])
            .flat_map(|period| axis.pieces(period))
            .chain(subject.unobserved.iter().map(|stretch| stretch.period))
            .collect();
        let enough = self.settings.certainly_confirmed_after(subject.probe);
        for outage in &subject.truth.outages {
            let down = subject
                .truth
                .down()
                .filter(|down| down.overlaps(outage.sure));
            let watched = down.collect::<PeriodSet>().difference(&unwatched);
            let is_certain = watched
                .periods()
                .iter()
                .any(|piece| piece.length() >= enough);
            let mut windows = subject.windows.iter();
            let is_found = windows.any(|window| window.period().overlaps(outage.reach));
            let row = figures.rows.entry(outage.kind).or_default();
            row.outages += 1;
            row.certain += u64::from(is_certain);
            row.found += u64::from(is_found);
            if is_certain && !is_found {
                wrong.push(format!(
                    "missed, though it was watched for long enough: {outage:?}"
                ));
            }
        }
    }

    /// What nobody can have watched is unobserved, and nothing else without a reason.
    fn check_unobserved(
        &self,
        subject: &Subject<'_>,
        axis: &Axis,
        figures: &mut Figures,
        wrong: &mut Vec<String>,
    ) {
        let told: PeriodSet = subject
            .unobserved
            .iter()
            .map(|stretch| stretch.period)
            .collect();
        let absent = (self.absences())
            .flat_map(|(begin, end)| axis.pieces(Period::new(begin.latest, end.earliest)));
        let interval = self.settings.interval;
        for absent in absent.chain(axis.leaps()) {
            // up to a grace the time before is taken to go on, and if not then for an interval
            if axis.is_vague(absent) && !axis.leaps().any(|leap| leap == absent) {
                continue;
            }
            if absent.length() <= self.settings.grace() + interval {
                continue;
            }
            let unwatched = Period::new(
                absent.from + interval + AROUND,
                absent.to.saturating_sub(AROUND),
            );
            let missing = PeriodSet::from_iter([unwatched]).difference(&told);
            if !missing.periods().is_empty() {
                wrong.push(format!(
                    "nobody watched, and it is not said so: {missing:?}"
                ));
            }
        }
        let margin = self.settings.grace() + self.settle();
        let near = |all: &[Period], stretch: Period| {
            let wide = |period: &Period| {
                Period::new(period.from.saturating_sub(margin), period.to + margin)
            };
            let mut shown = all.iter().flat_map(|period| axis.pieces(wide(period)));
            shown.any(|shown| shown.overlaps(stretch))
        };
        let before_all = self.diary.absences.first().and_then(|absence| absence.end);
        for Unobserved { period, reason } in subject.unobserved {
            let is_ours = near(&self.diary.disturbed, *period)
                || before_all.is_some_and(|end| near(&[Period::new(end.earliest, end.latest)], *period))
                || axis.leaps().any(|leap| leap.overlaps(*period))
                // the daemon may have ended meanwhile
                || period.to + margin > self.shown_now();
            let is_expected = match reason.as_str() {
                "stalled" => true,
                "storage_full" => near(&self.diary.full, *period),
                "not_yet_asked" | "not_running" | "clock_step" | "shutdown" | "suspended" | "" => {
                    is_ours
                }
                _ => false,
            };
            if !is_expected {
                wrong.push(format!(
                    "unobserved without trouble: {period:?}, `{reason}`"
                ));
            }
            let unwatched = figures.unwatched.entry(reason.clone()).or_default();
            *unwatched += Unwatched {
                all: period.length(),
                unexpected: if is_ours {
                    Millis::ZERO
                } else {
                    period.length()
                },
            };
        }
    }

    /// The platform and the service are down while one of their endpoints is.
    fn check_wholes(&self, subject: &Subject<'_>, axis: &Axis, wrong: &mut Vec<String>) {
        let platform = PLATFORMS[Settings::platform_of(subject.probe)].name;
        for whole in [platform, "soak"] {
            let windows = of(self.observed.wholes.get(whole)).iter();
            let down: PeriodSet = windows.map(Window::period).collect();
            for window in subject.windows {
                let period = window.period();
                // they are read one after the other
                if window.end.is_none() || window.end_kind == "open" || axis.is_vague(period) {
                    continue;
                }
                if !PeriodSet::from_iter([period])
                    .difference(&down)
                    .periods()
                    .is_empty()
                {
                    wrong.push(format!("{whole} was not down with it: {window:?}"));
                }
            }
        }
    }

    /// Platforms and the service are down with an endpoint, and never else.
    fn check_wholes_alone(&self, wrong: &mut Vec<String>) {
        for (whole, windows) in &self.observed.wholes {
            let members: PeriodSet = (self.observed.windows.iter())
                .filter(|(probe, _)| whole == "soak" || probe.split('/').nth(1) == Some(whole))
                .flat_map(|(_, windows)| windows.iter().map(Window::period))
                .collect();
            // they are read after the endpoints, and may have begun meanwhile
            for window in windows.iter().filter(|window| window.end.is_some()) {
                let period = window.period();
                if !members
                    .periods()
                    .iter()
                    .any(|member| member.overlaps(period))
                {
                    wrong.push(format!("{whole} was down, and nothing of it: {window:?}"));
                }
            }
        }
    }

    /// What was on disk before a kill is there.
    fn check_committed(&self, wrong: &mut Vec<String>) {
        let text = String::from_utf8_lossy(&self.observed.export);
        // what cannot be read was told before
        let there: BTreeSet<_> = (text.lines())
            .filter_map(|line| observed::identity(line).ok())
            .collect();
        for lost in self.committed.difference(&there) {
            wrong.push(format!("it was committed, and is gone: {lost}"));
        }
    }

    /// From when until when nobody was there.
    fn absences(&self) -> impl Iterator<Item = (Moment, Moment)> {
        let over = self.diary.absences.iter();
        over.filter_map(|absence| Some((absence.begin, absence.end?)))
    }

    fn shown_now(&self) -> UnixMillis {
        let last = self.diary.clock.last();
        self.now + last.map_or(Millis::ZERO, |change| change.ahead)
    }

    /// What happened longer ago has been judged and stored.
    fn settle(&self) -> Millis {
        self.settings.timeout() + self.settings.interval + LATE
    }

    /// While the request of the observation at that instant was under way.
    fn flight_at(&self, subject: &Subject<'_>, ts: UnixMillis) -> Period {
        match self.observed.at(&subject.id, ts) {
            Some(observation) => flight(observation),
            None => Period::new(ts, ts),
        }
    }
}

fn flight(observation: &Observation) -> Period {
    let ts = observation.ts;
    Period::new(ts, ts + observation.lasted + FLIGHT)
}

fn of<T>(found: Option<&Vec<T>>) -> &[T] {
    found.map_or(&[], Vec::as_slice)
}

fn middle(one: UnixMillis, other: UnixMillis) -> UnixMillis {
    UnixMillis(i64::midpoint(one.0, other.0))
}
