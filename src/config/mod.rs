//! The configuration: the only place that knows YAML.
//!
//! ```text
//! paths ─ source ─▶ text ─ parse ─▶ tree with places ─ service ─▶ drafts ─ resolve ─▶ probes
//!                     └──────────────┴── mistakes, all at once ──────┴─────────┴─▶ Errors
//! ```
//!
//! What is wrong is collected, never returned at once: a person hears of every mistake in every
//! file, each at its place. Secrets are filled in here and leave only into the request that needs
//! them.

mod errors;
mod mistake;
mod place;
mod quotation;
mod source;

mod events;
mod node;
mod parse;
mod reading;

mod keys;
mod schema;

mod capture;
mod controls;
mod endpoint;
mod expectation;
mod maintenance;
mod platform;
mod promises;
mod reports;
mod service;
mod settings;
mod steps;
mod storage;
mod subject;

mod auth;
mod body;
mod header;
mod hosts;
mod method;
mod proxy;
mod tls;
mod transport;

mod file;
mod fill;
mod form;
mod json;
mod json_body;
mod length;
mod nearest;
mod outside;
mod pattern;
mod text;
mod value;

mod compiled;
mod conceal;
mod fills;
mod journey;
mod profile;
mod request;
mod resolve;
mod share;
mod subjects;
mod url;

#[cfg(test)]
mod controls_tests;
#[cfg(test)]
mod journey_tests;
#[cfg(test)]
mod promises_tests;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod request_tests;
#[cfg(test)]
mod storage_tests;
#[cfg(test)]
mod subject_tests;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest;

use mistake::{Mistake, Mistakes};
use node::Node;
use outside::{Environment, Outside};
use place::{Place, Source};
use reports::Reports;
use share::Shared;
use storage::Storage;
use subjects::Subjects;
use value::Reader;

use crate::domain::configured::ConfigHash;
use crate::domain::maintenance::Declaration;
use crate::domain::parameters::Parameters;
use crate::domain::probe::{self, Name, ProbeId};
use crate::domain::promise::Promise;
use crate::domain::rollup::RollupParameters;
use crate::domain::subject::Subject;
use crate::observer::controls::Controls;
use crate::prober::inquiry::Inquiry;
use crate::store;

pub use errors::Errors;

pub use fill::{Filled, fill};

pub use reports::ScheduledReport;

pub use schema::schema;

/// What is to be probed. At least one probe, and no id twice.
#[derive(Debug)]
pub struct Configuration {
    /// In the order of the files and of what stands in them.
    pub probes: Vec<Probe>,
    /// Of each service and platform, and of each endpoint whose weight is not 1; none twice.
    pub rollups: Vec<(Subject, RollupParameters)>,
    /// Of services and platforms; of each kind, no name twice for a subject.
    pub promises: Vec<Promise>,
    /// None twice.
    pub maintenance: Vec<Declaration>,
    /// How what is observed is stored.
    pub storage: store::Settings,
    /// What is written by itself; none of a name twice.
    pub reports: Vec<ScheduledReport>,
    /// Of the files as they are written: what is filled in has no part in it.
    pub hash: ConfigHash,
    /// The files and folders it came from, files with secrets, keys and bodies included: if one changes, it has to be
    /// read again. A file may be replaced rather than written, so its folder is what to watch.
    pub sources: Vec<PathBuf>,
}

/// A probe with everything needed to ask and to judge. Its `Debug` leaves out the request, which
/// holds secrets.
#[derive(Clone)]
pub struct Probe {
    pub probe: probe::Probe,
    pub parameters: Parameters,
    pub inquiry: Inquiry,
    /// The URL with [`MASK`](crate::prober::secrets::MASK) in place of secrets.
    pub shown_url: Arc<str>,
    /// What tells whether it is us when it fails. Those of a file's probes are one, and equal ones
    /// of several files too.
    pub controls: Option<Arc<Controls>>,
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe")
            .field("probe", &self.probe)
            .field("parameters", &self.parameters)
            .field("shown_url", &self.shown_url)
            .finish_non_exhaustive()
    }
}

