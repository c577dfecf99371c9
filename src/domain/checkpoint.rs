//! Where the walk over a probe's observations stands at one instant: with what was told before, all
//! that the observations before it say. From there the walk goes on without them.

use super::history::{HistoryBuilder, Told, Walk};
use super::inconclusive::{Inconclusive, Since};
use super::reducer::Reducer;
use super::sighting::Sighting;
use super::time::UnixMillis;
use super::transcript::{self, Damaged, Transcript, optional, some_instant};

/// Taken by [`PastBuilder::pause`](super::past::PastBuilder::pause). The default is that of no
/// observation.
#[derive(Clone, Debug, Default)]
pub struct Checkpoint {
    pub(super) walk: Walk,
    pub(super) since: Since,
    /// The latest observation of any outcome, if it says nothing about the endpoint.
    pub(super) latest: Option<Sighting>,
    /// The latest instant that anything told up to here reaches to.
    pub(super) told_until: Option<UnixMillis>,
}

/// What became final between two checkpoints, each kind in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    pub told: Told,
    pub inconclusive: Vec<Inconclusive>,
}

impl Checkpoint {
    /// The latest instant that anything told up to here reaches to: who wants to know what was from
    /// a later one on needs nothing of it.
    pub fn told_until(&self) -> Option<UnixMillis> {
        self.told_until
    }

    /// Goes on from here with a history. `told` is what was told up to here, as far as it is wanted.
    pub fn go_on(self, mut history: HistoryBuilder<'_>, told: Told) -> HistoryBuilder<'_> {
        history.resume(told, self.walk);
        history
    }

    /// Where the probe stands.
    pub fn reducer(&self) -> &Reducer {
        self.walk.reducer()
    }

    /// Writes it down, or reads it back into the default.
    ///
    /// # Errors
    /// [`Damaged`] if it reads what was not written so.
    pub fn transcribe(&mut self, to: &mut dyn Transcript) -> Result<(), Damaged> {
        let Self {
            walk,
            since,
            latest,
            told_until,
        } = self;
        walk.transcribe(to)?;
        since.transcribe(to)?;
        optional(to, latest, transcript::blank_sighting, transcript::sighting)?;
        some_instant(to, told_until)
    }
}

impl News {
    pub fn is_empty(&self) -> bool {
        self.reaches_to().is_none()
    }

    /// Where the earliest of it begins.
    pub fn begins(&self) -> Option<UnixMillis> {
        let Self { told, inconclusive } = self;
        let stretches = [&told.slow, &told.flapping, &told.unknown];
        let stretches = stretches.into_iter().filter_map(|kind| kind.first());
        let windows = told.windows.first().map(|window| window.start);
        let bounds = told
            .windows
            .first()
            .and_then(|window| window.start_earliest);
        let blips = told.blips.first().map(|blip| blip.first);
        let inconclusive = inconclusive.first().map(|run| run.first);
        [windows, bounds, blips, inconclusive]
            .into_iter()
            .flatten()
            .chain(stretches.map(|stretch| stretch.from))
            .min()
    }

    /// The latest instant that anything in it reaches to.
    pub(super) fn reaches_to(&self) -> Option<UnixMillis> {
        let Self { told, inconclusive } = self;
        let Told {
            windows,
            blips,
            slow,
            flapping,
            unknown,
        } = told;
        // flapping is told late: of several kinds none need be the latest
        let last = [slow, flapping, unknown].map(|stretches| {
            let last = stretches.iter().map(|stretch| stretch.to);
            last.max()
        });
        let windows = windows.iter().map(|window| window.end).max();
        let blips = blips.iter().map(|blip| blip.last).max();
        let inconclusive = inconclusive.iter().map(|run| run.last).max();
        let [slow, flapping, unknown] = last;
        [windows, blips, inconclusive, slow, flapping, unknown]
            .into_iter()
            .flatten()
            .max()
    }
}
