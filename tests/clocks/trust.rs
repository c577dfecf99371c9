//! A clock that cannot be right: nothing is stored with an instant of it.

use std::time::Duration;

use outwatch::daemon::Signal;
use outwatch::domain::observation::Reason;
use outwatch::domain::time::{Millis, UnixMillis};

use crate::service::{Service, UNAVAILABLE, WELL};
use crate::site::{BEGIN, DEFAULTS, HOUR, PACE, Site, scripted, ts};

const TWO_DAYS: Millis = Millis::from_secs(2 * 86_400);

/// Nothing in the database is of an instant outside `from` and what follows it within a day.
#[track_caller]
fn check_instants(site: &Site, platforms: &[&str], from: UnixMillis) {
    let is_right = |at: UnixMillis| at >= from && at - from < Millis::from_secs(86_400);
    for epoch in site.epochs() {
        assert!(is_right(epoch.started), "{epoch:?}");
    }
    for probe in site.probes() {
        assert!(
            probe.lives.iter().all(|life| is_right(life.from)),
            "{probe:?}"
        );
        assert!(probe.parameters.changes().all(is_right), "{probe:?}");
    }
    for platform in platforms {
        let observations = site.observations(platform);
        assert!(!observations.is_empty(), "{platform}");
        for observation in observations {
            assert!(is_right(ts(&observation)), "{observation}");
        }
    }
}

#[tokio::test]
async fn what_happens_while_the_clock_is_two_days_behind_is_not_recorded() {
    let [service, other] = [Service::start().await, Service::start().await];
    let site = Site::new(DEFAULTS, &[("web", &service)]);
    let (clock, hand) = scripted(BEGIN, PACE);
    site.watch(&clock, async {
        service.more(3).await;
        hand.set(Millis::ZERO - TWO_DAYS);
        site.until_logged("nothing is recorded until the clock is right", 1)
            .await;
        service.switch(UNAVAILABLE);
        site.configure(DEFAULTS, &[("web", &service), ("mobile", &other)]);
        site.signal(Signal::Reload);
        service.more(4).await;
        service.switch(WELL);
        service.more(2).await;
        assert_eq!(other.requests(), 0, "a reload waits, too");
        hand.set(TWO_DAYS);
        site.until_logged("the clock is trusted again", 1).await;
        other.more(2).await;
        service.more(3).await;
    })
    .await;

    check_instants(&site, &["web", "mobile"], BEGIN);
    assert_eq!(site.words(), Vec::<&str>::new());
    assert_eq!(site.windows(), Vec::<serde_json::Value>::new());
    let observations = site.observations("web");
    assert!(
        observations.iter().all(|one| one["outcome"] != "fail"),
        "{observations:?}"
    );
    assert_eq!(site.epochs().len(), 2, "{:?}", site.epochs());
    for line in ["nothing is recorded", "the clock is trusted again"] {
        assert_eq!(site.logged(line), 1, "{line}: {}", site.log());
    }
    assert_eq!(site.logged("dropped=0"), 0, "{}", site.log());
    let troubles = site.troubles(Reason::ClockUntrusted);
    assert!(
        matches!(troubles[..], [length] if length > Millis::from_secs(10)),
        "{troubles:?}"
    );
}

#[tokio::test]
async fn a_daemon_that_begins_in_1970_waits_until_the_clock_is_set() {
    let [service, other] = [Service::start().await, Service::start().await];
    let site = Site::new(DEFAULTS, &[("web", &service)]);
    let (clock, hand) = scripted(UnixMillis(20_000), PACE);
    site.watch(&clock, async {
        site.until_logged(
            "nothing is asked until the clock is right: nobody has set the clock",
            1,
        )
        .await;
        // it is not deaf meanwhile
        site.configure(DEFAULTS, &[("mobile", &other)]);
        site.signal(Signal::Reload);
        site.until_logged("configuration reloaded", 1).await;
        hand.set(BEGIN - clock.now());
        other.more(3).await;
    })
    .await;
    check_instants(&site, &["mobile"], BEGIN);
    assert_eq!(service.requests(), 0, "it is not configured any more");
    assert_eq!(site.probes().len(), 1, "{:?}", site.probes());
    assert_eq!(site.epochs().len(), 1, "{:?}", site.epochs());
    assert_eq!(site.logged("nothing is asked"), 1, "{}", site.log());
    let troubles = site.troubles(Reason::ClockUntrusted);
    assert!(
        matches!(troubles[..], [length] if length < HOUR),
        "since the daemon began, and not since 1970: {troubles:?}"
    );
}

#[tokio::test]
async fn a_daemon_that_waits_for_its_clock_stops_when_it_is_told_to() {
    let service = Service::start().await;
    let site = Site::new(DEFAULTS, &[("web", &service)]);
    let (clock, _) = scripted(UnixMillis(0), PACE);
    let begin = tokio::time::Instant::now();
    site.watch(&clock, site.until_logged("nothing is asked", 1))
        .await;
    assert!(begin.elapsed() < Duration::from_secs(30));
    assert_eq!(site.epochs(), []);
    assert_eq!(site.probes(), []);
}

#[tokio::test]
async fn a_daemon_that_begins_far_behind_what_is_stored_waits_until_it_is_near() {
    let service = Service::start().await;
    let site = Site::new(DEFAULTS, &[("web", &service)]);
    let (clock, _) = scripted(BEGIN + TWO_DAYS, PACE);
    site.watch(&clock, service.more(3)).await;
    let (clock, hand) = scripted(BEGIN, PACE);
    let asked = service.requests();
    site.watch(&clock, async {
        site.until_logged("set the clock, or begin a new database", 1)
            .await;
        assert_eq!(service.requests(), asked);
        // an hour behind is near enough
        hand.set(TWO_DAYS - HOUR);
        service.more(3).await;
    })
    .await;
    check_instants(&site, &["web"], BEGIN + (TWO_DAYS - HOUR));
    let observations = site.observations("web");
    let aside = observations.iter().filter(|one| one["set_aside"] == true);
    assert!(aside.count() >= 2, "{observations:?}");
}
