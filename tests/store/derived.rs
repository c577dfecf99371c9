//! What is written down of hours that are over is what their observations say, whatever comes late,
//! is set aside, changed or pruned afterwards: one database derives and prunes, another one never
//! does, and both tell the same.

use std::num::NonZeroU32;

use outwatch::domain::counted::Counted;
use outwatch::domain::history::Life;
use outwatch::domain::observation::{Epoch, Observation, Outcome, Provenance, Reason};
use outwatch::domain::past::{Past, PastBuilder};
use outwatch::domain::retention::Retention;
use outwatch::domain::sighting::Sighting;
use outwatch::domain::tally::Tally;
use outwatch::domain::time::{Micros, Millis, Period, UnixMillis};
use outwatch::store::{Configured, Reader, Store, StoreError, StoredProbe, upkeep};
use proptest::prelude::*;

use crate::observations::{EVER, HOUR, Place, T0, failed, id, ok, place, probes, record, store};

/// What happens to a database, at some instant of its clock.
#[derive(Clone, Debug)]
enum Event {
    /// After so many hours, a letter for each half a minute: o, F, s or ?.
    Observed {
        hours: i64,
        letters: Vec<char>,
    },
    /// The same, so many hours before the present, by an import.
    Late {
        hours: i64,
        letters: Vec<char>,
    },
    Derived,
    Rebuilt,
    /// What is kept, in hours.
    Pruned(i64),
    /// A new epoch after so many minutes; before, if it is negative.
    Epoch(i64),
    Threshold(u32),
    Removed,
    Added,
}

fn letters() -> impl Strategy<Value = Vec<char>> {
    let letter = prop_oneof![4 => Just('o'), 3 => Just('F'), 1 => Just('s'), 1 => Just('?')];
    proptest::collection::vec(letter, 1..60)
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (prop_oneof![2 => Just(0), 2 => 0..3i64, 2 => 3..40i64], letters())
            .prop_map(|(hours, letters)| Event::Observed { hours, letters }),
        1 => (0..60i64, letters()).prop_map(|(hours, letters)| Event::Late { hours, letters }),
        4 => Just(Event::Derived),
        1 => Just(Event::Rebuilt),
        1 => (48..100i64).prop_map(Event::Pruned),
        1 => (-23 * 60..120i64).prop_map(Event::Epoch),
        1 => (1..4u32).prop_map(Event::Threshold),
        1 => Just(Event::Removed),
        1 => Just(Event::Added),
    ]
}

/// A database with the probe `a`, and its clock.
struct Database {
    place: Place,
    store: Store,
    derives: bool,
    now: i64,
    epoch: Epoch,
    configured: Configured,
}

impl Database {
    fn new(derives: bool) -> Self {
        let place = place();
        let mut store = store(&place);
        let epoch = store.begin_epoch(UnixMillis(T0)).unwrap();
        Self {
            place,
            store,
            derives,
            now: T0,
            epoch,
            configured: probes(&["a"]),
        }
    }

    fn observations(&self, from: i64, letters: &[char], imported: bool) -> Vec<Observation> {
        let instants = (0..).map(|n| from + n * 30_000);
        let observations = instants.zip(letters).map(|(ts, letter)| {
            let outcome = match letter {
                'F' => failed(ts, "503").outcome,
                's' => Outcome::Slow { detail: None },
                '?' => Outcome::Inconclusive {
                    reason: Some(Reason::ObserverOffline),
                    detail: None,
                },
                _ => Outcome::Ok,
            };
            let provenance = if imported {
                Provenance::Imported { set_aside: false }
            } else {
                Provenance::Observed {
                    epoch: self.epoch,
                    mono: Millis(ts - T0),
                }
            };
            Observation {
                outcome,
                provenance,
                duration: Some(Micros(1000 + ts.unsigned_abs() % 7919)),
                ..ok(ts)
            }
        });
        observations.collect()
    }

    fn register(&mut self) {
        let now = UnixMillis(self.now);
        self.store.register(&self.configured, now).unwrap();
    }

