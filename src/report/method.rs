//! How windows and numbers come about, in plain words, with the parameters in force. Every report
//! carries it, so that a reader can check the report without knowing the program.

use std::collections::BTreeMap;

use super::agreements::AgreementReport;
use super::model::ServiceReport;
use super::objectives::ObjectiveReport;
use super::own::{InForce, in_force};
use super::request::Request;
use super::service_history::ServiceHistory;
use super::text::instant_utc;
use crate::domain::parameters::Parameters;
use crate::domain::rollup::{DownWhen, RollupParameters};
use crate::domain::subject::Scope;
use crate::domain::time::Period;

/// The name of the formula that every uptime is printed with.
pub const UPTIME_FORMULA: &str = "Uptime of observed time";

/// Most different sets of parameters that are told one by one.
const PARAMETER_SETS_MAX: usize = 5;

/// Most platforms and services that are named for one policy.
const SUBJECTS_MAX: usize = 6;

/// How outage windows come about.
pub fn of_windows(services: &[ServiceHistory]) -> Vec<String> {
    let mut method: Vec<String> = [
        "An outage window runs from the first failure of a run to the first success after it, at \
         the instants at which these requests started.",
        "Failures in a row open an outage when they reach the failure threshold, successes in a \
         row close it when they reach the recovery threshold, and both are dated back to the first \
         of them. Fewer failures are a blip and no outage.",
        "The outage began after the last success before the window and not later than its first \
         failure; it ended after its last failure and not later than the first success. From these \
         bounds come the shortest and the longest it can have lasted; a bound that nobody saw is \
         missing.",
        "A result stands until the next one, if that comes within the grace, else for one \
         interval; the rest is unobserved, neither up nor down, and no window spans it. So is what \
         was seen between two such gaps after an outage, if it was neither a failure nor enough for \
         a recovery. Requests that failed through the observer's own fault count as unobserved.",
    ]
    .map(str::to_owned)
    .into();
    method.extend(parameters(services));
    method
}

/// How the windows of platforms and services come about, and incidents.
pub fn of_wholes(services: &[ServiceHistory], period: Period) -> Vec<String> {
    let mut method: Vec<String> = [
        "A platform is down while enough of its endpoints are, and a service while enough of its \
         platforms are. Fewer make it degraded. Members in maintenance do not count, and if all \
         are, so is the whole; where those that nobody watched could make the difference, it is \
         unobserved. Its shortest and longest time down come from the same count of what was \
         certain and of what was possible.",
    ]
    .map(str::to_owned)
    .into();
    method.extend(policies(services, period));
    method.extend(
        [
            "Weighted downtime counts each instant by the weight of the members that were down, \
             divided by the weight of those of which anything is known. It stands beside the \
             strict figures and changes none of them.",
            "An incident is all that went wrong in a service without a pause longer than the merge \
             gap: windows of its endpoints, and stretches of scattered failures. It came and went \
             (intermittent) if failures were scattered, or a platform was down more than once, else \
             it was continuous. Its severity is full if at some instant every platform that counts \
             was down, partial if at least one was.",
        ]
        .map(str::to_owned),
    );
    method
}

/// How the windows of a scope come about.
pub fn of_scope(scope: Scope, services: &[ServiceHistory], period: Period) -> Vec<String> {
    let mut method = of_windows(services);
    if scope != Scope::Endpoint {
        method.extend(of_wholes(services, period));
    }
    method
}

