//! A history goes on under another id, alone or together with what the new id has gathered.

use assert_cmd::Command;
use outwatch::domain::annotation::{Annotation, Remark};
use outwatch::domain::history::Life;
use outwatch::domain::maintenance::{Declaration, Schedule};
use outwatch::domain::observation::Observation;
use outwatch::domain::outage_id::OutageId;
use outwatch::domain::probe::{Name, Probe, ProbeId};
use outwatch::domain::rollup::{RollupParameters, Weight};
use outwatch::domain::subject::{Scope, Subject};
use outwatch::domain::time::{Millis, Period, UnixMillis};
use outwatch::evidence::Evidence;
use outwatch::store::{
    Configured, EvidenceChange, Ledger, ProbeRecord, Reader, Renamed, Store, StoreError,
    StoredProbe,
};
use proptest::prelude::*;

use crate::observations::{
    HOUR, NOW, Place, T0, failed, id, observation, ok, place, probes, read, record,
};

fn at(seconds: i64) -> UnixMillis {
    UnixMillis(T0 + seconds * 1000)
}

fn rename(place: &Place, old: &str, new: &str) -> Result<Renamed, StoreError> {
    let mut store = Store::open(&place.db, NOW).unwrap();
    let renamed = store.rename(&id(old), &id(new), Some("ann"), at(1000));
    store.close().unwrap();
    renamed
}

fn batch(endpoint: &str, observations: &[Observation]) -> Vec<(ProbeId, Observation)> {
    let each = observations.iter();
    each.map(|o| (id(endpoint), o.clone())).collect()
}

fn stored(place: &Place) -> Vec<StoredProbe> {
    Reader::open(&place.db).unwrap().probes().unwrap()
}

fn ids(place: &Place) -> Vec<ProbeId> {
    let ids = stored(place).into_iter();
    ids.map(|stored| stored.probe.id).collect()
}

