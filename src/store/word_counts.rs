//! How often each of a few words, as JSON that people with sqlite3 can query: `{"status": 350}`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use super::error::StoreError;

/// `None` for no words. In order of the alphabet, so that equal counts give equal text.
pub(super) fn to_json<W: Display>(
    counts: impl IntoIterator<Item = (W, u64)>,
) -> Result<Option<String>, StoreError> {
    let counts: BTreeMap<String, u64> = counts
        .into_iter()
        .map(|(word, count)| (word.to_string(), count))
        .collect();
    if counts.is_empty() {
        return Ok(None);
    }
    let json = serde_json::to_string(&counts);
    json.map(Some)
        .map_err(|error| StoreError::corrupt(format!("counts of words: {error}")))
}

pub(super) fn from_json<W: FromStr>(json: Option<&str>) -> Result<Vec<(W, u64)>, StoreError> {
    let Some(json) = json else {
        return Ok(Vec::new());
    };
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
        let json = to_json(counts).unwrap().unwrap();
        assert_eq!(
            json,
            r#"{"dns":7,"status":18446744073709551615,"timeout":2}"#
        );
        let [timeout, dns, status] = counts;
        assert_eq!(from_json(Some(&json)).unwrap(), [dns, status, timeout]);
        assert_eq!(to_json::<Cause>([]).unwrap(), None);
        assert!(from_json::<Cause>(None).unwrap().is_empty());
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
            assert!(from_json::<Cause>(Some(json)).is_err(), "{json}");
        }
    }
}
