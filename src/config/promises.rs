//! `slo:` and `sla:` of a service or a platform: one map, or a list of them.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::Arc;

use super::keys::{self, names};
use super::length::{self, BadLength};
use super::mistake::Mistake;
use super::node::{Key, Node, Value};
use super::place::Place;
use super::value::{Given, Reader, shortened};
use crate::domain::agreement::{Agreement, PartialMinutes, Tier};
use crate::domain::availability::Percent;
use crate::domain::objective::{Objective, Span};
use crate::domain::probe::Name;
use crate::domain::promise::PromiseKind;
use crate::domain::rollup::DownWhen;
use crate::domain::time::Millis;
use crate::domain::zone::Zone;

/// What is promised in one file, apart from of whom.
#[derive(Clone, Debug)]
pub(super) struct Promised {
    /// Of what it is called, or of all of it.
    pub(super) place: Place,
    pub(super) kind: PromiseKind,
    pub(super) name: Name,
    /// On one line.
    pub(super) terms: Arc<str>,
    /// Of an agreement that says so.
    pub(super) down_when: Option<Given<DownWhen>>,
}

const SLO_KEYS: [&str; keys::SLO.len()] = names(&keys::SLO);

const SLA_KEYS: [&str; keys::SLA.len()] = names(&keys::SLA);

const CREDIT_KEYS: [&str; keys::CREDIT.len()] = names(&keys::CREDIT);

const DAY: Millis = Millis::from_secs(86_400);

/// Longest rolling span of an objective.
const SPAN_DAYS_MAX: u16 = 366;

/// What can be read of a promise even if the rest is wrong.
struct Draft {
    name: Option<Given<Name>>,
    terms: Option<Arc<str>>,
    down_when: Option<Given<DownWhen>>,
}

impl Reader<'_, '_> {
    pub(super) fn promises(&mut self, kind: PromiseKind, node: &Node) -> Vec<Promised> {
        let example = match kind {
            PromiseKind::Slo => "a map as in { target: 99.9% }, or a list of them",
            PromiseKind::Sla => {
                "a map as in { credits: [{ below: 99.9%, credit: 10% }] }, or a list of them"
            }
        };
        let nodes = self.one_or_more(node, keys::PROMISES_MAX, example);
        let mut first: HashMap<String, Place> = HashMap::new();
        let mut all = Vec::new();
        for node in nodes {
            let draft = match kind {
                PromiseKind::Slo => self.slo(node),
                PromiseKind::Sla => self.sla(node),
            };
            let Some(Draft {
                name,
                terms,
                down_when,
            }) = draft
            else {
                continue;
            };
            let name = name.unwrap_or_else(|| Given {
                place: node.place,
                value: Name::try_new(kind.as_str()).ok(),
            });
            let place = name.place;
            let Some(name) = name.value else { continue };
            if let Some(first) = first.insert(name.slug().to_owned(), place) {
                let what = match kind {
                    PromiseKind::Slo => "objectives",
                    PromiseKind::Sla => "agreements",
                };
                let title = format!("two {what} are called `{}`", shortened(name.display()));
                let mistake = Mistake::at(place, title)
                    .label("the second")
                    .also(first, "the first")
                    .help("give each a `name:` of its own");
                self.wrong(mistake);
            }
            all.extend(terms.map(|terms| Promised {
                place,
                kind,
                name,
                terms,
                down_when,
            }));
        }
        all
    }

    fn slo(&mut self, node: &Node) -> Option<Draft> {
        let Value::Map(entries) = &node.value else {
            self.unexpected(node, "a map as in { target: 99.9% }");
            return None;
        };
        let (mut name, mut target, mut over, mut zone) = (None, None, None, None);
        let mut degraded_counts = Some(false);
        for (key, node) in entries {
            match &*key.text {
                "name" => name = Some(self.promise_name(node)),
                "target" => target = Some(self.slo_target(node)),
                "over" => over = Some(self.over(node)),
                "timezone" => zone = Some(self.given_zone(node)),
                "degraded" => {
                    let choices = [("up", false), ("down", true)];
                    degraded_counts = self.choice(node, "a way to count degraded time", &choices);
                }
                _ => self.unknown_key(key, &SLO_KEYS),
            }
        }
        if target.is_none() {
            self.missing(node, "this objective has no `target`", "target: 99.9%");
        }
        if let (
            Some(zone),
            Some(Given {
                place,
                value: Some(Over::Days(_)),
            }),
        ) = (&zone, &over)
        {
            let mistake = Mistake::at(zone.place, "`timezone` means nothing here")
                .label("leave it out: a day of a rolling span has 24 hours anywhere")
                .also(*place, "it is no calendar month");
            self.wrong(mistake);
        }
        let over = over.map_or(Some(Over::Month), |given| given.value);
        let zone = zone.map_or_else(|| Some(Zone::utc()), |given| given.value);
        let objective = || {
            Some(Objective {
                target: target??,
                over: match over? {
                    Over::Month => Span::Month(zone?),
                    Over::Days(days) => Span::Days(days),
                },
                degraded_counts: degraded_counts?,
            })
        };
        Some(Draft {
            name,
            terms: objective().map(|objective| objective.to_string().into()),
            down_when: None,
        })
    }

