//! What the reading commands print of a past that is made up.

use clap::Parser;

use super::{BadUsage, Cli, Command};
use crate::domain::history::Life;
use crate::domain::observation::{Cause, Failure, Outcome};
use crate::domain::parameters::{ParameterHistory, Parameters};
use crate::domain::probe::{Name, Probe};
use crate::domain::sighting::Sighting;
use crate::domain::time::{Millis, Period, UnixMillis};
use crate::domain::zone::Zone;
use crate::evidence::Evidence;
use crate::replay::{Extent, Filter, Selection, Source, StoredProbe, WhatIf, read};
use crate::report::circumstances::Circumstances;

/// 2024-09-29T14:00:00Z, when the timelines begin.
const START: UnixMillis = UnixMillis(1_727_618_400_000);

/// Probes with timelines of one letter per 30 s.
struct Told(Vec<(StoredProbe, String)>);

impl Source for Told {
    type Key = usize;

    fn probes(&self) -> anyhow::Result<Vec<(usize, StoredProbe)>> {
        let stored = self.0.iter().map(|(stored, _)| stored.clone());
        Ok(stored.enumerate().collect())
    }

    fn circumstances(&self) -> anyhow::Result<Circumstances> {
        Ok(Circumstances::default())
    }

    fn sightings(
        &self,
        probe: usize,
        period: Period,
        each: impl FnMut(Sighting),
    ) -> anyhow::Result<()> {
        let letters = self.0[probe].1.chars();
        let mut ts = START;
        letters
            .map(|letter| {
                let at = ts;
                ts = ts + Millis::from_secs(30);
                Sighting {
                    ts: at,
                    finished: at,
                    outcome: match letter {
                        'o' => Outcome::Ok,
                        _ => Outcome::Fail(Failure {
                            cause: Some(Cause::Refused),
                            ..Failure::default()
                        }),
                    },
                    epoch: None,
                    set_aside: false,
                }
            })
            .filter(|sighting| period.from <= sighting.ts && sighting.ts < period.to)
            .for_each(each);
        Ok(())
    }

    /// Stretches of two minutes.
    fn stretch_before(&self, _: usize, instant: UnixMillis) -> anyhow::Result<Option<UnixMillis>> {
        let before = (instant - START).0 - 1;
        let begin = START + Millis(before.div_euclid(120_000) * 120_000);
        Ok((begin >= START).then_some(begin))
    }

    /// Of every failure.
    fn evidence_instants(&self, probe: usize) -> anyhow::Result<Vec<UnixMillis>> {
        let mut instants = Vec::new();
        self.sightings(
            probe,
            Period::new(START, UnixMillis(i64::MAX)),
            |sighting| {
                if matches!(sighting.outcome, Outcome::Fail(_)) {
                    instants.push(sighting.ts);
                }
            },
        )?;
        Ok(instants)
    }

    fn evidence(
        &self,
        probe: usize,
        period: Period,
    ) -> anyhow::Result<Vec<(UnixMillis, Evidence)>> {
        let mut inside = self.evidence_instants(probe)?;
        inside.retain(|at| period.from <= *at && *at < period.to);
        let ends = inside.first().into_iter().chain(inside.last());
        Ok(ends.map(|at| (*at, Evidence::default())).collect())
    }
}

fn stored(platform: &str, timeline: &str) -> (StoredProbe, String) {
    let name = |text: &str| Name::try_new(text).unwrap();
    let probe = Probe::named(name("Music"), name(platform), name("player")).unwrap();
    let stored = StoredProbe {
        probe,
        url: "https://example.com/".to_owned(),
        parameters: ParameterHistory::constant(Parameters::default()),
        lives: vec![Life {
            from: START,
            to: None,
        }],
    };
    (stored, timeline.to_owned())
}

/// What the command prints ten minutes after the start.
pub(super) fn outwatch(arguments: &str) -> Result<String, String> {
    let source = Told(vec![
        stored("web", "oFFFFFoooooooooooooo"),
        stored("mobile", "oooFFoooooooooooFFFF"),
    ]);
    let cli =
        Cli::try_parse_from(arguments.split_whitespace()).map_err(|error| error.to_string())?;
    let (now, mut out) = (START + Millis::from_secs(600), Vec::new());
    match cli.command {
        Command::Status(args) => args.run(&source, now, &mut out),
        Command::Outages(args) => args.run(&source, now, &mut out),
        Command::Report(args) => args.run(&source, now, &mut out),
        other => panic!("{other:?} reads no histories"),
    }
    .map_err(|error| {
        assert!(error.is::<BadUsage>(), "{error}");
        error.to_string()
    })?;
    Ok(String::from_utf8(out).unwrap())
}

/// Probe, start and end of every window.
fn windows(arguments: &str) -> Vec<String> {
    let csv = outwatch(&format!("outwatch outages --format csv {arguments}")).unwrap();
    let rows = csv.lines().skip(1);
    rows.map(|row| {
        let cells: Vec<_> = row.split(',').collect();
        let clock = |cell: &str| cell.get(11..19).unwrap_or("open").to_owned();
        format!("{} {} {}", cells[3], clock(cells[7]), clock(cells[8]))
    })
    .collect()
}

