//! From the database to what was measured: how long answers took, and how failures came about.

use super::histories::{Extent, Selection};
use super::source::{Source, chosen};
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::report::measured::{CountedSteps, Measurements, Measuring};
use crate::report::service_history::{ServiceHistory, told_of};
use crate::store::{InPeriod, OverTime};

/// Longest period with the steps before; a longer one takes the next. Minutes and quarters of an hour
/// are counted from observations, hours and days are at hand.
const STEPS: &[(Millis, Millis)] = &[
    (hours(2), minutes(1)),
    (hours(10), minutes(5)),
    (hours(26), minutes(15)),
    (hours(5 * 24), hours(1)),
    (hours(400 * 24), hours(24)),
];

/// Of still longer periods.
const LONGEST_STEP: Millis = hours(7 * 24);

const fn minutes(count: i64) -> Millis {
    Millis::from_secs(count * 60)
}

const fn hours(count: i64) -> Millis {
    Millis::from_secs(count * 3600)
}

/// What was measured of the chosen probes in the period, and in the one before. `histories` are
/// theirs: steps begin when the first of them did. `done` is told after each of so many probes.
pub fn measurements(
    source: &impl Source,
    selection: Selection<'_>,
    histories: &[ServiceHistory],
    done: &mut dyn FnMut(usize, usize),
) -> anyhow::Result<Measurements> {
    let told = told_of(histories, selection.period);
    let steps = steps(told, source.pruned_before()?);
    let mut probes = chosen(source, selection.filter)?.probes;
    // as a platform's probes have to come one after the other
    probes.sort_by(|(_, a), (_, b)| {
        let key = |of: &super::StoredProbe| {
            let (service, platform) = (&of.probe.service, &of.probe.platform);
            (service.slug().to_owned(), platform.slug().to_owned())
        };
        key(a).cmp(&key(b))
    });
    let all = probes.len();
    let mut measuring = Measuring::new(&steps);
    for (at, (key, stored)) in probes.iter().enumerate() {
        let before = match selection.extent {
            Extent::Report {
                before: Some(before),
            } => source.answers(*key, before)?,
            _ => InPeriod::default(),
        };
        let OverTime { whole, steps } = source.over_time(*key, &steps)?;
        let is_rounded = before.is_rounded || whole.is_rounded;
        let counted = CountedSteps {
            is_rounded: is_rounded || steps.iter().any(|step| step.is_rounded),
            steps: steps.into_iter().map(|step| step.counted).collect(),
            whole: whole.counted,
            before: before.counted.latency,
        };
        measuring.add(&stored.probe, counted);
        done(at + 1, all);
    }
    Ok(measuring.finish())
}

/// A period in steps that begin at round times (UTC); about a hundred at most.
fn steps(period: Period, pruned: Option<UnixMillis>) -> Vec<Period> {
    let length = period.length();
    let fits = STEPS.iter().find(|(longest, _)| length <= *longest);
    let mut step = fits.map_or(LONGEST_STEP, |(_, step)| *step);
    if pruned.is_some_and(|before| period.from < before) {
        // of the time before, nothing finer is kept
        step = step.max(hours(1));
    }
    let mut steps = Vec::new();
    let mut from = period.from;
    while from < period.to {
        let next = UnixMillis((from.0.div_euclid(step.0) + 1).saturating_mul(step.0));
        let to = next.min(period.to);
        steps.push(Period::new(from, to));
        from = to;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_begin_at_round_times_and_make_up_the_period() {
        for (from, to, count, second) in [
            ("14:00:10", "14:00:20", 1, None),
            ("14:00:10", "15:00:00", 60, Some("14:01:00")),
            ("10:03:00", "18:00:00", 96, Some("10:05:00")),
            ("00:00:00", "23:59:59", 96, Some("00:15:00")),
        ] {
            let at = |time: &str| format!("2024-09-29T{time}Z").parse().unwrap();
            let period = Period::new(at(from), at(to));
            let steps = steps(period, None);
            assert_eq!(steps.len(), count, "{from}");
            let second_step = steps.get(1).map(|step| step.from);
            assert_eq!(second_step, second.map(at), "{from}");
            assert_eq!(steps[0].from, period.from);
            assert_eq!(steps[steps.len() - 1].to, period.to);
            assert!(steps.windows(2).all(|two| two[0].to == two[1].from));
            let whole = super::steps(period, Some(period.to));
            assert!(whole.len() <= 24);
        }
        let at = |date: &str| format!("{date}T00:00:00Z").parse().unwrap();
        let month = Period::new(at("2024-09-01"), at("2024-10-01"));
        assert_eq!(steps(month, None).len(), 30);
        let years = Period::new(at("2021-01-01"), at("2024-01-01"));
        assert_eq!(steps(years, None).len(), 157);
    }
}
