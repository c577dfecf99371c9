//! What was promised, and by which configuration, reads back as it was in force.

use outwatch::domain::configured::{ConfigHash, InForceFrom};
use outwatch::domain::probe::Name;
use outwatch::domain::promise::{Promise, PromiseKind, Promised};
use outwatch::domain::subject::{Scope, Subject};
use outwatch::domain::time::UnixMillis;
use outwatch::store::{Configured, Reader, Store};

use crate::observations::{NOW, Place, T0, id, place, probes, store};

fn at(seconds: i64) -> UnixMillis {
    UnixMillis(T0 + seconds * 1000)
}

fn web() -> Subject {
    Subject::parse(Scope::Platform, "music/web").unwrap()
}

fn promise(kind: PromiseKind, name: &str, terms: &str) -> Promise {
    Promise {
        subject: web(),
        kind,
        name: name.into(),
        terms: terms.into(),
    }
}

fn promised(place: &Place) -> Vec<Promised> {
    Reader::open(&place.db).unwrap().promises().unwrap()
}

/// Kind, name, terms, and from when to when in seconds.
fn shown(place: &Place) -> Vec<(&'static str, String, String, i64, Option<i64>)> {
    let seconds = |at: UnixMillis| (at.0 - T0) / 1000;
    let all = promised(place).into_iter().map(|promised| {
        let Promised { promise, from, to } = promised;
        (
            promise.kind.as_str(),
            promise.name.to_string(),
            promise.terms.to_string(),
            seconds(from),
            to.map(seconds),
        )
    });
    all.collect()
}

#[test]
fn a_promise_is_in_force_from_the_configuration_with_it_to_the_one_without() {
    let place = place();
    let mut store = store(&place);
    let slo = |terms| promise(PromiseKind::Slo, "month", terms);
    let sla = |terms| promise(PromiseKind::Sla, "month", terms);
    for (now, promises) in [
        (10, vec![slo("99.9")]),
        (20, vec![slo("99.9"), sla("gold")]),
        (30, vec![sla("gold"), slo("99.95")]),
        (40, vec![sla("gold")]),
        (50, vec![sla("gold"), slo("99.95")]),
        // the clock was set back: what was decided later stays in force
        (45, vec![sla("silver"), slo("99")]),
    ] {
        let configured = Configured {
            promises,
            ..probes(&["a"])
        };
        for _ in 0..2 {
            store.register(&configured, at(now)).unwrap();
        }
    }
    let row = |kind, terms: &str, from, to| (kind, "month".to_owned(), terms.to_owned(), from, to);
    assert_eq!(
        shown(&place),
        [
            row("slo", "99.9", 10, Some(30)),
            row("slo", "99.95", 30, Some(40)),
            row("slo", "99", 50, None),
            row("sla", "gold", 20, Some(45)),
            row("sla", "silver", 45, None),
        ]
    );
    assert!(
        promised(&place)
            .iter()
            .all(|of| of.promise.subject == web())
    );
}

#[test]
fn a_promise_goes_on_under_the_new_name_of_its_platform() {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    let configured = Configured {
        promises: vec![promise(PromiseKind::Slo, "month", "99.9")],
        ..probes(&["a"])
    };
    store.register(&configured, at(10)).unwrap();
    // the new configuration knows the probe by a new id and platform, with the same promise
    let mut renamed = configured.clone();
    let probe = &mut renamed.probes[0].probe;
    probe.id = "music/site/a".parse().unwrap();
    probe.platform = Name::try_new("site").unwrap();
    let site = Subject::parse(Scope::Platform, "music/site").unwrap();
    renamed.promises[0].subject = site.clone();
    store.register(&renamed, at(20)).unwrap();
    let new = renamed.probes[0].probe.id.clone();
    store.rename(&id("a"), &new, None, at(30)).unwrap();
    let rows = |configured: &Configured| (configured.promises[0].terms.to_string(), 10, None);
    let found = || {
        let all = shown(&place).into_iter();
        all.map(|(.., terms, from, to)| (terms, from, to))
            .collect::<Vec<_>>()
    };
    assert_eq!(found(), [rows(&renamed)]);
    assert_eq!(promised(&place)[0].promise.subject, site);
    renamed.promises.clear();
    store.register(&renamed, at(40)).unwrap();
    assert_eq!(found(), [("99.9".to_owned(), 10, Some(40))]);
}

#[test]
fn a_configuration_is_written_down_when_it_is_another() {
    let place = place();
    let mut store = store(&place);
    let hash = |byte| ConfigHash([byte; 32]);
    for (now, hash) in [
        (10, Some(hash(1))),
        (20, Some(hash(1))),
        (25, None),
        (30, Some(hash(2))),
        (40, Some(hash(1))),
        // the clock was set back
        (35, Some(hash(3))),
    ] {
        let configured = Configured {
            hash,
            ..probes(&["a"])
        };
        store.register(&configured, at(now)).unwrap();
    }
    let row = |from, byte| InForceFrom {
        from: at(from),
        hash: hash(byte),
    };
    let reader = Reader::open(&place.db).unwrap();
    assert_eq!(
        reader.configurations().unwrap(),
        [row(10, 1), row(30, 2), row(40, 3)]
    );
}
