//! What a window, a maintenance or an annotation is of: an endpoint, a platform or a whole service.

use std::fmt;
use std::sync::Arc;

use super::probe::{BadProbeId, Probe, ProbeId};

words! {
    /// How much of a service is meant. Numbers are stored: only ever add at the end.
    Scope, "scope" {
        Endpoint = "endpoint",
        Platform = "platform",
        Service = "service",
    }
}

/// One endpoint, platform or service. Names in slug form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    Service(Arc<str>),
    Platform {
        service: Arc<str>,
        platform: Arc<str>,
    },
    Endpoint(ProbeId),
}

/// A key that names no subject of its scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSubject {
    #[error("`{0}` is not a platform; write it as in spotify/web")]
    Platform(String),
    #[error(transparent)]
    Endpoint(#[from] BadProbeId),
}

impl Subject {
    /// The service that a probe is of.
    pub fn service_of(probe: &Probe) -> Self {
        Self::Service(probe.service.slug().into())
    }

    /// The platform that a probe is of.
    pub fn platform_of(probe: &Probe) -> Self {
        Self::Platform {
            service: probe.service.slug().into(),
            platform: probe.platform.slug().into(),
        }
    }

    pub const fn scope(&self) -> Scope {
        match self {
            Self::Service(_) => Scope::Service,
            Self::Platform { .. } => Scope::Platform,
            Self::Endpoint(_) => Scope::Endpoint,
        }
    }

    /// Back from its scope and [`key`](Self::key).
    pub fn parse(scope: Scope, key: &str) -> Result<Self, BadSubject> {
        match scope {
            Scope::Service => Ok(Self::Service(key.into())),
            Scope::Platform => match key.split_once('/') {
                Some((service, platform)) if !service.is_empty() && !platform.is_empty() => {
                    Ok(Self::Platform {
                        service: service.into(),
                        platform: platform.into(),
                    })
                }
                _ => Err(BadSubject::Platform(key.to_owned())),
            },
            Scope::Endpoint => Ok(Self::Endpoint(key.parse()?)),
        }
    }

    /// Names it within its scope: `spotify`, `spotify/web`, or the probe's id.
    pub fn key(&self) -> String {
        self.to_string()
    }

    /// Whether the probe is it, or part of it.
    pub fn includes(&self, probe: &Probe) -> bool {
        match self {
            Self::Service(service) => **service == *probe.service.slug(),
            Self::Platform { service, platform } => {
                **service == *probe.service.slug() && **platform == *probe.platform.slug()
            }
            Self::Endpoint(id) => *id == probe.id,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => f.pad(service),
            Self::Platform { service, platform } => f.pad(&format!("{service}/{platform}")),
            Self::Endpoint(id) => f.pad(id.as_str()),
        }
    }
}
