//! `maintenance:`, a list of stretches that come once or again and again.

use std::sync::Arc;

use super::keys::{self, names};
use super::mistake::Mistake;
use super::nearest::nearest;
use super::node::{Node, Value};
use super::place::Place;
use super::text::Text;
use super::value::{Given, Reader, shortened};
use crate::domain::cron::{BadCron, Cron};
use crate::domain::line::{LINE_BYTES_MAX, one_line};
use crate::domain::maintenance::Schedule;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::zone::{self, BadTime, Zone};

/// When something is maintained, and why.
#[derive(Clone, Debug)]
pub(super) struct Maintained {
    pub(super) schedule: Schedule,
    pub(super) note: Option<Arc<str>>,
}

const KEYS: [&str; keys::MAINTENANCE.len()] = names(&keys::MAINTENANCE);

const EXAMPLE: &str = "a list as in [{ cron: 0 3 * * SUN, duration: 2h }]";

/// One of the list as it was written. `None` is what it does not mention.
#[derive(Default)]
struct Draft {
    from: Option<Given<Text>>,
    to: Option<Given<Text>>,
    duration: Option<Given<Millis>>,
    cron: Option<Given<Cron>>,
    zone: Option<Given<Zone>>,
    note: Option<Arc<str>>,
}

impl Reader<'_, '_> {
    pub(super) fn maintenance(&mut self, node: &Node) -> Vec<Maintained> {
        match &node.value {
            Value::List(nodes) => {
                let maintained = nodes.iter().filter_map(|node| self.maintained(node));
                maintained.collect()
            }
            // all of it is commented out
            Value::Nothing => Vec::new(),
            _ => {
                self.unexpected(node, EXAMPLE);
                Vec::new()
            }
        }
    }

    fn maintained(&mut self, node: &Node) -> Option<Maintained> {
        let Value::Map(entries) = &node.value else {
            self.unexpected(node, "a map as in { cron: 0 3 * * SUN, duration: 2h }");
            return None;
        };
        let mut draft = Draft::default();
        for (key, node) in entries {
            let place = node.place;
            match &*key.text {
                "from" => draft.from = Some(self.written_time(node)),
                "to" => draft.to = Some(self.written_time(node)),
                "duration" => draft.duration = Some(self.length(node)),
                "cron" => {
                    let value = self.cron(node);
                    draft.cron = Some(Given { place, value });
                }
                "timezone" => {
                    let value = self.zone(node);
                    draft.zone = Some(Given { place, value });
                }
                "note" => draft.note = self.note(node),
                _ => self.unknown_key(key, &KEYS),
            }
        }
        Some(Maintained {
            schedule: self.schedule(&draft, node.place)?,
            note: draft.note,
        })
    }

    fn schedule(&mut self, draft: &Draft, place: Place) -> Option<Schedule> {
        match (&draft.cron, &draft.from) {
            (Some(cron), _) => self.recurring(cron, draft),
            (None, Some(from)) => self.once(from, draft),
            (None, None) => {
                let mistake = Mistake::at(place, "this maintenance has no beginning")
                    .label("add `from:`, or `cron:` if it comes again and again");
                self.wrong(mistake);
                None
            }
        }
    }

    fn recurring(&mut self, cron: &Given<Cron>, draft: &Draft) -> Option<Schedule> {
        for (key, given) in [("from", &draft.from), ("to", &draft.to)] {
            if let Some(given) = given {
                let mistake = Mistake::at(given.place, format!("`{key}` does not go with `cron`"))
                    .label("say how long it takes with `duration:`")
                    .also(cron.place, "it begins again and again");
                self.wrong(mistake);
            }
        }
        let Some(duration) = draft.duration else {
            let mistake = Mistake::at(cron.place, "this maintenance has no `duration`");
            self.wrong(mistake.label("add how long it takes, as in `duration: 2h`"));
            return None;
        };
        let zone = match &draft.zone {
            Some(zone) => zone.value.clone(),
            None => Some(Zone::utc()),
        };
        Some(Schedule::Recurring {
            cron: cron.value.clone()?,
            duration: duration.value?,
            zone: zone?,
        })
    }

