//! What somebody probably meant.

/// Whoever writes a longer word slips in another way.
const LENGTH_MAX: usize = 64;

/// The known word closest to the one written, if it is close enough to be a slip.
pub(super) fn nearest<'k>(
    written: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    nearest_within(written, known, usize::MAX)
}

/// As [`nearest`], with no more than so many slips.
pub(super) fn nearest_within<'k>(
    written: &str,
    known: impl IntoIterator<Item = &'k str>,
    slips_max: usize,
) -> Option<&'k str> {
    // dashes, blanks and capitals are the commonest slips and no distance at all
    let plain = |word: &str| word.to_lowercase().replace(['-', ' '], "_");
    let word = plain(written);
    if word.len() > LENGTH_MAX {
        return None;
    }
    // one slip in three letters: `tmeout` means `timeout`, `url` does not mean `id`
    let slips_max = word.chars().count().div_ceil(3).min(4).min(slips_max);
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word, &plain(known)), known))
        .filter(|(slips, known)| *slips <= slips_max && *slips < known.len())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_none() {
        let known = ["interval", "timeout", "url", "id", "failure_threshold"];
        for (written, meant) in [
            ("intervall", Some("interval")),
            ("tiemout", Some("timeout")),
            ("failure-threshold", Some("failure_threshold")),
            ("failureThreshold", Some("failure_threshold")),
            ("URL", Some("url")),
            ("ulr", Some("url")),
            ("retries", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }
}
