//! All that reports tell of one probe, from one walk over its observations.

use super::checkpoint::{Checkpoint, News};
use super::history::{History, HistoryBuilder, Life};
use super::inconclusive::{Inconclusive, InconclusiveBuilder};
use super::parameters::ParameterHistory;
use super::sighting::Sighting;
use super::tally::Tally;
use super::time::{Period, UnixMillis};

/// What the observations of one probe say.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    pub history: History,
    /// Of the observations inside the period.
    pub tally: Tally,
    /// Where the replay began; `None` if with the first observation there is.
    pub begins: Option<UnixMillis>,
    /// The latest observation of any outcome, also one that says nothing about the endpoint.
    pub latest: Option<Sighting>,
    /// Where time went unobserved, the requests that say nothing; in order of time, but for those
    /// of one gap.
    pub inconclusive: Vec<Inconclusive>,
}

/// Collects a probe's past in one walk over its observations.
#[derive(Debug)]
pub struct PastBuilder<'a> {
    history: HistoryBuilder<'a>,
    period: Period,
    now: UnixMillis,
    begins: Option<UnixMillis>,
    tally: Tally,
    latest: Option<Sighting>,
    told_until: Option<UnixMillis>,
    inconclusive: InconclusiveBuilder<'a>,
}

impl<'a> PastBuilder<'a> {
    /// `lives` in order of time, at least one. Observations after `now` are left out.
    pub fn new(
        parameters: &'a ParameterHistory,
        lives: &'a [Life],
        period: Period,
        now: UnixMillis,
    ) -> Self {
        Self {
            history: HistoryBuilder::new(parameters, lives, now),
            period,
            now,
            begins: None,
            tally: Tally::default(),
            latest: None,
            told_until: None,
            inconclusive: InconclusiveBuilder::new(parameters),
        }
    }

    /// Goes on from a checkpoint. `news` is what was told up to there, as far as it is wanted, and
    /// `tally` what was counted of the period.
    pub fn resuming(mut self, checkpoint: Checkpoint, news: News, tally: Tally) -> Self {
        let Checkpoint {
            walk,
            since,
            latest,
            told_until,
        } = checkpoint;
        self.history.resume(news.told, walk);
        self.inconclusive.resume(news.inconclusive, since);
        self.tally = tally;
        self.latest = latest;
        self.told_until = told_until;
        self
    }

    /// What became final since the beginning or the last pause, and where the walk stands. The next
    /// observation comes later than all before.
    pub fn pause(&mut self) -> (News, Checkpoint) {
        let (told, walk) = self.history.pause();
        let walk = walk.clone();
        let (inconclusive, since) = self.inconclusive.pause();
        let since = since.clone();
        let news = News { told, inconclusive };
        self.told_until = self.told_until.max(news.reaches_to());
        let checkpoint = Checkpoint {
            walk,
            since,
            latest: self.latest.clone(),
            told_until: self.told_until,
        };
        (news, checkpoint)
    }

    /// Observations before `begins` are not told, since nothing of the period hangs on them.
    pub fn beginning(self, begins: Option<UnixMillis>) -> Self {
        Self { begins, ..self }
    }

    /// Takes the next observation, not earlier than the one before.
    #[inline]
    pub fn push(&mut self, sighting: Sighting) {
        if sighting.ts > self.now {
            return;
        }
        if self.period.from <= sighting.ts && sighting.ts < self.period.to {
            self.tally.count(&sighting);
        }
        self.inconclusive.push(&sighting);
        if sighting.counts() {
            self.latest = None;
            self.history.push(sighting);
        } else if !sighting.set_aside {
            self.latest = Some(sighting);
        }
    }

    pub fn finish(self) -> Past {
        let history = self.history.finish();
        let counted = || history.last.as_ref().map(|(sighting, _)| sighting.clone());
        Past {
            latest: self.latest.or_else(counted),
            tally: self.tally,
            begins: self.begins,
            inconclusive: self.inconclusive.finish(),
            history,
        }
    }
}
