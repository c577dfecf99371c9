//! The key `reports` of a file, which is about the whole daemon: the reports that it writes by
//! itself.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::path::PathBuf;

use super::keys::{self, names};
use super::mistake::{Mistake, Mistakes};
use super::nearest::nearest;
use super::node::{Node, Value};
use super::place::Place;
use super::value::{Given, Reader, shortened};
use crate::domain::probe::Name;
use crate::domain::report_schedule::{Every, ReportSchedule};
use crate::domain::zone::Zone;
use crate::report::format::Format;

/// One on every month or week, once it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledReport {
    /// Its slug is what the files' names begin with; no two have the same.
    pub name: Name,
    pub schedule: ReportSchedule,
    /// At least one, and none twice.
    pub formats: Vec<Format>,
    /// As the daemon finds it.
    pub folder: PathBuf,
    /// Of so many periods. `None`: of all.
    pub keep: Option<NonZeroU32>,
    /// Services that are configured. `None`: all.
    pub services: Option<Vec<Name>>,
}

const KEYS: [&str; keys::REPORT.len()] = names(&keys::REPORT);

const EXAMPLE: &str =
    "a map as in { every: month, formats: [html, pdf], folder: reports }, or a list of them";

/// Files' names have at most 255 bytes on most systems.
const NAME_BYTES_MAX: usize = 100;

/// What all files together say of them.
#[derive(Default)]
pub(super) struct Reports {
    list: Vec<Draft>,
}

struct Draft {
    name: Given<Name>,
    /// `None` if there are mistakes in it.
    report: Option<ScheduledReport>,
    /// Those it is about, if they are named.
    services: Vec<(Name, Place)>,
}

impl Reports {
    /// Takes up what a file says.
    pub(super) fn file(&mut self, root: &Node, reader: &mut Reader<'_, '_>) {
        let Value::Map(entries) = &root.value else {
            return;
        };
        let Some((_, node)) = entries.iter().find(|(key, _)| key.text == "reports") else {
            return;
        };
        let nodes = reader.one_or_more(node, keys::REPORTS_MAX, EXAMPLE);
        self.list
            .extend(nodes.iter().filter_map(|node| reader.report(node)));
    }

    /// What comes of it, with these services in all files.
    pub(super) fn into_settings<'n>(
        self,
        services: impl Iterator<Item = &'n Name>,
        mistakes: &mut Mistakes,
    ) -> Vec<ScheduledReport> {
        let known: HashMap<&str, &str> =
            services.map(|name| (name.slug(), name.display())).collect();
        let mut first: HashMap<String, Place> = HashMap::new();
        for draft in &self.list {
            for (name, place) in &draft.services {
                if !known.contains_key(name.slug()) {
                    mistakes.push(unknown(name, *place, &known));
                }
            }
            let Given {
                place,
                value: Some(name),
            } = &draft.name
            else {
                continue;
            };
            if let Some(first) = first.insert(name.slug().to_owned(), *place) {
                let title = format!("two reports are called `{}`", shortened(name.display()));
                let mistake = Mistake::at(*place, title)
                    .label("the second")
                    .also(first, "the first")
                    .help("give each a `name:` of its own: their files' names begin with it");
                mistakes.push(mistake);
            }
        }
        let drafts = self.list.into_iter();
        drafts.filter_map(|draft| draft.report).collect()
    }
}

fn unknown(name: &Name, place: Place, known: &HashMap<&str, &str>) -> Mistake {
    let mut names: Vec<_> = known.values().copied().collect();
    names.sort_unstable();
    let title = format!("there is no service `{}`", shortened(name.display()));
    let label = match nearest(name.display(), names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "in none of the files".to_owned(),
    };
    Mistake::at(place, title).label(label)
}

impl Reader<'_, '_> {
    fn report(&mut self, node: &Node) -> Option<Draft> {
        let Value::Map(entries) = &node.value else {
            self.unexpected(node, EXAMPLE);
            return None;
        };
        let (mut name, mut every, mut zone) = (None, None, None);
        let (mut formats, mut folder) = (None, None);
        let (mut keep, mut services) = (Some(OrAll::All), Some(OrAll::All));
        for (key, node) in entries {
            match &*key.text {
                "name" => name = Some(self.report_name(node)),
                "every" => {
                    let choices = Every::ALL.iter().map(|every| (every.as_str(), *every));
                    let choices: Vec<_> = choices.collect();
                    every = Some(self.choice(node, "a period of reports", &choices));
                }
                "timezone" => zone = Some(self.given_zone(node)),
                "formats" => formats = Some(self.formats(node)),
                "folder" => folder = Some(self.report_folder(node)),
                "keep" => keep = self.keep(node),
                "services" => services = self.services(node),
                _ => self.unknown_key(key, &KEYS),
            }
        }
        for (key, is_missing, example) in [
            ("every", every.is_none(), "every: month"),
            ("formats", formats.is_none(), "formats: [html, pdf]"),
            ("folder", folder.is_none(), "folder: reports"),
        ] {
            if is_missing {
                self.missing(node, format!("this report has no `{key}`"), example);
            }
        }
        let (every, formats, folder) = (every.flatten(), formats.flatten(), folder.flatten());
        let name = name.unwrap_or_else(|| Given {
            place: node.place,
            value: every.and_then(|every| Name::try_new(default_name(every)).ok()),
        });
        let zone = zone.map_or_else(|| Some(Zone::utc()), |given| given.value);
        let keep = keep.map(OrAll::these);
        let services = services.map(OrAll::these);
        let places = services.iter().flatten().flatten().cloned().collect();
        let report = || {
            Some(ScheduledReport {
                name: name.value.clone()?,
                schedule: ReportSchedule {
                    every: every?,
                    zone: zone?,
                },
                formats: formats?,
                folder: folder?,
                keep: keep?,
                services: services?.map(|named| named.into_iter().map(|(name, _)| name).collect()),
            })
        };
        Some(Draft {
            report: report(),
            name,
            services: places,
        })
    }

