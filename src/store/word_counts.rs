//! How often each of a few words, as JSON that people with sqlite3 can query: `{"status":350}`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use super::error::StoreError;

/// In order of the alphabet, so that equal counts give equal text.
pub(super) fn to_json<W: Display>(counts: impl IntoIterator<Item = (W, u64)>) -> String {
    let counts: BTreeMap<String, u64> = counts
        .into_iter()
        .map(|(word, count)| (word.to_string(), count))
        .collect();
    serde_json::to_string(&counts).expect("words and numbers are always JSON")
}

pub(super) fn from_json<W: FromStr>(json: &str) -> Result<Vec<(W, u64)>, StoreError> {
    let damaged = || StoreError::corrupt(format!("`{json}` does not count words"));
    let counts: BTreeMap<String, u64> = serde_json::from_str(json).map_err(|_| damaged())?;
    let counts = counts.into_iter();
    counts
        .map(|(word, count)| Ok((word.parse().map_err(|_| damaged())?, count)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::observation::Cause;

    #[test]
    fn counts_read_back_in_order_of_their_words() {
        let counts = [
            (Cause::Timeout, 2),
            (Cause::Dns, 7),
            (Cause::Status, u64::MAX),
        ];
        let json = to_json(counts);
        assert_eq!(
            json,
            r#"{"dns":7,"status":18446744073709551615,"timeout":2}"#
        );
        let [timeout, dns, status] = counts;
        assert_eq!(from_json(&json).unwrap(), [dns, status, timeout]);
        assert_eq!(to_json::<Cause>([]), "{}");
        assert!(from_json::<Cause>("{}").unwrap().is_empty());
    }

    #[test]
    fn what_counts_no_words_is_an_error() {
        for json in [
            "",
            "7",
            "[]",
            r#"{"status": -1}"#,
            r#"{"weather": 1}"#,
            r#"{"status": "#,
        ] {
            assert!(from_json::<Cause>(json).is_err(), "{json}");
        }
    }
}