    fn once(&mut self, from: &Given<Text>, draft: &Draft) -> Option<Schedule> {
        if let Some(zone) = &draft.zone {
            let mut times = [Some(from), draft.to.as_ref()].into_iter().flatten();
            let local = |text: &Text| !zone::has_offset(text.value());
            if !times.any(|given| given.value.as_ref().is_none_or(local)) {
                let mistake = Mistake::at(zone.place, "`timezone` means nothing here");
                self.wrong(mistake.label("the times have offsets of their own"));
            }
        }
        let start = self.when(from, draft.zone.as_ref());
        let end = match (&draft.to, draft.duration) {
            (Some(to), None) => self.when(to, draft.zone.as_ref()),
            (None, Some(duration)) => start
                .zip(duration.value)
                .map(|(start, length)| start + length),
            (Some(to), Some(duration)) => {
                let mistake = Mistake::at(duration.place, "`duration` does not go with `to`")
                    .label("leave out one of them")
                    .also(to.place, "it ends here");
                self.wrong(mistake);
                None
            }
            (None, None) => {
                let mistake = Mistake::at(from.place, "this maintenance has no end");
                self.wrong(mistake.label("add `to:` or `duration:`"));
                None
            }
        };
        let period = Period::new(start?, end?);
        if period.is_empty() {
            let place = draft.to.as_ref().map_or(from.place, |to| to.place);
            let mistake = Mistake::at(place, "this maintenance ends before it begins")
                .label(format!("this is {}", period.to))
                .also(from.place, format!("it begins at {}", period.from));
            self.wrong(mistake);
            return None;
        }
        Some(Schedule::Once(period))
    }

    fn written_time(&mut self, node: &Node) -> Given<Text> {
        Given {
            place: node.place,
            value: self.plain_text(node, "a time as in 2026-12-01T02:00:00Z"),
        }
    }

    fn when(&mut self, given: &Given<Text>, zone: Option<&Given<Zone>>) -> Option<UnixMillis> {
        let text = given.value.as_ref()?;
        let known = zone.and_then(|zone| zone.value.as_ref());
        match zone::instant(text.value(), known) {
            Ok(instant) => Some(instant),
            // the mistake is the zone's
            Err(BadTime::NoOffset) if zone.is_some() => None,
            Err(problem) => {
                let title = format!("`{}` {problem}", shortened(text.written()));
                self.wrong(Mistake::at(given.place, title).label(problem.help()));
                None
            }
        }
    }

    fn cron(&mut self, node: &Node) -> Option<Cron> {
        let text = self.plain_text(node, "a cron expression as in 0 3 * * SUN")?;
        match text.value().parse() {
            Ok(cron) => Some(cron),
            Err(BadCron { part, problem }) => {
                let source = &self.mistakes.sources[node.place.file as usize];
                let place = node.place.narrowed(&source.text, &part);
                let title = format!("`{}` {problem}", shortened(&part));
                self.wrong(Mistake::at(place, title).help(CRON_HELP));
                None
            }
        }
    }

    pub(super) fn zone(&mut self, node: &Node) -> Option<Zone> {
        let text = self.plain_text(node, "a time zone as in Europe/Berlin")?;
        let zone = text.value().parse().ok();
        if zone.is_none() {
            let written = text.value().trim();
            let title = format!("`{}` is not a time zone", shortened(written));
            let names = Zone::names();
            // most know only the city
            let city = |name: &&String| {
                let city = name.rsplit('/').next();
                city.is_some_and(|city| city.eq_ignore_ascii_case(&written.replace(' ', "_")))
            };
            let meant = names.iter().find(city).map(String::as_str);
            let meant = meant.or_else(|| nearest(written, names.iter().map(String::as_str)));
            let label = match meant {
                Some(name) => format!("did you mean `{name}`?"),
                None => "write a name of the IANA database, as in Europe/Berlin".to_owned(),
            };
            self.wrong(Mistake::at(text.place, title).label(label));
        }
        zone
    }

    fn note(&mut self, node: &Node) -> Option<Arc<str>> {
        let text = self.plain_text(node, "a note")?;
        let line = one_line(text.value());
        if line.is_none() {
            let mistake = Mistake::at(text.place, "this note cannot be shown in one line");
            self.wrong(mistake.label(format!("write one line of at most {LINE_BYTES_MAX} bytes")));
        }
        line
    }
}

const CRON_HELP: &str =
    "minute, hour, day of the month, month, day of the week; as in `0 3 * * SUN` or `@daily`";
