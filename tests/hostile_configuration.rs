//! Files that are meant to take all memory, or all time, or to crash whoever reads them.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// Address space of the program, in KiB, its own code and the allocator's reserves included.
const MEMORY_KIB_MAX: u32 = 1536 << 10;

/// Seconds of CPU, of a build that is not optimised: ten times what the slowest takes.
const CPU_SECONDS_MAX: u32 = 120;

/// Longest that standard error may be: so many mistakes are shown.
const SAID_BYTES_MAX: usize = 500 * 1000;

const MIB: usize = 1 << 20;

const WEB: &str = "platforms: { web: ['https://play.example/'] }\n";

/// `outwatch check` of `path`, seen from the folder, with little memory and time.
fn check(folder: &Path, path: &str) -> Output {
    let limits = format!(
        "ulimit -v {MEMORY_KIB_MAX}; ulimit -t {CPU_SECONDS_MAX}; ulimit -c 0; exec \"$@\""
    );
    let program = env!("CARGO_BIN_EXE_outwatch");
    Command::new("sh")
        .args(["-c", &limits, "sh", program, "check", "-c", path])
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Says so unless the file is refused for this reason, told shortly.
#[track_caller]
fn refused(name: &str, text: impl AsRef<[u8]>, reason: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("probes.yaml"), text).unwrap();
    refused_in(folder.path(), name, "probes.yaml", reason);
}

