//! The clock is set while a daemon runs.

use outwatch::domain::observation::Reason;
use outwatch::domain::time::{Millis, UnixMillis};

use crate::service::{Manner, Service, UNAVAILABLE, WELL};
use crate::site::{BEGIN, DEFAULTS, HOUR, PACE, Site, of_outcome, scripted, ts};

#[tokio::test]
async fn an_hour_that_the_clock_leaps_over_is_a_gap_that_nobody_watched() {
    let service = Service::start().await;
    let site = Site::new(DEFAULTS, &[("web", &service)]);
    let (clock, hand) = scripted(BEGIN, PACE);
    let summary = site
        .watch(&clock, async {
            service.more(2).await;
            service.switch(UNAVAILABLE);
            site.until_told("opened", 1).await;
            hand.set(HOUR);
            // it goes on after the gap
            site.until_told("opened", 2).await;
            service.switch(WELL);
            site.until_told("closed", 2).await;
        })
        .await;

    assert_eq!(site.words(), ["opened", "closed", "opened", "closed"]);
    assert_eq!(site.epochs().len(), 2, "{:?}", site.epochs());
    assert_eq!(site.logged("the clock was set"), 1, "{}", site.log());
    let leapt = site.troubles(Reason::ClockStep);
    // instants are whole milliseconds
    assert!(
        matches!(leapt[..], [length] if (length - HOUR).0.abs() <= 1),
        "{leapt:?}"
    );
    // the rhythm is that of the monotonic clock, which has not leapt: 360 would have been missed
    assert!(summary.tally.missed < 100, "{:?}", summary.tally);
    let observations = site.observations("web");
    assert!(observations.iter().all(|one| one["set_aside"].is_null()));
    let windows = site.windows();
    let [before, after] = &windows[..] else {
        panic!("{windows:?} are two");
    };
    assert_eq!(
        [&before["start_kind"], &before["end_kind"]],
        ["seen", "unseen"]
    );
    assert_eq!(
        [&after["start_kind"], &after["end_kind"]],
        ["resumed", "seen"]
    );
    let [end, start] = [&before["ended_at"], &after["started_at"]]
        .map(|at| at.as_str().unwrap().parse::<UnixMillis>().unwrap());
    assert!(start - end > HOUR - Millis::from_secs(60), "{windows:?}");
}

/// Example 20 of the rules: what the old epoch told of time that the new one tells again is set
/// aside, with the outage in it.
#[tokio::test]
async fn an_outage_that_only_a_clock_ahead_has_seen_is_taken_back() {
    for back in [Millis::from_secs(600), Millis::from_secs(23 * 3600)] {
        let service = Service::start().await;
        let site = Site::new(DEFAULTS, &[("web", &service)]);
        let (clock, hand) = scripted(BEGIN, PACE);
        site.watch(&clock, async {
            service.more(2).await;
            service.switch(UNAVAILABLE);
            site.until_told("opened", 1).await;
            service.switch(WELL);
            site.until_told("closed", 1).await;
            service.switch(UNAVAILABLE);
            site.until_told("opened", 2).await;
            service.switch(WELL);
            hand.set(Millis::ZERO - back);
            site.until_told("taken back", 2).await;
            service.more(3).await;
            // what happens from now on is told as ever
            service.switch(UNAVAILABLE);
            site.until_told("opened", 3).await;
            service.switch(WELL);
            site.until_told("closed", 2).await;
        })
        .await;

        let words = site.words();
        // an asking on its way when the clock was set may have ended the second outage before
        let expected = [
            "opened",
            "closed",
            "opened",
            "taken back",
            "taken back",
            "opened",
            "closed",
        ];
        assert_eq!(words, expected, "back by {back}");
        let told = site.told.borrow();
        let windows = site.windows();
        let [window] = &windows[..] else {
            panic!("{windows:?} is one, back by {back}");
        };
        let last = &told.last().unwrap().window;
        assert_eq!(window["started_at"], last.start.to_string());
        assert_eq!(window["ended_at"], last.end.to_string());
        assert_eq!(window["failures"], last.failures);

        let epochs = site.epochs();
        let [_, second] = &epochs[..] else {
            panic!("{epochs:?} are two");
        };
        let observations = site.observations("web");
        let aside: Vec<_> = observations
            .iter()
            .filter(|one| one["set_aside"] == true)
            .collect();
        assert!(aside.len() >= 6, "{observations:?}");
        assert!(aside.iter().all(|one| ts(one) >= second.started));
        let failures = of_outcome(&observations, "fail");
        assert_eq!(
            failures
                .iter()
                .filter(|one| one["set_aside"].is_null())
                .count() as u64,
            last.failures
        );
        let evidence = site.reader();
        let kept = evidence.evidence_instants(site.probes()[0].key).unwrap();
        assert!(
            kept.iter().all(|at| last.start <= *at && *at < last.end),
            "evidence of nothing else is left: {kept:?}"
        );
    }
}

