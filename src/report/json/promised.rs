//! How objectives fare, and what agreements make of months.

use schemars::JsonSchema;
use serde::Serialize;

use super::incident::PeriodJson;
use super::{Instant, Ms, Share};
use crate::domain::agreement::{Reckoning, Settlement};
use crate::domain::availability::Percent;
use crate::domain::objective::{Bounded, Burn, Forecast, Kept, Span};
use crate::domain::time::Millis;
use crate::report::agreements::AgreementReport;
use crate::report::objectives::ObjectiveReport;

#[derive(Serialize, JsonSchema)]
pub(super) struct ObjectiveJson<'m> {
    name: &'m str,
    /// As in `99.9% over each month in UTC`.
    terms: String,
    target_percent: Share,
    /// `month` or `days`.
    over: &'static str,
    /// Of the month; `null` for days.
    timezone: Option<&'m str>,
    days: Option<u16>,
    degraded_counts: bool,
    /// Each month that reaches into the period, or the last so many days of it.
    kept: Vec<KeptJson>,
}

#[derive(Serialize, JsonSchema)]
struct KeptJson {
    span: PeriodJson,
    /// Up to which it is known.
    until: Instant,
    is_over: bool,
    observed_ms: Ms,
    /// Of observed time; `null` without any.
    attained: Option<BoundedSharesJson>,
    /// `met`, `missed` or `unclear`; `null` without observed time.
    verdict: Option<&'static str>,
    budget_ms: Ms,
    spent: BoundedMsJson,
    /// Negative where it is overspent.
    left: BoundedMsJson,
    burn: Vec<BurnJson>,
    /// `null` where nothing burns, or the month is over.
    forecast: Option<ForecastJson>,
}

/// As reported, with the least and the most that it can have been.
#[derive(Serialize, JsonSchema)]
#[expect(
    clippy::struct_field_names,
    reason = "units stand in the names of fields"
)]
struct BoundedSharesJson {
    reported_percent: Share,
    least_percent: Share,
    most_percent: Share,
}

/// As reported, with the least and the most that it can have been.
#[derive(Serialize, JsonSchema)]
#[expect(
    clippy::struct_field_names,
    reason = "units stand in the names of fields"
)]
struct BoundedMsJson {
    reported_ms: Ms,
    least_ms: Ms,
    most_ms: Ms,
}

/// How fast the budget burns: 1 spends it exactly within a span.
#[derive(Serialize, JsonSchema)]
struct BurnJson {
    long_ms: Ms,
    short_ms: Ms,
    /// `null` where nothing was observed.
    long_rate: Option<f64>,
    short_rate: Option<f64>,
    threshold: f64,
    is_too_fast: bool,
}

#[derive(Serialize, JsonSchema)]
struct ForecastJson {
    /// Over which it was looked at how fast it burns.
    over_ms: Ms,
    /// Up to where it is looked ahead.
    to: Instant,
    /// `null` if the budget is not gone before that.
    exhausted_at: Option<Instant>,
    spent_at_end_ms: Ms,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct AgreementJson<'m> {
    name: &'m str,
    /// As in `each month in UTC; outages from 5m; …; credit 10% below 99.9%`.
    terms: String,
    timezone: &'m str,
    outage_min_ms: Ms,
    /// `exact`, `dropped` or `counted`.
    partial_minutes: &'static str,
    maintenance_counts: bool,
    /// `null`: as configured for the subject.
    down_when: Option<String>,
    credits: Vec<TierJson>,
    /// Each month that reaches into the period.
    settlements: Vec<SettlementJson>,
}

#[derive(Serialize, JsonSchema)]
struct TierJson {
    below_percent: Share,
    credit_percent: Share,
}

#[derive(Serialize, JsonSchema)]
struct SettlementJson {
    month: PeriodJson,
    /// Up to which it is known.
    until: Instant,
    is_over: bool,
    /// Of the month so far; it counts as up, so that `reported` says nothing where this is all.
    unobserved_ms: Ms,
    reported: ReckoningJson,
    /// By the shortest and the longest that outages can have been.
    shortest: ReckoningJson,
    longest: ReckoningJson,
}

#[derive(Serialize, JsonSchema)]
struct ReckoningJson {
    whole_ms: Ms,
    down_ms: Ms,
    outages_counted: u64,
    outages_too_short: u64,
    /// `null` where nothing counts.
    uptime_percent: Option<Share>,
    /// 0 if none is due; `null` where nothing counts.
    credit_percent: Option<Share>,
}

