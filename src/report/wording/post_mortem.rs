//! The post-mortem of an incident, as a draft: what is known is told, and what only people can tell
//! has its heading.

use super::annotations::said;
use super::evidence::failure;
use super::incidents::{bounds, how_much, kind, platform};
use super::moments::timeline;
use super::outages::{joined, meanwhile, ranked, windows};
use super::unobserved::{legend, unobserved_grid};
use crate::domain::annotation::RemarkKind;
use crate::domain::incident::{IncidentKind, Severity};
use crate::domain::observation::Cause;
use crate::domain::subject::Scope;
use crate::domain::time::Millis;
use crate::report::charts;
use crate::report::document::{Concession, Document, Figure, Grid, Text, Tone, left, right};
use crate::report::outage_evidence::Seen;
use crate::report::post_mortem::{Impact, PostMortem, ProbeSeen};
use crate::report::text::{self, instant, instant_after, instant_utc, length, many};

/// Most moments that are told; the machine-readable format has all.
const MOMENTS_MAX: usize = 60;

/// Most windows of endpoints that are told.
const WINDOWS_MAX: usize = 30;

/// Most stretches that nobody watched that are told.
const STRETCHES_MAX: usize = 20;

/// Empty rows for what is to be done.
const ACTIONS: usize = 3;

/// Everything known of an incident, and headings for what is not.
pub fn post_mortem(post_mortem: &PostMortem) -> Document {
    let mut document = Document::default();
    let incident = &post_mortem.incident;
    let request = &post_mortem.request;
    document.title(format!(
        "Post-mortem: {}, {}Z",
        incident.service.display(),
        to_the_minute(&instant(incident.incident.period.from)),
    ));
    document.paragraph(
        Text::from("Draft for incident ")
            .then(Text::quoted(incident.incident.id.to_string()))
            .then(format!(
                ", written at {} by outwatch {}. All times are UTC. What was observed is filled in; \
                 the headings without text are for people.",
                instant_utc(request.generated_at),
                request.version
            )),
    );
    if !request.what_if.is_empty() {
        document.paragraph(
            Text::toned(Tone::Warn, "What if")
                .then(" ")
                .then(Text::quoted(request.what_if.join(", ")))
                .then(": so it would have been judged, which is not as configured."),
        );
    }
    document.heading("Summary");
    document.paragraph(summary(post_mortem));
    document.figures(figures(post_mortem));
    document.heading("Impact");
    document.chart(charts::incident(post_mortem));
    document.grid(impact(post_mortem));
    if !post_mortem.outages.is_empty() {
        document.subheading("Outages of endpoints");
        let all: Vec<_> = post_mortem.outages.iter().take(WINDOWS_MAX).collect();
        document.grid(windows(Scope::Endpoint, &all));
        left_out(
            post_mortem.outages.len() - all.len(),
            "later ones",
            &mut document,
        );
    }
    document.heading("Timeline");
    let told = post_mortem.most_telling(MOMENTS_MAX);
    document.grid(timeline(&told));
    let more = post_mortem.timeline.len() - told.len();
    left_out(more, "of lesser weight", &mut document);
    for_people(post_mortem, &mut document);
    document.heading("What was seen");
    seen(post_mortem, &mut document);
    document.heading("What was not observed");
    unobserved(post_mortem, &mut document);
    document.heading("Method");
    let method = post_mortem.method.iter();
    document.list(method.map(|line| line.as_str().into()).collect());
    document
}

fn to_the_minute(instant: &str) -> &str {
    instant
        .rsplit_once(':')
        .map_or(instant, |(minute, _)| minute)
}

fn left_out(more: usize, which: &str, document: &mut Document) {
    if more > 0 {
        document.paragraph(format!(
            "{more} {which} are left out here; the JSON format has all."
        ));
    }
}