#[test]
fn flags_decide_which_windows_are_listed() {
    let (web, mobile, open) = (
        "web 14:00:30 14:03:00",
        "mobile 14:01:30 14:02:30",
        "mobile 14:08:00 open",
    );
    for (flags, expected) in [
        ("", vec![web, mobile, open]),
        ("--platform web", vec![web]),
        ("--probe music/mobile/player", vec![mobile, open]),
        ("--service music --platform Mobile", vec![mobile, open]),
        ("--last 1m", vec![open]),
        ("--to 8m", vec![web, mobile]),
        (
            "--from 2024-09-29T14:02:30Z --to 2024-09-29T14:08:00Z",
            vec![web],
        ),
        ("--what-if failure_threshold=4", vec![web, open]),
        (
            "--what-if failure_threshold=4 --what-if recovery_threshold=99",
            vec!["web 14:00:30 open", open],
        ),
        // at that time the second mobile outage was not known
        ("--generated-at 2024-09-29T14:08:10Z", vec![web, mobile]),
    ] {
        assert_eq!(windows(flags), expected, "{flags}");
    }
}

#[test]
fn bad_usage_is_told_apart_from_trouble() {
    for (arguments, problem) in [
        (
            "outwatch outages --platform wbe",
            "--platform wbe: the database has none of that name; did you mean `web`?",
        ),
        ("outwatch report --from 1h --to 2h", "the period is empty"),
        (
            "outwatch report --what-if grace=10s",
            "--what-if grace=10s: music/web/player has an interval of 30s; with a shorter grace",
        ),
        (
            "outwatch outages --what-if timeout=3s",
            "error: invalid value",
        ),
        (
            "outwatch status --what-if grace=90s",
            "error: unexpected argument",
        ),
        ("outwatch outages --scope site", "error: invalid value"),
    ] {
        let error = outwatch(arguments).expect_err(arguments);
        assert!(error.starts_with(problem), "{arguments}: {error}");
    }
}

#[test]
fn evidence_is_found_by_the_beginning_of_an_id_at_any_time() {
    let listed = outwatch("outwatch outages --format csv").unwrap();
    let ids: Vec<_> = listed.lines().skip(1).map(|row| &row[..13]).collect();
    for (id, probe) in ids.iter().zip(["web", "mobile", "mobile"]) {
        for begins in [*id, &id[..4], &id.to_uppercase()] {
            let shown = outwatch(&format!("outwatch outages --evidence {begins}")).unwrap();
            assert!(
                shown.starts_with(&format!("Outage {id}, in UTC\n")),
                "{shown}"
            );
            assert!(shown.contains(&format!("music/{probe}/player")), "{shown}");
            let headings =
                shown.matches("FIRST FAILURE").count() + shown.matches("LAST FAILURE").count();
            assert_eq!(headings, 2, "{shown}");
        }
    }
    // that of a failure in its middle is none
    let middle = crate::domain::outage_id::OutageId::new(
        &"music/web/player".parse().unwrap(),
        START + Millis::from_secs(60),
    );
    for (flags, problem) in [
        (format!("--evidence {middle}"), "no outage from"),
        (
            format!("--evidence {} --last 1m", ids[0]),
            "without a period",
        ),
        (
            format!("--evidence {} --platform mobile", ids[0]),
            "no outage from",
        ),
        (format!("--evidence {} --format csv", ids[0]), "is no table"),
    ] {
        let error = outwatch(&format!("outwatch outages {flags}")).unwrap_err();
        assert!(error.contains(problem), "{flags}: {error}");
    }
    // judged otherwise, too
    let patient = "outwatch outages --what-if failure_threshold=1";
    let shown = outwatch(&format!("{patient} --evidence {}", ids[0])).unwrap();
    assert!(shown.contains("FIRST FAILURE"), "{shown}");
}

#[test]
fn every_format_is_written() {
    for (arguments, beginning) in [
        ("outwatch status", "Music is down since 14:08:00Z (2m): "),
        ("outwatch status --format md", "Music is down since "),
        ("outwatch status --format json", "{\n  \"generated_at\""),
        ("outwatch outages --format json", "{\n  \"generated_at\""),
        ("outwatch outages", "ID "),
        ("outwatch report", "Outage report\n"),
        ("outwatch report --format md", "# Outage report\n"),
        ("outwatch report --format markdown", "# Outage report\n"),
        ("outwatch report --format json", "{\n  \"generated_at\""),
        ("outwatch report --format csv", "scope,"),
    ] {
        let shown = outwatch(arguments).unwrap();
        assert!(shown.starts_with(beginning), "{arguments}: {shown}");
    }
}

#[test]
fn a_state_older_than_what_was_read_is_said_to_be_older() {
    // 2880 observations a day
    let (outage, calm) = ("oFFFoo", "o".repeat(10 * 2880));
    for (timeline, since, outages) in [
        (format!("{outage}{calm}"), "before 2024-10-02", 0),
        (format!("{calm}{outage}"), "2024-10-09 14:02:00", 1),
    ] {
        let letters = i64::try_from(timeline.len()).unwrap();
        let source = Told(vec![stored("web", &timeline)]);
        let now = START + Millis(letters * 30_000);
        let mut out = Vec::new();
        let cli = Cli::try_parse_from(["outwatch", "status"]).unwrap();
        let Command::Status(args) = cli.command else {
            panic!("it is the status that was asked for");
        };
        args.run(&source, now, &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert!(shown.contains(since), "{shown}");
        let period = Period::new(now.saturating_sub(Millis::from_secs(7 * 86_400)), now);
        let selection = Selection {
            filter: &Filter::default(),
            what_if: &WhatIf::default(),
            zone: &Zone::utc(),
            period,
            now,
            extent: Extent::Report { before: None },
        };
        let read = read(&source, selection).unwrap().judged;
        let read: Vec<_> = read[0].probes().collect();
        assert_eq!(read[0].past.history.windows.len(), outages);
        assert_eq!(read[0].past.tally.observations(), 7 * 2880);
    }
}
