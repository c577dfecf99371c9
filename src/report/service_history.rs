//! What every report is made from: each service with its platforms, and these with their probes.

use super::accounting::{Accounting, Said};
use super::circumstances::Circumstances;
use super::probe_history::ProbeHistory;
use crate::domain::incident::{EndpointPast, Incident, PlatformPast, incidents};
use crate::domain::probe::{Name, Probe};
use crate::domain::rollup::{Member, Rollup, RollupHistory};
use crate::domain::subject::Subject;
use crate::domain::time::Period;
use crate::domain::track::Track;

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
    /// What people said of its windows and incidents, and what of the roll-up counts then.
    pub accounting: Accounting<Rollup>,
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
    /// What people said of its windows, and what counts then.
    pub accounting: Accounting<Rollup>,
}

/// That part of a period in which any of the probes was configured already, or observed. Before it
/// may lie any amount of time of which there is nothing to tell.
pub fn told_of(services: &[ServiceHistory], period: Period) -> Period {
    let probes = services.iter().flat_map(ServiceHistory::probes);
    let lives = probes.filter_map(|probe| probe.past.history.covered.first());
    let existed_from = lives.map(|life| life.from).min().unwrap_or(period.to);
    Period::new(period.from.max(existed_from), period.to)
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
                accounting: Accounting::default(),
            }),
        }
    }
    let said = Said::new(&circumstances.annotations);
    for service in &mut services {
        for platform in &mut service.platforms {
            if is_whole(&platform.subject) {
                platform.rollup = Some(platform.roll_up(|probe| &probe.track));
            }
        }
        if is_whole(&service.subject) {
            service.whole = service.as_such();
        }
        said.account(service);
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
                accounting: Accounting::default(),
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

    fn roll_up<'p>(&'p self, track: impl Fn(&'p ProbeHistory) -> &'p Track) -> Rollup {
        let members = self.probes.iter().map(|probe| Member {
            track: track(probe),
            parameters: &probe.rollup,
        });
        Rollup::new(&members.collect::<Vec<_>>(), &self.parameters)
    }

    /// As far as it counts. `None` if all of it does, and if it is not known.
    pub(super) fn roll_up_counted(&self) -> Option<Rollup> {
        self.rollup.as_ref()?;
        let mut probes = self.probes.iter();
        let differs = probes.any(|probe| probe.accounting.counted.is_some());
        differs.then(|| self.roll_up(ProbeHistory::counted))
    }

    /// What it was over time as such, as far as it counts.
    pub fn counted(&self) -> Option<&Rollup> {
        self.accounting.counted.as_ref().or(self.rollup.as_ref())
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

    /// Forgets all other probes. What was found out with them stays known of those that are kept; of
    /// platforms and of the service as such nothing is told that they are missing in. At least one
    /// is kept.
    pub fn keep(&mut self, is_kept: impl Fn(&Probe) -> bool) {
        let before = self.probes().count();
        for platform in &mut self.platforms {
            let before = platform.probes.len();
            platform.probes.retain(|probe| is_kept(&probe.probe));
            if platform.probes.len() < before {
                platform.rollup = None;
                platform.accounting.counted = None;
            }
        }
        self.platforms
            .retain(|platform| !platform.probes.is_empty());
        if self.probes().count() < before {
            self.whole = None;
            self.accounting.counted = None;
        }
    }

    /// What it was over time as such, as far as it counts.
    pub fn counted(&self) -> Option<&Rollup> {
        let observed = self.whole.as_ref().map(|whole| &whole.rollup);
        self.accounting.counted.as_ref().or(observed)
    }

    /// As far as it counts. `None` if all of it does, and if it is not known.
    pub(super) fn roll_up_counted(&self) -> Option<Rollup> {
        self.whole.as_ref()?;
        let mut platforms = self.platforms.iter();
        if !platforms.any(|platform| platform.accounting.counted.is_some()) {
            return None;
        }
        let rollups = self.platforms.iter().map(PlatformHistory::counted);
        Some(self.roll_up(&rollups.collect::<Option<Vec<_>>>()?))
    }

    /// `rollups` are those of its platforms.
    fn roll_up(&self, rollups: &[&Rollup]) -> Rollup {
        let members = self.platforms.iter().zip(rollups);
        let members = members.map(|(platform, rollup)| Member {
            track: &rollup.track,
            parameters: &platform.parameters,
        });
        Rollup::new(&members.collect::<Vec<_>>(), &self.parameters)
    }

    /// `None` if a platform is not whole.
    fn as_such(&self) -> Option<ServicePast> {
        let rollups = self.platforms.iter();
        let rollups: Vec<_> = rollups
            .map(|platform| platform.rollup.as_ref())
            .collect::<Option<_>>()?;
        let rollup = self.roll_up(&rollups);
        let endpoints: Vec<_> = self
            .platforms
            .iter()
            .map(PlatformHistory::endpoints)
            .collect();
        let platforms = self.platforms.iter().zip(rollups).zip(&endpoints);
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