    fn sla(&mut self, node: &Node) -> Option<Draft> {
        let Value::Map(entries) = &node.value else {
            let expected = "a map as in { credits: [{ below: 99.9%, credit: 10% }] }";
            self.unexpected(node, expected);
            return None;
        };
        let (mut name, mut zone, mut tiers, mut down_when) = (None, None, None, None);
        let (mut outage_min, mut maintenance_counts) = (Some(Millis::ZERO), Some(false));
        let mut partial_minutes = Some(PartialMinutes::Exact);
        for (key, node) in entries {
            match &*key.text {
                "name" => name = Some(self.promise_name(node)),
                "timezone" => zone = Some(self.given_zone(node)),
                "outage_min" => outage_min = self.minutes(node),
                "partial_minutes" => {
                    let words = PartialMinutes::ALL.iter().map(|way| (way.as_str(), *way));
                    let choices: Vec<_> = words.collect();
                    let what = "a way to count partial minutes";
                    partial_minutes = self.choice(node, what, &choices);
                }
                "maintenance" => {
                    let choices = [("excluded", false), ("counted", true)];
                    maintenance_counts = self.choice(node, "a way to count maintenance", &choices);
                }
                "down_when" => down_when = Some(self.down_when(node)),
                "credits" => tiers = Some(self.credits(key, node)),
                _ => self.unknown_key(key, &SLA_KEYS),
            }
        }
        if tiers.is_none() {
            let example = "credits: [{ below: 99.9%, credit: 10% }]";
            self.missing(node, "this agreement has no `credits`", example);
        }
        let zone = zone.map_or_else(|| Some(Zone::utc()), |given| given.value);
        let agreement = || {
            Some(Agreement {
                zone: zone?,
                outage_min: outage_min?,
                partial_minutes: partial_minutes?,
                maintenance_counts: maintenance_counts?,
                down_when: match down_when {
                    Some(given) => Some(given.value?),
                    None => None,
                },
                tiers: tiers??,
            })
        };
        Some(Draft {
            name,
            terms: agreement().map(|agreement| agreement.to_string().into()),
            down_when,
        })
    }

    /// The steps of a credit, if all of them are right.
    fn credits(&mut self, key: &Key, node: &Node) -> Option<Vec<Tier>> {
        let example = "a list as in [{ below: 99.9%, credit: 10% }]";
        let Value::List(nodes) = &node.value else {
            self.unexpected(node, example);
            return None;
        };
        if nodes.is_empty() {
            let mistake = Mistake::at(node.place, "no credit at all").label("none in here");
            self.wrong(mistake.help(format!("write {example}")));
            return None;
        }
        if !self.at_most_so_many(key.place, nodes.len(), keys::PROMISES_MAX) {
            return None;
        }
        let steps = nodes.iter().map(|node| self.credit(node));
        let steps: Vec<_> = steps
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Option<_>>()?;
        let mut is_right = true;
        for pair in steps.windows(2) {
            let [(below, credit), (next_below, next_credit)] = [&pair[0], &pair[1]]
                .map(|step: &(Given<Percent>, Given<Percent>)| (step.0, step.1));
            if next_below.value >= below.value {
                is_right = false;
                self.out_of_order("below", next_below, "lower", below);
            }
            if next_credit.value <= credit.value {
                is_right = false;
                self.out_of_order("credit", next_credit, "higher", credit);
            }
        }
        let tiers = steps.iter().map(|(below, credit)| {
            Some(Tier {
                below: below.value?,
                credit: credit.value?,
            })
        });
        tiers.collect::<Option<Vec<_>>>().filter(|_| is_right)
    }

    fn out_of_order(&mut self, key: &str, next: Given<Percent>, how: &str, before: Given<Percent>) {
        let (Some(value), Some(limit)) = (next.value, before.value) else {
            return;
        };
        let (value, limit) = (value.written(), limit.written());
        let title = format!("`{key}: {value}` is not {how} than the one before it");
        let mistake = Mistake::at(next.place, title)
            .label(format!("{how} than {limit}"))
            .also(before.place, format!("{limit} here"));
        self.wrong(mistake.help("the best comes first: less uptime, more credit"));
    }

    /// `below` and `credit` of a step.
    fn credit(&mut self, node: &Node) -> Option<(Given<Percent>, Given<Percent>)> {
        let Value::Map(entries) = &node.value else {
            self.unexpected(node, "a map as in { below: 99.9%, credit: 10% }");
            return None;
        };
        let (mut below, mut credit) = (None, None);
        for (key, node) in entries {
            let known = match &*key.text {
                "below" => &mut below,
                "credit" => &mut credit,
                _ => {
                    self.unknown_key(key, &CREDIT_KEYS);
                    continue;
                }
            };
            let value = self.percent(node, "99.9%");
            let value = value.filter(|value| {
                if value.thousandths == 0 {
                    let title = format!("`{}` is nothing", key.text);
                    let label = "more than 0%, and at most 100%";
                    self.wrong(Mistake::at(node.place, title).label(label));
                }
                value.thousandths > 0
            });
            *known = Some(Given {
                place: node.place,
                value,
            });
        }
        for (name, given) in [("below", &below), ("credit", &credit)] {
            if given.is_none() {
                let title = format!("this credit has no `{name}`");
                self.missing(node, title, "{ below: 99.9%, credit: 10% }");
            }
        }
        let (below, credit) = (below?, credit?);
        // what is wrong is known, and nothing can be compared with it
        (below.value.is_some() && credit.value.is_some()).then_some((below, credit))
    }

