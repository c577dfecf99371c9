//! The folders are the architecture: a module imports only from floors below its own, and each
//! outside thing has one place.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every top-level module with its floor.
const FLOORS: &[(&str, u8)] = &[
    ("domain", 0),
    ("expect", 1),
    ("evidence", 1),
    ("clock", 2),
    ("prober", 2),
    ("store", 2),
    ("exchange", 2),
    ("files", 2),
    ("report", 2),
    ("observer", 3),
    ("replay", 3),
    ("scheduler", 3),
    ("config", 4),
    ("daemon", 5),
    ("demo", 6),
    ("cli", 7),
];

/// What only the named modules may mention; `why` stands in the message.
const OWNERS: &[(&[&str], &[&str], &str)] = &[
    (
        &["rusqlite", "PRAGMA ", "SELECT ", "INSERT INTO "],
        &["store"],
        "SQL",
    ),
    (&["serde_yaml", "saphyr"], &["config"], "YAML"),
    (
        &["SystemTime::now", "Timestamp::now"],
        &["clock"],
        "the wall clock",
    ),
    (
        &["reqwest::Client", "hickory_resolver"],
        &["prober"],
        "HTTP and DNS",
    ),
];

/// What the pure core must not know.
const IMPURE: &[&str] = &[
    "tokio",
    "serde",
    "reqwest",
    "async ",
    ".await",
    "std::fs",
    "std::thread",
    "Instant::now",
    "SystemTime",
    "tracing::",
    "println!",
];

struct Source {
    path: PathBuf,
    module: String,
    /// Without comments, and without the tests at its end.
    code: String,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter(|path| !path.ends_with("main.rs") && !path.ends_with("lib.rs"))
        .map(|path| {
            let inside = path.strip_prefix(&root).unwrap();
            let first = inside.iter().next().unwrap().to_string_lossy();
            let module = first.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let code: String = text
                .split("#[cfg(test)]")
                .next()
                .unwrap()
                .lines()
                .map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n")
                .collect();
            Source { path, module, code }
        })
        .collect()
}

fn floor(module: &str) -> u8 {
    FLOORS
        .iter()
        .find(|(name, _)| *name == module)
        .unwrap_or_else(|| panic!("`{module}` stands on no floor: give it one here"))
        .1
}

/// The names that follow `prefix` in the code, one level deep, braces unfolded.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut item_begins = true;
            for (i, c) in list.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => item_begins = true,
                    _ if item_begins && !c.is_whitespace() => {
                        names.insert(word(&list[i..]));
                        item_begins = false;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            names.insert(word(rest));
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn a_module_imports_only_from_floors_below_its_own() {
    let mut wrong = Vec::new();
    for source in sources() {
        let own = floor(&source.module);
        for used in names_after(&source.code, "crate::") {
            // a macro or an item of the crate root has no floor of its own
            if used == source.module || used.starts_with(char::is_uppercase) {
                continue;
            }
            if floor(&used) >= own {
                wrong.push(format!(
                    "{}: {} (floor {own}) imports {used} (floor {})",
                    source.path.display(),
                    source.module,
                    floor(&used)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_outside_thing_has_one_place() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (words, owners, why) in OWNERS {
            for word in *words {
                if source.code.contains(word) && !owners.contains(&source.module.as_str()) {
                    wrong.push(format!(
                        "{}: `{word}`: {why} belongs to {}",
                        source.path.display(),
                        owners.join(", ")
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_domain_is_pure() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.module == "domain") {
        for word in IMPURE {
            if source.code.contains(word) {
                wrong.push(format!("{}: `{word}`", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_files_of_the_domain_form_no_cycle() {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        let stem = source
            .path
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let flat = source
            .path
            .parent()
            .is_some_and(|folder| folder.ends_with("src/domain"));
        if flat && stem != "mod" {
            uses.insert(stem, names_after(&source.code, "super::"));
        }
    }
    // take away files that use none of the remaining; what cannot be taken is a cycle
    while let Some(leaf) = uses
        .iter()
        .find(|(_, used)| !used.iter().any(|name| uses.contains_key(name)))
        .map(|(name, _)| name.clone())
    {
        uses.remove(&leaf);
    }
    assert!(
        uses.is_empty(),
        "these import each other: {:?}",
        uses.keys()
    );
}
