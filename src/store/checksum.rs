//! Tells a blob that was changed on disk from one as it was written.

/// Finds every change within eight bytes, and any other but for one in four billion. Not against
/// malice; fast enough to check on every read.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    /// Odd, so multiplying loses nothing; its bits are those of the golden ratio.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(FACTOR).rotate_left(29);
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = words.iter().fold(bytes.len() as u64, |hash, word| {
        mix(hash, u64::from_le_bytes(*word))
    });
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    hash = mix(hash, u64::from_le_bytes(last));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the upper half is mixed in"
    )]
    let folded = (hash ^ hash >> 32) as u32;
    folded
}