impl<'m> From<&'m ObjectiveReport> for ObjectiveJson<'m> {
    fn from(report: &'m ObjectiveReport) -> Self {
        let objective = &report.objective;
        let (over, timezone, days) = match &objective.over {
            Span::Month(zone) => ("month", Some(zone.as_str()), None),
            Span::Days(days) => ("days", None, Some(days.get())),
        };
        Self {
            name: &report.name,
            terms: objective.to_string(),
            target_percent: objective.target.into(),
            over,
            timezone,
            days,
            degraded_counts: objective.degraded_counts,
            kept: report.kept.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Kept> for KeptJson {
    fn from(kept: &Kept) -> Self {
        Self {
            span: kept.span.into(),
            until: Instant(kept.until),
            is_over: kept.is_over(),
            observed_ms: kept.observed.into(),
            attained: kept.attained.map(Into::into),
            verdict: kept.verdict.map(crate::domain::objective::Verdict::as_str),
            budget_ms: kept.budget.into(),
            spent: kept.spent.into(),
            left: kept.left.into(),
            burn: kept.burn.iter().map(Into::into).collect(),
            forecast: kept.forecast.as_ref().map(Into::into),
        }
    }
}

impl From<Bounded<Percent>> for BoundedSharesJson {
    fn from(of: Bounded<Percent>) -> Self {
        Self {
            reported_percent: of.reported.into(),
            least_percent: of.least.into(),
            most_percent: of.most.into(),
        }
    }
}

impl From<Bounded<Millis>> for BoundedMsJson {
    fn from(of: Bounded<Millis>) -> Self {
        Self {
            reported_ms: of.reported.into(),
            least_ms: of.least.into(),
            most_ms: of.most.into(),
        }
    }
}

impl From<&Burn> for BurnJson {
    fn from(burn: &Burn) -> Self {
        Self {
            long_ms: burn.long.into(),
            short_ms: burn.short.into(),
            long_rate: burn.long_rate.map(rate),
            short_rate: burn.short_rate.map(rate),
            threshold: rate(burn.threshold),
            is_too_fast: burn.is_too_fast,
        }
    }
}

/// From hundredths: the nearest number to two decimals prints as just these.
#[allow(
    clippy::cast_precision_loss,
    reason = "a rate that high needs no digits"
)]
fn rate(hundredths: u64) -> f64 {
    hundredths as f64 / 100.0
}

impl From<&Forecast> for ForecastJson {
    fn from(forecast: &Forecast) -> Self {
        Self {
            over_ms: forecast.over.into(),
            to: Instant(forecast.to),
            exhausted_at: forecast.exhausted_at.map(Instant),
            spent_at_end_ms: forecast.spent_at_end.into(),
        }
    }
}

impl<'m> From<&'m AgreementReport> for AgreementJson<'m> {
    fn from(report: &'m AgreementReport) -> Self {
        let agreement = &report.agreement;
        let tiers = agreement.tiers.iter();
        Self {
            name: &report.name,
            terms: agreement.to_string(),
            timezone: agreement.zone.as_str(),
            outage_min_ms: agreement.outage_min.into(),
            partial_minutes: agreement.partial_minutes.as_str(),
            maintenance_counts: agreement.maintenance_counts,
            down_when: agreement.down_when.map(|policy| policy.to_string()),
            credits: tiers
                .map(|tier| TierJson {
                    below_percent: tier.below.into(),
                    credit_percent: tier.credit.into(),
                })
                .collect(),
            settlements: report.settlements.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Settlement> for SettlementJson {
    fn from(settlement: &Settlement) -> Self {
        let Bounded {
            reported,
            least,
            most,
        } = &settlement.reckonings;
        Self {
            month: settlement.month.into(),
            until: Instant(settlement.until),
            is_over: settlement.is_over(),
            unobserved_ms: settlement.unobserved.into(),
            reported: reported.into(),
            shortest: least.into(),
            longest: most.into(),
        }
    }
}

impl From<&Reckoning> for ReckoningJson {
    fn from(reckoning: &Reckoning) -> Self {
        Self {
            whole_ms: reckoning.whole.into(),
            down_ms: reckoning.down.into(),
            outages_counted: reckoning.counted,
            outages_too_short: reckoning.too_short,
            uptime_percent: reckoning.uptime.map(Share::from),
            credit_percent: reckoning.credit.map(Share::from),
        }
    }
}
