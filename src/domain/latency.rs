//! How long answers took, as a whole and in each phase.

use super::histogram::Histogram;
use super::observation::Timings;
use super::time::Micros;

/// What of an answer's time is looked at. The words are those of the timings in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatencyPart {
    Total,
    Dns,
    Connect,
    Tls,
    FirstByte,
    Body,
}

/// Of each part a histogram.
///
/// Of answers, not of failures: how long it took until nothing came says how long the timeout is,
/// and a quick refusal would make an outage look like a fast hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    parts: [Histogram; LatencyPart::ALL.len()],
}

impl LatencyPart {
    /// In order of their numbers, which are stored.
    pub const ALL: [Self; 6] = [
        Self::Total,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::FirstByte,
        Self::Body,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::FirstByte => "first_byte",
            Self::Body => "body",
        }
    }

    /// `None` for a phase that there was none of.
    pub const fn of(self, total: Option<Micros>, timings: &Timings) -> Option<Micros> {
        match self {
            Self::Total => total,
            Self::Dns => timings.dns,
            Self::Connect => timings.connect,
            Self::Tls => timings.tls,
            Self::FirstByte => timings.first_byte,
            Self::Body => timings.body,
        }
    }
}

impl Latency {
    /// Adds one answer. What is not known of it is left out.
    pub fn add(&mut self, duration: Option<Micros>, timings: &Timings) {
        for (part, histogram) in LatencyPart::ALL.into_iter().zip(&mut self.parts) {
            if let Some(length) = part.of(duration, timings) {
                histogram.add(length);
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (part, more) in self.parts.iter_mut().zip(&other.parts) {
            part.merge(more);
        }
    }

    pub fn of(&self, part: LatencyPart) -> &Histogram {
        &self.parts[part as usize]
    }

    pub fn of_mut(&mut self, part: LatencyPart) -> &mut Histogram {
        &mut self.parts[part as usize]
    }

    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(Histogram::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_own_histogram_and_what_is_unknown_is_in_none() {
        let mut latency = Latency::default();
        latency.add(None, &Timings::default());
        assert!(latency.is_empty());
        let some = |us| Some(Micros(us));
        let timings = Timings {
            dns: some(1),
            connect: None,
            tls: some(3),
            first_byte: some(4),
            body: some(5),
        };
        latency.add(some(20), &timings);
        let mut more = Latency::default();
        more.add(some(30), &Timings::default());
        latency.merge(&more);
        let shown = LatencyPart::ALL.map(|part| {
            let histogram = latency.of(part);
            let max = histogram.quantile(1000).map(|max| max.0);
            (part.as_str(), histogram.count(), max)
        });
        assert_eq!(
            shown,
            [
                ("total", 2, Some(30)),
                ("dns", 1, Some(1)),
                ("connect", 0, None),
                ("tls", 1, Some(3)),
                ("first_byte", 1, Some(4)),
                ("body", 1, Some(5)),
            ]
        );
    }
}
