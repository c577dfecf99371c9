//! From what was written to what is probed: defaults, and the rules between values.

use std::num::NonZeroU32;

use super::endpoint::Draft;
use super::mistake::Mistake;
use super::place::Place;
use super::settings::Settings;
use super::value::{Given, Reader};
use super::{Probe, conceal, journey, url};
use crate::domain::parameters::Parameters;
use crate::domain::probe;
use crate::domain::time::Millis;

/// A limit that another value must keep, and where it comes from.
#[derive(Clone, Copy)]
pub(super) struct Limit<T> {
    pub(super) what: &'static str,
    pub(super) value: T,
    /// `None` if it is built in.
    pub(super) place: Option<Place>,
}

impl Reader<'_, '_> {
    /// The probe of an endpoint. `None` if there are mistakes in it.
    pub(super) fn resolve(&mut self, draft: &Draft) -> Option<Probe> {
        // every part is tried before any gives up, so that every mistake is found
        let parameters = self.parameters(&draft.settings);
        let timeout = Limit {
            what: "timeout",
            // what is unknown limits nothing
            value: parameters
                .as_ref()
                .map_or(Millis(i64::MAX), |it| it.timeout),
            place: draft.settings.timeout.map(|given| given.place),
        };
        let inquiry = match &draft.steps {
            None => journey::plain(self, draft, &timeout),
            Some(steps) => self.journey(draft, steps, &timeout),
        };
        let probe = self.identity(draft);
        let shown_url = conceal::url(draft.first_url()?.shown().trim()).into();
        Some(Probe {
            probe: probe?,
            parameters: parameters?,
            inquiry: inquiry?,
            shown_url,
            controls: None,
        })
    }

    fn identity(&mut self, draft: &Draft) -> Option<probe::Probe> {
        let endpoint = match &draft.name {
            Some(name) => name.value.clone()?,
            None => url::name(self, draft.first_url()?)?,
        };
        let (service, platform) = (draft.service.clone(), draft.platform.clone());
        let Some(id) = &draft.id else {
            let named = probe::Probe::named(service, platform, endpoint);
            if named.is_err() {
                let title = "the id made of these names is too long";
                let mistake = Mistake::at(draft.place, title).label("more than 200 bytes");
                self.wrong(mistake.help("give the endpoint a shorter `name:`, or an `id:`"));
            }
            return named.ok();
        };
        let id = id.value.as_ref()?;
        match id.value().parse() {
            Ok(id) => Some(probe::Probe {
                id,
                service,
                platform,
                endpoint,
            }),
            Err(error) => {
                let mistake = Mistake::at(id.place, error.to_string()).label("cannot be an id");
                self.wrong(mistake);
                None
            }
        }
    }

    fn parameters(&mut self, settings: &Settings) -> Option<Parameters> {
        let built_in = Parameters::default();
        let interval = known(settings.interval, || built_in.interval);
        let spacing = interval.map(|value| Limit {
            what: "interval",
            value,
            place: settings.interval.map(|given| given.place),
        });
        // what is built in gives way to a short interval; what was written does not
        let capped = |length: Millis| interval.map_or(length, |interval| length.min(interval));
        let timeout = known(settings.timeout, || capped(built_in.timeout));
        let confirm_interval = known(settings.confirm_interval, || {
            capped(built_in.confirm_interval)
        });
        if let Some(limit) = &spacing {
            self.at_most("timeout", settings.timeout, limit);
            self.at_most("confirm_interval", settings.confirm_interval, limit);
            if let Some(grace) = settings.grace
                && let Some(value) = grace.value
                && value < limit.value
            {
                let title = format!("grace {value} is shorter than interval {}", limit.value);
                let mistake = Mistake::at(grace.place, title)
                    .label("each interval would be a gap in the observations");
                self.wrong(limit.mentioned(mistake));
            }
        }
        if let Some(value) = timeout {
            let limit = Limit {
                what: "timeout",
                value,
                place: settings.timeout.map(|given| given.place),
            };
            self.latency_within(settings, &limit);
        }
        let flap_of = known(settings.flap_of, || built_in.flap_of);
        let flap_failures = known(settings.flap_failures, || {
            flap_of.map_or(built_in.flap_failures, |of| built_in.flap_failures.min(of))
        });
        if let (Some(failures), Some(value)) = (settings.flap_failures, flap_of) {
            let limit = Limit {
                what: "flap_of",
                value,
                place: settings.flap_of.map(|given| given.place),
            };
            self.at_most("flap_failures", Some(failures), &limit);
        }
        let count = |given: Option<Given<NonZeroU32>>, default| known(given, || default);
        let (interval, timeout) = (interval?, timeout?);
        Some(Parameters {
            interval,
            timeout,
            confirm_interval: confirm_interval?,
            failure_threshold: count(settings.failure_threshold, built_in.failure_threshold)?,
            recovery_threshold: count(settings.recovery_threshold, built_in.recovery_threshold)?,
            grace: known(settings.grace, || {
                Parameters::default_grace(interval, timeout)
            })?,
            flap_failures: flap_failures?,
            flap_of: flap_of?,
        })
    }

    /// Says so if the value is above the limit.
    pub(super) fn at_most<T: Copy + Ord + std::fmt::Display>(
        &mut self,
        name: &str,
        given: Option<Given<T>>,
        limit: &Limit<T>,
    ) {
        if let Some(given) = given
            && let Some(value) = given.value
            && value > limit.value
        {
            let title = format!("{name} {value} is above {} {}", limit.what, limit.value);
            let mistake = Mistake::at(given.place, title).label(format!("at most {}", limit.value));
            self.wrong(limit.mentioned(mistake));
        }
    }
}

impl<T: std::fmt::Display> Limit<T> {
    pub(super) fn mentioned(&self, mistake: Mistake) -> Mistake {
        match self.place {
            Some(place) => mistake.also(place, format!("{} is set here", self.what)),
            None => mistake.help(format!("{} is the built-in {}", self.value, self.what)),
        }
    }
}

/// What was given, or the default. `None` if what was given could not be read.
fn known<T: Copy>(given: Option<Given<T>>, default: impl FnOnce() -> T) -> Option<T> {
    given.map_or_else(|| Some(default()), |given| given.value)
}
