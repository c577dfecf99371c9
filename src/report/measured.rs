//! What was measured of each endpoint, and of all endpoints of a platform, a service and a report
//! together: how long answers took, and how failures came about.

use std::collections::HashMap;

use super::latency::{Figures, LatencyReport};
use crate::domain::counted::Counted;
use crate::domain::failures::Failures;
use crate::domain::histogram::Histogram;
use crate::domain::latency::{Latency, LatencyPart};
use crate::domain::probe::Probe;
use crate::domain::subject::Subject;
use crate::domain::time::Period;

/// Of one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    pub latency: LatencyReport,
    /// Inside the period.
    pub failures: Failures,
    /// How long whole answers took in the period before. `None` without any.
    pub before: Option<Figures>,
}

/// Of all subjects of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measurements {
    /// Of all probes together.
    pub whole: Measured,
    of: HashMap<Subject, Measured>,
    /// Whether an hour or a day at the edge of the period, or of a step, counts as a whole, since
    /// nothing finer is kept of it.
    pub is_rounded: bool,
}

impl Measurements {
    /// Nothing, if nothing was measured of it.
    pub fn of(&self, subject: &Subject) -> Measured {
        self.of.get(subject).cloned().unwrap_or_default()
    }
}

/// What was counted of one probe.
#[derive(Clone, Debug, Default)]
pub struct CountedSteps {
    /// Of the period.
    pub whole: Counted,
    /// Of each step of it, in order; they need no latencies but those of whole answers.
    pub steps: Vec<Counted>,
    /// Of the period before; as well.
    pub before: Latency,
    pub is_rounded: bool,
}

/// Sums up what was counted, probe by probe. Histograms are large: those of a platform are let go
/// of as soon as the next one begins.
#[derive(Debug)]
pub struct Measuring {
    /// The steps of the period, adjacent and in order of time.
    steps: Vec<Period>,
    measurements: Measurements,
    platform: Option<(Subject, Sum)>,
    service: Option<(Subject, Sum)>,
    whole: Sum,
}

#[derive(Clone, Debug, Default)]
struct Sum {
    /// Of whole answers, step by step.
    steps: Vec<Histogram>,
    latency: Latency,
    failures: Failures,
    before: Histogram,
}

impl Measuring {
    pub fn new(steps: &[Period]) -> Self {
        Self {
            steps: steps.to_vec(),
            measurements: Measurements::default(),
            platform: None,
            service: None,
            whole: Sum::default(),
        }
    }

    /// Takes the next probe. Those of a platform come one after the other, and so do the platforms
    /// of a service.
    pub fn add(&mut self, probe: &Probe, counted: CountedSteps) {
        let (platform, service) = (Subject::platform_of(probe), Subject::service_of(probe));
        if self
            .platform
            .as_ref()
            .is_some_and(|(of, _)| *of != platform)
        {
            self.end_platform();
        }
        if self.service.as_ref().is_some_and(|(of, _)| *of != service) {
            self.end_service();
        }
        self.measurements.is_rounded |= counted.is_rounded;
        let sum = Sum::of(counted);
        self.service
            .get_or_insert_with(|| (service, Sum::default()));
        let of_platform = self
            .platform
            .get_or_insert_with(|| (platform, Sum::default()));
        of_platform.1.merge(&sum);
        let subject = Subject::Endpoint(probe.id.clone());
        self.keep(subject, &sum);
    }

    pub fn finish(mut self) -> Measurements {
        self.end_service();
        let whole = std::mem::take(&mut self.whole);
        self.measurements.whole = whole.measured(&self.steps);
        self.measurements
    }

    fn end_platform(&mut self) {
        if let Some((subject, sum)) = self.platform.take() {
            if let Some((_, service)) = &mut self.service {
                service.merge(&sum);
            }
            self.keep(subject, &sum);
        }
    }

    fn end_service(&mut self) {
        self.end_platform();
        if let Some((subject, sum)) = self.service.take() {
            self.whole.merge(&sum);
            self.keep(subject, &sum);
        }
    }

    fn keep(&mut self, subject: Subject, sum: &Sum) {
        let measured = sum.measured(&self.steps);
        self.measurements.of.insert(subject, measured);
    }
}

