//! What comes of `down_when`, `weight`, `merge_gap` and `maintenance`, in one file and in several.

use std::fs;

use super::tests::{read, refused};
use super::{Configuration, Errors, load_with, schema};

fn configuration(text: &str) -> Configuration {
    let configuration = read(text.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
    schema::tests::accepted(text);
    configuration
}

fn rollups(configuration: &Configuration) -> Vec<String> {
    let rollups = configuration.rollups.iter();
    rollups
        .map(|(subject, it)| {
            let scope = subject.scope();
            format!(
                "{scope} {subject}: {} {} {}",
                it.down_when, it.weight, it.merge_gap
            )
        })
        .collect()
}

fn maintenance(configuration: &Configuration) -> Vec<String> {
    let declarations = configuration.maintenance.iter();
    declarations
        .map(|it| {
            let note = it.note.as_deref().unwrap_or("-");
            format!(
                "{} {}: {}, {note}",
                it.subject.scope(),
                it.subject,
                it.schedule
            )
        })
        .collect()
}

#[test]
fn each_service_and_platform_has_its_policy_and_what_is_built_in_is_any() {
    let shop = "
down_when: 50%
merge_gap: 1h
platforms:
  Web Site:
    down_when: { quorum: 2 }
    weight: 0.25
    endpoints:
      - { url: 'https://a.example/', weight: 2 }
      - { url: 'https://b.example/', id: bee, weight: 1.500 }
      - { url: 'https://c.example/', weight: 1 }
  app: [https://d.example/]
";
    assert_eq!(
        rollups(&configuration(shop)),
        [
            "service shop: 50% 1 1h",
            "platform shop/web-site: 2 0.25 10m",
            "platform shop/app: any 1 10m",
            "endpoint shop/web-site/a.example: any 2 10m",
            "endpoint bee: any 1.5 10m",
        ]
    );
    for (written, policy) in [
        ("any", "any"),
        ("all", "all"),
        ("'1'", "1"),
        ("33 %", "33%"),
        ("{ quorum: 100% }", "100%"),
    ] {
        let text = format!("down_when: {written}\nplatforms: {{ web: [https://a.example/] }}");
        let service = &rollups(&configuration(&text))[0];
        assert_eq!(*service, format!("service shop: {policy} 1 10m"));
    }
}

#[test]
fn maintenance_adds_up_from_the_file_to_the_endpoint() {
    let text = "
maintenance:
  - { from: 2026-12-01T02:00:00Z, to: 2026-12-01T04:00+01:00, note: ' database upgrade ' }
  - { from: 2026-12-01 02:00, duration: 90m, timezone: europe/berlin }
  - { cron: ' 0  3 * * SUN ', duration: 2h }
platforms:
  web:
    maintenance:
      - { cron: '@daily', duration: 10m, timezone: Europe/Berlin }
    endpoints:
      - url: https://a.example/
        maintenance: [{ cron: '0 3 * * SUN', duration: 2h }]
      - { url: 'https://b.example/', maintenance: }
";
    assert_eq!(
        maintenance(&configuration(text)),
        [
            "service shop: 2026-12-01T02:00:00.000Z to 2026-12-01T03:00:00.000Z, database upgrade",
            "service shop: 2026-12-01T01:00:00.000Z to 2026-12-01T02:30:00.000Z, -",
            "service shop: 0 3 * * SUN (UTC), for 2h, -",
            "platform shop/web: @daily (Europe/Berlin), for 10m, -",
            "endpoint shop/web/a.example: 0 3 * * SUN (UTC), for 2h, -",
        ]
    );
}

/// Reads files that all describe one service.
fn files(texts: &[&str]) -> Result<Configuration, Errors> {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (i, text) in texts.iter().enumerate() {
        let path = folder.path().join(format!("{i}.yaml"));
        fs::write(&path, format!("service: Shop\n{text}")).unwrap();
        paths.push(path);
    }
    load_with(&paths, &|_| None)
}

#[test]
fn files_of_one_service_are_taken_together() {
    let maintained = "maintenance: [{ cron: '@daily', duration: 1h }]";
    let first = format!(
        "{maintained}\nmerge_gap: 600s\nplatforms: {{ web: {{ down_when: 2, endpoints: ['https://a.example/'] }} }}"
    );
    let second = format!(
        "{maintained}\ndown_when: 2\nmerge_gap: 10m\nplatforms:\n  WEB: ['https://b.example/']\n  app: ['https://c.example/']"
    );
    let both = files(&[&first, &second]).unwrap();
    assert_eq!(
        rollups(&both),
        [
            "service shop: 2 1 10m",
            "platform shop/web: 2 1 10m",
            "platform shop/app: any 1 10m"
        ]
    );
    assert_eq!(
        maintenance(&both),
        ["service shop: @daily (UTC), for 1h, -"]
    );
}

#[test]
fn files_that_contradict_each_other_are_shown_both() {
    let first =
        "down_when: all\nplatforms: { web: { weight: 2, endpoints: ['https://a.example/'] } }";
    let second =
        "down_when: any\nplatforms: { web: { weight: 3, endpoints: ['https://b.example/'] } }";
    let errors = files(&[first, second]).unwrap_err().to_string();
    for part in [
        "down_when of shop is said twice, and not the same",
        "weight of shop/web is said twice, and not the same",
        "0.yaml:2:12",
        "1.yaml:2:12",
        "all here",
        "any here",
        "3 here",
    ] {
        assert!(errors.contains(part), "{part}\n{errors}");
    }
}

#[test]
fn what_is_shown_everywhere_is_never_filled_in() {
    for keys in [
        "down_when: '${TOKEN}'",
        "maintenance: [{ cron: '${TOKEN}', duration: 1h }]",
        "maintenance: [{ cron: '@daily', duration: 1h, timezone: '${TOKEN}' }]",
        "maintenance: [{ cron: '@daily', duration: 1h, note: '${TOKEN}' }]",
        "maintenance: [{ from: '${TOKEN}', duration: 1h }]",
    ] {
        refused(
            &format!("{keys}\nplatforms: {{ web: ['https://a.example/'] }}"),
            "cannot be filled in",
        );
    }
}

#[test]
fn every_mistake_of_a_list_is_found() {
    let text = "
maintenance:
  - { cron: '0 25 * * *', duration: 2, timezone: Nowhere/Town, note: '' }
  - { from: yesterday, to: 2026-12-01T02:00, colour: red }
  - 7
platforms: { web: ['https://a.example/'] }
";
    let errors = read(text.as_bytes()).unwrap_err();
    assert_eq!(errors.count(), 8, "{errors}");
}
