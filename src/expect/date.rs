//! Instants in headers.

use std::time::UNIX_EPOCH;

use http::HeaderMap;
use http::header::HeaderName;

use super::quote::quoted;
use crate::domain::time::{Micros, Millis, UnixMillis};

/// The header as an instant, in any of the three forms of RFC 9110 §5.6.7; else what is wrong with
/// it.
pub(super) fn read(headers: &HeaderMap, name: &HeaderName) -> Result<UnixMillis, String> {
    let Some(value) = headers.get(name) else {
        return Err(format!("header {} is missing", super::header::title(name)));
    };
    let instant = value.to_str().ok().and_then(|text| {
        let since = httpdate::parse_http_date(text.trim()).ok()?;
        let since = since.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok().map(UnixMillis)
    });
    instant.ok_or_else(|| {
        let came = quoted(value);
        format!(
            "header {} is {came}, no date of HTTP",
            super::header::title(name)
        )
    })
}

/// How far `Date` is from our clock; negative if it is behind. It says only in which second the
/// answer was made, and that was at some time while we waited: what this explains is no skew.
pub(super) fn skew(date: UnixMillis, started: UnixMillis, latency: Micros) -> Millis {
    let (earliest, latest) = (date, date + Millis(999));
    let ended = started + latency.to_millis();
    if latest < started {
        latest - started
    } else if earliest > ended {
        earliest - ended
    } else {
        Millis::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_date_is_read() {
        let expected = UnixMillis(784_111_777_000);
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            let headers = HeaderMap::from_iter([(http::header::DATE, text.parse().unwrap())]);
            assert_eq!(read(&headers, &http::header::DATE), Ok(expected), "{text}");
        }
        let headers = HeaderMap::from_iter([(http::header::DATE, "1994-11-06".parse().unwrap())]);
        assert_eq!(
            read(&headers, &http::header::DATE),
            Err("header Date is `1994-11-06`, no date of HTTP".to_owned())
        );
    }

    #[test]
    fn the_time_of_the_asking_is_no_skew() {
        // asked from 10.5 s to 12.2 s
        for (date_ms, skew_ms) in [
            (10_000, 0),
            (12_000, 0),
            (13_000, 800),
            (9_000, -501),
            (0, -9_501),
        ] {
            let skew = skew(UnixMillis(date_ms), UnixMillis(10_500), Micros(1_700_000));
            assert_eq!(skew, Millis(skew_ms), "{date_ms}");
        }
    }
}
