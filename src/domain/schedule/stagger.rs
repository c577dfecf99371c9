//! Where in its interval each probe is asked, so that the probes of a service never fire together
//! and an outage common to them is bracketed more tightly.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use crate::domain::time::Micros;

/// What the place of a probe depends on.
#[derive(Clone, Copy, Debug)]
pub struct Staggered<'a> {
    pub service: &'a str,
    pub platform: &'a str,
    pub interval: Micros,
}

/// The golden ratio's fraction: its multiples never bunch up (Weyl's equidistribution).
const GOLDEN: f64 = 0.618_033_988_749_894_8;

/// The phase of each probe, from zero to below its interval, in the order given.
///
/// The probes of a service lie interval ÷ number of probes apart, and those of each of its
/// platforms as evenly among them as their numbers allow. Services are shifted against each other.
pub fn stagger(probes: &[Staggered<'_>]) -> Vec<Micros> {
    let mut places = HashMap::new();
    let mut services: Vec<Vec<usize>> = Vec::new();
    for (index, probe) in probes.iter().enumerate() {
        let place = *places.entry(probe.service).or_insert(services.len());
        match services.get_mut(place) {
            Some(members) => members.push(index),
            None => services.push(vec![index]),
        }
    }
    let mut phases = vec![Micros(0); probes.len()];
    for (nth, members) in services.iter().enumerate() {
        #[expect(
            clippy::cast_precision_loss,
            reason = "there are fewer services than 2^52"
        )]
        let shift = (nth as f64 * GOLDEN).fract();
        for (place, &index) in interleaved(probes, members).iter().enumerate() {
            phases[index] = part_of(probes[index].interval, place, shift, members.len());
        }
    }
    phases
}

/// The members in the order in which they are asked: each platform's spread over the whole.
fn interleaved(probes: &[Staggered<'_>], members: &[usize]) -> Vec<usize> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for &index in members {
        *sizes.entry(probes[index].platform).or_default() += 1;
    }
    let mut nth: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ideal: Vec<(f64, usize)> = members
        .iter()
        .map(|&index| {
            let platform = probes[index].platform;
            let place = nth.entry(platform).or_default();
            #[expect(
                clippy::cast_precision_loss,
                reason = "there are fewer probes than 2^52"
            )]
            let middle = (*place as f64 + 0.5) / sizes[platform] as f64;
            *place += 1;
            (middle, index)
        })
        .collect();
    ideal.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    ideal.into_iter().map(|(_, index)| index).collect()
}

/// `(place + shift) / of` of the interval.
fn part_of(interval: Micros, place: usize, shift: f64, of: usize) -> Micros {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a fraction of an interval, below 2^52 microseconds (142 years)"
    )]
    let phase = ((place as f64 + shift) / of as f64 * interval.0 as f64) as u64;
    Micros(phase.min(interval.0.saturating_sub(1)))
}

/// Where in an interval others leave room, for probes that join them one after the other.
#[derive(Debug)]
pub struct Gaps {
    cycle: u64,
    /// The longest first; each with where it begins.
    gaps: BinaryHeap<(u64, u64)>,
}

impl Gaps {
    /// `others` are the times until each of the others is due.
    pub fn between(interval: Micros, others: impl IntoIterator<Item = Micros>) -> Self {
        let cycle = interval.0.max(1);
        let mut places: Vec<u64> = others.into_iter().map(|due| due.0 % cycle).collect();
        places.sort_unstable();
        let ends = places.first().zip(places.last());
        let around = ends.map(|(first, last)| (first + cycle - last, *last));
        let between = places.windows(2).map(|pair| (pair[1] - pair[0], pair[0]));
        Self {
            cycle,
            gaps: between.chain(around).collect(),
        }
    }

    /// Where the next one fits best: in the middle of the longest stretch of the interval in which
    /// none is asked. Zero if it is alone.
    pub fn take(&mut self) -> Micros {
        let Some((gap, from)) = self.gaps.pop() else {
            self.gaps.push((self.cycle, 0));
            return Micros(0);
        };
        let middle = (from + gap / 2) % self.cycle;
        self.gaps.push((gap / 2, from));
        self.gaps.push((gap - gap / 2, middle));
        Micros(middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases(probes: &[(&str, &str)]) -> Vec<u64> {
        let interval = Micros(30_000_000);
        let probes: Vec<_> = probes
            .iter()
            .map(|&(service, platform)| Staggered {
                service,
                platform,
                interval,
            })
            .collect();
        let phases = stagger(&probes);
        phases.iter().map(|phase| phase.0 / 1_000_000).collect()
    }

    #[test]
    fn the_probes_of_a_service_lie_an_even_part_of_the_interval_apart() {
        assert_eq!(phases(&[("s", "a")]), [0]);
        assert_eq!(phases(&[("s", "a"), ("s", "b"), ("s", "c")]), [0, 10, 20]);
    }

    #[test]
    fn the_probes_of_a_platform_are_spread_among_the_others() {
        assert_eq!(
            phases(&[
                ("s", "a"),
                ("s", "a"),
                ("s", "a"),
                ("s", "b"),
                ("s", "b"),
                ("s", "b")
            ]),
            [0, 10, 20, 5, 15, 25]
        );
        assert_eq!(phases(&[("s", "a"), ("s", "a"), ("s", "b")]), [0, 20, 10]);
    }

    #[test]
    fn services_are_shifted_against_each_other() {
        assert_eq!(phases(&[("s", "a"), ("t", "a"), ("u", "a")]), [0, 18, 7]);
    }

    #[test]
    fn a_probe_that_joins_is_asked_in_the_largest_gap() {
        let second = 1_000_000;
        for (others, place) in [
            (&[][..], 0),
            (&[0][..], 15),
            (&[0, 10][..], 20),
            (&[5, 25][..], 15),
            (&[10, 20][..], 0),
            (&[65][..], 20),
        ] {
            let others = others.iter().map(|&s| Micros(s * second));
            let found = Gaps::between(Micros(30 * second), others).take();
            assert_eq!(found, Micros(place * second));
        }
    }

    #[test]
    fn those_that_join_leave_room_to_each_other() {
        for others in [&[][..], &[0][..], &[7, 8, 9][..]] {
            let others = others.iter().map(|&s| Micros(s));
            let mut gaps = Gaps::between(Micros(64), others.clone());
            let mut places: Vec<u64> = others.map(|it| it.0).collect();
            for _ in 0..16 {
                // as if each of them were the first to join
                let best = Gaps::between(Micros(64), places.iter().map(|&at| Micros(at)));
                let longest = best.gaps.peek().map(|gap| gap.0);
                assert_eq!(gaps.gaps.peek().map(|gap| gap.0), longest);
                places.push(gaps.take().0);
            }
        }
    }
}
