//! The rules of outage windows written down a second time, as slowly and plainly as can be: over
//! the whole list at once, with a label for every observation. What the reducer streams must be
//! what this says.

use outwatch::domain::outage::{EndKind, StartKind};
use outwatch::domain::parameters::{ParameterHistory, Parameters};
use outwatch::domain::sighting::Sighting;
use outwatch::domain::time::{Period, UnixMillis};

use super::{failed, severity};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Up,
    Down,
    Unknown,
}

/// What is compared of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) period: Period,
    pub(crate) start_earliest: Option<UnixMillis>,
    pub(crate) start_kind: StartKind,
    pub(crate) end_earliest: UnixMillis,
    pub(crate) end_latest: Option<UnixMillis>,
    pub(crate) end_kind: EndKind,
    pub(crate) failures: u64,
    pub(crate) observations: u64,
}

pub(crate) struct Verdict {
    /// Those that count, in order, one an instant.
    pub(crate) counted: Vec<Sighting>,
    pub(crate) labels: Vec<Label>,
    pub(crate) windows: Vec<Window>,
    /// Every stretch with its label, up to the present.
    pub(crate) stretches: Vec<(Period, Label)>,
}

pub(crate) fn judge(all: &[Sighting], history: &ParameterHistory, now: UnixMillis) -> Verdict {
    let mut counted: Vec<Sighting> = all.iter().filter(|s| s.counts()).cloned().collect();
    counted.sort_by_key(|s| (s.ts, std::cmp::Reverse(severity(s))));
    counted.dedup_by_key(|s| s.ts);
    let parameters: Vec<Parameters> = counted.iter().map(|s| *history.at(s.ts)).collect();
    let gap_after: Vec<bool> = (0..counted.len())
        .map(|i| match counted.get(i + 1) {
            Some(next) => {
                let grace = parameters[i].grace.max(parameters[i + 1].grace);
                next.ts - counted[i].ts > grace
            }
            None => now - counted[i].ts > parameters[i].grace,
        })
        .collect();
    let labels = label(&counted, &parameters, &gap_after);
    let stretches = stretches(&counted, &parameters, &gap_after, &labels, now);
    let windows = windows(&counted, &gap_after, &labels, &stretches);
    Verdict {
        counted,
        labels,
        windows,
        stretches,
    }
}

fn label(counted: &[Sighting], parameters: &[Parameters], gap_after: &[bool]) -> Vec<Label> {
    let mut labels = vec![Label::Unknown; counted.len()];
    let mut confirmed = Label::Unknown;
    let mut run: Vec<usize> = Vec::new();
    for i in 0..counted.len() {
        let contrary = failed(&counted[i]) != (confirmed == Label::Down);
        if contrary {
            run.push(i);
            let threshold = match confirmed {
                Label::Down => parameters[i].recovery_threshold,
                Label::Up | Label::Unknown => parameters[i].failure_threshold,
            };
            if run.len() >= threshold.get() as usize {
                confirmed = match confirmed {
                    Label::Down => Label::Up,
                    Label::Up | Label::Unknown => Label::Down,
                };
                for member in run.drain(..) {
                    labels[member] = confirmed;
                }
            }
        } else {
            if confirmed == Label::Unknown {
                confirmed = Label::Up;
            }
            run.push(i);
            for member in run.drain(..) {
                labels[member] = confirmed;
            }
        }
        if gap_after[i] || i + 1 == counted.len() {
            // successes between two gaps are neither down nor a recovery
            let is_between = gap_after[i]
                && confirmed == Label::Down
                && run
                    .first()
                    .is_some_and(|&first| first > 0 && gap_after[first - 1]);
            for member in run.drain(..) {
                labels[member] = if is_between {
                    Label::Unknown
                } else {
                    confirmed
                };
            }
        }
    }
    labels
}

fn stretches(
    counted: &[Sighting],
    parameters: &[Parameters],
    gap_after: &[bool],
    labels: &[Label],
    now: UnixMillis,
) -> Vec<(Period, Label)> {
    let mut stretches = Vec::new();
    for i in 0..counted.len() {
        let next = counted.get(i + 1).map_or(now, |next| next.ts);
        if gap_after[i] {
            let held = (counted[i].ts + parameters[i].interval).min(next);
            stretches.push((Period::new(counted[i].ts, held), labels[i]));
            stretches.push((Period::new(held, next), Label::Unknown));
        } else {
            stretches.push((Period::new(counted[i].ts, next), labels[i]));
        }
    }
    stretches
}

fn windows(
    counted: &[Sighting],
    gap_after: &[bool],
    labels: &[Label],
    stretches: &[(Period, Label)],
) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut i = 0;
    while i < counted.len() {
        if labels[i] != Label::Down {
            i += 1;
            continue;
        }
        let first = i;
        while labels.get(i + 1) == Some(&Label::Down) && !gap_after[i] {
            i += 1;
        }
        let last = i;
        i += 1;
        let members = &counted[first..=last];
        let start = counted[first].ts;
        let end = stretches
            .iter()
            .find(|(period, _)| period.from == counted[last].ts)
            .map(|(period, _)| period.to)
            .expect("every observation has a stretch");
        if end <= start {
            continue;
        }
        // what is neither does not come between
        let before = labels[..first]
            .iter()
            .rposition(|label| *label != Label::Unknown);
        let last_success = counted[..first].iter().rev().find(|s| !failed(s));
        let (start_kind, start_earliest) = match before {
            Some(b) if gap_after[b] && labels[b] == Label::Down => {
                (StartKind::Resumed, Some(counted[first - 1].ts))
            }
            Some(b) if !gap_after[b] => (StartKind::Seen, last_success.map(|s| s.ts)),
            _ => (StartKind::Unseen, last_success.map(|s| s.ts)),
        };
        let next = counted.get(last + 1);
        windows.push(Window {
            period: Period::new(start, end),
            start_earliest,
            start_kind,
            end_earliest: members
                .iter()
                .rev()
                .find(|s| failed(s))
                .map_or(start, |s| s.ts),
            end_latest: next.map(|s| s.ts),
            end_kind: match (next, gap_after[last]) {
                (_, true) => EndKind::Unseen,
                (Some(_), false) => EndKind::Seen,
                (None, false) => EndKind::Open,
            },
            failures: members.iter().filter(|s| failed(s)).count() as u64,
            observations: members.len() as u64,
        });
    }
    windows
}
