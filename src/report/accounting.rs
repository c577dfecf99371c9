//! What people said of outages afterwards, and what counts then. A window that was planned, or is to
//! be ignored, counts as maintenance: of its subject, of all below it, and in the votes of these.
//! The windows stay what they are.

use std::collections::{BTreeMap, HashMap};

use super::service_history::ServiceHistory;
use crate::domain::annotation::{Annotation, is_excluded};
use crate::domain::incident::Incident;
use crate::domain::outage_id::OutageId;
use crate::domain::period_set::PeriodSet;
use crate::domain::subject::Subject;
use crate::domain::time::{Millis, Period};
use crate::domain::track::Track;

/// Of one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Accounting<T> {
    /// What was said of its windows, in the order in which it was. Each by the id that its window
    /// has now.
    pub annotations: Vec<Annotation>,
    /// What was said of windows that are not among those that were read: they are of another time,
    /// or there no longer.
    pub elsewhere: Vec<Annotation>,
    /// What it was over time, as far as it counts. `None` if all of it does.
    pub counted: Option<T>,
}

/// What was said of the windows of each subject, and of the incidents of each service.
#[derive(Debug, Default)]
pub(super) struct Said<'a> {
    windows: HashMap<&'a Subject, Vec<&'a Annotation>>,
    incidents: HashMap<&'a Subject, Vec<&'a Annotation>>,
}

/// A window, or an incident.
#[derive(Clone, Copy, Debug)]
struct Window {
    id: OutageId,
    period: Period,
}

/// What was said of the windows of one subject, and the time that it leaves out.
#[derive(Debug, Default)]
struct Verdict {
    annotations: Vec<Annotation>,
    elsewhere: Vec<Annotation>,
    excluded: PeriodSet,
}

impl<T> Default for Accounting<T> {
    fn default() -> Self {
        Self {
            annotations: Vec::new(),
            elsewhere: Vec::new(),
            counted: None,
        }
    }
}

impl<T> Accounting<T> {
    /// What was said of one window.
    pub fn of(&self, window: OutageId) -> impl Iterator<Item = &Annotation> {
        let annotations = self.annotations.iter();
        annotations.filter(move |said| said.outage == window)
    }

    /// What was said of windows that began in or before `period` and reached into it, when it was
    /// said, and are there no longer.
    pub fn lost(&self, period: Period) -> impl Iterator<Item = &Annotation> {
        let elsewhere = self.elsewhere.iter();
        elsewhere.filter(move |said| told_of(said).overlaps(period))
    }

    fn new(verdict: Verdict, counted: Option<T>) -> Self {
        Self {
            annotations: verdict.annotations,
            elsewhere: verdict.elsewhere,
            counted,
        }
    }
}

impl<'a> Said<'a> {
    pub(super) fn new(annotations: &'a [Annotation]) -> Self {
        let mut said = Self::default();
        for annotation in annotations {
            let of = match annotation.is_of_incident() {
                true => &mut said.incidents,
                false => &mut said.windows,
            };
            of.entry(&annotation.subject).or_default().push(annotation);
        }
        said
    }

    /// What that comes to for a service and all that it is made of, of which the windows are known.
    pub(super) fn account(&self, service: &mut ServiceHistory) {
        if self.windows.is_empty() && self.incidents.is_empty() {
            return;
        }
        let whole = service.whole.as_ref();
        let mut of_service = self.of_windows(&service.subject, || {
            Some(windows(&service.subject, &whole?.rollup.track))
        });
        of_service.add(self.of_incidents(&service.subject, || {
            let incidents = whole?.incidents.iter();
            let window = |incident: &Incident| Window {
                id: incident.id,
                period: incident.period,
            };
            Some(incidents.map(window).collect())
        }));
        for platform in &mut service.platforms {
            let rollup = platform.rollup.as_ref();
            let of_platform = self.of_windows(&platform.subject, || {
                Some(windows(&platform.subject, &rollup?.track))
            });
            let above = of_service.excluded.union(&of_platform.excluded);
            for probe in &mut platform.probes {
                let subject = Subject::Endpoint(probe.probe.id.clone());
                let of_probe = self.of_windows(&subject, || Some(windows(&subject, &probe.track)));
                let excluded = above.union(&of_probe.excluded);
                let counted = without(&probe.track, &excluded);
                probe.accounting = Accounting::new(of_probe, counted);
            }
            let counted = platform.roll_up_counted();
            platform.accounting = Accounting::new(of_platform, counted);
        }
        let counted = service.roll_up_counted();
        service.accounting = Accounting::new(of_service, counted);
    }

