//! Objectives and agreements, in the report of a period.

use super::grids::percent;
use crate::domain::agreement::{Reckoning, Settlement};
use crate::domain::availability::Percent;
use crate::domain::calendar::{CalendarPeriod, CalendarUnit};
use crate::domain::objective::{Bounded, Burn, Forecast, Kept, Objective, Span, Verdict};
use crate::domain::time::{Millis, Period};
use crate::domain::zone::Zone;
use crate::report::agreements::AgreementReport;
use crate::report::document::{Concession, Document, Grid, Text, Tone, left, right};
use crate::report::model::Report;
use crate::report::objectives::ObjectiveReport;
use crate::report::text::{self, instant_utc, length};

/// Of each platform and service, if anything is promised of any.
pub(super) fn promises(report: &Report, document: &mut Document) {
    let objectives = report.objectives();
    if !objectives.is_empty() {
        document.heading("Objectives");
        document.grid(budgets(&objectives));
        document.grid(burns(&objectives));
        let forecasts = objectives.iter().filter_map(|(of, objective)| {
            let last = objective.last()?;
            let told = forecast(&last.forecast?, last);
            Some(named(of, &objective.name).then(": ").then(told))
        });
        let forecasts: Vec<_> = forecasts.collect();
        if !forecasts.is_empty() {
            document.list(forecasts);
        }
    }
    let agreements = report.agreements();
    if !agreements.is_empty() {
        document.heading("Agreements");
        document.list(credits(&agreements));
        document.grid(settlements(&agreements));
    }
}

/// What is due for a month, as in `credit due: 10 % (10 % even at the lower bound)`.
pub fn credit(settlement: &Settlement) -> String {
    let due = |reckoning: Reckoning| reckoning.credit;
    let Bounded {
        reported,
        least,
        most,
    } = settlement.reckonings;
    let (Some(reported), Some(least), Some(most)) = (due(reported), due(least), due(most)) else {
        return "no credit due: all of the month is maintenance".to_owned();
    };
    if !settlement.is_observed() {
        return "cannot be told: nothing was observed of the month".to_owned();
    }
    let nothing = Percent { thousandths: 0 };
    let due = if reported == nothing {
        "no credit due".to_owned()
    } else {
        format!("credit due: {}", short(reported))
    };
    let bounds = match (least == reported, most == reported) {
        (true, true) if reported == nothing => "not even at the upper bound".to_owned(),
        (true, true) => format!("{} even at the lower bound", short(least)),
        (true, false) => format!("{} at the upper bound", short(most)),
        (false, true) if least == nothing => "none at the lower bound".to_owned(),
        (false, true) => format!("{} at the lower bound", short(least)),
        (false, false) if least == nothing => {
            format!("none at the lower bound, {} at the upper", short(most))
        }
        (false, false) => {
            format!(
                "{} at the lower bound, {} at the upper",
                short(least),
                short(most)
            )
        }
    };
    let so_far = if settlement.is_over() {
        ""
    } else {
        ", if nothing more goes wrong in the month"
    };
    let unwatched = match settlement.unobserved {
        Millis::ZERO => String::new(),
        unobserved => format!("; {} not observed, which count as up", length(unobserved)),
    };
    format!("{due} ({bounds}){so_far}{unwatched}")
}

/// Without zeros at its end, as in `99.95 %`.
pub(super) fn short(percent: Percent) -> String {
    percent.written().replace('%', " %")
}

fn named(of: &str, name: &str) -> Text {
    Text::quoted(of).then(", ").then(Text::quoted(name))
}

/// As in `2024-09`, with the zone if it is not UTC.
fn month(month: Period, zone: &Zone) -> Text {
    let found = CalendarPeriod::holding(CalendarUnit::Month, month.from, zone);
    let label = found.map_or_else(String::new, |found| found.to_string());
    if *zone == Zone::utc() {
        label.into()
    } else {
        Text::from(label).then(Text::spare(format!(" {zone}")))
    }
}

fn span(objective: &Objective, kept: &Kept) -> Text {
    match &objective.over {
        Span::Month(zone) => month(kept.span, zone),
        Span::Days(_) => format!("{} to {}", objective.over, instant_utc(kept.until)).into(),
    }
}

fn budgets(objectives: &[(String, &ObjectiveReport)]) -> Grid {
    let mut grid = Grid::new(&[
        left("Of"),
        left("Objective"),
        left("Span"),
        right("Target"),
        right("Attained"),
        right("Attained low – high"),
        right("Budget"),
        right("Spent"),
        right("Spent low – high"),
        right("Left"),
        left("Verdict"),
    ])
    .conceding(&[
        Concession::Below("Attained low – high", "attained "),
        Concession::Below("Spent low – high", "spent "),
        Concession::Brief("Span"),
    ]);
    for (of, report) in objectives {
        let objective = &report.objective;
        for kept in &report.kept {
            let (spent, left) = (kept.spent, kept.left.reported);
            grid.row([
                Text::quoted(of),
                Text::quoted(&*report.name),
                span(objective, kept),
                short(objective.target).into(),
                percent(kept.attained.map(|attained| attained.reported)).into(),
                between(
                    kept.attained
                        .map(|attained| (attained.least, attained.most)),
                ),
                length(kept.budget).into(),
                length(spent.reported).into(),
                spare_if(
                    spent.least == spent.most,
                    text::bounds(spent.least, spent.most),
                ),
                length(left).into(),
                verdict(kept),
            ]);
        }
    }
    grid
}

fn between(bounds: Option<(Percent, Percent)>) -> Text {
    bounds.map_or_else(Text::default, |(low, high)| {
        spare_if(low == high, format!("{low} – {high} %"))
    })
}

