//! What controls come out of files that are right.

use std::time::Duration;

use super::tests::{probes, read};
use super::*;
use crate::expect::Expectations;
use crate::prober::inquiry::Inquiry;

const PLATFORMS: &str = "platforms: { web: ['https://a.example/', 'https://b.example/'] }";

/// Those of the one file that has this as its `controls`.
fn controls(written: &str) -> Option<Arc<Controls>> {
    let all = probes(&format!("controls: {written}\n{PLATFORMS}"));
    let [first, second] = &all[..] else {
        panic!("two probes");
    };
    match (&first.controls, &second.controls) {
        (Some(a), Some(b)) => assert!(Arc::ptr_eq(a, b)),
        (a, b) => assert!(a.is_none() && b.is_none()),
    }
    first.controls.clone()
}

fn urls(controls: &Controls) -> Vec<&str> {
    let endpoints = controls.endpoints.iter();
    endpoints.map(|control| &*control.shown_url).collect()
}

#[test]
fn controls_are_off_unless_they_are_switched_on() {
    assert!(probes(PLATFORMS)[0].controls.is_none());
    for off in ["off", "false", "{ endpoints: off }", ""] {
        assert!(controls(off).is_none(), "{off}");
    }
}

#[test]
fn those_built_in_are_of_several_organisations_and_one_needs_no_name_server() {
    for on in ["on", "true", "{ endpoints: on }"] {
        let controls = controls(on).unwrap();
        let hosts: Vec<_> = urls(&controls)
            .iter()
            .map(|url| url.split('/').nth(2).unwrap().to_owned())
            .collect();
        assert!(hosts.len() >= 4, "{hosts:?}");
        assert!(
            hosts
                .iter()
                .any(|host| host.parse::<std::net::IpAddr>().is_ok())
        );
        assert_eq!(controls.quorum.get(), 1);
        // a certificate, or a body that no portal would give
        for control in &controls.endpoints {
            let step = control.inquiry.last();
            let proven = step.request.url.scheme() == "https" || step.expect.needs().body;
            assert!(proven, "{}", control.shown_url);
        }
    }
}

#[test]
fn a_control_is_an_endpoint_whose_every_answer_is_good() {
    let keys = "[https://192.0.2.1/, { url: 'http://c.example/', method: HEAD, timeout: 1s, expect: { status: 204 }, tls: { insecure: true }, redirects: on }]";
    let list = controls(keys).unwrap();
    assert_eq!(urls(&list), ["https://192.0.2.1/", "http://c.example/"]);
    let [any, own] = &list.endpoints[..] else {
        panic!("two");
    };
    let words = |inquiry: &Inquiry| Expectations::words(&inquiry.last().expect);
    assert_eq!(words(&any.inquiry), ["status 100-999"]);
    assert_eq!(words(&own.inquiry), ["status 204"]);
    assert_eq!(any.inquiry.timeout, Duration::from_secs(3));
    assert_eq!(own.inquiry.timeout, Duration::from_secs(1));
    assert_eq!(own.inquiry.first().method, "HEAD");

    let map = format!("{{ endpoints: {keys}, quorum: 2, timeout: 2s }}");
    let map = controls(&map).unwrap();
    assert_eq!(map.quorum.get(), 2);
    assert_eq!(map.endpoints[0].inquiry.timeout, Duration::from_secs(2));
    assert_eq!(map.endpoints[1].inquiry.timeout, Duration::from_secs(1));
}

#[test]
fn what_is_meant_for_the_service_is_not_sent_to_controls() {
    let all = probes(&format!(
        "controls: [https://192.0.2.1/]\ndefaults: {{ headers: {{ X-Team: us }}, auth: {{ bearer: hunter22 }}, expect: {{ status: 200 }} }}\n{PLATFORMS}"
    ));
    let controls = all[0].controls.as_ref().unwrap();
    let control = &controls.endpoints[0].inquiry;
    assert!(all[0].inquiry.first().headers.contains_key("x-team"));
    for name in ["x-team", "authorization"] {
        assert!(!control.first().headers.contains_key(name), "{name}");
    }
    assert_eq!(control.last().expect.words(), ["status 100-999"]);
}

#[test]
fn equal_controls_of_several_files_are_shared_and_a_change_of_them_is_one_of_the_probe() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, controls: &str| {
        let text = format!("service: {name}\ncontrols: {controls}\n{PLATFORMS}");
        std::fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
    };
    write("a", "[https://192.0.2.1/]");
    write("b", "{ endpoints: [https://192.0.2.1/], quorum: 1 }");
    write("c", "[https://192.0.2.2/]");
    let loaded = || {
        load_with(&[folder.path().to_owned()], &|_| None)
            .unwrap()
            .probes
    };
    let before = loaded();
    let of = |probes: &[Probe], i: usize| probes[i].controls.clone().unwrap();
    assert!(Arc::ptr_eq(&of(&before, 0), &of(&before, 2)));
    assert!(!Arc::ptr_eq(&of(&before, 0), &of(&before, 4)));
    let same = |after: &[Probe]| before[0].same_as(&after[0]);
    assert!(same(&loaded()));
    write("a", "[https://192.0.2.3/]");
    assert!(!same(&loaded()));
    write("a", "off");
    assert!(!same(&loaded()));
}

#[test]
fn every_mistake_in_controls_is_found_beside_those_of_the_rest() {
    let text = "controls: { endpoints: [ftp://a.example/, { url: 'https://b.example/', interval: 1s }], quorum: 0 }\nplatforms: { web: [nowhere] }";
    let errors = read(text.as_bytes()).unwrap_err();
    assert_eq!(errors.count(), 4, "{errors}");
}
