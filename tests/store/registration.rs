//! Probes come, change, go and come back.

use std::num::NonZeroU32;

use outwatch::domain::history::Life;
use outwatch::domain::time::UnixMillis;
use outwatch::store::{Configured, Reader, Registered, Store};

use crate::observations::{place, record};

fn registered(added: usize, removed: usize, changed: usize) -> Registered {
    Registered {
        added,
        removed,
        changed,
    }
}

#[test]
fn registering_again_changes_nothing_and_lives_begin_and_end() {
    let place = place();
    let at = UnixMillis;
    let mut store = Store::create_or_open(&place.db, at(0)).unwrap();
    let (a, b) = (record("a"), record("b"));
    let mut strict = b.clone();
    strict.parameters.failure_threshold = NonZeroU32::MIN;
    for (records, now, expected) in [
        (vec![a.clone(), b.clone()], 10, registered(2, 0, 0)),
        (vec![a.clone(), b.clone()], 20, registered(0, 0, 0)),
        (vec![a.clone(), strict.clone()], 30, registered(0, 0, 1)),
        (vec![strict.clone()], 40, registered(0, 1, 0)),
        (vec![a.clone(), strict.clone()], 50, registered(1, 0, 0)),
    ] {
        let configured = Configured {
            probes: records,
            ..Configured::default()
        };
        assert_eq!(
            store.register(&configured, at(now)).unwrap(),
            expected,
            "at {now}"
        );
    }
    assert_eq!(
        store.register_also(&[], at(60)).unwrap(),
        registered(0, 0, 0)
    );

    let probes = Reader::open(&place.db).unwrap().probes().unwrap();
    let ids: Vec<_> = probes.iter().map(|stored| stored.probe.clone()).collect();
    assert_eq!(ids, [a.probe, b.probe]);
    assert_eq!(&*probes[0].url, "https://a.example/?token=***");
    let life = |added, removed: Option<i64>| Life {
        from: at(added),
        to: removed.map(at),
    };
    assert_eq!(probes[0].lives, [life(10, Some(40)), life(50, None)]);
    assert_eq!(probes[1].lives, [life(10, None)]);
    assert_eq!(*probes[1].parameters.at(at(29)), b.parameters);
    assert_eq!(*probes[1].parameters.at(at(30)), strict.parameters);
}

#[test]
fn epochs_are_numbered_in_order() {
    let place = place();
    let mut store = Store::create_or_open(&place.db, UnixMillis(0)).unwrap();
    for now in [7, 3] {
        store.begin_epoch(UnixMillis(now)).unwrap();
    }
    let epochs = Reader::open(&place.db).unwrap().epochs().unwrap();
    let shown: Vec<_> = epochs
        .iter()
        .map(|e| (e.epoch.0, e.started.0, e.pid))
        .collect();
    let pid = std::process::id();
    assert_eq!(shown, [(1, 7, pid), (2, 3, pid)]);
}
