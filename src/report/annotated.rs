//! A window of any scope, or an incident, with what people said of it and what of it counts.

use super::outage_list::{Outage, outages_of, outages_of_platform, outages_of_service};
use super::service_history::{PlatformHistory, ServiceHistory};
use crate::domain::annotation::{Annotation, is_excluded};
use crate::domain::incident::Incident;
use crate::domain::outage::OutageWindow;
use crate::domain::outage_id::OutageId;
use crate::domain::period_set::PeriodSet;
use crate::domain::rollup::Rollup;
use crate::domain::subject::Subject;
use crate::domain::time::{Millis, Period};
use crate::domain::track::Track;

/// What can be annotated, with its true times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotated {
    pub id: OutageId,
    /// Of an incident, the service.
    pub subject: Subject,
    pub is_incident: bool,
    /// Up to the present while it is open.
    pub period: Period,
    pub is_open: bool,
    /// The time down in it that counts. Of an incident, that in which any platform was.
    pub counted: Millis,
    /// So much would count besides, had nobody annotated anything.
    pub left_out: Millis,
    /// In the order in which they were made.
    pub annotations: Vec<Annotation>,
}

impl Annotated {
    /// Whether its own annotations leave it out.
    pub fn is_excluded(&self) -> bool {
        is_excluded(&self.annotations)
    }

    /// Its scope, or that it is an incident.
    pub const fn kind(&self) -> &'static str {
        if self.is_incident {
            "incident"
        } else {
            self.subject.scope().as_str()
        }
    }
}

/// All that reach into the period, of every scope.
pub fn annotated(services: &[ServiceHistory], period: Period) -> Vec<Annotated> {
    let mut all = Vec::new();
    for service in services {
        for platform in &service.platforms {
            let probes = platform.probes.iter();
            all.extend(probes.flat_map(|probe| outages_of(probe, period)));
            all.extend(outages_of_platform(service, platform, period));
        }
        all.extend(outages_of_service(service, period));
    }
    let mut all: Vec<_> = all.into_iter().map(Annotated::from).collect();
    for service in services {
        let incidents = service.whole.iter().flat_map(|whole| &whole.incidents);
        let incidents = incidents.filter(|incident| incident.period.overlaps(period));
        all.extend(incidents.map(|incident| of_incident(service, incident)));
    }
    all
}

impl From<Outage> for Annotated {
    fn from(outage: Outage) -> Self {
        Self {
            id: outage.id,
            subject: outage.subject,
            is_incident: false,
            period: outage.window.period(),
            is_open: outage.window.is_open(),
            counted: outage.counted,
            left_out: outage.left_out,
            annotations: outage.annotations,
        }
    }
}

fn of_incident(service: &ServiceHistory, incident: &Incident) -> Annotated {
    let observed = any_down(service, incident.period, |platform| {
        platform.rollup.as_ref()
    });
    let counted = any_down(service, incident.period, PlatformHistory::counted);
    Annotated {
        id: incident.id,
        subject: service.subject.clone(),
        is_incident: true,
        period: incident.period,
        is_open: incident.is_open,
        counted,
        left_out: observed - counted,
        annotations: service.accounting.of(incident.id).cloned().collect(),
    }
}

/// The time in a period in which any platform was down outside of maintenance.
fn any_down<'s>(
    service: &'s ServiceHistory,
    period: Period,
    rollup: impl Fn(&'s PlatformHistory) -> Option<&'s Rollup>,
) -> Millis {
    let down = service.platforms.iter().filter_map(rollup).map(|rollup| {
        let Track {
            windows,
            maintenance,
            ..
        } = &rollup.track;
        let windows = windows[rollup.track.windows_in(period)].iter();
        let windows = windows.map(OutageWindow::period).collect::<PeriodSet>();
        windows.clip(period).difference(&maintenance.clip(period))
    });
    let down = down.fold(PeriodSet::default(), |all, more| all.union(&more));
    down.length()
}
