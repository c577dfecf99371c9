//! The scheduler with virtual time: no test waits.

use std::cell::{Cell, RefCell};
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use outwatch::clock::Clock;
use outwatch::domain::schedule::agenda::{Limits, Timing};
use outwatch::domain::schedule::stagger::{Staggered, stagger};
use outwatch::domain::time::{Micros, Millis, MonoMicros, Pace, UnixMillis};
use outwatch::scheduler::{Ask, Scheduler, Started};
use tokio::time::{Instant, sleep, timeout_at};

/// Answers with the probe after a set time, and counts how many are under way.
#[derive(Default)]
struct Fake {
    takes: Duration,
    under_way: Cell<usize>,
    most: Cell<usize>,
}

impl Ask for Fake {
    type Probe = usize;
    type Answer = usize;

    async fn ask(&self, probe: Rc<usize>, _: Started) -> usize {
        self.under_way.set(self.under_way.get() + 1);
        self.most.set(self.most.get().max(self.under_way.get()));
        sleep(self.takes).await;
        self.under_way.set(self.under_way.get() - 1);
        *probe
    }
}

const LIMITS: Limits = Limits {
    in_flight: 512,
    in_flight_per_host: 512,
};

fn every(interval: Duration) -> Timing {
    Timing {
        interval: Micros::from_duration(interval),
        confirm_interval: Micros::from_duration(Duration::from_secs(1)),
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_probes_are_each_asked_once_an_interval_and_spread() {
    let asker = Fake {
        takes: Duration::from_millis(40),
        ..Fake::default()
    };
    let mut scheduler = Scheduler::new(Clock::system(), LIMITS, &asker);
    let timing = every(Duration::from_mins(1));
    let probes: Vec<_> = (0..10_000)
        .map(|_| Staggered {
            service: "s",
            platform: "p",
            interval: timing.interval,
        })
        .collect();
    for (probe, phase) in stagger(&probes).into_iter().enumerate() {
        scheduler.add(Rc::new(probe), timing, "host", phase);
    }
    let end = Instant::now() + Duration::from_mins(10) - Duration::from_millis(1);
    let mut times_asked = vec![0; 10_000];
    while let Ok(finished) = timeout_at(end, scheduler.next()).await {
        times_asked[finished.answer] += 1;
        scheduler.settle(finished.slot, false);
    }
    assert_eq!(scheduler.agenda().tally().lateness.count(), 100_000);
    // the last few are still under way
    assert!(times_asked.iter().all(|times| (9..=10).contains(times)));
    assert_eq!(scheduler.agenda().tally().missed, 0);
    // 167 a second, each under way for 40 ms
    assert!(asker.most.get() <= 9, "{} at once", asker.most.get());
    let late = scheduler.agenda().tally().lateness.max();
    assert!(
        late <= Micros(1_000),
        "the timer's own grain is 1 ms: {late:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_at_the_end_is_known_with_its_start() {
    let asker = Fake {
        takes: Duration::from_secs(5),
        ..Fake::default()
    };
    let begin = UnixMillis(1_000_000);
    let mut scheduler = Scheduler::new(Clock::replay(begin, Pace::REAL), LIMITS, &asker);
    let [first, second] = [0, 3].map(|phase| {
        let phase = Micros::from_duration(Duration::from_secs(phase));
        scheduler.add(Rc::new(0), every(Duration::from_mins(1)), "host", phase)
    });
    let stop = Instant::now() + Duration::from_secs(4);
    assert!(timeout_at(stop, scheduler.next()).await.is_err());
    let under_way: Vec<_> = scheduler
        .under_way()
        .map(|(slot, started)| (slot, started.ts, started.mono))
        .collect();
    assert_eq!(
        under_way,
        [
            (first, begin, MonoMicros(0)),
            (second, begin + Millis(3_000), MonoMicros(3_000_000))
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_replay_shows_the_times_of_its_day() {
    let asker = Fake::default();
    let (begin, pace) = (UnixMillis(0), Pace(NonZeroU32::new(300).unwrap()));
    let real = Instant::now();
    let clock = Clock::replay(begin, pace);
    let mut scheduler = Scheduler::new(clock, LIMITS, &asker);
    scheduler.add(Rc::new(0), every(Duration::from_mins(1)), "host", Micros(0));
    let starts = RefCell::new(Vec::new());
    for _ in 0..5 {
        let finished = scheduler.next().await;
        starts.borrow_mut().push(finished.started.ts.0 / 1000);
        scheduler.settle(finished.slot, false);
    }
    assert_eq!(*starts.borrow(), [0, 60, 120, 180, 240]);
    assert_eq!(real.elapsed().as_millis() / 10, 80, "a minute takes 0.2 s");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_joins_or_leaves_moves_no_other() {
    let asker = Fake::default();
    let mut scheduler = Scheduler::new(Clock::system(), LIMITS, &asker);
    let timing = every(Duration::from_secs(30));
    let old = scheduler.add(Rc::new(1), timing, "host", Micros(0));
    let finished = scheduler.next().await;
    scheduler.settle(finished.slot, false);
    let phase = scheduler.gaps_among(timing.interval, [old]).take();
    assert_eq!(phase, Micros(15_000_000), "halfway between two askings");
    scheduler.add(Rc::new(2), timing, "host", phase);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let finished = scheduler.next().await;
        seen.push((finished.started.mono.0 / 1_000_000, finished.answer));
        scheduler.settle(finished.slot, false);
    }
    assert_eq!(seen, [(15, 2), (30, 1), (45, 2), (60, 1)]);
    scheduler.remove(old);
    let finished = scheduler.next().await;
    assert_eq!(
        (finished.started.mono.0 / 1_000_000, finished.answer),
        (75, 2)
    );
}
