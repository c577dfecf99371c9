//! Headers of an answer.

use super::text::TextTest;

/// What a header must be like. Of one that came several times, one value has to pass; a negative
/// test has to hold for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderTest {
    Present,
    Absent,
    /// A header that is absent passes no positive test, and every negative one.
    Text(TextTest),
}
