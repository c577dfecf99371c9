//! What is promised, out of files that are right, and out of several.

use super::tests::read;
use super::*;
use crate::domain::agreement::Agreement;
use crate::domain::objective::Objective;
use crate::domain::promise::PromiseKind;

const PLATFORMS: &str = "platforms: { web: ['https://a.example/'] }";

/// Of which subject, the kind, the name, and the terms.
fn promised(yaml: &str) -> Vec<String> {
    let read = read(yaml.as_bytes()).unwrap();
    let promises = read.promises.iter().map(|promise| {
        let Promise {
            subject,
            kind,
            name,
            terms,
        } = promise;
        // whoever reads the database must be able to read them
        match kind {
            PromiseKind::Slo => assert!(terms.parse::<Objective>().is_ok(), "{terms}"),
            PromiseKind::Sla => assert!(terms.parse::<Agreement>().is_ok(), "{terms}"),
        }
        format!("{} {kind} {name}: {terms}", subject.key())
    });
    promises.collect()
}

#[test]
fn terms_are_as_written_and_the_rest_as_built_in() {
    for (written, expected) in [
        ("slo:", &[][..]),
        (
            "slo: { target: 99.9% }",
            &["slo slo: 99.9% over each month in UTC"],
        ),
        (
            "slo: { target: 99.95 %, over: 30d, degraded: down }",
            &["slo slo: 99.95% over 30 days, degraded counts"],
        ),
        (
            "slo: { target: 99%, over: 4 weeks, degraded: up }",
            &["slo slo: 99% over 28 days"],
        ),
        (
            "slo: [{ target: 99%, over: Month, timezone: europe/berlin }, { name: Strict, target: 99.999% }]",
            &[
                "slo slo: 99% over each month in Europe/Berlin",
                "slo Strict: 99.999% over each month in UTC",
            ],
        ),
        (
            "sla: { credits: [{ below: 99.9%, credit: 10% }] }",
            &[
                "sla sla: each month in UTC; outages from 0m; partial minutes exact; maintenance excluded; credit 10% below 99.9%",
            ],
        ),
        (
            "sla: [{ name: gold, timezone: Europe/Berlin, outage_min: 5m, partial_minutes: dropped, maintenance: counted, down_when: all, credits: [{ below: 99.9%, credit: 10% }, { below: 99%, credit: 100% }] }]",
            &[
                "sla gold: each month in Europe/Berlin; outages from 5m; partial minutes dropped; maintenance counted; down when all; credit 10% below 99.9%, 100% below 99%",
            ],
        ),
    ] {
        let promises = promised(&format!("service: s\n{written}\n{PLATFORMS}"));
        let expected: Vec<_> = expected.iter().map(|one| format!("s {one}")).collect();
        assert_eq!(promises, expected, "{written}");
    }
}

#[test]
fn services_and_platforms_are_promised_by_themselves() {
    let yaml = "
service: Shop
slo: { target: 99.9% }
platforms:
  Web:
    slo: { target: 99.5% }
    sla: { outage_min: 1m, credits: [{ below: 99%, credit: 5% }] }
    endpoints: [https://a.example/]
  app: [https://b.example/]
";
    let expected = [
        "shop slo slo: 99.9% over each month in UTC",
        "shop/web slo slo: 99.5% over each month in UTC",
        "shop/web sla sla: each month in UTC; outages from 1m; partial minutes exact; maintenance excluded; credit 5% below 99%",
    ];
    assert_eq!(promised(yaml), expected);
}

fn of_files(files: &[&str]) -> Result<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    for (i, written) in files.iter().enumerate() {
        let text = format!("service: s\n{written}\nplatforms: {{ web: ['https://{i}.example/'] }}");
        std::fs::write(folder.path().join(format!("{i}.yaml")), text).unwrap();
    }
    match load_with(&[folder.path().to_owned()], &|_| None) {
        Ok(configuration) => Ok(configuration.promises.len()),
        Err(errors) => Err(errors.to_string()),
    }
}

#[test]
fn several_files_may_promise_the_same_and_more() {
    let files = [
        "slo: { target: 99.9% }",
        "slo: [{ name: SLO, target: 99.900% }, { name: strict, target: 99.99% }]",
        "",
    ];
    assert_eq!(of_files(&files), Ok(2));
}

#[test]
fn what_two_files_promise_otherwise_is_shown_at_both_places() {
    let said = of_files(&["slo: { target: 99.9% }", "slo: { target: 99% }"]);
    let said = said.unwrap_err();
    for part in [
        "slo `slo` of s is said twice, and not the same",
        "99.9% over each month in UTC here",
        "99% over each month in UTC here",
        "0.yaml:2",
        "1.yaml:2",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn the_hash_is_of_the_texts_and_not_of_what_is_filled_in() {
    let hash = |texts: &[&str], secret: &str| {
        let folder = tempfile::tempdir().unwrap();
        for (i, text) in texts.iter().enumerate() {
            std::fs::write(folder.path().join(format!("{i}.yaml")), text).unwrap();
        }
        let secret = || Some(secret.into());
        let read = load_with(&[folder.path().to_owned()], &|_| secret());
        read.unwrap().hash.to_string()
    };
    let [one, other] = ["one", "other"]
        .map(|name| format!("platforms: {{ web: ['https://{name}.example/?${{KEY}}'] }}\n"));
    let of_one = hash(&[&one], "a");
    // printf … | sha256sum
    assert_eq!(
        of_one,
        "94edb44959eee7b1b88a864ab6ab99b9b540732da37ded8c2d3306fe19ba656d"
    );
    assert_eq!(hash(&[&one], "b"), of_one);
    assert_ne!(hash(&[&other], "a"), of_one);
    let both = hash(&[&one, &other], "a");
    assert_ne!(both, hash(&[&other, &one], "a"), "in their order");
    assert_ne!(hash(&[&format!("# a comment\n{one}")], "a"), of_one);
}