/// A configuration of `service/platform/endpoint` names.
fn configured(names: &[&str]) -> Configured {
    let record = |names: &&str| {
        let names = names.split('/').map(|name| Name::try_new(name).unwrap());
        let [service, platform, endpoint] = names.collect::<Vec<_>>().try_into().unwrap();
        ProbeRecord {
            probe: Probe::named(service, platform, endpoint).unwrap(),
            ..record("a")
        }
    };
    Configured {
        probes: names.iter().map(record).collect(),
        ..Configured::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stood in which tier.
    #[test]
    fn two_histories_become_what_an_import_of_both_would_be(
        old in proptest::collection::vec(observation(u64::MAX), 0..40),
        new in proptest::collection::vec(observation(u64::MAX), 0..40),
        packed in 0..40usize,
        shared in 0..5usize,
    ) {
        let mut new = new;
        new.extend_from_slice(&old[..shared.min(old.len())]);
        let (one, other) = (place(), place());
        let mut store = Store::create_or_open(&one.db, NOW).unwrap();
        store.register(&probes(&["a", "b"]), NOW).unwrap();
        let (first, rest) = old.split_at(packed.min(old.len()));
        store.import(batch("a", first).into_iter().map(Ok::<_, StoreError>)).unwrap();
        store.append(&batch("b", &new)).unwrap();
        store.append(&batch("a", rest)).unwrap();
        store.register(&probes(&["b"]), at(1)).unwrap();
        store.close().unwrap();
        rename(&one, "a", "b").unwrap();

        let mut store = Store::create_or_open(&other.db, NOW).unwrap();
        store.register(&probes(&["b"]), NOW).unwrap();
        let all = batch("b", &old).into_iter().chain(batch("b", &new));
        store.import(all.map(Ok::<_, StoreError>)).unwrap();
        store.close().unwrap();
        prop_assert_eq!(ids(&one), [id("b")]);
        prop_assert_eq!(read(&one, "b"), read(&other, "b"));
    }
}

#[test]
fn an_id_that_nobody_has_is_taken_with_all_there_is() {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store.register(&probes(&["a", "c"]), NOW).unwrap();
    let observations = [ok(T0), failed(T0 + 30_000, "x"), ok(T0 + 2 * HOUR)];
    store.append(&batch("a", &observations)).unwrap();
    store.close().unwrap();
    let before = stored(&place).remove(0);
    let renamed = rename(&place, "a", "b").unwrap();
    let expected = Renamed {
        merged: false,
        still_configured: true,
    };
    assert_eq!(renamed, expected);
    let after = stored(&place).remove(0);
    assert_eq!(after.probe.id, id("b"));
    assert_eq!(read(&place, "b"), observations);
    assert_eq!(
        (after.lives, after.parameters, after.key),
        (before.lives, before.parameters, before.key)
    );

    let mut store = Store::open(&place.db, NOW).unwrap();
    let registered = store.register(&probes(&["b", "c"]), at(9)).unwrap();
    assert_eq!((registered.added, registered.removed), (0, 0));
}

#[test]
fn lives_keep_the_gap_between_them_unless_they_touch() {
    for (removed, added, expected) in [
        (50, 60, vec![(0, Some(50)), (60, None)]),
        (50, 50, vec![(0, None)]),
        (60, 50, vec![(0, None)]),
    ] {
        let place = place();
        let mut store = Store::create_or_open(&place.db, NOW).unwrap();
        store.register(&probes(&["a"]), at(0)).unwrap();
        if added < removed {
            store.register_also(&[record("b")], at(added)).unwrap();
        }
        store.register(&probes(&[]), at(removed)).unwrap();
        store.register(&probes(&["b"]), at(added)).unwrap();
        store.close().unwrap();
        rename(&place, "a", "b").unwrap();
        let lives = &stored(&place)[0].lives;
        let expected = expected.into_iter().map(|(from, to)| Life {
            from: at(from),
            to: to.map(at),
        });
        assert_eq!(
            *lives,
            expected.collect::<Vec<_>>(),
            "removed at {removed}, added at {added}"
        );
    }
}

#[test]
fn parameters_and_evidence_of_both_stand_in_one_order() {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    let with = |endpoint, seconds| {
        let mut configured = probes(&[endpoint]);
        configured.probes[0].parameters.interval = Millis::from_secs(seconds);
        configured
    };
    for (now, endpoint, seconds) in [(0, "a", 10), (10, "a", 20), (20, "b", 30), (30, "b", 40)] {
        store.register(&with(endpoint, seconds), at(now)).unwrap();
    }
    let keep = |endpoint, seconds| {
        let change = EvidenceChange {
            forget: Vec::new(),
            keep: Some((at(seconds), Evidence::default().into())),
        };
        (id(endpoint), change)
    };
    store
        .change_evidence(&[keep("a", 1), keep("a", 2), keep("b", 2), keep("b", 25)])
        .unwrap();
    store.close().unwrap();
    rename(&place, "a", "b").unwrap();
    let reader = Reader::open(&place.db).unwrap();
    let stored = reader.probes().unwrap().remove(0);
    assert_eq!(stored.probe, record("b").probe);
    let intervals = [0, 10, 20, 30].map(|now| stored.parameters.at(at(now)).interval);
    assert_eq!(intervals, [10, 20, 30, 40].map(Millis::from_secs));
    let instants = reader.evidence_instants(stored.key).unwrap();
    assert_eq!(instants, [1, 2, 25].map(at));
}

fn note(subject: &Subject, text: &str) -> Annotation {
    Annotation {
        outage: OutageId::of(subject, at(7)),
        subject: subject.clone(),
        started_at: at(7),
        ended_at: None,
        remark: Remark::Note(text.into()),
        by: "ann".into(),
        at: at(8),
    }
}

fn declaration(subject: &Subject, text: &str) -> Declaration {
    Declaration {
        subject: subject.clone(),
        schedule: Schedule::Once(Period::new(at(100), at(200))),
        note: Some(text.into()),
    }
}

/// Each subject with what is said of it.
fn said(place: &Place) -> Vec<(String, String)> {
    let reader = Reader::open(&place.db).unwrap();
    let mut said = Vec::new();
    for annotation in reader.annotations().unwrap() {
        let of = OutageId::of(&annotation.subject, annotation.started_at);
        assert_eq!(annotation.outage, of, "it points at the window");
        let text = annotation.remark.text().unwrap().to_string();
        said.push((annotation.subject.key(), text));
    }
    for declared in reader.maintenance().unwrap() {
        let Declaration { subject, note, .. } = declared.declaration;
        said.push((subject.key(), format!("maintenance {}", note.unwrap())));
    }
    said
}

#[test]
fn what_was_said_follows_every_renaming_and_none_that_came_before_it() {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store.register(&probes(&["a"]), NOW).unwrap();
    store.close().unwrap();
    let a = Subject::Endpoint(id("a"));
    let say = |text: &str| {
        let mut ledger = Ledger::open(&place.db, NOW).unwrap();
        ledger.annotate(&[note(&a, text)]).unwrap();
        ledger.declare(&declaration(&a, text), "ann", NOW).unwrap();
    };
    say("first");
    rename(&place, "a", "b").unwrap();
    rename(&place, "b", "c").unwrap();
    // another probe that is called as the first one was
    let mut store = Store::open(&place.db, NOW).unwrap();
    store.register(&probes(&["a", "c"]), NOW).unwrap();
    store.close().unwrap();
    say("second");
    let expected = [
        ("music/web/c", "first"),
        ("music/web/a", "second"),
        ("music/web/c", "maintenance first"),
        ("music/web/a", "maintenance second"),
    ];
    let expected = expected.map(|(of, text)| (of.to_owned(), text.to_owned()));
    assert_eq!(said(&place), expected);
}

/// What is said of `music/web` and `music`, and the weights they had at 0 s and 60 s, after the
/// probe that they consist of, and whatever else `with` names, came to be of other names.
fn follow(change: impl FnOnce(&mut Store)) -> (Vec<String>, Vec<(String, [u32; 2])>) {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    let of = |scope, key| Subject::parse(scope, key).unwrap();
    let (web, music) = (
        of(Scope::Platform, "music/web"),
        of(Scope::Service, "music"),
    );
    let weighing = |weight| RollupParameters {
        weight: Weight(weight),
        ..RollupParameters::default()
    };
    let mut first = configured(&["Music/web/a"]);
    first.rollups = vec![(web.clone(), weighing(1)), (music.clone(), weighing(2))];
    store.register(&first, at(0)).unwrap();
    let mut ledger = Ledger::open(&place.db, NOW).unwrap();
    ledger.annotate(&[note(&web, "x")]).unwrap();
    ledger.annotate(&[note(&music, "y")]).unwrap();
    change(&mut store);
    store.close().unwrap();
    let of = said(&place).into_iter().map(|(subject, _)| subject);
    let rollups = Reader::open(&place.db).unwrap().rollups().unwrap();
    let weights = rollups.iter().map(|(subject, history)| {
        let weights = [0, 60].map(|seconds| history.at(at(seconds)).weight.0);
        (subject.key(), weights)
    });
    let mut weights: Vec<_> = weights.collect();
    weights.sort();
    (of.collect(), weights)
}

fn weights(expected: &[(&str, [u32; 2])]) -> Vec<(String, [u32; 2])> {
    let each = expected.iter();
    each.map(|(of, weights)| ((*of).to_owned(), *weights))
        .collect()
}

#[test]
fn a_platform_and_a_service_follow_the_last_of_their_probes() {
    let new: ProbeId = "sound/site/a".parse().unwrap();
    let merge = |more: &'static [&'static str], store: &mut Store| {
        let mut second = configured(&["Sound/site/a"]);
        second.probes.extend(configured(more).probes);
        let site = Subject::parse(Scope::Platform, "sound/site").unwrap();
        let heavy = RollupParameters {
            weight: Weight(9),
            ..RollupParameters::default()
        };
        second.rollups = vec![(site, heavy)];
        store.register(&second, at(50)).unwrap();
        store.rename(&id("a"), &new, None, at(70)).unwrap();
    };
    let (of, weigh) = follow(|store| merge(&[], store));
    assert_eq!(of, ["sound/site", "sound"]);
    assert_eq!(weigh, weights(&[("sound", [2, 2]), ("sound/site", [1, 9])]));
    // there is more of the old service, but not of the platform
    let (of, weigh) = follow(|store| merge(&["Music/mobile/b"], store));
    assert_eq!(of, ["sound/site", "music"]);
    assert_eq!(weigh, weights(&[("music", [2, 2]), ("sound/site", [1, 9])]));
}

