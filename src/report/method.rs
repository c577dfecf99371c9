//! How windows and numbers come about, in plain words, with the parameters in force. Every report
//! carries it, so that a reader can check the report without knowing the program.

use std::collections::BTreeMap;

use super::service_history::ServiceHistory;
use crate::domain::parameters::Parameters;

/// The name of the formula that every uptime is printed with.
pub const UPTIME_FORMULA: &str = "Uptime of observed time";

/// Most different sets of parameters that are told one by one.
const PARAMETER_SETS_MAX: usize = 5;

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
         interval; the rest is unobserved, neither up nor down, and no window spans it. Requests \
         that failed through the observer's own fault count as unobserved.",
    ]
    .map(str::to_owned)
    .into();
    method.extend(parameters(services));
    method
}

/// How all numbers of a report come about.
pub fn of_report(services: &[ServiceHistory]) -> Vec<String> {
    let mut method = of_windows(services);
    method.extend(
        [
            "Up, degraded, down, unobserved, maintenance and the time in which a probe was not \
             configured add up to the period, to the millisecond. Degraded is time in which the \
             endpoint answered, but slowly or with scattered failures.",
            "Uptime is the uptime of observed time: (up + degraded) / (up + degraded + down). Its \
             lowest and highest value take every window as long and as short as it can have been. \
             Coverage is the observed time / (the time configured - maintenance). Percentages are \
             cut, not rounded, to three decimals.",
            "Windows are listed with their true times; counts and sums take the part inside the \
             period. The mean time to restore takes whole windows, and only those whose start and \
             end were seen.",
            "The figures of a platform, of a service and of all together are sums over their \
             probes, and their percentages are means over the time of the probes; they do not tell \
             whether the platform as such was down.",
        ]
        .map(str::to_owned),
    );
    method
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
