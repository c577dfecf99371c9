//! What all files together say of services, platforms and endpoints as a whole.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Display};
use std::sync::Arc;

use super::mistake::{Mistake, Mistakes};
use super::place::Place;
use super::promises::Promised;
use super::service::ServiceDraft;
use super::subject::SubjectSettings;
use super::value::{Given, Reader};
use crate::domain::maintenance::Declaration;
use crate::domain::probe::Probe;
use crate::domain::promise::Promise;
use crate::domain::rollup::{DownWhen, RollupParameters, Weight};
use crate::domain::subject::{Scope, Subject};
use crate::domain::time::Millis;

/// Gathers them, file by file.
#[derive(Default)]
pub(super) struct Subjects {
    /// In the order in which they are first mentioned.
    list: Vec<Whole>,
    positions: HashMap<Subject, usize>,
    maintenance: Vec<Declaration>,
    declared: HashSet<(Subject, String, String)>,
}

/// What they come to.
pub(super) struct Settings {
    pub(super) rollups: Vec<(Subject, RollupParameters)>,
    pub(super) promises: Vec<Promise>,
    pub(super) maintenance: Vec<Declaration>,
}

/// One of them.
struct Whole {
    subject: Subject,
    down_when: Option<Given<DownWhen>>,
    weight: Option<Given<Weight>>,
    merge_gap: Option<Given<Millis>>,
    /// No name of a kind twice.
    promises: Vec<Promised>,
    /// The slugs of a service's platforms; an endpoint of a platform each.
    members: HashSet<Member>,
}

#[derive(PartialEq, Eq, Hash)]
enum Member {
    Platform(String),
    Endpoint(Place),
}

impl Subjects {
    /// Takes up what a file says of its service and its platforms.
    pub(super) fn service(&mut self, draft: &ServiceDraft, reader: &mut Reader<'_, '_>) {
        let service = draft.name.slug();
        let of_service = self.add(Subject::Service(service.into()), &draft.whole, reader);
        for platform in &draft.platforms {
            let member = Member::Platform(platform.name.slug().to_owned());
            self.list[of_service].members.insert(member);
            let subject = Subject::Platform {
                service: service.into(),
                platform: platform.name.slug().into(),
            };
            let of_platform = self.add(subject, &platform.whole, reader);
            let endpoints = platform
                .endpoints
                .iter()
                .map(|draft| Member::Endpoint(draft.place));
            self.list[of_platform].members.extend(endpoints);
        }
    }

    /// Takes up what an endpoint says of itself.
    pub(super) fn endpoint(
        &mut self,
        probe: &Probe,
        whole: &SubjectSettings,
        reader: &mut Reader<'_, '_>,
    ) {
        if whole.weight.is_some() || !whole.maintenance.is_empty() {
            self.add(Subject::Endpoint(probe.id.clone()), whole, reader);
        }
    }

    /// Says so where more members are needed than there are.
    pub(super) fn quorums(&self, mistakes: &mut Mistakes) {
        let policies = self.list.iter().flat_map(|whole| {
            let of_promises = whole.promises.iter().map(|promised| promised.down_when);
            let policies = std::iter::once(whole.down_when).chain(of_promises);
            policies.flatten().map(move |policy| (whole, policy))
        });
        for (
            Whole {
                subject, members, ..
            },
            policy,
        ) in policies
        {
            let Given {
                place,
                value: Some(DownWhen::Quorum(needed)),
            } = policy
            else {
                continue;
            };
            // without members there is a mistake already
            if members.is_empty() || needed.get() as usize <= members.len() {
                continue;
            }
            let what = match (subject.scope(), members.len()) {
                (Scope::Service, 1) => "one platform",
                (Scope::Service, _) => "platforms",
                (_, 1) => "one endpoint",
                _ => "endpoints",
            };
            let count = match members.len() {
                1 => String::new(),
                more => format!("{more} "),
            };
            let title = format!("{needed} can never be down: {subject} has {count}{what}");
            let label = format!("at most {}, or all", members.len());
            mistakes.push(Mistake::at(place, title).label(label));
        }
    }

