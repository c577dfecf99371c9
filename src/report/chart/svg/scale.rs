//! Where a number lies on an axis. In whole numbers alone, so that every machine finds the same.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// From nothing.
    Linear {
        to: u64,
    },
    Logarithmic {
        from: u64,
        to: u64,
    },
}

/// Parts of 1 in a logarithm.
const ONE_BITS: u32 = 16;

impl Scale {
    /// For numbers from the smallest to the largest: logarithmic if these are more than ten to one,
    /// since then the smaller ones would lie on the floor. The ends are
    /// round, and beyond them.
    pub(super) fn of(smallest: u64, largest: u64) -> Self {
        let largest = largest.max(1);
        let smallest = smallest.clamp(1, largest);
        if largest / smallest < 10 {
            let to = *round(largest, largest).first().unwrap_or(&largest);
            return Self::Linear {
                to: to.max(largest),
            };
        }
        let all = round(1, u64::MAX / 10);
        let below = all.iter().rev().find(|round| **round < smallest);
        let above = all.iter().find(|round| **round >= largest);
        Self::Logarithmic {
            from: *below.unwrap_or(&1),
            to: *above.unwrap_or(&u64::MAX),
        }
    }

    /// Between the places of its two ends, of which any may be the larger.
    pub(super) fn place(self, number: u64, from: i64, to: i64) -> i64 {
        let (part, whole) = match self {
            Self::Linear { to } => (i128::from(number.min(to)), i128::from(to)),
            Self::Logarithmic { from, to } => {
                let since = |number: u64| i128::from(log2(number) - log2(from));
                (since(number.clamp(from, to.max(from))), since(to.max(from)))
            }
        };
        let length = i128::from(to) - i128::from(from);
        let along = length * part / whole.max(1);
        from.saturating_add(i64::try_from(along).unwrap_or(0))
    }

    /// Round numbers on it, about so many.
    pub(super) fn ticks(self, most: usize) -> Vec<u64> {
        match self {
            Self::Linear { to } => {
                let all = round(1, to);
                let steps = all.iter().find(|step| to / **step <= most as u64);
                let step = *steps.unwrap_or(&to.max(1));
                (0..=to / step).map(|count| count * step).collect()
            }
            Self::Logarithmic { from, to } => {
                let all = round(from, to);
                if all.len() <= most {
                    return all;
                }
                let tens: Vec<_> = all
                    .into_iter()
                    .filter(|one| is_power_of_ten(*one))
                    .collect();
                let every = tens.len().div_ceil(most.max(1)).max(1);
                tens.into_iter().step_by(every).collect()
            }
        }
    }
}

/// 1, 2 or 5 times a power of ten, from the first to the last, with the next above.
fn round(first: u64, last: u64) -> Vec<u64> {
    let tens = std::iter::successors(Some(1_u64), |ten| ten.checked_mul(10));
    let all = tens.flat_map(|ten| [1, 2, 5].map(|times| ten.saturating_mul(times)));
    let mut found = Vec::new();
    for round in all.filter(|round| *round >= first) {
        found.push(round);
        if round >= last {
            break;
        }
    }
    found
}

fn is_power_of_ten(number: u64) -> bool {
    let mut tens = std::iter::successors(Some(1_u64), |ten| ten.checked_mul(10));
    tens.any(|ten| ten == number)
}

/// Of at least 1, in parts of a `2^ONE_BITS`th.
fn log2(number: u64) -> i64 {
    let number = number.max(1);
    let mut log = i64::from(number.ilog2());
    // from 1 to below 2, with 63 bits behind the point
    let mut rest = (u128::from(number) << 63) >> number.ilog2();
    for _ in 0..ONE_BITS {
        rest = (rest * rest) >> 63;
        log <<= 1;
        if rest >= 1 << 64 {
            rest >>= 1;
            log |= 1;
        }
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithm_is_that_of_the_number() {
        let one = 1 << ONE_BITS;
        for (number, log) in [(0, 0), (1, 0), (2, one), (1024, 10 * one), (3, 103_872)] {
            assert_eq!(log2(number), log, "{number}");
        }
        assert_eq!(log2(u64::MAX), 64 * one - 1);
    }

    #[test]
    fn numbers_of_one_size_are_linear_and_others_logarithmic() {
        for (smallest, largest, scale, ticks) in [
            (0, 0, Scale::Linear { to: 1 }, vec![0, 1]),
            (
                120,
                480,
                Scale::Linear { to: 500 },
                vec![0, 100, 200, 300, 400, 500],
            ),
            (
                95,
                1200,
                Scale::Logarithmic { from: 50, to: 2000 },
                vec![50, 100, 200, 500, 1000, 2000],
            ),
            (
                3,
                5_000_000,
                Scale::Logarithmic {
                    from: 2,
                    to: 5_000_000,
                },
                vec![10, 100, 1000, 10_000, 100_000, 1_000_000],
            ),
        ] {
            let found = Scale::of(smallest, largest);
            assert_eq!((found, found.ticks(6)), (scale, ticks));
        }
    }

    #[test]
    fn every_number_lies_on_its_axis() {
        for (smallest, largest) in [
            (0, 0),
            (0, 1),
            (1, 9),
            (1, u64::MAX),
            (7, 70),
            (u64::MAX, 3),
        ] {
            let scale = Scale::of(smallest, largest);
            for number in [0, 1, smallest, largest, u64::MAX] {
                let place = scale.place(number, 1000, 0);
                assert!(
                    (0..=1000).contains(&place),
                    "{number} on {scale:?}: {place}"
                );
            }
            assert!(scale.ticks(6).len() <= 7, "{scale:?}");
        }
    }
}
