//! Asking: all questions once, or again and again at a fixed rate.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::question::Question;
use crate::clock;
use crate::domain::observation::OutcomeKind;
use crate::domain::time::UnixMillis;
use crate::prober::inquiry::Step;
use crate::prober::{Examination, Examined, Prober};

/// A question and what came of it.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) question: Arc<Question>,
    /// When it was asked.
    pub(super) ts: UnixMillis,
    pub(super) examination: Examination,
}

/// Asked at the same time: enough to be quick, too few to blur each other's timings much.
const CONCURRENT_MAX: usize = 16;

/// Under way at most when asking again and again, while slow answers overlap.
const UNDER_WAY_MAX: usize = 64;

/// How often and how fast questions are asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rounds {
    /// `None`: until told to stop.
    pub(super) count: Option<NonZeroU64>,
    /// From the start of one round to the start of the next.
    pub(super) every: Duration,
}

/// An answer of one round.
pub(super) struct InRound {
    /// Counts from 1.
    pub(super) round: u64,
    /// Index of the question.
    pub(super) number: usize,
    pub(super) answered: Answered,
}

/// How the rounds went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Course {
    /// Rounds that were not asked, since too many were under way still.
    pub(super) left_out: u64,
    /// Askings that were under way when it was told to stop.
    pub(super) cut_short: usize,
}

/// In the order of the questions.
pub(super) async fn once(prober: &Prober, questions: &[Arc<Question>]) -> Vec<Answered> {
    let places = Arc::new(Semaphore::new(CONCURRENT_MAX));
    let mut asking = JoinSet::new();
    for (number, question) in questions.iter().enumerate() {
        let asked = ask(prober.clone(), Arc::clone(question), Arc::clone(&places));
        asking.spawn(async move { (number, asked.await) });
    }
    let mut answers = asking.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answered)| answered).collect()
}

/// Each answer as it comes, until all rounds are done or SIGINT or SIGTERM says stop. A round
/// starts when it is due, whether or not those before it have been answered.
pub(super) async fn again_and_again(
    prober: &Prober,
    questions: &[Arc<Question>],
    rounds: Rounds,
    mut each: impl FnMut(InRound) -> anyhow::Result<()>,
) -> anyhow::Result<Course> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let places = Arc::new(Semaphore::new(UNDER_WAY_MAX));
    let under_way_max = UNDER_WAY_MAX.max(2 * questions.len());
    let mut due = interval(rounds.every);
    due.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut asking = JoinSet::new();
    let mut course = Course::default();
    let mut round = 0;
    loop {
        let more = rounds.count.is_none_or(|count| round < count.get());
        if !more && asking.is_empty() {
            return Ok(course);
        }
        tokio::select! {
            // answers may come faster than they can be written; a stop must not wait behind them
            biased;
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            _ = due.tick(), if more => {
                round += 1;
                if asking.len() + questions.len() > under_way_max {
                    course.left_out += 1;
                    continue;
                }
                for (number, question) in questions.iter().enumerate() {
                    let asked = ask(prober.clone(), Arc::clone(question), Arc::clone(&places));
                    asking.spawn(async move {
                        InRound { round, number, answered: asked.await }
                    });
                }
            }
            Some(answer) = asking.join_next() => each(answer?)?,
        }
    }
    course.cut_short = asking.len();
    Ok(course)
}

async fn ask(prober: Prober, question: Arc<Question>, places: Arc<Semaphore>) -> Answered {
    let _place = places.acquire().await.expect("nobody closes the semaphore");
    let ts = clock::system_now();
    let examination = prober.investigate(&question.inquiry, ts).await;
    Answered {
        question,
        ts,
        examination,
    }
}

impl Answered {
    /// Whether it is ok or slow, so that a script may go on.
    pub(super) fn is_fine(&self) -> bool {
        let kind = self.examination.reply.outcome.kind();
        matches!(kind, OutcomeKind::Ok | OutcomeKind::Slow)
    }

    pub(super) fn url(&self) -> String {
        self.question.url()
    }

    /// Every step, with what came of it; `None` for one that did not run.
    pub(super) fn steps(&self) -> Vec<(&Step, Option<&Examined>)> {
        let mut ran = self.examination.steps.iter().peekable();
        let steps = self.question.inquiry.steps.iter();
        steps
            .map(|step| (step, ran.next_if(|examined| examined.step == step.name)))
            .collect()
    }

    /// The step that the outcome comes from: the first that was not ok, or else the last. `None` if
    /// none was asked.
    pub(super) fn decisive(&self) -> Option<&Examined> {
        let steps = &self.examination.steps;
        let worst = self.examination.reply.outcome.kind();
        let decided = |examined: &&Examined| {
            worst != OutcomeKind::Ok && examined.reply.outcome.kind() == worst
        };
        steps.iter().find(decided).or(steps.last())
    }
}
