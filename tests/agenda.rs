//! When probes are asked, simulated without a clock.

use std::collections::BTreeMap;

use outwatch::domain::schedule::agenda::{Agenda, Limits, SlotId, Timing};
use outwatch::domain::time::{Micros, MonoMicros};
use proptest::prelude::*;

const SECOND: u64 = 1_000_000;
const UNLIMITED: Limits = Limits {
    in_flight: usize::MAX,
    in_flight_per_host: usize::MAX,
};

fn s(seconds: u64) -> MonoMicros {
    MonoMicros(seconds * SECOND)
}

fn every(interval: u64, confirm: u64) -> Timing {
    Timing {
        interval: Micros(interval * SECOND),
        confirm_interval: Micros(confirm * SECOND),
    }
}

/// Plays the agenda to `end`; each asking takes what `takes` says, and is undecided as it says.
/// Returns the starts in seconds.
fn play(
    agenda: &mut Agenda,
    end: MonoMicros,
    mut takes: impl FnMut(SlotId, MonoMicros) -> (Micros, bool),
) -> Vec<(u64, SlotId)> {
    let mut under_way: BTreeMap<(MonoMicros, SlotId), bool> = BTreeMap::new();
    let mut starts = Vec::new();
    let mut now = MonoMicros(0);
    loop {
        while let Some(start) = agenda.start(now) {
            let (takes, undecided) = takes(start.slot, now);
            under_way.insert((now + takes, start.slot), undecided);
            starts.push((now.0 / SECOND, start.slot));
        }
        let finish = under_way.keys().next().map(|key| key.0);
        let Some(next) = agenda.wake().into_iter().chain(finish).min() else {
            return starts;
        };
        if next > end {
            return starts;
        }
        now = now.max(next);
        while let Some((&(at, slot), &undecided)) = under_way.iter().next() {
            if at > now {
                break;
            }
            under_way.remove(&(at, slot));
            agenda.finished(slot, now, undecided);
        }
    }
}

fn seconds(starts: &[(u64, SlotId)]) -> Vec<u64> {
    starts.iter().map(|(second, _)| *second).collect()
}

#[test]
fn the_rate_is_fixed_however_long_an_asking_takes() {
    let mut agenda = Agenda::new(UNLIMITED);
    agenda.add(every(10, 1), "h", s(3));
    let mut turn = 0;
    let starts = play(&mut agenda, s(10_000_000), |_, _| {
        turn += 1;
        (Micros(turn % 10 * 999_999), false)
    });
    assert_eq!(starts.len(), 1_000_000);
    assert!(
        starts
            .iter()
            .enumerate()
            .all(|(k, (at, _))| *at == 3 + 10 * k as u64)
    );
    assert_eq!(agenda.tally().missed, 0);
    assert_eq!(agenda.tally().lateness.max(), Micros(0));
}

#[test]
fn an_undecided_probe_is_asked_again_soon_and_its_rate_stays() {
    let mut agenda = Agenda::new(UNLIMITED);
    agenda.add(every(30, 5), "h", s(0));
    // fails at 30, which two more tries decide; each takes a second
    let mut failing = 0;
    let starts = play(&mut agenda, s(95), |_, now| {
        if now == s(30) {
            failing = 3;
        }
        failing = u32::saturating_sub(failing, 1);
        (Micros(SECOND), failing > 0)
    });
    assert_eq!(seconds(&starts), [0, 30, 36, 42, 60, 90]);
}

#[test]
fn a_confirming_try_never_comes_later_than_the_regular_one() {
    let mut agenda = Agenda::new(UNLIMITED);
    agenda.add(every(10, 9), "h", s(0));
    let starts = play(&mut agenda, s(25), |_, _| (Micros(3 * SECOND), true));
    assert_eq!(seconds(&starts), [0, 10, 20]);
}

#[test]
fn a_probe_never_overlaps_itself_and_missed_turns_are_counted() {
    let mut agenda = Agenda::new(UNLIMITED);
    agenda.add(every(10, 5), "h", s(0));
    let starts = play(&mut agenda, s(60), |_, now| {
        let long = if now == s(10) { 25 } else { 1 };
        (Micros(long * SECOND), false)
    });
    // the turns at 20 and 30 fell into the asking that ended at 35
    assert_eq!(seconds(&starts), [0, 10, 40, 50, 60]);
    assert_eq!(agenda.tally().missed, 2);
}