#[test]
fn an_incident_of_a_service_is_called_as_the_service_is_now() {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store
        .register(&configured(&["Music/web/a"]), at(0))
        .unwrap();
    let [music, sound] = ["music", "sound"].map(|name| Subject::Service(name.into()));
    let incident = Annotation {
        outage: OutageId::of_incident(&music, at(7)),
        ..note(&music, "both")
    };
    let mut ledger = Ledger::open(&place.db, NOW).unwrap();
    ledger.annotate(&[incident, note(&music, "down")]).unwrap();
    store
        .register(&configured(&["Sound/site/a"]), at(50))
        .unwrap();
    let new: ProbeId = "sound/site/a".parse().unwrap();
    store.rename(&id("a"), &new, None, at(70)).unwrap();
    store.close().unwrap();
    let said = Reader::open(&place.db).unwrap().annotations().unwrap();
    let outages: Vec<_> = said.iter().map(|said| said.outage).collect();
    let expected = [
        OutageId::of_incident(&sound, at(7)),
        OutageId::of(&sound, at(7)),
    ];
    assert_eq!(outages, expected);
}

#[test]
fn names_that_change_while_an_id_stays_take_what_was_said_along() {
    let renamed = |names: &str| {
        let mut configured = configured(&[names]);
        configured.probes[0].probe.id = id("a");
        configured
    };
    let (of, _) = follow(|store| {
        store.register(&renamed("Music/site/a"), at(50)).unwrap();
    });
    assert_eq!(of, ["music/site", "music"]);
    let (of, weigh) = follow(|store| {
        let mut second = renamed("Sound/site/a");
        let site = Subject::parse(Scope::Platform, "sound/site").unwrap();
        second.rollups = vec![(site, RollupParameters::default())];
        store.register(&second, at(50)).unwrap();
    });
    assert_eq!(of, ["sound/site", "sound"]);
    assert_eq!(
        weigh,
        weights(&[("sound", [2, 2]), ("sound/site", [1, 1000])])
    );
    // moved to a platform that was there before: that one is still the same
    let (of, _) = follow(|store| {
        let also = configured(&["Music/mobile/b"]);
        store.register_also(&also.probes, at(40)).unwrap();
        let mut second = renamed("Music/mobile/a");
        second.probes.extend(also.probes);
        store.register(&second, at(50)).unwrap();
    });
    assert_eq!(of, ["music/web", "music"]);
}

