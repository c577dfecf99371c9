//! The observer with a network that the test breaks and mends, in time that nobody waits for.

use std::num::NonZeroU32;

use super::*;
use crate::domain::observation::{Answer, Cause, Detail, Failure, Outcome, Phase};
use crate::domain::time::{Millis, Pace, Period, UnixMillis};
use crate::prober::request::Request;
use crate::prober::{Hints, Lookup};
use controls::Control;
use tokio::time::sleep;

const BEGIN: UnixMillis = UnixMillis(1_700_000_000_000);

/// A network with a switch, and name servers with one.
#[derive(Default)]
struct Net {
    broken: Cell<bool>,
    /// Only of the first so many controls.
    answering: Cell<Option<usize>>,
    silent_resolver: Cell<bool>,
    no_sockets: Cell<bool>,
    asked: Cell<u32>,
    looked_up: Cell<u32>,
}

impl Asks for Rc<Net> {
    async fn control(&self, control: &Control, _: UnixMillis) -> Reply {
        self.asked.set(self.asked.get() + 1);
        if self.no_sockets.get() {
            return reply(Outcome::Inconclusive {
                reason: Some(Reason::LocalResources),
                detail: Some("no descriptor left".into()),
            });
        }
        let number: usize = control
            .shown_url
            .rsplit('/')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let answers = self.answering.get().is_none_or(|first| number < first);
        if answers && !self.broken.get() {
            sleep(Duration::from_millis(20)).await;
            return reply(Outcome::Ok);
        }
        sleep(Duration::from_secs(3)).await;
        reply(failure("no connection within 3s"))
    }

    async fn look_up(&self, _: &[SocketAddr], _: &str) -> Lookup {
        self.looked_up.set(self.looked_up.get() + 1);
        if self.silent_resolver.get() {
            std::future::pending::<()>().await;
        }
        Lookup::Answered
    }
}

fn failure(detail: &str) -> Outcome {
    Outcome::Fail(Failure {
        cause: Some(Cause::Timeout),
        phase: Some(Phase::Connect),
        detail: Some(Detail::from(detail)),
    })
}

fn reply(outcome: Outcome) -> Reply {
    Reply {
        outcome,
        duration: Micros(1000),
        answer: Answer::default(),
        evidence: None,
        hints: Hints::default(),
    }
}

fn inquiry(url: &str) -> Inquiry {
    let request = Request::get(url.parse().unwrap(), Duration::from_secs(10));
    Inquiry::plain(request, Arc::default())
}

fn controls(urls: &[&str], quorum: u32) -> Arc<Controls> {
    Arc::new(Controls {
        endpoints: urls
            .iter()
            .map(|url| Control {
                shown_url: (*url).to_owned(),
                inquiry: inquiry(url),
            })
            .collect(),
        quorum: NonZeroU32::new(quorum).unwrap(),
        timeout: Duration::from_secs(3),
    })
}

const WORLD: [&str; 3] = [
    "https://192.0.2.1/0",
    "https://b.example/1",
    "https://c.example/2",
];

struct Bench {
    net: Rc<Net>,
    observer: Observer<Rc<Net>>,
    controls: Arc<Controls>,
    probe: Inquiry,
}

impl Bench {
    fn new(controls: Arc<Controls>) -> Self {
        let net = Rc::<Net>::default();
        let clock = Clock::replay(BEGIN, Pace::REAL);
        let observer = Observer::new(Rc::clone(&net), clock);
        let probe = inquiry("https://play.example/");
        observer.adopt([(&controls, &probe)]);
        Self {
            net,
            observer,
            controls,
            probe,
        }
    }

    fn now(&self) -> Moment {
        moment(&self.observer.means.clock)
    }

    /// Whose a failure is that ends now, after so long.
    async fn failed(&self, length: Duration, reply: &Reply) -> Option<Ours> {
        let started = self.now();
        sleep(length).await;
        let failed = Failed {
            started,
            ended: self.now().mono,
        };
        let Self {
            controls, probe, ..
        } = self;
        self.observer.judge(controls, probe, failed, reply).await
    }

    async fn refused(&self) -> Option<Reason> {
        let refused = reply(failure("connection refused"));
        let ours = self.failed(Duration::from_millis(1), &refused).await;
        ours.map(|ours| ours.reason)
    }