    fn report_name(&mut self, node: &Node) -> Given<Name> {
        let name = self.name(node, "the name of a report");
        let name = name.filter(|name| {
            let is_short = name.slug().len() <= NAME_BYTES_MAX;
            if !is_short {
                let mistake = Mistake::at(node.place, "this name is too long for a file's")
                    .label(format!("at most {NAME_BYTES_MAX} bytes"));
                self.wrong(mistake);
            }
            is_short
        });
        Given {
            place: node.place,
            value: name,
        }
    }

    /// At least one, and none twice.
    fn formats(&mut self, node: &Node) -> Option<Vec<Format>> {
        let choices = keys::FORMATS.map(|word| {
            let format = Format::ALL.iter().find(|format| format.as_str() == word);
            (word, format.copied())
        });
        let nodes = match &node.value {
            Value::List(nodes) if nodes.is_empty() => {
                let mistake = Mistake::at(node.place, "a report in no format is none");
                self.wrong(mistake.label("name at least one"));
                return None;
            }
            Value::List(nodes) => nodes,
            _ => std::slice::from_ref(node),
        };
        let mut seen: HashMap<&'static str, Place> = HashMap::new();
        let mut formats = Some(Vec::new());
        for node in nodes {
            let Some(format) = self.choice(node, "a format of reports", &choices).flatten() else {
                formats = None;
                continue;
            };
            if let Some(first) = seen.insert(format.as_str(), node.place) {
                let mistake = Mistake::at(node.place, format!("{format} is written twice"))
                    .label("again here")
                    .also(first, "first here");
                self.wrong(mistake);
                formats = None;
            }
            if let Some(formats) = &mut formats {
                formats.push(format);
            }
        }
        formats
    }

    /// A relative one starts in the folder of the file.
    fn report_folder(&mut self, node: &Node) -> Option<PathBuf> {
        let expected = "the path of a folder as in reports";
        let text = self.plain_text(node, expected)?;
        if text.value().trim().is_empty() {
            let mistake = Mistake::at(text.place, format!("expected {expected}"));
            self.wrong(mistake.label("this is empty"));
            return None;
        }
        Some(self.outside.folder.join(text.value()))
    }

    fn keep(&mut self, node: &Node) -> Option<OrAll<NonZeroU32>> {
        if let Value::Text(word) = &node.value
            && word.trim().eq_ignore_ascii_case("all")
        {
            return Some(OrAll::All);
        }
        let number = self.number(node, 1..=keys::KEEP_MAX)?;
        let number = u32::try_from(number).ok().and_then(NonZeroU32::new)?;
        Some(OrAll::These(number))
    }

    fn services(&mut self, node: &Node) -> Option<OrAll<Vec<(Name, Place)>>> {
        let nodes = match &node.value {
            Value::Text(word) if word.trim().eq_ignore_ascii_case("all") => {
                return Some(OrAll::All);
            }
            Value::List(nodes) if nodes.is_empty() => {
                let mistake = Mistake::at(node.place, "a report about no service is none");
                self.wrong(mistake.label("name one, or leave out `services` for all"));
                return None;
            }
            Value::List(nodes) => nodes,
            _ => std::slice::from_ref(node),
        };
        let named = nodes.iter().map(|node| {
            let name = self.name(node, "the name of a service")?;
            Some((name, node.place))
        });
        let named: Vec<_> = named.collect();
        // twice is once
        let mut seen = HashSet::new();
        let named: Option<Vec<_>> = named.into_iter().collect();
        named.map(|mut named| {
            named.retain(|(name, _)| seen.insert(name.slug().to_owned()));
            OrAll::These(named)
        })
    }
}

/// What is left out, or the word `all`, is all.
enum OrAll<T> {
    All,
    These(T),
}

impl<T> OrAll<T> {
    /// `None`: all.
    fn these(self) -> Option<T> {
        match self {
            Self::All => None,
            Self::These(these) => Some(these),
        }
    }
}

const fn default_name(every: Every) -> &'static str {
    match every {
        Every::Month => "monthly",
        Every::Week => "weekly",
    }
}