#[test]
fn limits_delay_and_never_drop() {
    let mut agenda = Agenda::new(Limits {
        in_flight: 2,
        in_flight_per_host: 2,
    });
    let slots: Vec<_> = (0..5)
        .map(|_| agenda.add(every(60, 5), "h", s(0)))
        .collect();
    let starts = play(&mut agenda, s(59), |_, _| (Micros(10 * SECOND), false));
    assert_eq!(seconds(&starts), [0, 0, 10, 10, 20]);
    let mut asked: Vec<_> = starts.iter().map(|(_, slot)| *slot).collect();
    asked.sort_unstable();
    assert_eq!(asked, slots);
    assert_eq!(agenda.tally().lateness.max(), Micros(20 * SECOND));
    assert_eq!(agenda.tally().missed, 0);
}

#[test]
fn a_host_at_its_limit_holds_up_nobody_else() {
    let mut agenda = Agenda::new(Limits {
        in_flight: 100,
        in_flight_per_host: 1,
    });
    let slow: Vec<_> = (0..3)
        .map(|_| agenda.add(every(60, 5), "slow", s(0)))
        .collect();
    let quick = agenda.add(every(60, 5), "quick", s(0));
    let starts = play(&mut agenda, s(59), |slot, _| {
        let long = if slot == quick { 1 } else { 15 };
        (Micros(long * SECOND), false)
    });
    let expected = [(0, slow[0]), (0, quick), (15, slow[1]), (30, slow[2])];
    assert_eq!(starts, expected);
}

#[test]
fn who_has_been_due_for_longest_goes_first_whatever_host_it_is_on() {
    let mut agenda = Agenda::new(Limits {
        in_flight: 1,
        in_flight_per_host: 1,
    });
    let hosts = ["many", "many", "few", "many", "few", "many"];
    let slots: Vec<_> = (0..)
        .zip(hosts)
        .map(|(first, host)| agenda.add(every(60, 5), host, s(first)))
        .collect();
    // the first holds up all others
    let starts = play(&mut agenda, s(59), |_, _| (Micros(9 * SECOND), false));
    let expected: Vec<_> = (0..6).map(|nth| (9 * nth as u64, slots[nth])).collect();
    assert_eq!(starts, expected);
}

#[test]
fn many_probes_of_one_host_wait_no_longer_than_few_of_others() {
    let mut agenda = Agenda::new(Limits {
        in_flight: 40,
        in_flight_per_host: 20,
    });
    // one host hangs, and so do a hundred others; all together ask for twice what is allowed
    for nth in 0..400_u64 {
        let host = match nth {
            0..200 => "many".to_owned(),
            _ => format!("one of {}", nth % 100),
        };
        agenda.add(every(50, 5), &host, s(nth % 50));
    }
    let mut rounds = BTreeMap::<SlotId, u32>::new();
    play(&mut agenda, s(10_000), |slot, _| {
        *rounds.entry(slot).or_default() += 1;
        (Micros(10 * SECOND), false)
    });
    let (least, most) = (rounds.values().min(), rounds.values().max());
    assert_eq!(rounds.len(), 400);
    let (least, most) = (*least.unwrap(), *most.unwrap());
    assert!(most - least <= 1, "asked {least} to {most} times");
}

#[test]
fn a_host_that_no_probe_has_any_more_leaves_nothing() {
    let limits = Limits {
        in_flight: 2,
        in_flight_per_host: 1,
    };
    let mut agenda = Agenda::new(limits);
    let [running, waiting, moving] = [(); 3].map(|()| agenda.add(every(10, 5), "old", s(0)));
    let started = agenda.start(s(0)).map(|start| start.slot);
    assert_eq!(started, Some(running));
    agenda.start(s(0));
    assert_eq!(agenda.waiting(), 2);
    agenda.remove(waiting);
    agenda.change(moving, every(10, 5), "new", s(0));
    agenda.change(moving, every(10, 5), "newer", s(0));
    agenda.remove(running);
    assert_eq!((agenda.waiting(), agenda.hosts()), (1, 2), "old and newer");
    agenda.finished(running, s(1), false);
    let started = agenda.start(s(1)).map(|start| start.slot);
    assert_eq!(
        started,
        Some(moving),
        "the one that was in line at the old host"
    );
    agenda.finished(moving, s(2), false);
    assert_eq!((agenda.waiting(), agenda.hosts()), (0, 1), "newer");
    let other = agenda.add(every(10, 5), "another", s(2));
    assert_eq!(agenda.start(s(2)).map(|start| start.slot), Some(other));
    agenda.remove(moving);
    assert_eq!(agenda.hosts(), 1);
}

