//! Expectations that no answer could ever meet, given how it is asked for.

use http::Method;
use reqwest::Url;

use super::super::mistake::Mistake;
use super::super::resolve::Limit;
use super::super::settings::Settings;
use super::super::value::{Given, Reader};
use crate::domain::observation::HttpVersion;
use crate::domain::time::Millis;
use crate::expect::{Expectations, LatencyPart, Rule};
use crate::prober::request::{BODY_BYTES_MAX_DEFAULT, REDIRECTS_MAX_DEFAULT, Redirects};
use crate::prober::transport::HttpVersions;

impl Reader<'_, '_> {
    /// An answer that is waited for no longer cannot take longer.
    pub(in crate::config) fn latency_within(
        &mut self,
        settings: &Settings,
        timeout: &Limit<Millis>,
    ) {
        let (mut fails_above, mut slow_above) = (None, None);
        for (which, found) in [
            (&settings.expect, &mut fails_above),
            (&settings.slow_if, &mut slow_above),
        ] {
            for (place, rule) in which.placed() {
                if let Rule::LatencyMax(part, max) = rule {
                    let given = Given {
                        place,
                        value: Some(*max),
                    };
                    self.at_most("latency_max", Some(given), timeout);
                    if *part == LatencyPart::Total {
                        *found = Some((place, *max));
                    }
                }
            }
        }
        if let (Some((fails, fail_max)), Some((place, slow_max))) = (fails_above, slow_above)
            && slow_max >= fail_max
        {
            let title = format!("nothing is ever slow: latency above {fail_max} is a failure");
            let mistake = Mistake::at(place, title)
                .label(format!("write less than {fail_max}"))
                .also(fails, "a failure above this");
            self.wrong(mistake);
        }
    }

    /// What the request rules out.
    pub(in crate::config) fn check_expectations(&mut self, settings: &Settings, url: Option<&Url>) {
        for which in [&settings.expect, &settings.slow_if] {
            let (mut bytes_min, mut bytes_max) = (None, None);
            for (place, rule) in which.placed() {
                match rule {
                    Rule::BodyBytesMin(min) => bytes_min = Some((place, *min)),
                    Rule::BodyBytesMax(max) => bytes_max = Some((place, *max)),
                    _ => {}
                }
                if let Some((title, label)) = impossible(settings, url, rule) {
                    self.wrong(Mistake::at(place, title).label(label));
                }
            }
            if let (Some((place, min)), Some((also, max))) = (bytes_min, bytes_max)
                && min > max
            {
                let mistake =
                    Mistake::at(place, format!("bytes_min {min} is above bytes_max {max}"))
                        .label("no body is both")
                        .also(also, "bytes_max is set here");
                self.wrong(mistake);
            }
        }
    }
}

/// Why no answer is like that, and what to do about it.
fn impossible(settings: &Settings, url: Option<&Url>, rule: &Rule) -> Option<(String, String)> {
    let redirects_max = match settings.redirects {
        Some(Redirects::Off) => 0,
        Some(Redirects::Follow { max }) => u64::from(max),
        None => u64::from(REDIRECTS_MAX_DEFAULT),
    };
    let body_bytes_max = settings.body_bytes_max.unwrap_or(BODY_BYTES_MAX_DEFAULT) as u64;
    let said = |title: String, label: &str| Some((title, label.to_owned()));
    // a redirect may lead from http to https
    let plain = redirects_max == 0 && url.is_some_and(|url| url.scheme() == "http");
    match rule {
        _ if settings.method == Some(Method::HEAD) && needs_body(rule) => {
            said("an answer to HEAD has no body".into(), "use the method GET")
        }
        Rule::BodyBytesMin(min) if *min > body_bytes_max => said(
            format!("a body above body_bytes_max {body_bytes_max} is a failure (too_large)"),
            "raise body_bytes_max",
        ),
        Rule::Redirects(count) if *count.start() > redirects_max => {
            let most = match redirects_max {
                0 => "no redirects are followed here".to_owned(),
                max => format!("no more than {max} redirects are followed"),
            };
            said(most, "set `redirects` beside `expect`")
        }
        Rule::HttpVersion(versions) => {
            let spoken = settings.transport.http_version;
            let spoken = spoken.and_then(|given| given.value).unwrap_or_default();
            let is_2 = |version: &HttpVersion| *version == HttpVersion::Http2;
            match spoken {
                HttpVersions::Http11 if versions.iter().all(is_2) => said(
                    "only HTTP/1.1 is spoken here".into(),
                    "set `http_version` beside `expect`",
                ),
                HttpVersions::Http2 if !versions.iter().any(is_2) => said(
                    "only HTTP/2 is spoken here".into(),
                    "set `http_version` beside `expect`",
                ),
                HttpVersions::Auto if plain && versions.iter().all(is_2) => said(
                    "over http://, HTTP/2 is spoken only if it is asked for".into(),
                    "set `http_version: 2` beside `expect`",
                ),
                _ => None,
            }
        }
        Rule::TlsVersionMin(_)
        | Rule::CertificateDaysMin(_)
        | Rule::ChainDaysMin(_)
        | Rule::LatencyMax(LatencyPart::Tls, _)
            if plain =>
        {
            said("http:// has no TLS".into(), "write the URL with https://")
        }
        _ => None,
    }
}

fn needs_body(rule: &Rule) -> bool {
    match rule {
        Rule::BodyBytesMin(_) => true,
        _ => {
            Expectations::new(vec![rule.clone()], Vec::new())
                .needs()
                .body
        }
    }
}
