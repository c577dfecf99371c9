//! What must hold of the parts of any report beside its totals: days, worst windows, the period
//! before, promises.

use outwatch::domain::availability::Availability;
use outwatch::domain::promise::{Promise, PromiseKind, Promised};
use outwatch::domain::subject::Subject;
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::domain::windowed::WindowedAvailability;
use outwatch::report::agreements::AgreementReport;
use outwatch::report::comparison::Comparison;
use outwatch::report::days::Day;
use outwatch::report::model::Report;
use outwatch::report::objectives::ObjectiveReport;
use outwatch::report::service_history::ServiceHistory;
use proptest::prelude::*;

/// An objective and an agreement of each service and platform.
pub(super) fn promises(services: &[ServiceHistory]) -> Vec<Promised> {
    let platforms = services.iter().flat_map(|service| &service.platforms);
    let platforms = platforms.map(|platform| &platform.subject);
    let subjects = services.iter().map(|service| &service.subject);
    let promised = |subject: &Subject, kind, terms: &str| Promised {
        promise: Promise {
            subject: subject.clone(),
            kind,
            name: "strict".into(),
            terms: terms.into(),
        },
        from: UnixMillis(0),
        to: None,
    };
    let all = subjects.chain(platforms).flat_map(|subject| {
        [
            promised(
                subject,
                PromiseKind::Slo,
                "99.5% over each month in UTC, degraded counts",
            ),
            promised(
                subject,
                PromiseKind::Sla,
                "each month in UTC; outages from 1m; partial minutes counted; maintenance \
                 excluded; credit 10% below 99.9%, 25% below 99%",
            ),
        ]
    });
    all.collect()
}

pub(super) fn check(report: &Report) -> Result<(), TestCaseError> {
    let before = report.request.before;
    for probe in report.probes() {
        days(report, &probe.days, probe.totals.availability)?;
        windowed(report, &probe.windowed, probe.totals.availability)?;
        comparison(probe.comparison.as_ref(), before, probe.totals.availability)?;
    }
    let mut whole = Availability::default();
    for probe in report.probes() {
        let before = probe.comparison.as_ref().map(|one| one.before.availability);
        whole = whole + before.unwrap_or_default();
    }
    let all = report.comparison.as_ref();
    prop_assert_eq!(
        all.map(|all| all.before.availability).unwrap_or_default(),
        whole
    );
    for service in &report.services {
        let platforms = service.platforms.iter();
        let own = platforms.filter_map(|platform| platform.own.as_ref());
        for own in own.chain(&service.own) {
            days(report, &own.days, own.totals.availability)?;
            windowed(report, &own.windowed, own.totals.availability)?;
            comparison(own.comparison.as_ref(), before, own.totals.availability)?;
        }
        prop_assert_eq!(service.objectives.len(), 1);
        prop_assert_eq!(service.agreements.len(), 1);
        promised(&service.objectives, &service.agreements)?;
        for platform in &service.platforms {
            promised(&platform.objectives, &platform.agreements)?;
        }
    }
    let down = report
        .worst
        .iter()
        .map(|worst| worst.totals.availability.down);
    prop_assert!(down.clone().is_sorted_by(|a, b| a >= b));
    let longest = report.probes().map(|probe| probe.totals.availability.down);
    prop_assert_eq!(
        down.max().unwrap_or_default(),
        longest.max().unwrap_or_default()
    );
    Ok(())
}

/// They make up the period, and so do their times, state by state.
fn days(report: &Report, days: &[Day], whole: Availability) -> Result<(), TestCaseError> {
    let period = report.request.period;
    let (first, last) = (days.first(), days.last());
    // there are none before anything was configured
    prop_assert!(first.is_none_or(|day| period.from <= day.period.from));
    prop_assert!(last.is_none_or(|day| day.period.to == period.to));
    prop_assert!(
        days.windows(2)
            .all(|two| two[0].period.to == two[1].period.from)
    );
    prop_assert!(days.windows(2).all(|two| two[0].date < two[1].date));
    let sum = days.iter().map(|day| day.availability);
    let sum = sum.fold(Availability::default(), |sum, day| sum + day);
    prop_assert_eq!(sum, whole);
    Ok(())
}

/// The longest is the period with all of its downtime; a longer one holds no less of it.
fn windowed(
    report: &Report,
    windowed: &WindowedAvailability,
    whole: Availability,
) -> Result<(), TestCaseError> {
    let period = report.request.period;
    let points = &windowed.points;
    let last = points.last().map(|point| (point.length, point.worst.down));
    prop_assert_eq!(last, Some((period.length(), whole.down)));
    for pair in points.windows(2) {
        let more = pair[1].worst.down - pair[0].worst.down;
        prop_assert!(pair[0].length < pair[1].length);
        prop_assert!(Millis::ZERO <= more && more <= pair[1].length - pair[0].length);
    }
    for point in points {
        let window = point.worst.window;
        prop_assert!(period.from <= window.from && window.to <= period.to);
        prop_assert_eq!(window.length(), point.length);
        prop_assert!(point.low <= point.availability && point.availability <= point.high);
        let full = point.availability.thousandths == 100_000;
        prop_assert_eq!(full, point.worst.down == Millis::ZERO);
    }
    Ok(())
}

fn comparison(
    comparison: Option<&Comparison>,
    before: Option<Period>,
    now: Availability,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(comparison.map(|one| one.before.period), before);
    if let Some(comparison) = comparison {
        let was = &comparison.before.availability;
        let sum = was.up + was.degraded + was.down + was.unknown + was.maintenance;
        prop_assert_eq!(sum, was.covered);
        let is_observed = |times: &Availability| times.observed() > Millis::ZERO;
        let more = (is_observed(was) && is_observed(&now)).then(|| now.down - was.down);
        prop_assert_eq!(comparison.down, more);
        prop_assert_eq!(comparison.outages.is_some(), more.is_some());
        prop_assert_eq!(comparison.blips.is_some(), more.is_some());
    }
    Ok(())
}

fn promised(
    objectives: &[ObjectiveReport],
    agreements: &[AgreementReport],
) -> Result<(), TestCaseError> {
    for kept in objectives.iter().flat_map(|objective| &objective.kept) {
        let (spent, left) = (kept.spent, kept.left);
        prop_assert!(spent.least <= spent.reported && spent.reported <= spent.most);
        prop_assert_eq!(spent.reported + left.reported, kept.budget);
        prop_assert!(spent.reported <= kept.observed);
        if let Some(attained) = kept.attained {
            prop_assert!(attained.least <= attained.reported);
            prop_assert!(attained.reported <= attained.most);
            let full = attained.reported.thousandths == 100_000;
            prop_assert_eq!(full, spent.reported == Millis::ZERO);
        }
    }
    for settlement in agreements.iter().flat_map(|one| &one.settlements) {
        let of = &settlement.reckonings;
        prop_assert!(of.least.down <= of.reported.down);
        prop_assert!(of.reported.down <= of.most.down);
        prop_assert!(of.least.credit <= of.reported.credit);
        prop_assert!(of.reported.credit <= of.most.credit);
    }
    Ok(())
}
