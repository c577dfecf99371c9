//! The draft of a post-mortem: everything known of one incident in order of time, and headings for
//! what only people know.

use outwatch::domain::annotation::{Annotation, Remark};
use outwatch::domain::outage::OutageWindow;
use outwatch::domain::outage_id::OutageId;
use outwatch::domain::trouble::Trouble;
use outwatch::report::moment::What;
use outwatch::report::post_mortem::{PostMortem, ProbeSeen, incident_in};

use super::wholes::{circumstances, partial, platform, probes};
use super::*;

/// What people said, and that the observer was hindered.
fn known() -> Circumstances {
    let service = Subject::Service("music".into());
    let said = |subject: &Subject, start: UnixMillis, remark, at| Annotation {
        outage: if *subject == service {
            OutageId::of_incident(subject, start)
        } else {
            OutageId::of(subject, start)
        },
        subject: subject.clone(),
        started_at: start,
        ended_at: None,
        remark,
        by: "ann".into(),
        at,
    };
    let (desktop, mobile) = (platform("desktop"), platform("mobile"));
    let start = START + Millis(60_000);
    let half_past = START + Millis(7 * 60_000 + 30_000);
    Circumstances {
        annotations: vec![
            said(
                &service,
                start,
                Remark::Cause("a *bad* deploy".into()),
                minute(9),
            ),
            said(
                &desktop,
                start,
                Remark::Note("log in | out".into()),
                minute(4),
            ),
            said(
                &mobile,
                half_past,
                Remark::Note("after the end".into()),
                minute(30),
            ),
        ],
        troubles: vec![Trouble {
            period: Period::new(minute(2), minute(3)),
            reason: Reason::Stalled,
        }],
        ..circumstances()
    }
}

fn told_of(services: &[ServiceHistory], circumstances: &Circumstances) -> Option<PostMortem> {
    let service = &services[0];
    let incident = incident_in(service, period())?;
    let OutageEvidence { first, last, .. } = outage_evidence();
    let kept = |probe: &str, seen: Option<Seen>, ts: UnixMillis| ProbeSeen {
        probe: probe.parse().expect("it is an id"),
        seen: Seen {
            ts,
            ..seen.expect("there is one")
        },
    };
    let kept = vec![
        kept("music/web/player", last, minute(9)),
        kept("music/desktop/login", first, minute(1)),
    ];
    let request = request(period(), minute(10));
    PostMortem::new(request, service, incident, circumstances, kept)
}

fn post_mortem() -> PostMortem {
    let services = services(probes(), &known(), |_| true);
    told_of(&services, &known()).expect("it is whole")
}

fn markdown_of(post_mortem: &PostMortem) -> String {
    let document = wording::post_mortem(post_mortem);
    text(|out| markdown::render(&document, out))
}