/// The clock is set back to between the last failure and the success that ended the outage.
#[tokio::test]
async fn an_outage_whose_end_is_set_aside_is_open_again() {
    let service = Service::start().await;
    let site = Site::new(DEFAULTS, &[("web", &service)]);
    let (clock, hand) = scripted(BEGIN, PACE / 2);
    site.watch(&clock, async {
        service.more(2).await;
        service.switch(UNAVAILABLE);
        site.until_told("opened", 1).await;
        // the confirming one is not the last: that would be too near to what comes
        service.more(2).await;
        service.switch(WELL);
        site.until_told("closed", 1).await;
        let end = site.told.borrow()[1].window.end;
        let between = end.saturating_sub(Millis::from_secs(5));
        hand.set(between - clock.now());
        site.until_told("opened", 2).await;
        site.until_told("closed", 2).await;
    })
    .await;

    assert_eq!(site.words(), ["opened", "closed", "opened", "closed"]);
    let told: Vec<_> = site.told.borrow().iter().map(|t| t.window.start).collect();
    assert!(told.iter().all(|start| *start == told[0]), "{told:?}");
    let windows = site.windows();
    let [window] = &windows[..] else {
        panic!("{windows:?} is one");
    };
    let last = site.told.borrow()[3].window.clone();
    assert_eq!(window["started_at"], last.start.to_string());
    assert_eq!(window["ended_at"], last.end.to_string());
}

/// Failures go on while the clock is set back, to before their end but not before their beginning.
#[tokio::test]
async fn an_outage_that_reaches_back_before_the_new_epoch_goes_on() {
    let service = Service::start().await;
    let site = Site::new(DEFAULTS, &[("web", &service)]);
    let (clock, hand) = scripted(BEGIN, PACE);
    site.watch(&clock, async {
        service.more(2).await;
        service.switch(UNAVAILABLE);
        site.until_told("opened", 1).await;
        service.more(4).await;
        hand.set(Millis::from_secs(-20));
        site.until_logged("the clock was set", 1).await;
        service.more(2).await;
        service.switch(WELL);
        site.until_told("closed", 1).await;
    })
    .await;
    assert_eq!(site.words(), ["opened", "closed"]);
    let windows = site.windows();
    let [window] = &windows[..] else {
        panic!("{windows:?} is one");
    };
    let closed = site.told.borrow()[1].window.clone();
    assert_eq!(window["started_at"], closed.start.to_string());
    assert_eq!(window["ended_at"], closed.end.to_string());
    assert_eq!(window["failures"], closed.failures);
    assert!(
        site.observations("web")
            .iter()
            .any(|one| one["set_aside"] == true),
        "some of its failures were told by a clock ahead"
    );
}

/// A request is under way while the clock is set, and fails after that.
#[tokio::test]
async fn an_asking_under_way_keeps_the_instant_that_it_began_at() {
    for by in [HOUR, Millis::from_secs(-600)] {
        let service = Service::start().await;
        let site = Site::new(DEFAULTS, &[("web", &service)]);
        let (clock, hand) = scripted(BEGIN, PACE / 4);
        site.watch(&clock, async {
            service.more(2).await;
            service.switch(Manner::Held);
            service.more(1).await;
            hand.set(by);
            site.until_logged("the clock was set", 1).await;
            service.release(UNAVAILABLE);
            service.more(2).await;
        })
        .await;
        let observations = site.observations("web");
        let failures = of_outcome(&observations, "fail");
        let [failure] = &failures[..] else {
            panic!("{observations:?} hold one, by {by}");
        };
        let began = ts(failure) - BEGIN;
        assert!(began > Millis::ZERO && began < HOUR, "{began}, by {by}");
        let is_aside = failure["set_aside"] == true;
        assert_eq!(is_aside, by < Millis::ZERO, "by {by}");
        assert_eq!(site.words(), Vec::<&str>::new(), "by {by}");
    }
}