impl Probe {
    /// The host that it asks first, as it may be shown: with its port, if one is written.
    pub fn shown_host(&self) -> &str {
        let (_, rest) = self
            .shown_url
            .split_once("://")
            .unwrap_or(("", &self.shown_url));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host)
    }

    /// Whether it asks this computer.
    pub fn is_local(&self) -> bool {
        self.inquiry.first().url.host_str().is_some_and(|host| {
            host == "localhost"
                || host
                    .trim_matches(['[', ']'])
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        })
    }

    /// Whether the two ask the same in the same way and judge it alike, secrets included: then the
    /// one may go on as the other.
    pub fn same_as(&self, other: &Self) -> bool {
        // taken apart, so that a field to come cannot be forgotten here
        let Self {
            probe,
            parameters,
            inquiry,
            shown_url,
            controls,
        } = self;
        *probe == other.probe
            && *parameters == other.parameters
            && *shown_url == other.shown_url
            && inquiry.same_as(&other.inquiry)
            && match (controls, &other.controls) {
                (Some(controls), Some(others)) => controls.same_as(others),
                (None, None) => true,
                _ => false,
            }
    }
}

/// Reads the files, and the `*.yaml` and `*.yml` of the folders. `${NAME}` is looked up in the
/// environment of this process.
pub fn load(paths: &[PathBuf]) -> Result<Configuration, Errors> {
    load_with(paths, &|name| std::env::var_os(name))
}

fn load_with(paths: &[PathBuf], environment: Environment<'_>) -> Result<Configuration, Errors> {
    let mut mistakes = Mistakes::default();
    let (mut probes, mut sources) = (Vec::new(), paths.to_vec());
    let (mut ids, mut shared) = (HashMap::new(), Shared::default());
    let (mut subjects, mut storage) = (Subjects::default(), Storage::default());
    let (mut reports, mut services) = (Reports::default(), Vec::new());
    let mut outside = Outside::new(environment);
    let mut bytes_left = source::ALL_BYTES_MAX;
    for path in source::files(paths, &mut mistakes) {
        if let Some(file) = source::read(&path, &mut bytes_left, &mut mistakes) {
            outside.folder = path.parent().map(Path::to_owned).unwrap_or_default();
            let mut reader = Reader {
                mistakes: &mut mistakes,
                outside: &mut outside,
                shared: &mut shared,
            };
            let Some(root) = parse::parse(file, reader.mistakes) else {
                continue;
            };
            storage.file(&root, &mut reader);
            reports.file(&root, &mut reader);
            let service = file_probes(&path, &root, &mut reader, &mut subjects, |probe, reader| {
                if unique(&probe, &mut ids, reader) {
                    probes.push(probe.probe);
                }
            });
            services.push(service);
        }
    }
    sources.extend(outside.files);
    subjects.quorums(&mut mistakes);
    let storage = storage.into_settings(&mut mistakes);
    let reports = reports.into_settings(services.iter(), &mut mistakes);
    let hash = hash(&mistakes.sources);
    sources.sort();
    sources.dedup();
    if let Some(errors) = mistakes.into_errors() {
        return Err(errors);
    }
    let subjects::Settings {
        rollups,
        promises,
        maintenance,
    } = subjects.into_settings();
    Ok(Configuration {
        probes,
        rollups,
        promises,
        maintenance,
        storage,
        reports,
        hash,
        sources,
    })
}

/// The same as of the files one behind the other, so that anybody can compare: `cat … | sha256sum`.
fn hash(sources: &[Source]) -> ConfigHash {
    let mut context = digest::Context::new(&digest::SHA256);
    for source in sources {
        context.update(source.text.as_bytes());
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    ConfigHash(hash)
}

/// A probe and where its id comes from.
struct Placed {
    probe: Probe,
    place: Place,
}

/// Hands on the probes of one file, and gives the name of its service.
fn file_probes(
    path: &Path,
    root: &Node,
    reader: &mut Reader<'_, '_>,
    subjects: &mut Subjects,
    mut each: impl FnMut(Placed, &mut Reader<'_, '_>),
) -> Name {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let controls = reader.controls(root);
    let service = reader.service(root, &stem);
    subjects.service(&service, reader);
    for draft in service
        .platforms
        .iter()
        .flat_map(|platform| &platform.endpoints)
    {
        let place = draft.place;
        if let Some(mut probe) = reader.resolve(draft) {
            probe.controls.clone_from(&controls);
            subjects.endpoint(&probe.probe, &draft.whole, reader);
            each(Placed { probe, place }, reader);
        }
    }
    service.name
}

/// Says so if there is a probe of this id already, in whichever file.
fn unique(
    Placed { probe, place }: &Placed,
    ids: &mut HashMap<ProbeId, Place>,
    reader: &mut Reader<'_, '_>,
) -> bool {
    let id = &probe.probe.id;
    let Some(first) = ids.get(id) else {
        ids.insert(id.clone(), *place);
        return true;
    };
    let mistake = Mistake::at(*place, format!("two probes have the id `{id}`"))
        .label("the second")
        .also(*first, "the first")
        .help("give one of them a `name:` or an `id:` of its own");
    reader.wrong(mistake);
    false
}