    /// `all` gives those that the subject had, or `None` if they are not known.
    fn of_windows(&self, subject: &Subject, all: impl FnOnce() -> Option<Vec<Window>>) -> Verdict {
        let said = self.windows.get(subject);
        said.map_or_else(Verdict::default, |said| Verdict::new(said, all()))
    }

    fn of_incidents(
        &self,
        service: &Subject,
        all: impl FnOnce() -> Option<Vec<Window>>,
    ) -> Verdict {
        let said = self.incidents.get(service);
        said.map_or_else(Verdict::default, |said| Verdict::new(said, all()))
    }
}

fn windows(subject: &Subject, track: &Track) -> Vec<Window> {
    let windows = track.windows.iter();
    windows
        .map(|window| Window {
            id: OutageId::of(subject, window.start),
            period: window.period(),
        })
        .collect()
}

/// The track with more maintenance; `None` if there is no more.
fn without(track: &Track, excluded: &PeriodSet) -> Option<Track> {
    let covered: PeriodSet = track.covered.iter().copied().collect();
    let excluded = excluded.intersection(&covered);
    (!excluded.difference(&track.maintenance).is_empty()).then(|| Track {
        maintenance: track.maintenance.union(&excluded),
        ..track.clone()
    })
}

impl Verdict {
    /// Without windows, those that were told are taken for them.
    fn new(said: &[&Annotation], windows: Option<Vec<Window>>) -> Self {
        let windows = windows.unwrap_or_else(|| as_told(said));
        let mut verdict = Self::default();
        let mut of_windows = BTreeMap::<usize, Vec<&Annotation>>::new();
        for annotation in said {
            let meant = meant(annotation, &windows);
            if meant.is_empty() {
                verdict.elsewhere.push((*annotation).clone());
            }
            for at in meant {
                of_windows.entry(at).or_default().push(annotation);
                verdict.annotations.push(Annotation {
                    outage: windows[at].id,
                    ..(*annotation).clone()
                });
            }
        }
        let excluded = of_windows.into_iter().filter_map(|(at, said)| {
            let decisive = said.iter().rfind(|said| said.remark.excludes().is_some())?;
            is_excluded(said.iter().copied()).then(|| part_meant(decisive, windows[at]))
        });
        verdict.excluded = excluded.collect();
        verdict
    }

    fn add(&mut self, other: Self) {
        self.annotations.extend(other.annotations);
        self.annotations.sort_by_key(|said| said.at);
        self.elsewhere.extend(other.elsewhere);
        self.elsewhere.sort_by_key(|said| said.at);
        self.excluded = self.excluded.union(&other.excluded);
    }
}

fn as_told(said: &[&Annotation]) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for annotation in said {
        let (id, period) = (annotation.outage, told_of(annotation));
        match windows.iter_mut().find(|window| window.id == id) {
            Some(window) => window.period.to = window.period.to.max(period.to),
            None => windows.push(Window { id, period }),
        }
    }
    windows
}

/// The window that an annotation is of. If there is none of its id any more, since older
/// observations came in or others count, those that meet the time it was told of.
fn meant(annotation: &Annotation, windows: &[Window]) -> Vec<usize> {
    if let Some(at) = windows
        .iter()
        .position(|window| window.id == annotation.outage)
    {
        return vec![at];
    }
    let told = told_of(annotation);
    let meets = |(at, window): (usize, &Window)| window.period.overlaps(told).then_some(at);
    windows.iter().enumerate().filter_map(meets).collect()
}

/// The window as it was when the annotation was made.
fn told_of(annotation: &Annotation) -> Period {
    let from = annotation.started_at;
    let to = annotation.ended_at.unwrap_or(annotation.at);
    Period::new(from, to.max(from + Millis(1)))
}

/// So much of a window is left out. One that was open goes on.
fn part_meant(annotation: &Annotation, window: Window) -> Period {
    if annotation.outage == window.id {
        return window.period;
    }
    let to = annotation.ended_at.unwrap_or(window.period.to);
    window.period.clip(Period::new(annotation.started_at, to))
}