/// What only people know. What they have said already stands below its heading.
fn for_people(post_mortem: &PostMortem, document: &mut Document) {
    document.heading("Cause");
    let annotations = post_mortem.annotations.iter();
    let causes = annotations.filter(|one| one.remark.kind() == RemarkKind::Cause);
    let causes: Vec<_> = causes.map(|one| said(std::slice::from_ref(one))).collect();
    if !causes.is_empty() {
        document.list(causes);
    }
    for heading in ["Contributing factors", "What went well", "What went badly"] {
        document.heading(heading);
    }
    document.heading("Actions");
    let mut actions = Grid::new(&[left("Action"), left("Owner"), left("Due")]);
    for _ in 0..ACTIONS {
        actions.row([Text::default(), Text::default(), Text::default()]);
    }
    document.grid(actions);
    document.heading("Annotations");
    if post_mortem.annotations.is_empty() {
        document.paragraph("Nobody has said anything of it yet.");
        return;
    }
    let annotations = post_mortem.annotations.iter();
    document.list(
        annotations
            .map(|one| {
                Text::quoted(one.subject.key())
                    .then(": ")
                    .then(said(std::slice::from_ref(one)))
            })
            .collect(),
    );
}

/// A few sentences that stand on their own.
fn summary(post_mortem: &PostMortem) -> Text {
    let one = &post_mortem.incident;
    let incident = &one.incident;
    let (from, to) = (incident.period.from, incident.period.to);
    let (lasted, bounds) = (length(incident.duration()), bounds(one));
    let when = if incident.is_open {
        let from = instant_utc(from);
        Text::from(format!("Since {from}, for {lasted} so far ({bounds}), "))
    } else {
        Text::from(format!("From {} to ", instant_utc(from)))
            .then(instant_after(from, to))
            .then(format!("Z, for {lasted} ({bounds}), "))
    };
    let name = one.service.display();
    let (was, came) = if incident.is_open {
        ("has been", "comes and goes")
    } else {
        ("was", "came and went")
    };
    let (any, all) = (length(incident.any_down), length(incident.all_down));
    let what = match incident.severity {
        Severity::Full if one.platforms.len() + one.others.len() == 1 => {
            format!("{name} {was} down for {any}")
        }
        Severity::Full => format!(
            "{name} {was} down: for {any} on at least one of its platforms, for {all} on all of \
             them at once"
        ),
        Severity::Partial => {
            format!("{name} {was} partly down: for {any} on at least one of its platforms")
        }
        Severity::IntermittentOnly => {
            format!("requests to {name} failed, without a platform of it being down")
        }
    };
    let mut text = when.then(format!("{what}."));
    if incident.kind == IncidentKind::Intermittent {
        text = text.then(format!(" It {came}."));
    }
    let mut platforms: Vec<_> = one.platforms.iter().map(platform).collect();
    platforms.extend(meanwhile(&one.others));
    text = text
        .then(" By platform: ")
        .then(joined(platforms, "; "))
        .then(".");
    if let Some(detected) = &post_mortem.detected {
        text = text.then(format!(
            " The first outage in it was known of {} after its first failure.",
            length(detected.after())
        ));
    }
    if !post_mortem.causes.is_empty() {
        text = text.then(format!(" {}.", failures(&post_mortem.causes)));
    }
    if incident.unknown > Millis::ZERO {
        text = text.then(format!(
            " For {} of it, the state of the service was not known.",
            length(incident.unknown)
        ));
    }
    if !incident.is_open && incident.end_latest.is_none() {
        text = text.then(" Nobody has watched since, so it may go on.");
    }
    text
}

/// As in `In its outages 360 requests failed: status 350, timeout 10`.
fn failures(causes: &[(Cause, u64)]) -> String {
    let count = causes.iter().map(|(_, count)| count).sum();
    let requests = many(count, "request", "requests");
    format!("In its outages {requests} failed: {}", ranked(causes))
}