#[test]
fn what_cannot_be_renamed_stays_as_it_is() {
    let place = place();
    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store.register(&probes(&["a", "b"]), NOW).unwrap();
    store
        .append(&[(id("a"), ok(T0)), (id("b"), ok(T0))])
        .unwrap();
    store.close().unwrap();
    for (old, new, said) in [
        ("a", "a", "to itself"),
        ("x", "y", "probe `music/web/x` is not in the database"),
        ("a", "b", "are both configured"),
    ] {
        let refused = rename(&place, old, new).unwrap_err();
        assert!(refused.to_string().contains(said), "{refused}");
    }
    // whatever goes wrong in the middle
    let mut store = Store::open(&place.db, NOW).unwrap();
    store.register(&probes(&["b"]), at(1)).unwrap();
    let sql = rusqlite::Connection::open(&place.db).unwrap();
    sql.execute_batch(
        "CREATE TRIGGER no BEFORE INSERT ON renamed BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    .unwrap();
    store.rename(&id("a"), &id("b"), None, NOW).unwrap_err();
    assert_eq!(ids(&place), [id("a"), id("b")]);
    assert_eq!(read(&place, "a"), [ok(T0)]);
    assert_eq!(read(&place, "b"), [ok(T0)]);
    sql.execute_batch("DROP TRIGGER no").unwrap();
    store.append(&[(id("a"), ok(T0 + 1))]).unwrap();
    store.rename(&id("a"), &id("b"), None, NOW).unwrap();
    store.append(&[(id("b"), ok(T0 + 2))]).unwrap();
    assert_eq!(read(&place, "b"), [0, 1, 2].map(|n| ok(T0 + n)));
}

fn outwatch(place: &Place, args: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("outwatch").unwrap();
    command.env_clear().arg("--db").arg(&place.db).args(args);
    command.assert()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_command_renames_and_says_what_is_left_to_do() {
    let place = place();
    let (old, new) = ("music/web/a", "music/web/b");
    let rename = ["db", "rename", old, new, "--by", "ann"];
    let missing = outwatch(&place, &rename).code(3);
    assert!(text(&missing.get_output().stderr).contains("there is no database here"));
    assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 0);

    let mut store = Store::create_or_open(&place.db, NOW).unwrap();
    store.register(&probes(&["a"]), NOW).unwrap();
    store.append(&[(id("a"), ok(T0))]).unwrap();
    let held = outwatch(&place, &rename).code(4);
    assert!(text(&held.get_output().stderr).contains("stop that one first"));
    store.close().unwrap();

    let two_lines = ["db", "rename", old, new, "--by", "ann\nbob"];
    let refused = outwatch(&place, &two_lines).code(2);
    assert!(text(&refused.get_output().stderr).contains("a name is one line"));

    let done = outwatch(&place, &rename).success();
    assert_eq!(
        text(&done.get_output().stdout),
        "music/web/a is music/web/b now\n\
         let probes.yaml call it so before the daemon starts, or it begins anew as music/web/a\n"
    );
    let exported = outwatch(&place, &["export", "--probe", new]).success();
    assert!(text(&exported.get_output().stdout).contains("\"probe_id\":\"music/web/b\""));
    let again = outwatch(&place, &rename).code(2);
    assert!(text(&again.get_output().stderr).contains("did you mean `music/web/b`?"));
    let bare = outwatch(&place, &["db"]).code(2);
    assert!(text(&bare.get_output().stderr).contains("rename"));
}