#[test]
fn a_removed_probe_is_asked_no_more_even_if_its_place_is_taken() {
    let mut agenda = Agenda::new(UNLIMITED);
    let [idle, running] = [s(5), s(0)].map(|first| agenda.add(every(10, 5), "h", first));
    assert_eq!(agenda.start(s(0)).map(|start| start.slot), Some(running));
    agenda.remove(idle);
    agenda.remove(running);
    assert_eq!(agenda.in_flight(), 1, "it is still under way");
    let other = agenda.add(every(10, 5), "h", s(7));
    assert_ne!(other, idle);
    agenda.finished(running, s(1), true);
    agenda.finished(running, s(2), true);
    assert_eq!(agenda.in_flight(), 0);
    let starts = play(&mut agenda, s(20), |_, _| (Micros(1), false));
    assert_eq!(starts, [(7, other), (17, other)]);
}

#[test]
fn after_a_standstill_each_probe_is_asked_once() {
    let mut agenda = Agenda::new(UNLIMITED);
    for first in 0..10 {
        agenda.add(every(10, 5), "h", s(first));
    }
    // nobody called for a minute and a half
    let mut started = 0;
    while let Some(start) = agenda.start(s(95)) {
        agenda.finished(start.slot, s(95), false);
        started += 1;
    }
    assert_eq!(started, 10);
    assert_eq!(
        agenda.tally().missed,
        8 * 10 + 6,
        "turns at 10, 20, … 95 that fell out"
    );
    assert_eq!(agenda.wake(), Some(s(96)), "and the rhythm is the old one");
}

proptest! {
    #[test]
    fn no_probe_is_starved_and_no_limit_is_passed(
        probes in proptest::collection::vec((1u64..20, 0u64..20, 0usize..3, 0u64..15), 1..30),
        in_flight in 1usize..8,
        per_host in 1usize..4,
    ) {
        let limits = Limits { in_flight, in_flight_per_host: per_host };
        let mut agenda = Agenda::new(limits);
        let slots: Vec<_> = probes.iter()
            .map(|&(interval, first, host, takes)| {
                let host = ["a", "b", "c"][host];
                (agenda.add(every(interval, 2), host, s(first)), host, takes)
            })
            .collect();
        let mut busy: Vec<(MonoMicros, MonoMicros, &str, SlotId)> = Vec::new();
        let starts = play(&mut agenda, s(2000), |slot, now| {
            let (_, host, takes) = slots.iter().find(|(id, ..)| *id == slot).unwrap();
            let takes = Micros(takes * SECOND);
            busy.push((now, now + takes, host, slot));
            (takes, slot.index() % 3 == 0)
        });
        // as the agenda promises
        let longest = probes.iter().map(|it| it.3).max().unwrap_or_default();
        let on = |host| probes.iter().filter(|it| it.2 == host).count();
        let most = (0..3).map(on).max().unwrap_or_default();
        let rounds = probes.len().div_ceil(in_flight) + most.div_ceil(per_host);
        prop_assert!(agenda.tally().lateness.max() <= Micros(longest * SECOND * rounds as u64));
        for (slot, ..) in &slots {
            prop_assert!(starts.iter().any(|(_, id)| id == slot), "never asked");
        }
        for (begun, ..) in &busy {
            let at_once: Vec<_> = busy.iter().filter(|(from, to, ..)| from <= begun && begun < to).collect();
            prop_assert!(at_once.len() <= in_flight);
            for host in ["a", "b", "c"] {
                prop_assert!(at_once.iter().filter(|(_, _, name, _)| *name == host).count() <= per_host);
            }
            let mut each: Vec<_> = at_once.iter().map(|(.., slot)| slot).collect();
            each.sort_unstable();
            each.dedup();
            prop_assert_eq!(each.len(), at_once.len(), "a probe overlaps itself");
        }
    }
}