    /// Refuses what comes too late, as the other one does then.
    fn happen(&mut self, event: &Event, pruned: Option<UnixMillis>) {
        match event {
            Event::Observed { hours, letters } => {
                self.now += hours * HOUR;
                let observations = self.observations(self.now, letters, false);
                self.now += 30_000 * i64::try_from(letters.len()).unwrap();
                let batch: Vec<_> = observations.into_iter().map(|o| (id("a"), o)).collect();
                self.store.append(&batch).unwrap();
            }
            Event::Late { hours, letters } => {
                let from = self.now - hours * HOUR;
                if pruned.is_some_and(|pruned| UnixMillis(from) < pruned) {
                    return;
                }
                let late = self.observations(from, letters, true).into_iter();
                let late = late.filter(|observation| observation.ts.0 < self.now);
                let late = late.map(|o| Ok::<_, StoreError>((id("a"), o)));
                self.store.import(late).unwrap();
            }
            Event::Derived if self.derives => self.store.derive(UnixMillis(self.now)).unwrap(),
            Event::Rebuilt if self.derives => {
                self.store
                    .rebuild(UnixMillis(self.now), &mut |_| ())
                    .unwrap();
            }
            Event::Pruned(hours) if self.derives => {
                let retention = Retention {
                    observations: Some(Millis(hours * HOUR)),
                    hourly: Some(Millis((hours + 30) * HOUR)),
                    daily: None,
                };
                let now = UnixMillis(self.now);
                self.store.prune(retention, now).unwrap();
            }
            Event::Derived | Event::Rebuilt | Event::Pruned(_) => {}
            Event::Epoch(minutes) => {
                self.now += minutes * 60_000;
                self.epoch = self.store.begin_epoch(UnixMillis(self.now)).unwrap();
            }
            Event::Threshold(threshold) => {
                if let Some(record) = self.configured.probes.first_mut() {
                    record.parameters.failure_threshold = NonZeroU32::new(*threshold).unwrap();
                }
                self.register();
            }
            Event::Removed => {
                self.configured.probes.clear();
                self.register();
            }
            Event::Added => {
                self.configured.probes = vec![record("a")];
                self.register();
            }
        }
    }

    fn reader(&self) -> (Reader, StoredProbe) {
        let reader = Reader::open(&self.place.db).unwrap();
        let stored = reader.probes().unwrap();
        let stored = stored.into_iter().find(|stored| stored.probe.id == id("a"));
        (reader, stored.unwrap())
    }
}

/// From the observations alone.
fn replayed(reader: &Reader, stored: &StoredProbe, now: UnixMillis) -> Past {
    let lives = Life::known_at(&stored.lives, now);
    let mut past = PastBuilder::new(&stored.parameters, &lives, EVER, now);
    let all = Period::new(UnixMillis(i64::MIN), now + Millis(1));
    let push = |sighting| past.push(sighting);
    reader.sightings(stored.key, all, push).unwrap();
    past.finish()
}

/// From the observations alone as well.
fn counted(reader: &Reader, stored: &StoredProbe, before: UnixMillis) -> Counted {
    let mut counted = Counted::default();
    let all = Period::new(UnixMillis(i64::MIN), before);
    let count = |observation: Observation, set_aside| {
        let sighting = Sighting {
            set_aside,
            ..Sighting::from(&observation)
        };
        let timings = &observation.answer.timings;
        counted.count(&sighting, observation.duration, timings);
        Ok::<_, StoreError>(())
    };
    reader.observations(stored.key, all, count).unwrap();
    counted
}

/// From what was written down, as far as there is such.
fn told(reader: &Reader, stored: &StoredProbe, now: UnixMillis) -> Option<Past> {
    let resumption = reader.resumption(stored.key, now).unwrap()?;
    let (_, news) = reader
        .told(stored.key, &resumption, UnixMillis(i64::MIN))
        .unwrap();
    let lives = Life::known_at(&stored.lives, now);
    let mut past = PastBuilder::new(&stored.parameters, &lives, EVER, now).resuming(
        resumption.checkpoint,
        news,
        Tally::default(),
    );
    let rest = Period::new(resumption.from, now + Millis(1));
    let push = |sighting| past.push(sighting);
    reader.sightings(stored.key, rest, push).unwrap();
    Some(past.finish())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_down_is_what_the_observations_say(
        events in proptest::collection::vec(event(), 1..16),
        earlier in 0..30 * HOUR,
    ) {
        let [mut derives, mut plain] = [true, false].map(Database::new);
        for event in &events {
            let pruned = derives.reader().0.pruned_before().unwrap();
            derives.happen(event, pruned);
            plain.happen(event, pruned);
            let (reader, stored) = derives.reader();
            let (other, same) = plain.reader();
            for now in [derives.now, derives.now - earlier].map(UnixMillis) {
                if let Some(resumption) = reader.resumption(stored.key, now).unwrap() {
                    let found = reader.counted(stored.key, EVER, resumption.from).unwrap();
                    let expected = counted(&other, &same, resumption.from);
                    if !found.is_rounded {
                        prop_assert_eq!(found.counted, expected, "before {}", resumption.from);
                    }
                }
                let mut expected = replayed(&other, &same, now);
                expected.tally = Tally::default();
                if let Some(mut found) = told(&reader, &stored, now) {
                    found.tally = Tally::default();
                    prop_assert_eq!(found, expected, "at {}", now);
                } else if let Some(pruned) = reader.pruned_before().unwrap() {
                    // of a time of which nothing is left
                    prop_assert!(now < pruned || expected.latest.is_none(), "{now} {pruned}");
                }
            }
        }
        let checked = upkeep::check(&derives.place.db, 9, &mut |_| ()).unwrap();
        prop_assert_eq!(checked.findings, []);
    }
}
