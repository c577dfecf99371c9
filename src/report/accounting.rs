//! What people said of outages afterwards, and what counts then. A window that was planned, or is to
//! be ignored, counts as maintenance: of its subject, of all below it, and in the votes of these.
//! The windows stay what they are.

use std::collections::{BTreeMap, HashMap};

use super::service_history::ServiceHistory;
use crate::domain::annotation::{Annotation, is_excluded};
use crate::domain::incident::Incident;
use crate::domain::outage::OutageWindow;
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
    /// The parts of its windows and incidents that these leave out.
    pub left_out: Vec<Period>,
    /// What it was over time, as far as it counts. `None` if all of it does.
    pub counted: Option<T>,
}

/// What annotations do to a period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remarks {
    /// So many windows and incidents are left out.
    pub left_out: u64,
    /// What was said of windows that are there no longer, since older observations came in or it is
    /// judged otherwise. Nothing is left out for it.
    pub lost: Vec<Annotation>,
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
    left_out: Vec<Period>,
}

impl<T> Default for Accounting<T> {
    fn default() -> Self {
        Self {
            annotations: Vec::new(),
            elsewhere: Vec::new(),
            left_out: Vec::new(),
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

    fn sum_up(&self, period: Period, remarks: &mut Remarks) {
        let left_out = self.left_out.iter();
        remarks.left_out += left_out.filter(|part| part.overlaps(period)).count() as u64;
        // of all that reaches into the period the windows were read
        let lost = self.elsewhere.iter();
        let lost = lost.filter(|said| told_of(said).overlaps(period));
        remarks.lost.extend(lost.cloned());
    }

    fn new(verdict: Verdict, counted: Option<T>) -> Self {
        Self {
            annotations: verdict.annotations,
            elsewhere: verdict.elsewhere,
            left_out: verdict.left_out,
            counted,
        }
    }
}

impl Remarks {
    pub(super) fn of(services: &[ServiceHistory], period: Period) -> Self {
        let mut remarks = Self::default();
        for service in services {
            service.accounting.sum_up(period, &mut remarks);
            for platform in &service.platforms {
                platform.accounting.sum_up(period, &mut remarks);
                for probe in &platform.probes {
                    probe.accounting.sum_up(period, &mut remarks);
                }
            }
        }
        remarks.lost.sort_by_key(|said| said.at);
        remarks
    }
}

impl<'a> Said<'a> {
    pub(super) fn new(annotations: &'a [Annotation]) -> Self {
        let mut said = Self::default();
        for annotation in annotations {
            let of = if annotation.is_of_incident() {
                &mut said.incidents
            } else {
                &mut said.windows
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
        let mut of_service = verdict(self.windows.get(&service.subject), || {
            Some(windows(&service.subject, &whole?.rollup.track))
        });
        of_service.add(verdict(self.incidents.get(&service.subject), || {
            let incidents = whole?.incidents.iter();
            let window = |incident: &Incident| Window {
                id: incident.id,
                period: incident.period,
            };
            Some(incidents.map(window).collect())
        }));
        for platform in &mut service.platforms {
            let rollup = platform.rollup.as_ref();
            let of_platform = verdict(self.windows.get(&platform.subject), || {
                Some(windows(&platform.subject, &rollup?.track))
            });
            let above = of_service.left_out.iter().chain(&of_platform.left_out);
            for probe in &mut platform.probes {
                let subject = Subject::Endpoint(probe.probe.id.clone());
                let of_probe = verdict(self.windows.get(&subject), || {
                    Some(windows(&subject, &probe.track))
                });
                let left_out = above.clone().chain(&of_probe.left_out);
                let counted = without(&probe.track, &left_out.copied().collect());
                probe.accounting = Accounting::new(of_probe, counted);
            }
            let counted = platform.roll_up_counted();
            platform.accounting = Accounting::new(of_platform, counted);
        }
        let counted = service.roll_up_counted();
        service.accounting = Accounting::new(of_service, counted);
    }
}

/// `windows` gives those that the subject had, or `None` if they are not known.
fn verdict(
    said: Option<&Vec<&Annotation>>,
    windows: impl FnOnce() -> Option<Vec<Window>>,
) -> Verdict {
    said.map_or_else(Verdict::default, |said| Verdict::new(said, windows()))
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

/// The track with more maintenance; `None` if there is no more. Of a window that is left out as a
/// whole, the time before and after in which it may have gone on is no possible down time either.
fn without(track: &Track, left_out: &PeriodSet) -> Option<Track> {
    let covered: PeriodSet = track.covered.iter().copied().collect();
    let left_out = left_out.intersection(&covered);
    if left_out.difference(&track.maintenance).is_empty() {
        return None;
    }
    let counts = |window: &OutageWindow| {
        let rest = PeriodSet::from_iter([window.period()]).difference(&left_out);
        !rest.is_empty()
    };
    let possible = track.possible.iter().filter(|stretch| {
        let windows = &track.windows[track.windows_in(stretch.period)];
        windows.iter().any(counts)
    });
    Some(Track {
        possible: possible.copied().collect(),
        maintenance: track.maintenance.union(&left_out),
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
        let left_out = of_windows.into_iter().filter_map(|(at, said)| {
            let decisive = said.iter().rfind(|said| said.remark.excludes().is_some())?;
            is_excluded(said.iter().copied()).then(|| part_meant(decisive, windows[at]))
        });
        verdict.left_out = left_out.collect();
        verdict
    }

    fn add(&mut self, other: Self) {
        self.annotations.extend(other.annotations);
        self.annotations.sort_by_key(|said| said.at);
        self.elsewhere.extend(other.elsewhere);
        self.elsewhere.sort_by_key(|said| said.at);
        self.left_out.extend(other.left_out);
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

/// The places of the window that an annotation is of, and of all others that meet the time it was
/// told of: since older observations came in or others count, it may begin elsewhere, or be several.
fn meant(annotation: &Annotation, windows: &[Window]) -> Vec<usize> {
    let told = told_of(annotation);
    let is_meant = |window: &Window| window.id == annotation.outage || window.period.overlaps(told);
    let windows = windows.iter().enumerate();
    windows
        .filter(|(_, window)| is_meant(window))
        .map(|(at, _)| at)
        .collect()
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
