//! The clock runs on evenly, but not always the machine.

use std::time::Duration;

use outwatch::domain::observation::Reason;
use outwatch::domain::time::Millis;

use crate::service::{Manner, Service, UNAVAILABLE, WELL};
use crate::site::{BEGIN, DEFAULTS, PACE, Site, of_outcome, scripted, ts};

/// A day in six seconds, with a clock that is slewed as fast as chrony does at its fastest, by a
/// twelfth; first forward, then back.
#[tokio::test]
async fn a_day_of_slewing_is_no_alarm() {
    let service = Service::start().await;
    let site = Site::new(
        "interval: 1h, timeout: 1h, confirm_interval: 1m",
        &[("web", &service)],
    );
    let (clock, hand) = scripted(BEGIN, 14_400);
    let mut slewed = Millis::ZERO;
    site.watch(&clock, async {
        let mut beats = tokio::time::interval(Duration::from_millis(10));
        beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let day = Duration::from_hours(24);
        loop {
            let passed = Duration::from_micros(clock.mono().0);
            if passed > day {
                break;
            }
            let by: i64 = if passed < day / 2 { 83 } else { -83 };
            slewed = slewed + Millis(by.abs());
            hand.set(Millis(by));
            beats.tick().await;
        }
    })
    .await;
    assert!(slewed > Millis::from_secs(20), "{slewed}: much in all");
    assert_eq!(site.epochs().len(), 1, "{:?}", site.epochs());
    assert_eq!(site.logged("the clock"), 0, "{}", site.log());
    assert_eq!(site.troubles(Reason::ClockStep), []);
    assert_eq!(site.troubles(Reason::Suspended), []);
    let observations = site.observations("web");
    assert!(observations.len() >= 20, "{observations:?}");
    assert!(observations.is_sorted_by(|a, b| ts(a) < ts(b)));
}

/// Two requests are under way when the machine is suspended for half an hour. One connection has
/// not survived it; the other did.
#[tokio::test]
async fn what_a_suspension_breaks_is_no_failure() {
    let [broken, whole] = [Service::start().await, Service::start().await];
    let site = Site::new(DEFAULTS, &[("web", &broken), ("mobile", &whole)]);
    // slow enough for both to be on their way within their timeouts
    let (clock, hand) = scripted(BEGIN, PACE / 4);
    site.watch(&clock, async {
        tokio::join!(broken.more(2), whole.more(2));
        for service in [&broken, &whole] {
            service.switch(Manner::Held);
        }
        tokio::join!(broken.more(1), whole.more(1));
        hand.suspend(Duration::from_mins(30));
        broken.release(Manner::Closed);
        whole.release(WELL);
        site.until_logged("the machine was suspended length=30m", 1)
            .await;
        tokio::join!(broken.more(2), whole.more(2));
    })
    .await;
    assert_eq!(site.words(), Vec::<&str>::new());
    assert_eq!(site.epochs().len(), 1, "suspension is no step");
    let half_an_hour = Millis::from_secs(1800);
    assert_eq!(site.troubles(Reason::Suspended), [half_an_hour]);
    let observations = site.observations("web");
    let inconclusive = of_outcome(&observations, "inconclusive");
    let [one, ..] = &inconclusive[..] else {
        panic!("{observations:?}");
    };
    assert_eq!(one["reason"], "suspended");
    assert!(
        of_outcome(&observations, "fail").is_empty(),
        "{observations:?}"
    );
    let observations = site.observations("mobile");
    assert!(
        observations
            .iter()
            .all(|one| one["outcome"] == "ok" || one["reason"] == "shutdown"),
        "what ended well is well: {observations:?}"
    );
    let gap = observations
        .windows(2)
        .map(|pair| ts(&pair[1]) - ts(&pair[0]))
        .max();
    assert!(gap >= Some(half_an_hour), "{gap:?}");
    assert_eq!(site.windows(), Vec::<serde_json::Value>::new());
}

/// The process gets no turn for twenty minutes of the clock's, in which an asking fails.
#[tokio::test]
async fn what_a_stall_breaks_is_no_failure() {
    let service = Service::start().await;
    let site = Site::new(DEFAULTS, &[("web", &service)]);
    let (clock, hand) = scripted(BEGIN, PACE / 4);
    site.watch(&clock, async {
        service.more(2).await;
        service.switch(Manner::Held);
        service.more(1).await;
        hand.leap(Duration::from_mins(20));
        service.release(UNAVAILABLE);
        site.until_logged("stalled", 1).await;
        service.more(2).await;
    })
    .await;
    assert_eq!(site.words(), Vec::<&str>::new());
    let observations = site.observations("web");
    let inconclusive = of_outcome(&observations, "inconclusive");
    let [one, ..] = &inconclusive[..] else {
        panic!("{observations:?}");
    };
    assert_eq!(one["reason"], "stalled");
    let troubles = site.troubles(Reason::Stalled);
    assert!(
        matches!(troubles[..], [length] if length >= Millis::from_secs(1200)),
        "{troubles:?}"
    );
    assert!(
        of_outcome(&observations, "fail").is_empty(),
        "{observations:?}"
    );
}
