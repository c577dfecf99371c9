//! What a certificate says, and what is wrong with it.

use std::net::IpAddr;

use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::domain::time::{Millis, UnixMillis};
use crate::expect::CertificateFacts;

use super::encode;

/// `None` for what is no certificate.
pub(super) fn facts(der: &CertificateDer<'_>) -> Option<CertificateFacts> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let instant = |seconds: i64| UnixMillis(seconds.saturating_mul(1000));
    Some(CertificateFacts {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        not_before: instant(certificate.validity().not_before.timestamp()),
        not_after: instant(certificate.validity().not_after.timestamp()),
        names: names(&certificate),
        serial: certificate.raw_serial_as_string(),
        key: key(&certificate),
        sha256: sha256(der),
    })
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = extension.value.general_names.iter();
    names
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
            GeneralName::URI(uri) => Some((*uri).to_owned()),
            GeneralName::RFC822Name(mail) => Some((*mail).to_owned()),
            _ => None,
        })
        .collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(<[u8; 4]>::try_from(bytes).ok()?.into()),
        16 => Some(<[u8; 16]>::try_from(bytes).ok()?.into()),
        _ => None,
    }
}

fn key(certificate: &X509Certificate<'_>) -> String {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
        Ok(PublicKey::EC(key)) => format!("EC {}", key.key_size()),
        Ok(_) => "other".to_owned(),
        Err(_) => "unreadable".to_owned(),
    }
}

fn sha256(der: &CertificateDer<'_>) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    encode::hex(digest.as_ref())
}

/// Why a certificate was refused, in words. `chain` is what the server sent, the leaf first.
pub(super) fn describe(error: &CertificateError, chain: &[CertificateDer<'_>]) -> String {
    let sent: Vec<_> = chain.iter().take(CHAIN_MAX).filter_map(facts).collect();
    let self_signed = sent.first().filter(|leaf| leaf.subject == leaf.issuer);
    match (error, self_signed) {
        // what it says of one depends on whether it is marked as a CA's, as openssl does
        (CertificateError::UnknownIssuer | CertificateError::Other(_), Some(leaf)) => {
            format!("certificate is self-signed ({})", leaf.subject)
        }
        (error, _) => describe_plainly(error, &sent),
    }
}

/// Most certificates of a chain that are looked at; real ones have two to four.
const CHAIN_MAX: usize = 10;

/// Says which certificate, if it is not the leaf: nobody looks for another one that expired.
fn whose(sent: &[CertificateFacts], is_it: impl Fn(&CertificateFacts) -> bool) -> String {
    match sent.iter().position(is_it) {
        Some(at @ 1..) => format!("issuer's certificate ({})", sent[at].subject),
        _ => "certificate".to_owned(),
    }
}

/// Where the chain breaks off: at the issuer that was not sent, or is not trusted.
fn unknown_issuer(sent: &[CertificateFacts]) -> String {
    let Some(leaf) = sent.first() else {
        return "certificate from an unknown issuer".to_owned();
    };
    if sent.len() == 1 {
        return format!(
            "certificate from an unknown issuer ({}), whose certificate was not sent either",
            leaf.issuer
        );
    }
    let mut top = leaf;
    for _ in 1..sent.len() {
        match sent.iter().find(|above| above.subject == top.issuer) {
            Some(above) if above.subject != above.issuer => top = above,
            _ => break,
        }
    }
    format!("certificate from an unknown issuer ({})", top.issuer)
}

fn describe_plainly(error: &CertificateError, sent: &[CertificateFacts]) -> String {
    match error {
        CertificateError::Expired => "certificate expired".to_owned(),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "{} expired {} ago, on {}",
            whose(sent, |facts| facts.not_after == instant(*not_after)),
            apart(*not_after, *time),
            instant(*not_after)
        ),
        CertificateError::NotValidYet => "certificate is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "{} is valid only in {}, from {}",
            whose(sent, |facts| facts.not_before == instant(*not_before)),
            apart(*time, *not_before),
            instant(*not_before)
        ),
        CertificateError::UnknownIssuer => unknown_issuer(sent),
        CertificateError::NotValidForName => "certificate is for another name".to_owned(),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let names: Vec<_> = presented.iter().map(|name| bare_name(name)).collect();
            format!(
                "certificate is not for {}, but for {}",
                expected.to_str(),
                if names.is_empty() {
                    "no name".to_owned()
                } else {
                    names.join(", ")
                }
            )
        }
        CertificateError::Revoked => "certificate is revoked".to_owned(),
        CertificateError::BadEncoding => "certificate cannot be read".to_owned(),
        CertificateError::BadSignature => "certificate is not signed by its issuer".to_owned(),
        CertificateError::Other(other) => format!("certificate refused: {other}"),
        error => format!("certificate refused: {error}"),
    }
}

/// webpki names them as in `DnsName("example.com")`.
fn bare_name(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

fn instant(time: UnixTime) -> UnixMillis {
    UnixMillis(i64::try_from(time.as_secs()).map_or(i64::MAX, |s| s.saturating_mul(1000)))
}

/// The time between, in its largest unit only: nobody cares for the seconds of a year.
fn apart(earlier: UnixTime, later: UnixTime) -> String {
    let Millis(ms) = instant(later) - instant(earlier);
    let seconds = ms / 1000;
    let (count, unit) = match seconds {
        86_400.. => (seconds / 86_400, "day"),
        3_600.. => (seconds / 3_600, "hour"),
        60.. => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_expired_certificate_says_since_when() {
        let not_after = UnixTime::since_unix_epoch(Duration::from_secs(1_727_620_220));
        for (later_s, expected) in [
            (3 * 86_400 + 5, "3 days"),
            (86_400, "1 day"),
            (7_300, "2 hours"),
            (61, "1 minute"),
            (1, "1 second"),
        ] {
            let time = UnixTime::since_unix_epoch(Duration::from_secs(1_727_620_220 + later_s));
            let error = CertificateError::ExpiredContext { time, not_after };
            assert_eq!(
                describe(&error, &[]),
                format!("certificate expired {expected} ago, on 2024-09-29T14:30:20.000Z")
            );
        }
    }
}