/// How all numbers of a report come about.
pub fn of_report(services: &[ServiceHistory], request: &Request) -> Vec<String> {
    let mut method = of_windows(services);
    method.extend(of_wholes(services, request.period));
    method.extend(
        [
            "Up, degraded, down, unobserved, maintenance and the time in which it was not \
             configured add up to the period, to the millisecond, for each endpoint, platform and \
             service. An endpoint is degraded while it answers, but slowly or with scattered \
             failures.",
            "Time declared as maintenance counts neither as up nor as down. Windows keep their \
             true times; what of them lies in maintenance is not counted. So it is with outages \
             that somebody annotated as planned, or to be ignored: for what they are of, and for \
             all that it is made of.",
            "Uptime is the uptime of observed time: (up + degraded) / (up + degraded + down). Its \
             lowest and highest value take every window as long and as short as it can have been. \
             Coverage is the observed time / (the time configured - maintenance). Percentages are \
             cut, not rounded, to three decimals.",
            "Windows are listed with their true times; counts and sums take the part inside the \
             period. The mean time to restore takes whole windows, and only those whose start and \
             end were seen. Numbers of outages, and this mean, include those of which no time \
             counts. The mean time between outages is the observed time up or degraded, divided by \
             the number of outages that began in the period; one that goes on after a gap did not \
             begin anew.",
            "Figures that are called sums are sums over probes, and their percentages are means \
             over the time of these; they do not tell whether a platform or service as such was \
             down. The worst are the endpoints that were down the longest, then those with the most \
             blips, then those degraded the longest.",
            "The worst window of a length is that stretch of the period, of just this length, which \
             holds the most time down; its availability is 1 - time down / length. It is searched at \
             every possible beginning, not on a grid of hours or days. Time in maintenance and time \
             that nobody watched count as not down in it. One long outage makes long windows bad, \
             many short ones only short windows.",
            "Latency is that of answers, also of slow ones, and not of failures: of whole requests, \
             and of each phase that they had. Answers are counted in steps less than 1 % wide, so \
             that medians and percentiles are off by less than 1 %; the shortest and the longest are \
             exact. A p95 is what 95 % of the answers took at most.",
        ]
        .map(str::to_owned),
    );
    if let Some(before) = request.before {
        method.push(format!(
            "The period before, from {} to {}, is judged by the same rules, with all that is known \
             now. Changes of percentages are told in percentage points, of the cut ones.",
            instant_utc(before.from),
            instant_utc(before.to)
        ));
    }
    method
}

/// How objectives and agreements are reckoned, and the terms in force. Nothing where nothing is
/// promised.
pub fn of_promises(services: &[ServiceReport]) -> Vec<String> {
    let mut objectives = BTreeMap::<String, Vec<String>>::new();
    let mut agreements = BTreeMap::<String, Vec<String>>::new();
    for service in services {
        let key = service.name.slug();
        let own = (key.to_owned(), &service.objectives, &service.agreements);
        let platforms = service.platforms.iter().map(|platform| {
            let key = format!("{key}/{}", platform.name.slug());
            (key, &platform.objectives, &platform.agreements)
        });
        for (of, slo, sla) in std::iter::once(own).chain(platforms) {
            for ObjectiveReport {
                name, objective, ..
            } in slo
            {
                let terms = format!("slo `{name}`: {objective}");
                objectives.entry(terms).or_default().push(of.clone());
            }
            for AgreementReport {
                name, agreement, ..
            } in sla
            {
                let terms = format!("sla `{name}`: {agreement}");
                agreements.entry(terms).or_default().push(of.clone());
            }
        }
    }
    let mut method = Vec::new();
    if !objectives.is_empty() {
        method.extend(OBJECTIVES.map(str::to_owned));
        method.extend(ways_in_force(objectives));
    }
    if !agreements.is_empty() {
        method.extend(AGREEMENTS.map(str::to_owned));
        method.extend(ways_in_force(agreements));
    }
    method
}

const OBJECTIVES: [&str; 4] = [
    "An objective (slo) allows 1 - target of the observed time of its span to be bad: down, or also \
     degraded, if its terms say so. The error budget is (1 - target) x (what was observed of the \
     span + what is still to come of it); maintenance and unobserved time have no budget. Spent is \
     the bad time so far. Terms are those in force at the end of a span; before the first ones, \
     these.",
    "An objective is met if the bad time is within the budget even had every outage been as long as \
     it can have been, and missed if it is not, even had every outage been as short as it can have \
     been; else it cannot be told. This is decided to the millisecond, not by cut percentages.",
    "The burn rate of a window is the bad share of its observed time / (1 - target): at 1 the budget \
     just lasts for a span. It burns too fast if the rates of the long and of the short window are \
     both above the threshold, at which 2 %, 5 % and 10 % of the budget are spent within 1 hour, 6 \
     hours and 3 days: share x span / window, but not below 1. For 30 days this is 14.4, 6 and 1 \
     (The Site Reliability Workbook, chapter 5).",
    "A forecast lets the budget burn on as over the longest of these windows in which anything was \
     observed, until the end of the month. Of the last so many days it looks as many days ahead, \
     and what was spent before these comes back as time goes on.",
];

const AGREEMENTS: [&str; 3] = [
    "An agreement (sla) is settled for each calendar month, on the reported, the shortest and the \
     longest possible time down; for the longest, time that nobody watched counts as down where it \
     may have been. A month that is not over is settled as if nothing more went wrong in it.",
    "An outage counts if the whole of it, also outside of the month, lasted for the minutes agreed, \
     without maintenance if that is excluded. So much of it as lies in the month is counted, to the \
     millisecond (exact), cut to whole minutes (dropped), or rounded up to them (counted). Outages \
     that annotations leave out never count.",
    "Its uptime is (month - downtime) / month, of which excluded maintenance is no part, and \
     unobserved time counts as up; it is told how much that is, and of a month of which nothing was \
     observed it cannot be told what is due. The credit due is the highest of those whose limit the \
     uptime is below, to the millisecond.",
];

