//! What the agreements on a platform or service make of its months.

use std::borrow::Cow;
use std::sync::Arc;

use super::own::Frame;
use super::promised::Series;
use super::service_history::{PlatformHistory, ServiceHistory};
use crate::domain::agreement::{Agreement, Settlement};
use crate::domain::period_set::PeriodSet;
use crate::domain::promise::PromiseKind;
use crate::domain::rollup::{DownWhen, Member, Rollup, RollupHistory, RollupParameters};
use crate::domain::subject::Subject;
use crate::domain::time::{Period, UnixMillis};
use crate::domain::track::Track;

/// An agreement, and its months. Where the terms changed in the period there is one for each.
#[derive(Clone, Debug, PartialEq)]
pub struct AgreementReport {
    pub name: Arc<str>,
    pub agreement: Agreement,
    /// Each month that reaches into the period, up to its end or that of the period. In order of
    /// time; not empty.
    pub settlements: Vec<Settlement>,
}

impl AgreementReport {
    /// Of a service; none if not all of its probes were asked for.
    pub(super) fn of_service(service: &ServiceHistory, frame: Frame<'_>) -> Vec<Self> {
        let own = service.counted().map(|rollup| &rollup.track);
        Self::all(&service.subject, own, frame, |agreement| {
            service_as_agreed(service, agreement)
        })
    }

    /// Of a platform; none if not all of its probes were asked for.
    pub(super) fn of_platform(
        service: &ServiceHistory,
        platform: &PlatformHistory,
        frame: Frame<'_>,
    ) -> Vec<Self> {
        let own = platform.counted().map(|rollup| &rollup.track);
        Self::all(&platform.subject, own, frame, |agreement| {
            platform_as_agreed(service, platform, agreement, agreement.down_when)
        })
    }

    /// In order of their names, then of time. `own` is what counts of the subject, `as_agreed` the
    /// same by the terms of an agreement.
    fn all(
        subject: &Subject,
        own: Option<&Track>,
        frame: Frame<'_>,
        as_agreed: impl Fn(&Agreement) -> Track,
    ) -> Vec<Self> {
        let existed_from = own.and_then(|track| Some(track.covered.first()?.from));
        let (Some(own), Some(existed_from)) = (own, existed_from) else {
            return Vec::new();
        };
        let period = frame.request.period;
        let first = period.from.max(existed_from);
        let mut reports = Vec::new();
        for series in Series::all(frame.promises, subject, PromiseKind::Sla) {
            let month_before = |agreement: &Agreement, until: UnixMillis| {
                let from = agreement.month(until)?.from;
                (first < from).then_some(from)
            };
            let moments = series.back_from(period.to, month_before);
            let months = moments.into_iter().rev().filter_map(|(agreement, until)| {
                let month = agreement.month(until)?;
                let is_known = frame.is_known_from(month.from);
                is_known.then_some((agreement, month, until))
            });
            let months: Vec<(Agreement, Period, UnixMillis)> = months.collect();
            for of_terms in months.chunk_by(|a, b| a.0 == b.0) {
                let [(agreement, ..), ..] = of_terms else {
                    continue;
                };
                let is_own = agreement.down_when.is_none() && !agreement.maintenance_counts;
                let track = if is_own {
                    Cow::Borrowed(own)
                } else {
                    Cow::Owned(as_agreed(agreement))
                };
                let settle = |(_, month, until): &(_, Period, UnixMillis)| {
                    Settlement::of(agreement, &track, *month, *until)
                };
                reports.push(Self {
                    name: series.name.clone(),
                    agreement: agreement.clone(),
                    settlements: of_terms.iter().map(settle).collect(),
                });
            }
        }
        reports
    }
}

/// Rolled up again, by the agreement's policy if it has one, from platforms by their own.
fn service_as_agreed(service: &ServiceHistory, agreement: &Agreement) -> Track {
    let platforms = service.platforms.iter();
    let tracks: Vec<_> = platforms
        .map(|platform| platform_as_agreed(service, platform, agreement, None))
        .collect();
    let parameters = service
        .platforms
        .iter()
        .map(|platform| &platform.parameters);
    let members = members(&tracks, parameters);
    Rollup::new(&members, &policy(&service.parameters, agreement.down_when)).track
}

/// Rolled up again, by another policy if there is one.
fn platform_as_agreed(
    service: &ServiceHistory,
    platform: &PlatformHistory,
    agreement: &Agreement,
    down_when: Option<DownWhen>,
) -> Track {
    let above = service.accounting.left_out.iter();
    let above = above.chain(&platform.accounting.left_out);
    let probes = platform.probes.iter();
    let tracks = probes.map(|probe| {
        let left_out = above.clone().chain(&probe.accounting.left_out);
        let left_out: PeriodSet = left_out.copied().collect();
        agreement.sees(probe.counted(), &left_out)
    });
    let tracks: Vec<_> = tracks.collect();
    let parameters = platform.probes.iter().map(|probe| &probe.rollup);
    let members = members(&tracks, parameters);
    Rollup::new(&members, &policy(&platform.parameters, down_when)).track
}

fn members<'a>(
    tracks: &'a [Track],
    parameters: impl Iterator<Item = &'a RollupHistory>,
) -> Vec<Member<'a>> {
    let tracks = tracks.iter().zip(parameters);
    tracks
        .map(|(track, parameters)| Member { track, parameters })
        .collect()
}

fn policy(own: &RollupHistory, down_when: Option<DownWhen>) -> Cow<'_, RollupHistory> {
    down_when.map_or(Cow::Borrowed(own), |down_when| {
        Cow::Owned(RollupHistory::constant(RollupParameters {
            down_when,
            ..RollupParameters::default()
        }))
    })
}