fn spare_if(is_spare: bool, text: String) -> Text {
    if is_spare {
        Text::spare(text)
    } else {
        text.into()
    }
}

fn verdict(kept: &Kept) -> Text {
    match kept.verdict {
        None => Text::toned(Tone::Faint, "not observed"),
        Some(Verdict::Met) if kept.is_over() => Text::toned(Tone::Good, "met"),
        Some(Verdict::Met) => Text::toned(Tone::Good, "within budget so far"),
        Some(Verdict::Missed) => Text::toned(Tone::Bad, "missed"),
        Some(Verdict::Unclear) => Text::toned(Tone::Warn, "cannot be told"),
    }
}

/// Of the latest span of each.
fn burns(objectives: &[(String, &ObjectiveReport)]) -> Grid {
    let mut grid = Grid::new(&[
        left("Of"),
        left("Objective"),
        left("Windows"),
        right("Burn rate, long"),
        right("Burn rate, short"),
        right("Too fast above"),
        left("Burns"),
    ]);
    for (of, report) in objectives {
        for burn in report.last().into_iter().flat_map(|last| &last.burn) {
            let Burn {
                long,
                short,
                long_rate,
                short_rate,
                threshold,
                is_too_fast,
            } = *burn;
            grid.row([
                Text::quoted(of),
                Text::quoted(&*report.name),
                format!("{} and {}", length(long), length(short)).into(),
                rate(long_rate).into(),
                rate(short_rate).into(),
                hundredths(threshold).into(),
                if is_too_fast {
                    Text::toned(Tone::Bad, "too fast")
                } else {
                    "slowly enough".into()
                },
            ]);
        }
    }
    grid
}

fn rate(rate: Option<u64>) -> String {
    rate.map_or_else(|| "no data".to_owned(), hundredths)
}

fn hundredths(of: u64) -> String {
    format!("{}.{:02}", of / 100, of % 100)
}

fn forecast(forecast: &Forecast, kept: &Kept) -> Text {
    let Forecast {
        over,
        to,
        exhausted_at,
        spent_at_end,
    } = *forecast;
    match exhausted_at {
        Some(at) if at <= kept.until => Text::toned(
            Tone::Bad,
            format!("the budget was spent at {}", instant_utc(at)),
        ),
        Some(at) => Text::toned(
            Tone::Warn,
            format!(
                "if it burns on as over the last {}, the budget is gone at {}",
                length(over),
                instant_utc(at)
            ),
        ),
        None => Text::from(format!(
            "if it burns on as over the last {}, {} of {} are spent at {}",
            length(over),
            length(spent_at_end),
            length(kept.budget),
            instant_utc(to)
        )),
    }
}

fn credits(agreements: &[(String, &AgreementReport)]) -> Vec<Text> {
    let credits = agreements.iter().flat_map(|(of, report)| {
        report.settlements.iter().map(move |settlement| {
            let told = credit(settlement);
            let is_due = |reckoning: Reckoning| {
                reckoning
                    .credit
                    .is_some_and(|credit| credit.thousandths > 0)
            };
            let Bounded { reported, most, .. } = settlement.reckonings;
            let tone = match (is_due(reported), is_due(most)) {
                _ if !settlement.is_observed() => Tone::Faint,
                (true, _) => Tone::Bad,
                (false, true) => Tone::Warn,
                (false, false) => Tone::Good,
            };
            named(of, &report.name)
                .then(", ")
                .then(month(settlement.month, &report.agreement.zone))
                .then(": ")
                .then(Text::toned(tone, told))
        })
    });
    credits.collect()
}

fn settlements(agreements: &[(String, &AgreementReport)]) -> Grid {
    let mut grid = Grid::new(&[
        left("Of"),
        left("Agreement"),
        left("Month"),
        right("Counts"),
        right("Unobserved"),
        right("Outages"),
        right("Down"),
        right("Down low – high"),
        right("Uptime"),
        right("Uptime low – high"),
        right("Credit"),
        right("Credit low – high"),
    ])
    .conceding(&[
        Concession::Below("Unobserved", "unobserved "),
        Concession::Below("Down low – high", "down "),
        Concession::Below("Uptime low – high", "uptime "),
        Concession::Below("Credit low – high", "credit "),
        Concession::Brief("Month"),
        Concession::Brief("Outages"),
    ]);
    for (of, report) in agreements {
        for settlement in &report.settlements {
            let Bounded {
                reported,
                least,
                most,
            } = settlement.reckonings;
            let is_observed = settlement.is_observed();
            let credit = reported.credit.filter(|_| is_observed);
            let credits = least.credit.zip(most.credit).filter(|_| is_observed);
            let credits = credits.map_or_else(Text::default, |(low, high)| {
                spare_if(low == high, format!("{} – {}", short(low), short(high)))
            });
            let too_short = match reported.too_short {
                0 => Text::default(),
                count => Text::spare(format!(", {count} too short")),
            };
            grid.row([
                Text::quoted(of),
                Text::quoted(&*report.name),
                month(settlement.month, &report.agreement.zone),
                length(reported.whole).into(),
                match settlement.unobserved {
                    Millis::ZERO => Text::spare("–"),
                    unobserved => length(unobserved).into(),
                },
                Text::from(reported.counted.to_string()).then(too_short),
                length(reported.down).into(),
                spare_if(least.down == most.down, text::bounds(least.down, most.down)),
                percent(reported.uptime.filter(|_| is_observed)).into(),
                between(most.uptime.zip(least.uptime).filter(|_| is_observed)),
                credit.map_or_else(String::new, short).into(),
                credits,
            ]);
        }
    }
    grid
}
