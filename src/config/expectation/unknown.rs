//! Keys that are no expectations, and what was meant by them.

use super::super::mistake::Mistake;
use super::super::node::Key;
use super::super::settings;
use super::super::value::Reader;
use super::KEYS;

/// What the things are called elsewhere, and how they are written here.
const MEANT: [(&[&str], &str); 14] = [
    (
        &[
            "equals",
            "contains",
            "not_contains",
            "matches",
            "not_matches",
        ],
        "below `body`, as in body: { contains: text }",
    ),
    (
        &["json_path", "jsonpath"],
        "`json`, as in json: { \"$.ok\": true }",
    ),
    (&["schema"], "`json_schema`"),
    (
        &["body_matches", "regex", "regexp", "pattern"],
        "`body`, as in body: { matches: \"^ok\" }",
    ),
    (
        &["body_not_contains", "not_contains_body", "keyword"],
        "`body`, as in body: { not_contains: error }",
    ),
    (
        &[
            "status_code",
            "status_codes",
            "code",
            "codes",
            "valid_status_codes",
        ],
        "`status`, as in status: [200, 3xx]",
    ),
    (&["header", "response_headers"], "`headers`"),
    (
        &["latency", "response_time", "max_latency", "duration"],
        "`latency_max`, as in latency_max: 2s",
    ),
    (
        &["certificate", "certificate_expiration", "cert_days", "ssl"],
        "`certificate_days_min`, as in certificate_days_min: 14",
    ),
    (&["tls", "tls_version", "min_version"], "`tls_version_min`"),
    (&["url", "location"], "`final_url`"),
    (
        &["bytes", "body_bytes", "size", "length"],
        "`bytes_min` and `bytes_max`",
    ),
    (
        &["conditions", "condition", "cel", "assert"],
        "`expression`",
    ),
    (&["max_redirects", "redirect"], "`redirects`"),
];

impl Reader<'_, '_> {
    /// Says what was meant by a key that is no expectation.
    pub(super) fn unknown_expectation(&mut self, key: &Key) {
        let plain = key.text.to_lowercase().replace(['-', ' '], "_");
        let meant = MEANT.iter().find(|(words, _)| words.contains(&&*plain));
        if let Some((_, meant)) = meant {
            let title = format!("`{}` is no expectation", key.text);
            let label = if meant.starts_with("below") {
                format!("it belongs {meant}")
            } else {
                format!("write {meant}")
            };
            self.wrong(Mistake::at(key.place, title).label(label));
            return;
        }
        self.unknown(
            key,
            &KEYS,
            &[(&settings::KEYS, "beside `expect`, not below it")],
        );
    }
}
