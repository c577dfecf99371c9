use proptest::prelude::*;

use super::*;
use crate::domain::observation::Timings;

fn sealed(body: &[u8]) -> Vec<u8> {
    let sum = checksum(body).to_le_bytes();
    [&[VERSION], &sum[..], body].concat()
}

/// So many answers as a probe in a data centre gets them: each phase spreads by a few tenths, the
/// first byte more, and one answer in fifty takes long.
fn ordinary(answers: u64) -> Latency {
    let mut state = 1u64;
    let mut below = |end: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % end
    };
    let some = |us| Some(Micros(us));
    let mut latency = Latency::default();
    for _ in 0..answers {
        // the sum of three is about as round as what networks do
        let mut us = |typical: u64, spread: u64| {
            typical + below(typical / spread) + below(typical / spread) + below(typical / spread)
        };
        let (dns, connect, tls) = (us(1_200, 6), us(9_800, 10), us(14_100, 10));
        let (mut first_byte, body, rest) = (us(15_000, 6), us(1_600, 6), us(90, 6));
        if below(50) == 0 {
            first_byte *= 2 + below(10);
        }
        latency.add(
            some(dns + connect + tls + first_byte + body + rest),
            &Timings {
                dns: some(dns),
                connect: some(connect),
                tls: some(tls),
                first_byte: some(first_byte),
                body: some(body),
            },
        );
    }
    latency
}

#[test]
fn an_hour_and_a_day_take_few_bytes() {
    for (answers, most) in [(120, 250), (360, 250), (2880, 500), (8640, 500)] {
        let bytes = encode(&ordinary(answers)).unwrap().len();
        assert!(bytes <= most, "{answers} answers: {bytes} bytes");
    }
}

#[test]
fn nothing_is_no_blob() {
    assert_eq!(encode(&Latency::default()), None);
}

#[test]
fn a_blob_of_another_version_or_without_its_end_is_an_error() {
    let blob = encode(&ordinary(40)).unwrap();
    let mut other = blob.clone();
    other[0] = VERSION + 1;
    assert!(decode(&other).is_err());
    for end in 0..blob.len() {
        assert!(decode(&blob[..end]).is_err());
    }
}

#[test]
fn what_no_histograms_can_have_made_is_refused_though_the_checksum_is_right() {
    // of the total alone: lowest 3, highest 3, distance 0, no plain bits, one value
    let sound = [0b1, 3, 0, 0, 0, 0b1000_0000];
    assert_eq!(
        decode(&sealed(&sound))
            .unwrap()
            .of(LatencyPart::Total)
            .count(),
        1
    );
    for (what, body) in [
        (
            "a part that there is none of",
            &[0b100_0000, 3, 0, 0, 0, 0x80][..],
        ),
        ("something behind", &[0b1, 3, 0, 0, 0, 0x80, 0]),
        ("no end", &[0b1, 3, 0, 0, 0]),
        ("plain bits beyond the most", &[0b1, 3, 0, 0, 64, 0x80]),
        (
            "a bucket beyond the highest",
            &[0b1, 3, 1, 0, 0, 0b1010_0000],
        ),
    ] {
        assert!(decode(&sealed(body)).is_err(), "{what}");
    }
}

fn latency() -> impl Strategy<Value = Latency> {
    let length =
        || proptest::option::of((0..64u32, any::<u64>()).prop_map(|(shift, us)| us >> shift));
    let parts = proptest::array::uniform6(length());
    let answers = proptest::collection::vec((parts, 1..5u8), 0..60);
    answers.prop_map(|answers| {
        let mut latency = Latency::default();
        for (parts, times) in answers {
            let [total, dns, connect, tls, first_byte, body] = parts.map(|us| us.map(Micros));
            for _ in 0..times {
                let timings = Timings {
                    dns,
                    connect,
                    tls,
                    first_byte,
                    body,
                };
                latency.add(total, &timings);
            }
        }
        latency
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn histograms_read_back(latency in latency()) {
        match encode(&latency) {
            None => prop_assert!(latency.is_empty()),
            Some(blob) => {
                prop_assert_eq!(&decode(&blob).unwrap(), &latency);
                prop_assert_eq!(encode(&decode(&blob).unwrap()), Some(blob));
            }
        }
    }

    #[test]
    fn a_day_reads_back(answers in 1..3000u64) {
        let latency = ordinary(answers);
        let blob = encode(&latency).unwrap();
        prop_assert_eq!(decode(&blob).unwrap(), latency);
    }

    /// Even one that carries the right checksum.
    #[test]
    fn no_blob_makes_it_panic_or_allocate_without_bound(
        body in proptest::collection::vec(prop_oneof![0..4u8, any::<u8>()], 0..200),
        parts in 0..64u8
    ) {
        let body = [&[parts][..], &body].concat();
        if let Ok(latency) = decode(&sealed(&body)) {
            for part in LatencyPart::ALL {
                let buckets = latency.of(part).buckets().len();
                prop_assert!(buckets <= usize::from(Histogram::BUCKETS));
                prop_assert!(buckets <= body.len() * 8);
            }
            let blob = encode(&latency).unwrap_or_else(|| sealed(&[0]));
            prop_assert_eq!(decode(&blob).unwrap(), latency);
        }
    }
}