impl Sum {
    fn of(counted: CountedSteps) -> Self {
        let CountedSteps {
            whole,
            steps,
            mut before,
            is_rounded: _,
        } = counted;
        let total = |latency: &mut Latency| std::mem::take(latency.of_mut(LatencyPart::Total));
        let steps = steps.into_iter();
        Self {
            steps: steps.map(|mut step| total(&mut step.latency)).collect(),
            latency: whole.latency,
            failures: whole.failures,
            before: total(&mut before),
        }
    }

    fn merge(&mut self, other: &Self) {
        if self.steps.len() < other.steps.len() {
            self.steps
                .resize_with(other.steps.len(), Histogram::default);
        }
        for (step, more) in self.steps.iter_mut().zip(&other.steps) {
            step.merge(more);
        }
        self.latency.merge(&other.latency);
        self.failures.merge(&other.failures);
        self.before.merge(&other.before);
    }

    fn measured(&self, steps: &[Period]) -> Measured {
        let figures = |part: &LatencyPart| {
            let figures = Figures::of(self.latency.of(*part))?;
            Some((*part, figures))
        };
        let over_time = steps.iter().enumerate().map(|(at, period)| {
            let figures = self.steps.get(at).and_then(Figures::of);
            (*period, figures)
        });
        Measured {
            latency: LatencyReport {
                parts: LatencyPart::ALL.iter().filter_map(figures).collect(),
                over_time: over_time.collect(),
            },
            failures: self.failures.clone(),
            before: Figures::of(&self.before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::{Cause, Phase, Timings};
    use crate::domain::probe::Name;
    use crate::domain::time::{Micros, UnixMillis};

    fn probe(platform: &str, endpoint: &str) -> Probe {
        let name = |text| Name::try_new(text).unwrap();
        Probe::named(name("music"), name(platform), name(endpoint)).unwrap()
    }

    /// With answers that took so long in each step, and as many timeouts as there are answers.
    fn counted(steps: &[&[u64]], before: &[u64]) -> CountedSteps {
        let add = |latency: &mut Latency, lengths: &[u64]| {
            for length in lengths {
                latency.add(Some(Micros(*length)), &Timings::default());
            }
        };
        let steps = steps.iter().map(|lengths| {
            let mut counted = Counted::default();
            add(&mut counted.latency, lengths);
            let count = lengths.len() as u64;
            let (cause, phase) = (Some(Cause::Timeout), Some(Phase::Connect));
            counted.failures.add(cause, phase, count);
            counted
        });
        let mut counted = CountedSteps {
            steps: steps.collect(),
            ..CountedSteps::default()
        };
        for step in &counted.steps {
            counted.whole.merge(step);
        }
        add(&mut counted.before, before);
        counted
    }

    #[test]
    fn what_was_counted_of_probes_adds_up_to_platforms_services_and_the_whole() {
        let at = UnixMillis;
        let steps = [Period::new(at(0), at(10)), Period::new(at(10), at(20))];
        let mut measuring = Measuring::new(&steps);
        let (a, b, c) = (
            probe("mobile", "a"),
            probe("mobile", "b"),
            probe("web", "c"),
        );
        measuring.add(&a, counted(&[&[1, 2], &[]], &[7]));
        measuring.add(&b, counted(&[&[3], &[]], &[]));
        measuring.add(&c, counted(&[&[10], &[20]], &[9]));
        let measurements = measuring.finish();
        let told = |measured: &Measured| {
            let max = |(_, figures): &(Period, Option<Figures>)| figures.map(|of| of.max.0);
            let steps: Vec<_> = measured.latency.over_time.iter().map(max).collect();
            let total = measured.latency.parts[0].1;
            let failures: u64 = measured.failures.iter().map(|(_, _, count)| count).sum();
            let before = measured.before.map(|of| of.max.0);
            (total.count, total.min.0, steps, failures, before)
        };
        let of = |subject: Subject| told(&measurements.of(&subject));
        let endpoint = |probe: &Probe| Subject::Endpoint(probe.id.clone());
        assert_eq!(of(endpoint(&a)), (2, 1, vec![Some(2), None], 2, Some(7)));
        assert_eq!(
            of(endpoint(&c)),
            (2, 10, vec![Some(10), Some(20)], 2, Some(9))
        );
        assert_eq!(
            of(Subject::platform_of(&a)),
            (3, 1, vec![Some(3), None], 3, Some(7))
        );
        let whole = (5, 1, vec![Some(10), Some(20)], 5, Some(9));
        assert_eq!(of(Subject::service_of(&a)), whole);
        assert_eq!(told(&measurements.whole), whole);
    }
}