    /// Runs the script, and gives the stretches of trouble that were over meanwhile.
    async fn run<T>(&self, script: impl Future<Output = T>) -> (T, Vec<Trouble>) {
        let mut script = std::pin::pin!(script);
        let mut troubles = Vec::new();
        loop {
            tokio::select! {
                biased;
                trouble = self.observer.trouble() => troubles.push(trouble),
                done = &mut script => return (done, troubles),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_ours_only_while_the_controls_do_not_answer() {
    let bench = Bench::new(controls(&WORLD, 1));
    let ((), troubles) = bench
        .run(async {
            assert_eq!(bench.refused().await, None);
            bench.net.broken.set(true);
            assert_eq!(bench.refused().await, Some(Reason::ObserverOffline));
            sleep(Duration::from_mins(1)).await;
            assert_eq!(bench.refused().await, Some(Reason::ObserverOffline));
            bench.net.broken.set(false);
            // found by itself that it works again
            sleep(Duration::from_secs(10)).await;
            assert_eq!(bench.refused().await, None);
        })
        .await;
    let [trouble] = troubles[..] else {
        panic!("{troubles:?}");
    };
    assert_eq!(trouble.reason, Reason::ObserverOffline);
    let from_begin = trouble.period.from - BEGIN;
    assert!(
        from_begin < Millis(100),
        "from the failure's start: {from_begin}"
    );
    let length = trouble.period.length();
    assert!(
        (Millis::from_secs(60)..Millis::from_secs(73)).contains(&length),
        "{length}"
    );
}

#[tokio::test(start_paused = true)]
async fn failures_at_the_same_time_share_a_round() {
    let bench = Bench::new(controls(&WORLD, 1));
    bench.net.broken.set(true);
    let many = (0..100).map(|_| bench.refused());
    let (verdicts, _) = bench.run(futures_util::future::join_all(many)).await;
    assert_eq!(verdicts, [Some(Reason::ObserverOffline); 100]);
    assert_eq!(bench.net.asked.get(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_round_ends_as_soon_as_the_quorum_has_answered_or_cannot() {
    for (answering, quorum, ours) in [(1, 1, false), (1, 2, true), (2, 2, false), (0, 3, true)] {
        let bench = Bench::new(controls(&WORLD, quorum));
        bench.net.answering.set(Some(answering));
        let begun = bench.now().mono;
        let (reason, _) = bench.run(bench.refused()).await;
        let case = format!("{answering} of {quorum}");
        assert_eq!(reason.is_some(), ours, "{case}");
        let took = bench.now().mono - begun;
        let limit = if ours { 3_100_000 } else { 100_000 };
        assert!(took < Micros(limit), "{case}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_about_this_host_nor_after_an_answer_that_cannot_be_forged() {
    let bench = Bench::new(controls(&WORLD, 1));
    bench.net.broken.set(true);
    let mut here = reply(failure("connection refused"));
    here.hints.loopback = true;
    let mut answered = reply(failure("status 503"));
    answered.answer.status = Some(503);
    for mut reply in [here, answered] {
        let (ours, _) = bench.run(bench.failed(Duration::ZERO, &reply)).await;
        assert_eq!(ours, None);
        // plain text, or a certificate that nobody verified, may be anybody's
        reply.hints.loopback = false;
        let mut bench = Bench::new(controls(&WORLD, 1));
        bench.net.broken.set(true);
        bench.probe = inquiry("http://play.example/");
        let (ours, _) = bench.run(bench.failed(Duration::ZERO, &reply)).await;
        assert_eq!(ours.map(|ours| ours.reason), Some(Reason::ObserverOffline));
    }
    assert_eq!(bench.net.asked.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_lookup_is_ours_if_no_other_name_can_be_looked_up() {
    let mut unresolved = reply(failure("no answer from the name server"));
    unresolved.hints.unresolved = Some(Vec::new());
    for (silent, expected, lookups) in [(false, None, 1), (true, Some(Reason::Resolver), 2)] {
        let bench = Bench::new(controls(&WORLD, 1));
        bench.net.silent_resolver.set(silent);
        let judging = bench.failed(Duration::from_secs(5), &unresolved);
        let (ours, _) = bench.run(judging).await;
        assert_eq!(ours.map(|ours| ours.reason), expected);
        // the controls have two names
        assert_eq!(bench.net.looked_up.get(), lookups);
        // other failures have nothing to do with it
        let (reason, _) = bench.run(bench.refused()).await;
        assert_eq!(reason, None);
    }
}

#[tokio::test(start_paused = true)]
async fn without_sockets_for_the_controls_it_is_ours() {
    let bench = Bench::new(controls(&WORLD, 1));
    bench.net.no_sockets.set(true);
    let (reason, troubles) = bench.run(bench.refused()).await;
    assert_eq!(reason, Some(Reason::LocalResources));
    assert_eq!(troubles, []);
}

#[tokio::test(start_paused = true)]
async fn a_success_proves_no_more_than_it_is_worth() {
    // whose success ends the stretch: as far away and as well proven as the controls
    let near = ["https://10.0.0.1/0"];
    let plain = ["http://192.0.2.1/0"];
    for (urls, probe, peer, proves) in [
        (&WORLD[..], "https://a.example/", "192.0.2.9:443", true),
        (&WORLD, "http://a.example/", "192.0.2.9:80", false),
        (&WORLD, "https://a.example/", "10.0.0.9:443", false),
        (&WORLD, "https://a.example/", "127.0.0.1:443", false),
        (&near, "https://a.example/", "10.0.0.9:443", true),
        (&near, "https://a.example/", "127.0.0.1:443", false),
        (&plain, "http://a.example/", "192.0.2.9:80", true),
    ] {
        let bench = Bench::new(controls(urls, 1));
        bench.net.broken.set(true);
        let script = async {
            bench.refused().await;
            let succeed = || {
                let mut succeeded = reply(Outcome::Ok);
                succeeded.answer.peer = Some(peer.parse().unwrap());
                let (controls, probe) = (&bench.controls, inquiry(probe));
                bench.observer.succeeded(controls, &probe, &succeeded);
            };
            // controls that stay silent while such probes succeed are not believed
            for _ in 0..3 {
                succeed();
                sleep(Duration::from_secs(20)).await;
            }
            bench.refused().await.is_none()
        };
        let (stands, _) = bench.run(script).await;
        assert_eq!(stands, proves, "{probe} at {peer} with {urls:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_overdue_answer_makes_the_controls_be_asked_early() {
    for (waited, asked) in [(1, 0), (2, 3), (4, 3)] {
        let bench = Bench::new(controls(&WORLD, 1));
        let started = bench.now();
        let script = async {
            sleep(Duration::from_secs(waited)).await;
            let Bench {
                controls, probe, ..
            } = &bench;
            for _ in 0..3 {
                bench.observer.under_way(controls, probe, started);
                sleep(Duration::from_millis(100)).await;
            }
        };
        bench.run(script).await;
        assert_eq!(bench.net.asked.get(), asked, "after {waited} s");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_known_outlives_a_reload_with_equal_controls() {
    let mut bench = Bench::new(controls(&WORLD, 1));
    bench.net.broken.set(true);
    let (reason, _) = bench.run(bench.refused()).await;
    assert_eq!(reason, Some(Reason::ObserverOffline));
    let asked = bench.net.asked.get();

    let equal = controls(&WORLD, 1);
    bench.observer.adopt([(&equal, &bench.probe)]);
    bench.controls = equal;
    let (reason, _) = bench.run(bench.refused()).await;
    assert_eq!(reason, Some(Reason::ObserverOffline));
    assert_eq!(bench.net.asked.get(), asked, "known without asking");

    let other = controls(&WORLD[1..], 1);
    bench.observer.adopt([(&other, &bench.probe)]);
    let ((), troubles) = bench.run(async {}).await;
    assert_eq!(troubles.len(), 1, "of the controls that went");
    // an asking that began before the reload
    let (reason, _) = bench.run(bench.refused()).await;
    assert_eq!(reason, None);
}

#[tokio::test(start_paused = true)]
async fn a_stretch_that_goes_on_at_the_end_is_told() {
    let bench = Bench::new(controls(&WORLD, 1));
    bench.net.broken.set(true);
    bench.run(bench.refused()).await;
    let now = bench.now().ts;
    let troubles = bench.observer.end();
    let [Trouble { period, reason }] = troubles[..] else {
        panic!("{troubles:?}");
    };
    assert_eq!(
        (reason, period),
        (Reason::ObserverOffline, Period::new(BEGIN, now))
    );
    assert_eq!(bench.observer.end(), []);
}

#[tokio::test(start_paused = true)]
async fn a_name_server_that_answers_a_probe_is_silent_no_more() {
    let mut unresolved = reply(failure("no answer from the name server"));
    unresolved.hints.unresolved = Some(Vec::new());
    let mut absent = reply(Outcome::Fail(Failure {
        cause: Some(Cause::Dns),
        ..Failure::default()
    }));
    absent.hints.unresolved = None;
    let bench = Bench::new(controls(&WORLD, 1));
    bench.net.silent_resolver.set(true);
    let script = async {
        bench.failed(Duration::ZERO, &unresolved).await;
        bench.net.silent_resolver.set(false);
        let answered = bench.now().ts;
        assert_eq!(bench.failed(Duration::ZERO, &absent).await, None);
        sleep(Duration::from_millis(1)).await;
        answered
    };
    let (answered, troubles) = bench.run(script).await;
    let ends: Vec<_> = troubles
        .iter()
        .map(|it| (it.reason, it.period.to))
        .collect();
    assert_eq!(ends, [(Reason::Resolver, answered)]);
}
