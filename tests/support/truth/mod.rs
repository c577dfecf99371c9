//! Outages of known truth, watched in virtual time by the real schedule and the real reducers, and
//! the check that what is reported of them is true. Shared by `cargo bench --bench truth` and the
//! tests.
#![allow(
    dead_code,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "each binary uses a part of it; lengths of time and counts are far below 2^52"
)]

pub(crate) mod case;
pub(crate) mod endpoint;
pub(crate) mod figures;
pub(crate) mod observer;
pub(crate) mod platform;
pub(crate) mod properties;
pub(crate) mod rng;
pub(crate) mod rules;
pub(crate) mod shown;
pub(crate) mod tables;
pub(crate) mod tally;
pub(crate) mod telling;
pub(crate) mod world;

use outwatch::domain::history::{History, reduce};
use outwatch::domain::period_set::PeriodSet;

use case::Case;
use endpoint::Truth;
use figures::Figures;
use observer::{LIFE, Observed, observe};
use platform::Platform;
use properties::Reduced;
use rng::Rng;
use rules::Rule;
use shown::Shown;
use world::{ENDPOINTS, PER_PLATFORM, PLATFORMS, Shape, World};

/// A case played from beginning to end, and judged.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) case: Case,
    pub(crate) world: World,
    pub(crate) observed: Observed,
    pub(crate) endpoints: Vec<Judged>,
    /// By each rule, of all endpoints together.
    pub(crate) figures: [Figures; Rule::ALL.len()],
    /// By this crate's rule, of all platforms together.
    pub(crate) platform_figures: Figures,
    /// Everything that should not be; empty if all is well.
    pub(crate) wrong: Vec<String>,
}

/// One endpoint's past, and the truth about it.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) truth: Truth,
    pub(crate) history: History,
}

impl Run {
    pub(crate) fn of(seed: u64) -> Self {
        let case = Case::of(seed);
        let world = World::of(&case);
        let observed = observe(&case, &world);
        Self::judged(case, world, observed)
    }

    /// What was observed of a world, held against it.
    pub(crate) fn judged(case: Case, world: World, observed: Observed) -> Self {
        let shown = Shown::of(&observed.spans);
        let parameters = case.parameter_history();
        let mut wrong = observed.resumed_otherwise.clone();
        let mut figures = [Figures::default(); Rule::ALL.len()];
        let mut rng = Rng::of_part(case.seed, 3);
        let thorough = rng.index(ENDPOINTS);
        // none of the other rules knows unknown time
        let never = PeriodSet::default();
        let mut endpoints = Vec::with_capacity(ENDPOINTS);
        for (endpoint, followed) in observed.endpoints.iter().enumerate() {
            let now = observed.now;
            let history = reduce(followed.stored.clone(), &parameters, &[LIFE], now);
            let truth = Truth::of(&case, &world, &observed, &shown, endpoint);
            let mut found = Vec::new();
            truth.check(&history, &mut found);
            let reduced = Reduced {
                followed,
                parameters: &parameters,
                now,
                history: &history,
            };
            reduced.check(&mut found);
            if endpoint == thorough {
                reduced.check_thoroughly(&mut rng, &mut found);
            }
            if !case.is_troubled {
                let stretches = &world.stretches[endpoint];
                Truth::check_degraded(&case, stretches, world.end, &history, &mut found);
                Truth::check_coverage(&history, &mut found);
            }
            wrong.extend(
                found
                    .into_iter()
                    .map(|what| format!("endpoint {endpoint}: {what}")),
            );
            let is_steady = |event: usize| world.events[event].shape != Shape::Flapping;
            for (rule, figures) in Rule::ALL.into_iter().zip(&mut figures) {
                let reported = rule.report(&case, &followed.stored, &history, now);
                let unknown = if rule == Rule::Outwatch {
                    &history.unknown
                } else {
                    &never
                };
                *figures += Figures::of(&truth, &reported, unknown, is_steady);
            }
            figures[0].add_detections(&truth, &history.windows, &followed.stored, is_steady);
            endpoints.push(Judged { truth, history });
        }
        let is_steady = |event: usize| world.events[event].shape != Shape::Flapping;
        let mut platform_figures = Figures::default();
        for (members, name) in endpoints.chunks(PER_PLATFORM).zip(PLATFORMS) {
            let platform = Platform::of(&case, members);
            let mut found = Vec::new();
            platform.check(members, &world, &mut found);
            if !case.is_troubled {
                platform
                    .truth
                    .check_missed(&platform.track.windows, &mut found);
            }
            wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
            let (reported, unknown) = (platform.reported(), &platform.track.unknown);
            platform_figures += Figures::of(&platform.truth, &reported, unknown, is_steady);
            let windows = &platform.track.windows;
            platform_figures.add_detections(&platform.truth, windows, &[], is_steady);
        }
        Self {
            case,
            world,
            observed,
            endpoints,
            figures,
            platform_figures,
            wrong,
        }
    }
}
