//! Observations are the ground state: imported into a new database they must give the same windows.

use std::fs;

use serde_json::Value;

use super::observed::{ALL, Observed};
use super::settings::Settings;
use super::site::{Site, Variant};

pub(crate) fn check(
    site: &Site,
    settings: &Settings,
    ports: &[u16],
    observed: &Observed,
    wrong: &mut Vec<String>,
) -> anyhow::Result<()> {
    // with every probe that there ever was
    site.configure(settings, ports, Variant::Extended)?;
    let (db, export) = (
        site.folder().join("rebuilt.db").display().to_string(),
        site.folder().join("export.ndjson").display().to_string(),
    );
    fs::write(&export, &observed.export)?;
    let imported = site.run(&["import", "--db", &db, &export])?;
    if imported.code != Some(0) {
        wrong.push(format!(
            "what was exported cannot be imported: {}",
            imported.stderr
        ));
        return Ok(());
    }
    let again = site.printed(&["export", "--db", &db])?;
    if sorted(&again) != sorted(&observed.export) {
        wrong.push("exported once more, the observations are not the same".to_owned());
    }
    let arguments = [&["outages", "--format", "json", "--db", &db], &ALL[..]].concat();
    let rebuilt = site.json(&arguments)?;
    let lists = [&observed.outages, &rebuilt].map(outages);
    let only = |one: &[String], other: &[String], what: &str| -> Vec<String> {
        let only = one.iter().filter(|window| !other.contains(window));
        only.map(|window| format!("{what}: {window}")).collect()
    };
    wrong.extend(only(&lists[0], &lists[1], "not in the rebuilt database"));
    wrong.extend(only(&lists[1], &lists[0], "only in the rebuilt database"));
    Ok(())
}

/// One that is open ends with the present, which has gone on since.
fn outages(list: &Value) -> Vec<String> {
    let all = list["outages"].as_array().cloned().unwrap_or_default();
    let over = all.iter().filter(|window| window["state"] != "open");
    over.map(Value::to_string).collect()
}

fn sorted(lines: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = lines.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    lines
}