/// How members make up platforms and services, each way once, that of most first.
fn policies(services: &[ServiceHistory], period: Period) -> Vec<String> {
    let mut ways: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for service in services {
        let history = in_force(&service.parameters, period);
        let of_service = policy(&history, |parameters| {
            format!(
                "down when {} of its platforms {}, merge gap {}",
                parameters.down_when,
                are(parameters.down_when),
                parameters.merge_gap
            )
        });
        ways.entry(of_service)
            .or_default()
            .push(service.subject.key());
        for platform in &service.platforms {
            let history = in_force(&platform.parameters, period);
            let of_platform = policy(&history, |parameters| {
                format!(
                    "down when {} of its endpoints {}, weight {}",
                    parameters.down_when,
                    are(parameters.down_when),
                    parameters.weight
                )
            });
            ways.entry(of_platform)
                .or_default()
                .push(platform.subject.key());
        }
    }
    ways_in_force(ways)
}

/// Each way once, with what it is in force for, that of most first.
fn ways_in_force(ways: BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut ways: Vec<_> = ways.into_iter().collect();
    ways.sort_by_key(|(_, subjects)| std::cmp::Reverse(subjects.len()));
    let count = ways.len();
    let mut told: Vec<_> = ways
        .into_iter()
        .take(PARAMETER_SETS_MAX)
        .map(|(way, subjects)| format!("In force for {}: {way}.", some_of(&subjects)))
        .collect();
    if count > PARAMETER_SETS_MAX {
        let more = count - PARAMETER_SETS_MAX;
        told.push(format!(
            "{more} more sets are in force; the JSON report has those of each platform and service."
        ));
    }
    told
}

/// In words, with when it changed.
fn policy(history: &[InForce], words: impl Fn(&RollupParameters) -> String) -> String {
    let told = history.iter().map(|in_force| {
        let words = words(&in_force.parameters);
        match in_force.from {
            None => words,
            Some(from) => format!("from {} on {words}", instant_utc(from)),
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

const fn are(down_when: DownWhen) -> &'static str {
    match down_when {
        DownWhen::Any => "is",
        DownWhen::Quorum(count) if count.get() == 1 => "is",
        DownWhen::All | DownWhen::Quorum(_) | DownWhen::Share(_) => "are",
    }
}

/// The first few by name.
fn some_of(subjects: &[String]) -> String {
    match subjects.get(..SUBJECTS_MAX) {
        Some(first) if first.len() < subjects.len() => {
            let more = subjects.len() - first.len();
            format!("{} and {more} more", first.join(", "))
        }
        _ => subjects.join(", "),
    }
}

/// The parameters in force at the present, each set once, the one of most probes first.
fn parameters(services: &[ServiceHistory]) -> Vec<String> {
    let mut sets: BTreeMap<String, usize> = BTreeMap::new();
    for probe in services.iter().flat_map(ServiceHistory::probes) {
        *sets.entry(in_words(&probe.parameters)).or_default() += 1;
    }
    let mut sets: Vec<_> = sets.into_iter().collect();
    // stable: sets of equally many probes stay in order of their words
    sets.sort_by_key(|&(_, probes)| std::cmp::Reverse(probes));
    let count = sets.len();
    if count == 1 {
        return sets
            .into_iter()
            .map(|(words, _)| format!("Parameters in force for every probe: {words}."))
            .collect();
    }
    let mut told: Vec<_> = sets
        .into_iter()
        .take(PARAMETER_SETS_MAX)
        .map(|(words, probes)| format!("Parameters in force for {}: {words}.", of_probes(probes)))
        .collect();
    if count > PARAMETER_SETS_MAX {
        let more = count - PARAMETER_SETS_MAX;
        told.push(format!(
            "{more} more sets of parameters are in force; the JSON report has those of each probe."
        ));
    }
    told
}

fn of_probes(count: usize) -> String {
    match count {
        1 => "1 probe".to_owned(),
        _ => format!("{count} probes"),
    }
}

fn in_words(parameters: &Parameters) -> String {
    let Parameters {
        interval,
        timeout,
        confirm_interval,
        failure_threshold,
        recovery_threshold,
        grace,
        flap_failures,
        flap_of,
    } = parameters;
    format!(
        "interval {interval}, timeout {timeout}, confirm interval {confirm_interval}, failure \
         threshold {failure_threshold}, recovery threshold {recovery_threshold}, grace {grace}, \
         degraded at {flap_failures} failures among {flap_of} observations"
    )
}