#[track_caller]
fn refused_in(folder: &Path, name: &str, path: &str, reason: &str) {
    let output = check(folder, path);
    let said = String::from_utf8(output.stderr).unwrap();
    let head: String = said.chars().take(2000).collect();
    assert_eq!(output.status.signal(), None, "{name}: {head}");
    assert_eq!(output.status.code(), Some(2), "{name}: {head}");
    assert!(said.contains(reason), "{name}: {head}");
    assert!(said.contains(path), "{name} is not named: {head}");
    assert!(said.len() < SAID_BYTES_MAX, "{name}: {} bytes", said.len());
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// `n` times what stands at each number.
fn each(n: usize, part: impl Fn(usize) -> String) -> String {
    (0..n).map(part).collect()
}

#[test]
fn files_that_are_too_large_too_deep_or_of_too_many_parts_are_refused() {
    let deep = |open: &str, n: usize| format!("a: {}", open.repeat(n));
    for (name, text, reason) in [
        ("50 MB", "x".repeat(50 * MIB), "larger than 16 MiB"),
        (
            "a string",
            format!("service: {}", "x".repeat(4 * MIB)),
            "platforms",
        ),
        ("a key", format!("{}: 1\n{WEB}", "x".repeat(4 * MIB)), ""),
        (
            "a million keys",
            each(100_000, |i| format!("k{i}: 1\n")),
            "and 99501 more",
        ),
        ("one key again", "a: 1\n".repeat(100_000), "written twice"),
        (
            "a million endpoints",
            format!("platforms:\n  web:\n{}", "  - x\n".repeat(260_000)),
            "more than 250000 probes",
        ),
        ("lists in lists", deep("[", 4 * MIB), "levels deep"),
        ("maps in maps", deep("{a: ", 3 * MIB), "levels deep"),
        (
            "block lists",
            format!("a:\n  {}x", "- ".repeat(2 * MIB)),
            "levels deep",
        ),
        (
            "block maps",
            each(5000, |i| format!("{:i$}a:\n", "")),
            "levels deep",
        ),
        ("keys of keys", "? ".repeat(2 * MIB), "levels deep"),
        (
            "anchors",
            format!("a: [{}]", "&a x,".repeat(900_000)),
            "unknown key",
        ),
        (
            "tags",
            format!("a: {}x", "!a ".repeat(2 * MIB)),
            "not valid YAML",
        ),
        (
            "directives",
            format!(
                "{}---\n{WEB}",
                each(400_000, |i| format!("%TAG !a{i}! x{i}:\n"))
            ),
            "more than 1000 lines begin with `%`",
        ),
        ("documents", "---\n".repeat(3 * MIB), "a second document"),
    ] {
        refused(name, text, reason);
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let reason = "the aliases make this file too large";
    let laughs = each(9, |i| {
        format!(
            "a{}: &a{} [{}]\n",
            i + 1,
            i + 1,
            format!("*a{i},").repeat(9)
        )
    });
    let merged = each(9, |i| {
        format!(
            "a{}: &a{} {{<<: [{}]}}\n",
            i + 1,
            i + 1,
            format!("*a{i},").repeat(9)
        )
    });
    let block = each(100_000, |i| format!("k{i}: 1,"));
    for (name, text) in [
        ("laughs", format!("a0: &a0 [x]\n{laughs}")),
        ("merged laughs", format!("a0: &a0 {{a: b}}\n{merged}")),
        (
            "a long text",
            format!(
                "a: &a \"{}\"\nb: [{}]",
                "x".repeat(100_000),
                "*a,".repeat(100_000)
            ),
        ),
        (
            "a long list",
            format!(
                "a: &a [{}]\nb: [{}]",
                "x,".repeat(100_000),
                "*a,".repeat(200_000)
            ),
        ),
        (
            "a large map",
            format!("a: &a {{{block}}}\nb: [{}]", "{<<: *a},".repeat(1000)),
        ),
    ] {
        refused(name, text, reason);
    }
    for text in ["a: &a [*a]", "a: &a {b: *a}", "a: &a {<<: *a}"] {
        refused(text, text, "");
    }
    let endpoints = each(10_000, |i| format!("  - https://a.example/{i}\n"));
    let platforms = each(100, |i| format!("  p{i}: *x\n"));
    let text = format!("service: &x\n{endpoints}platforms:\n{platforms}");
    refused("endpoints", text, "more than 250000 probes");
}

#[test]
fn what_is_no_text_is_refused() {
    let utf16: Vec<u8> = WEB.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes, reason) in [
        ("a NUL", b"a: \0".to_vec(), "not valid YAML"),
        ("NULs", vec![0; 4 * MIB], "not valid YAML"),
        ("no UTF-8", b"a: \xff\xfe".to_vec(), "not UTF-8"),
        ("bytes", vec![0xff; 4 * MIB], "not UTF-8"),
        (
            "UTF-16",
            [b"\xff\xfe", &utf16[..]].concat(),
            "it looks like UTF-16",
        ),
        (
            "byte order marks",
            "\u{feff}".repeat(2 * MIB).into(),
            "the file is empty",
        ),
        ("newlines", vec![b'\n'; 4 * MIB], "the file is empty"),
        ("credentials", b"{password: x, ".repeat(MIB), "levels deep"),
        ("schemes", b"a: ['://@".repeat(MIB), "not valid YAML"),
    ] {
        refused(name, bytes, reason);
    }
}

#[test]
fn defaults_that_multiply_with_the_endpoints_are_refused() {
    let web = |n: usize, part: &str| {
        let endpoints = each(n, |i| {
            format!("  - {{ name: n{i}, url: 'https://a.example/'{part} }}\n")
        });
        format!("platforms:\n  web:\n{endpoints}")
    };
    let many = |n: usize, name: &str| each(n, |i| format!("{name}{i}: present, "));
    for (name, text, reason) in [
        (
            "texts",
            format!(
                "defaults: {{ expect: {{ body_contains: [{}] }} }}\n{}",
                "x,".repeat(400_000),
                web(1000, "")
            ),
            "more than 1000 expectations",
        ),
        (
            "headers",
            format!(
                "defaults: {{ expect: {{ headers: {{ {} }} }} }}\n{WEB}",
                many(200_000, "h")
            ),
            "more than 1000 expectations",
        ),
        (
            "inherited",
            format!(
                "defaults: {{ expect: {{ headers: {{ {} }} }} }}\n{}",
                many(900, "h"),
                web(20_000, ", expect: { status: 200 }")
            ),
            "more than 2000000 headers",
        ),
        (
            "sent",
            format!(
                "defaults: {{ headers: {{ {} }} }}\n{WEB}",
                each(90, |i| format!("h{i}: {}, ", "x".repeat(1000)))
            ),
            "more than 64 KiB of headers",
        ),
        (
            "filled in",
            format!(
                "defaults: {{ body: '{}' }}\n{WEB}",
                "${file:secret}".repeat(100_000)
            ),
            "more than 128 MiB would come from outside",
        ),
        (
            "each filled in",
            web(1000, ", body: '${file:secret}'"),
            "more than 128 MiB would come from outside",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret"), "x".repeat(MIB - 1)).unwrap();
        fs::write(folder.path().join("probes.yaml"), text).unwrap();
        refused_in(folder.path(), name, "probes.yaml", reason);
    }
}

#[test]
fn small_languages_inside_of_values_are_bounded() {
    let expect =
        |key: &str, value: &str| format!("defaults: {{ expect: {{ {key}: {value} }} }}\n{WEB}");
    let pattern = |text: &str| expect("body", &format!("{{ matches: \"{text}\" }}"));
    let nested = |open: &str, inner: &str, close: &str, n: usize| {
        format!("\"{}{inner}{}\"", open.repeat(n), close.repeat(n))
    };
    let path = |text: &str| {
        format!(
            "platforms: {{ web: [{{ name: a, url: 'https://a.example/', steps: [{{ name: a, capture: {{ v: {text} }} }}] }}] }}"
        )
    };
    for (name, text, reason) in [
        (
            "a counted pattern",
            pattern("((((x{100}){100}){100}){100})"),
            "too large an automaton",
        ),
        (
            "a nested pattern",
            pattern(&format!("{}x{}", "(".repeat(MIB), ")".repeat(MIB))),
            "longer than 64 KiB",
        ),
        (
            "parentheses",
            expect("expression", &nested("(", "1", ")", MIB)),
            "not an expression",
        ),
        (
            "negations",
            expect("expression", &nested("!", "true", "", MIB)),
            "not an expression",
        ),
        (
            "a deep path",
            path(&nested(
                "",
                &format!("${}", "[?@".repeat(20_000)),
                "]",
                20_000,
            )),
            "not a JSONPath",
        ),
        (
            "a schema of patterns",
            expect(
                "json_schema",
                &format!(
                    "{{ properties: {{ {} }} }}",
                    each(3000, |i| format!("a{i}: {{ pattern: '\\w{{200}}{i}' }}, "))
                ),
            ),
            "more than 200 patterns",
        ),
        (
            "a schema of loops",
            expect(
                "json_schema",
                "{ $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, pattern: '(' }",
            ),
            "not a JSON Schema",
        ),
        (
            "a schema elsewhere",
            expect("json_schema", "{ $ref: 'file:///dev/zero' }"),
            "not a JSON Schema",
        ),
        (
            "a number",
            format!(
                "defaults: {{ failure_threshold: {} }}\n{WEB}",
                "9".repeat(MIB)
            ),
            "not a whole number",
        ),
        (
            "a length",
            format!("defaults: {{ interval: {}h }}\n{WEB}", "9".repeat(30)),
            "not a length of time",
        ),
        (
            "a time kept",
            format!(
                "storage: {{ retention: {{ observations: {}d }} }}\n{WEB}",
                "9".repeat(MIB)
            ),
            "not a length of time",
        ),
        (
            "a host",
            format!(
                "platforms: {{ web: ['https://{}/'] }}",
                "a.".repeat(2 * MIB)
            ),
            "",
        ),
    ] {
        refused(name, text, reason);
    }
}

#[test]
fn paths_that_are_no_plain_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    make_pipe(&place("pipe"));
    symlink(place("loop"), place("loop")).unwrap();
    fs::create_dir(place("many")).unwrap();
    for i in 0..5_000 {
        fs::write(place(&format!("many/{i}.txt")), "").unwrap();
    }
    symlink(".", place("many/again.yaml")).unwrap();
    symlink("/dev/zero", place("zero")).unwrap();
    for (path, reason) in [
        ("pipe", "its end did not come in 10 s"),
        ("loop", "cannot read this file"),
        ("many", "no *.yaml and no *.yml in this folder"),
        ("zero", "larger than 16 MiB"),
        ("/dev/null", "the file is empty"),
    ] {
        refused_in(folder.path(), path, path, reason);
    }
    for (value, reason) in [
        ("headers: { A: '${file:/dev/zero}' }", "larger than 1 MiB"),
        (
            "headers: { A: '${file:pipe}' }",
            "its end did not come in 10 s",
        ),
        ("headers: { A: '${file:.}' }", "cannot fill in"),
        ("headers: { A: '${file:loop}' }", "cannot fill in"),
        ("body: { file: /dev/zero }", "larger than 10 MiB"),
        ("tls: { ca: /dev/zero }", "larger than 1 MiB"),
        ("expect: { json_schema: /dev/zero }", "larger than 1 MiB"),
    ] {
        fs::write(
            place("probes.yaml"),
            format!("defaults: {{ {value} }}\n{WEB}"),
        )
        .unwrap();
        refused_in(folder.path(), value, "probes.yaml", reason);
    }
}

/// Whoever writes a configuration by a program pipes it in.
#[test]
fn a_pipe_that_somebody_writes_to_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    let writer = std::thread::spawn(move || fs::write(pipe, WEB));
    let output = check(folder.path(), "pipe");
    writer.join().unwrap().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_hundred_thousand_probes_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let endpoints = each(100_000, |i| {
        format!(
            "  - {{ name: n{i}, url: 'https://h{}.example/{i}', timeout: 5s }}\n",
            i % 977
        )
    });
    let text = format!(
        "defaults: {{ interval: 60s, expect: {{ body: {{ matches: 'a\\w+' }} }} }}\nplatforms:\n  web:\n{endpoints}"
    );
    fs::write(folder.path().join("probes.yaml"), text).unwrap();
    let output = check(folder.path(), "probes.yaml");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        shown.contains("100,000 probes") || shown.contains("100000 probes"),
        "the last lines tell how many"
    );
}

#[test]
fn a_daemon_does_not_start_with_any_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "a: &a {{{}}}\nb: [{}]",
        "x: 1,",
        "{<<: *a},".repeat(900_000)
    );
    fs::write(folder.path().join("probes.yaml"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_outwatch"))
        .arg("run")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!folder.path().join("outwatch.db").exists());
}