    pub(super) fn into_settings(self) -> Settings {
        let promises = self.list.iter().flat_map(|whole| {
            whole.promises.iter().map(|promised| Promise {
                subject: whole.subject.clone(),
                kind: promised.kind,
                name: promised.name.display().into(),
                terms: Arc::clone(&promised.terms),
            })
        });
        let promises = promises.collect();
        let built_in = RollupParameters::default();
        let all = self.list.into_iter().map(|whole| {
            let parameters = RollupParameters {
                down_when: value(whole.down_when).unwrap_or(built_in.down_when),
                weight: value(whole.weight).unwrap_or(built_in.weight),
                merge_gap: value(whole.merge_gap).unwrap_or(built_in.merge_gap),
            };
            (whole.subject, parameters)
        });
        let told = all.filter(|(subject, parameters)| {
            subject.scope() != Scope::Endpoint || parameters.weight != built_in.weight
        });
        Settings {
            rollups: told.collect(),
            promises,
            maintenance: self.maintenance,
        }
    }

    /// Where it stands in the list.
    fn add(
        &mut self,
        subject: Subject,
        said: &SubjectSettings,
        reader: &mut Reader<'_, '_>,
    ) -> usize {
        for maintained in &*said.maintenance {
            let note = maintained.note.as_deref().unwrap_or_default();
            let key = (
                subject.clone(),
                maintained.schedule.to_string(),
                note.to_owned(),
            );
            if self.declared.insert(key) {
                self.maintenance.push(Declaration {
                    subject: subject.clone(),
                    schedule: maintained.schedule.clone(),
                    note: maintained.note.clone(),
                });
            }
        }
        let next = self.list.len();
        let position = *self.positions.entry(subject.clone()).or_insert(next);
        if position == next {
            self.list.push(Whole {
                subject,
                down_when: None,
                weight: None,
                merge_gap: None,
                promises: Vec::new(),
                members: HashSet::new(),
            });
        }
        let whole = &mut self.list[position];
        for promised in &said.promises {
            whole.promise(promised, reader);
        }
        let name = &whole.subject;
        agree(
            format_args!("down_when of {name}"),
            &mut whole.down_when,
            said.down_when,
            reader,
        );
        agree(
            format_args!("weight of {name}"),
            &mut whole.weight,
            said.weight,
            reader,
        );
        agree(
            format_args!("merge_gap of {name}"),
            &mut whole.merge_gap,
            said.merge_gap,
            reader,
        );
        position
    }
}

impl Whole {
    /// Takes up what is promised, and says so if that contradicts another file.
    fn promise(&mut self, promised: &Promised, reader: &mut Reader<'_, '_>) {
        let (kind, slug) = (promised.kind, promised.name.slug());
        let mut known = self.promises.iter();
        let known = known.find(|known| known.kind == kind && known.name.slug() == slug);
        let Some(known) = known else {
            self.promises.push(promised.clone());
            return;
        };
        // of one file that is a mistake already
        if known.terms == promised.terms || known.place.file == promised.place.file {
            return;
        }
        let title = format!(
            "{kind} `{}` of {} is said twice, and not the same",
            promised.name.display(),
            self.subject
        );
        let mistake = Mistake::at(promised.place, title)
            .label(format!("{} here", promised.terms))
            .also(known.place, format!("{} here", known.terms))
            .help("write it in one of them, or give it another `name:`");
        reader.wrong(mistake);
    }
}

/// Takes up what is said, and says so if it contradicts what was said before.
pub(super) fn agree<T: Copy + PartialEq + Display>(
    what: fmt::Arguments<'_>,
    known: &mut Option<Given<T>>,
    said: Option<Given<T>>,
    reader: &mut Reader<'_, '_>,
) {
    let (Some(before), Some(now)) = (*known, said) else {
        *known = known.or(said);
        return;
    };
    if let (Some(old), Some(new)) = (before.value, now.value)
        && old != new
    {
        let title = format!("{what} is said twice, and not the same");
        let mistake = Mistake::at(now.place, title)
            .label(format!("{new} here"))
            .also(before.place, format!("{old} here"))
            .help("write it in one of them");
        reader.wrong(mistake);
    }
}

pub(super) fn value<T: Copy>(given: Option<Given<T>>) -> Option<T> {
    given.and_then(|given| given.value)
}
