//! One thing that an answer must be like.

use std::sync::Arc;

use http::HeaderName;

use super::expression::Expression;
use super::header::HeaderTest;
use super::json_path::JsonPath;
use super::json_test::JsonTest;
use super::schema::Schema;
use super::status::StatusSet;
use super::text::TextTest;
use super::tls::TlsVersion;
use super::{Count, Needs};
use crate::domain::latency::LatencyPart;
use crate::domain::observation::{Cause, HttpVersion};
use crate::domain::time::Millis;

/// One thing that an answer must be like. Limits end in `Max` or `Min`, as their keys do.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    Status(StatusSet),
    Header(HeaderName, HeaderTest),
    /// Of the body, decoded.
    Body(TextTest),
    /// Of every value that the path finds in the body.
    Json(JsonPath, JsonTest),
    /// Of the body as a whole.
    JsonSchema(Arc<Schema>),
    /// Of the body as it came over the wire.
    BodyBytesMin(u64),
    BodyBytesMax(u64),
    /// The URL that answered, after redirects.
    FinalUrl(TextTest),
    /// How many redirects were followed.
    Redirects(Count),
    HttpVersion(Vec<HttpVersion>),
    TlsVersionMin(TlsVersion),
    /// Whole days that the server's own certificate stays valid.
    CertificateDaysMin(u32),
    /// Whole days that each certificate stays valid that was sent.
    ChainDaysMin(u32),
    LatencyMax(LatencyPart, Millis),
    /// How far the answer's `Date` is from our clock.
    DateSkewMax(Millis),
    /// How long ago `Last-Modified` is.
    LastModifiedAgeMax(Millis),
    Expression(Expression),
}

impl Rule {
    /// Whether it names the last value that is fine, rather than a condition.
    pub fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::BodyBytesMin(_)
                | Self::BodyBytesMax(_)
                | Self::TlsVersionMin(_)
                | Self::CertificateDaysMin(_)
                | Self::ChainDaysMin(_)
                | Self::LatencyMax(..)
                | Self::DateSkewMax(_)
                | Self::LastModifiedAgeMax(_)
        )
    }

    /// What a failure to meet it is put down to.
    pub(super) fn cause(&self) -> Cause {
        match self {
            Self::Status(_) => Cause::Status,
            Self::Header(..) | Self::DateSkewMax(_) | Self::LastModifiedAgeMax(_) => Cause::Header,
            Self::Body(_) | Self::BodyBytesMin(_) | Self::BodyBytesMax(_) => Cause::Body,
            Self::Json(..) | Self::JsonSchema(_) => Cause::Json,
            Self::FinalUrl(_) | Self::Redirects(_) => Cause::Redirect,
            Self::HttpVersion(_) => Cause::Protocol,
            Self::TlsVersionMin(_) => Cause::Tls,
            Self::CertificateDaysMin(_) | Self::ChainDaysMin(_) => Cause::Certificate,
            Self::LatencyMax(..) => Cause::Latency,
            Self::Expression(_) => Cause::Expression,
        }
    }

    /// What has to be gathered of an answer for it.
    pub(super) fn needs(&self) -> Needs {
        match self {
            Self::Body(_) | Self::Json(..) | Self::JsonSchema(_) => Needs {
                body: true,
                ..Needs::default()
            },
            Self::CertificateDaysMin(_) | Self::ChainDaysMin(_) => Needs {
                certificates: true,
                ..Needs::default()
            },
            Self::Expression(expression) => expression.needs(),
            _ => Needs::default(),
        }
    }
}