#[test]
fn a_post_mortem_tells_what_is_known_and_asks_for_the_rest() {
    let post_mortem = post_mortem();
    let document = wording::post_mortem(&post_mortem);
    golden("post-mortem.markdown", &markdown_of(&post_mortem));
    golden("post-mortem.narrow", &within(80, &document));
    golden(
        "post-mortem.json",
        &text(|out| json::post_mortem(&post_mortem, out)),
    );
    for width in [80, 100, 120] {
        for line in within(width, &document).lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn the_timeline_has_every_window_in_order_of_time() {
    let post_mortem = post_mortem();
    let times: Vec<_> = post_mortem.timeline.iter().map(|one| one.at).collect();
    assert!(times.is_sorted(), "{times:?}");
    let starts = |is_start: fn(&What) -> bool| {
        let mut moments = post_mortem.timeline.iter();
        let starts = moments.by_ref().filter(|one| is_start(&one.what));
        let mut starts: Vec<_> = starts.map(|one| (one.at, one.subject.clone())).collect();
        starts.sort();
        starts
    };
    let mut windows: Vec<_> = post_mortem
        .outages
        .iter()
        .map(|outage| (outage.window.start, Some(outage.subject.clone())))
        .collect();
    windows.sort();
    assert_eq!(starts(|what| matches!(what, What::Failed { .. })), windows);
    // one more of each platform and service
    let wholes = starts(|what| matches!(what, What::WentDown { .. }));
    let share = post_mortem.incident.platforms.iter();
    let own: usize = share.map(|share| share.windows.len()).sum();
    let of_platforms = wholes.iter().filter(|(_, subject)| {
        let scope = subject.as_ref().map(Subject::scope);
        scope == Some(Scope::Platform)
    });
    assert_eq!(of_platforms.count(), own);
    // what was said after its end is no part of it, but stands beside it
    let said = starts(|what| matches!(what, What::Said(_)));
    assert_eq!((said.len(), post_mortem.annotations.len()), (2, 3));
}

#[test]
fn of_a_long_timeline_the_most_telling_is_left() {
    let post_mortem = post_mortem();
    let all = post_mortem.timeline.len();
    assert_eq!(post_mortem.most_telling(all).len(), all);
    let some = post_mortem.most_telling(all - 1);
    assert!(some.len() < all);
    let is_detail =
        |what: &What| matches!(what, What::Opened { .. } | What::Closed | What::Blipped(_));
    assert!(some.iter().all(|moment| !is_detail(&moment.what)));
    let story = post_mortem.most_telling(4);
    let ends = [&post_mortem.timeline[0], &post_mortem.timeline[all - 1]];
    assert_eq!(story.len(), 4);
    assert_eq!([story[0], story[3]], ends);
    assert!(post_mortem.most_telling(0).is_empty());
}

#[test]
fn of_what_is_known_in_part_there_is_no_post_mortem() {
    assert_eq!(told_of(&partial(), &circumstances()), None);
}

#[test]
fn an_incident_tells_how_it_stands() {
    for (timeline, minutes, parts) in [
        (
            "oFFFFF",
            3,
            &["Since 2024-09-29 14:00:30Z, for 2m 30s so far (at least 2m), Music has been down"][..],
        ),
        (
            "oFFFoooooooooooooooooooo",
            12,
            &[
                "From 2024-09-29 14:00:30Z to 2024-09-29 14:02:00Z, for 1m 30s (1m – 2m), Music was down for 1m 30s.",
            ],
        ),
        (
            "oFFF",
            12,
            &[
                "to 2024-09-29 14:02:00Z, for 1m 30s (at least 1m), Music was down",
                "Nobody has watched since, so it may go on.",
                "last known down: nobody watched from here on, after 1m 30s",
                "nobody watched until 2024-09-29 14:12:00",
            ],
        ),
        (
            "ooFoFoFoooooooooooooooooo",
            12,
            &[
                "requests to Music failed, without a platform of it being down. It came and went.",
                "fails now and then until 2024-09-29 14:03:00, 3 failures",
                "No evidence is kept of its failures",
            ],
        ),
    ] {
        let now = minute(minutes);
        let services = super::wholes::alone(timeline, now);
        let service = &services[0];
        let period = Period::new(START, now);
        let incident = incident_in(service, period).expect("there is one");
        let request = request(period, now);
        let circumstances = Circumstances::default();
        let told = PostMortem::new(request, service, incident, &circumstances, Vec::new());
        let shown = markdown_of(&told.expect("it is whole"));
        for part in parts {
            assert!(shown.contains(part), "{timeline}: {part}: {shown}");
        }
    }
}

#[test]
fn foreign_text_in_a_post_mortem_stays_text() {
    let hostile = "<script>x</script> | [a](b)\n# heading\u{202e} `";
    let failure = failing(Cause::Body, Phase::Verdict, hostile);
    let probe = probe("Music", "web", "player");
    let histories = [told(probe, "ooFFFFooo", &failure, Parameters::default())];
    let window: &OutageWindow = &histories[0].track.windows[0];
    let subject = Subject::Service("music".into());
    let circumstances = Circumstances {
        annotations: vec![Annotation {
            outage: OutageId::of_incident(&subject, window.start),
            subject,
            started_at: window.start,
            ended_at: None,
            remark: Remark::Cause(hostile.into()),
            by: hostile.into(),
            at: minute(2),
        }],
        ..Circumstances::default()
    };
    let services = services(histories.to_vec(), &circumstances, |_| true);
    let incident = incident_in(&services[0], period()).expect("there is one");
    let seen = Seen {
        ts: window.start,
        evidence: Evidence {
            detail: Some(hostile.to_owned()),
            headers: vec![(hostile.to_owned(), hostile.to_owned())],
            body: Some(evidence::Body {
                text: Some(hostile.to_owned()),
                ..evidence::Body::default()
            }),
            ..Evidence::default()
        },
    };
    let kept = vec![ProbeSeen {
        probe: "music/web/player".parse().expect("it is an id"),
        seen,
    }];
    let request = request(period(), minute(10));
    let told = PostMortem::new(request, &services[0], incident, &circumstances, kept);
    let shown = markdown_of(&told.expect("it is whole"));
    assert!(shown.contains("script"), "{shown}");
    assert!(!shown.contains('\u{202e}'), "{shown}");
    for line in shown.lines() {
        assert!(!line.starts_with("# heading"), "{line}");
        // outside of code there is a backslash before every `<`
        let is_code = line.starts_with("    ");
        let words: String = line.split("``").step_by(2).collect();
        let bare = words.replace("\\<", "").contains('<');
        assert!(is_code || !bare, "{line}");
    }
}