fn figures(post_mortem: &PostMortem) -> Vec<Figure> {
    let one = &post_mortem.incident;
    let incident = &one.incident;
    let figure = |label: &str, value: Text, note: String| Figure {
        label: label.to_owned(),
        value,
        note: note.into(),
    };
    let mut figures = vec![
        figure("Lasted", length(incident.duration()).into(), bounds(one)),
        figure(
            "Severity",
            how_much(incident.severity).into(),
            kind(incident.kind, incident.is_open).to_owned(),
        ),
        figure(
            "A platform down",
            length(incident.any_down).into(),
            String::new(),
        ),
        figure(
            "All platforms down",
            length(incident.all_down).into(),
            String::new(),
        ),
    ];
    if let Some(detected) = &post_mortem.detected {
        let at = format!(
            "the first failure of an outage, at {}Z",
            instant(detected.at)
        );
        figures.push(figure("Known after", length(detected.after()).into(), at));
    }
    figures
}

fn impact(post_mortem: &PostMortem) -> Grid {
    let mut grid = Grid::new(&[
        left("Platform"),
        left("Down low – high"),
        left("From (UTC)"),
        left("To (UTC)"),
        right("Times down"),
        left("Failures by cause"),
    ])
    .conceding(&[
        Concession::Brief("To (UTC)"),
        Concession::Below("Failures by cause", ""),
        Concession::Below("Down low – high", "down "),
    ]);
    for one in &post_mortem.impact {
        let share = &one.share.share;
        grid.row([
            platform(&one.share),
            match (share.windows, share.possible) {
                (0, _) => Text::spare("–"),
                (_, Some(most)) => text::bounds(share.certain, most).into(),
                (_, None) => format!("at least {}", length(share.certain)).into(),
            },
            from(one),
            to(one),
            one.times.to_string().into(),
            ranked(&one.causes).into(),
        ]);
    }
    for other in &post_mortem.incident.others {
        let state = meanwhile(std::slice::from_ref(other));
        let none = || Text::spare("–");
        grid.row([
            joined(state, "; "),
            none(),
            none(),
            none(),
            "0".into(),
            Text::default(),
        ]);
    }
    grid
}

fn from(one: &Impact) -> Text {
    one.period
        .map_or_else(|| Text::spare("–"), |period| instant(period.from).into())
}

fn to(one: &Impact) -> Text {
    match one.period {
        None => Text::spare("–"),
        Some(_) if one.is_open => Text::toned(Tone::Bad, "open"),
        Some(period) => instant_after(period.from, period.to),
    }
}

fn seen(post_mortem: &PostMortem, document: &mut Document) {
    if !post_mortem.causes.is_empty() {
        document.paragraph(format!("{}.", failures(&post_mortem.causes)));
    }
    let Some(first) = &post_mortem.first else {
        document.paragraph(
            "No evidence is kept of its failures: they were imported, or observed by a version \
             that kept none.",
        );
        return;
    };
    document.subheading(if post_mortem.first_is_of_an_outage() {
        "First failure of the first outage"
    } else {
        "Earliest failure of which evidence is kept"
    });
    of_probe(first, None, document);
    if let Some(last) = &post_mortem.last {
        document.subheading(if post_mortem.incident.incident.is_open {
            "Last failure so far of which evidence is kept"
        } else {
            "Last failure of which evidence is kept"
        });
        of_probe(last, Some(&first.seen), document);
    }
}

fn of_probe(one: &ProbeSeen, first: Option<&Seen>, document: &mut Document) {
    document.paragraph(
        Text::from("Of ")
            .then(Text::quoted(one.probe.as_str()))
            .then(":"),
    );
    failure(&one.seen, first.map(|first| &first.evidence), document);
}

fn unobserved(post_mortem: &PostMortem, document: &mut Document) {
    let list = &post_mortem.unobserved;
    if list.spans.is_empty() {
        document.paragraph("Every probe of the service was observed all the time.");
        return;
    }
    let longest = list.longest(STRETCHES_MAX);
    document.grid(unobserved_grid(longest.iter().copied()));
    left_out(list.spans.len() - longest.len(), "shorter ones", document);
    if let Some(legend) = legend(longest) {
        document.paragraph(legend);
    }
}