    fn promise_name(&mut self, node: &Node) -> Given<Name> {
        Given {
            place: node.place,
            value: self.name(node, "the name of a promise"),
        }
    }

    fn slo_target(&mut self, node: &Node) -> Option<Percent> {
        let target = self.percent(node, "99.9%")?;
        if target == Percent::HUNDRED {
            let mistake = Mistake::at(node.place, "a target of 100% leaves no error budget");
            self.wrong(mistake.label("below 100%, as in 99.9%"));
            return None;
        }
        if target.thousandths == 0 {
            let mistake = Mistake::at(node.place, "a target of 0% is none");
            self.wrong(mistake.label("write it as in 99.9%"));
            return None;
        }
        Some(target)
    }

    fn over(&mut self, node: &Node) -> Given<Over> {
        let expected = "month, or a number of days as in 30d";
        let value = self.plain_text(node, expected).and_then(|text| {
            if text.value().trim().eq_ignore_ascii_case("month") {
                return Some(Over::Month);
            }
            let days = length::parse_kept(text.value()).ok();
            let days = days.filter(|length| length.0 % DAY.0 == 0);
            let days = days.and_then(|length| u16::try_from(length.0 / DAY.0).ok());
            let days = days.filter(|days| *days <= SPAN_DAYS_MAX);
            let days = days.and_then(NonZeroU16::new);
            if days.is_none() {
                let title = format!("`{}` is not {expected}", shortened(text.written()));
                let label = format!("write month, or whole days from 1d to {SPAN_DAYS_MAX}d");
                self.wrong(Mistake::at(text.place, title).label(label));
            }
            days.map(Over::Days)
        });
        Given {
            place: node.place,
            value,
        }
    }

    /// Whole minutes, or none.
    fn minutes(&mut self, node: &Node) -> Option<Millis> {
        let text = self.plain_text(node, "whole minutes as in 5m")?;
        match length::parse_minutes(text.value()) {
            Ok(length) => Some(length),
            Err(BadLength { problem, write }) => {
                let title = format!("`{}` {problem}", shortened(text.written()));
                self.wrong(Mistake::at(text.place, title).label(write));
                None
            }
        }
    }

    /// `example` is what to write instead.
    fn percent(&mut self, node: &Node, example: &str) -> Option<Percent> {
        let text = self.plain_text(node, &format!("a percentage as in {example}"))?;
        let written = text.value().trim();
        let percent = written.parse().ok();
        if percent.is_none() {
            let title = format!("`{}` is not a percentage", shortened(written));
            let with_sign = format!("{written}%");
            let label = if with_sign.parse::<Percent>().is_ok() {
                format!("write `{with_sign}`")
            } else {
                format!("write it as in {example}: at most 100%, at most three decimals")
            };
            self.wrong(Mistake::at(text.place, title).label(label));
        }
        percent
    }

    pub(super) fn given_zone(&mut self, node: &Node) -> Given<Zone> {
        Given {
            place: node.place,
            value: self.zone(node),
        }
    }

    /// Says that a map lacks a key.
    pub(super) fn missing(&mut self, node: &Node, title: impl Into<String>, example: &str) {
        let mistake = Mistake::at(node.place, title);
        self.wrong(mistake.label(format!("add it, as in `{example}`")));
    }

    /// One map, or a list of them; none where all of it is commented out.
    pub(super) fn one_or_more<'n>(
        &mut self,
        node: &'n Node,
        most: u64,
        expected: &str,
    ) -> &'n [Node] {
        match &node.value {
            Value::Map(_) => std::slice::from_ref(node),
            Value::List(nodes) if nodes.is_empty() => {
                let mistake = Mistake::at(node.place, format!("expected {expected}"));
                self.wrong(mistake.label("this list is empty"));
                &[]
            }
            Value::List(nodes) if self.at_most_so_many(node.place, nodes.len(), most) => nodes,
            Value::Nothing | Value::List(_) => &[],
            _ => {
                self.unexpected(node, expected);
                &[]
            }
        }
    }

    fn at_most_so_many(&mut self, place: Place, count: usize, most: u64) -> bool {
        let is_fine = count as u64 <= most;
        if !is_fine {
            let title = format!("{count} are too many");
            self.wrong(Mistake::at(place, title).label(format!("at most {most}")));
        }
        is_fine
    }
}

#[derive(Clone, Copy)]
enum Over {
    Month,
    Days(NonZeroU16),
}
