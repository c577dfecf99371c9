//! What every report is made from: each service with its platforms, and these with their probes.

use super::circumstances::Circumstances;
use super::probe_history::ProbeHistory;
use crate::domain::incident::{EndpointPast, Incident, PlatformPast, incidents};
use crate::domain::probe::Name;
use crate::domain::rollup::{Member, Rollup, RollupHistory};
use crate::domain::subject::Subject;
use crate::domain::time::Period;

/// A service and its past.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceHistory {
    pub name: Name,
    pub subject: Subject,
    /// How its platforms make up its state.
    pub parameters: RollupHistory,
    /// In order of their slugs. Not empty.
    pub platforms: Vec<PlatformHistory>,
    /// What it was as such. `None` if not all of its probes were asked for.
    pub whole: Option<ServicePast>,
}

/// What the platforms of a service say together.
#[derive(Clone, Debug, PartialEq)]
pub struct ServicePast {
    /// Its members are the platforms.
    pub rollup: Rollup,
    /// In order of start.
    pub incidents: Vec<Incident>,
}

/// A platform and its past.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformHistory {
    pub name: Name,
    pub subject: Subject,
    /// How its endpoints make up its state, and its weight in the service.
    pub parameters: RollupHistory,
    /// In order of their endpoints' slugs. Not empty.
    pub probes: Vec<ProbeHistory>,
    /// What it was as such, of which the probes are the members. `None` if not all of its probes
    /// were asked for.
    pub rollup: Option<Rollup>,
}

/// Groups probes by service and platform, and rolls them up. `is_whole` tells of a service or
/// platform whether all of its probes are among these.
pub fn services(
    mut probes: Vec<ProbeHistory>,
    circumstances: &Circumstances,
    is_whole: impl Fn(&Subject) -> bool,
) -> Vec<ServiceHistory> {
    probes.sort_by(|a, b| key(a).cmp(&key(b)));
    let mut services: Vec<ServiceHistory> = Vec::new();
    for platform in platforms(probes, circumstances) {
        let (name, subject) = match &platform.probes[..] {
            [probe, ..] => (
                probe.probe.service.clone(),
                Subject::service_of(&probe.probe),
            ),
            [] => continue,
        };
        match services.last_mut() {
            Some(service) if service.subject == subject => service.platforms.push(platform),
            _ => services.push(ServiceHistory {
                name,
                parameters: circumstances.rollup(&subject),
                subject,
                platforms: vec![platform],
                whole: None,
            }),
        }
    }
    for service in &mut services {
        for platform in &mut service.platforms {
            if is_whole(&platform.subject) {
                platform.rollup = Some(platform.roll_up());
            }
        }
        if is_whole(&service.subject) {
            service.whole = service.roll_up();
        }
    }
    services
}

/// `probes` in order.
fn platforms(probes: Vec<ProbeHistory>, circumstances: &Circumstances) -> Vec<PlatformHistory> {
    let mut platforms: Vec<PlatformHistory> = Vec::new();
    for probe in probes {
        let subject = Subject::platform_of(&probe.probe);
        match platforms.last_mut() {
            Some(platform) if platform.subject == subject => platform.probes.push(probe),
            _ => platforms.push(PlatformHistory {
                name: probe.probe.platform.clone(),
                parameters: circumstances.rollup(&subject),
                subject,
                probes: vec![probe],
                rollup: None,
            }),
        }
    }
    platforms
}

fn key(probe: &ProbeHistory) -> (&str, &str, &str, &str) {
    let probe = &probe.probe;
    (
        probe.service.slug(),
        probe.platform.slug(),
        probe.endpoint.slug(),
        probe.id.as_str(),
    )
}

impl PlatformHistory {
    /// Whether any of its probes was configured in any part of the period.
    pub fn existed_in(&self, period: Period) -> bool {
        self.probes.iter().any(|probe| probe.existed_in(period))
    }

    fn roll_up(&self) -> Rollup {
        let members = self.probes.iter().map(|probe| Member {
            track: &probe.track,
            parameters: &probe.rollup,
        });
        Rollup::new(&members.collect::<Vec<_>>(), &self.parameters)
    }

    fn endpoints(&self) -> Vec<EndpointPast<'_>> {
        let probes = self.probes.iter();
        probes
            .map(|probe| EndpointPast {
                track: &probe.track,
                flapping: &probe.past.history.flapping,
                blips: &probe.past.history.blips,
            })
            .collect()
    }
}

impl ServiceHistory {
    pub fn probes(&self) -> impl Iterator<Item = &ProbeHistory> {
        self.platforms.iter().flat_map(|platform| &platform.probes)
    }

    /// Whether any of its probes was configured in any part of the period.
    pub fn existed_in(&self, period: Period) -> bool {
        self.probes().any(|probe| probe.existed_in(period))
    }

    /// `None` if a platform is not whole.
    fn roll_up(&self) -> Option<ServicePast> {
        let rollups = self.platforms.iter().map(|platform| {
            let rollup = platform.rollup.as_ref()?;
            Some((platform, rollup))
        });
        let rollups: Vec<_> = rollups.collect::<Option<_>>()?;
        let members = rollups.iter().map(|(platform, rollup)| Member {
            track: &rollup.track,
            parameters: &platform.parameters,
        });
        let rollup = Rollup::new(&members.collect::<Vec<_>>(), &self.parameters);
        let endpoints: Vec<_> = self
            .platforms
            .iter()
            .map(PlatformHistory::endpoints)
            .collect();
        let platforms = rollups.iter().zip(&endpoints);
        let platforms: Vec<_> = platforms
            .map(|((platform, rollup), endpoints)| PlatformPast {
                rollup,
                parameters: &platform.parameters,
                endpoints,
            })
            .collect();
        Some(ServicePast {
            incidents: incidents(&self.subject, &rollup, &self.parameters, &platforms),
            rollup,
        })
    }
}
