//! Taking values out of an answer, for later steps.

use http::HeaderMap;
use reqwest::Url;
use serde_json::Value;

use super::ask::Whole;
use super::cookies::Jar;
use super::detail::line;
use super::inquiry::{Capture, CaptureFrom};
use super::secrets::Secrets;
use super::template::Captured;
use crate::domain::observation::{Cause, Failure, Phase};
use crate::expect::{JsonPath, Pattern};

/// Longest value in bytes: it goes into headers and URLs.
const VALUE_BYTES_MAX: usize = 64 << 10;

impl CaptureFrom {
    pub(super) fn needs_body(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Body(_))
    }

    fn cause(&self) -> Cause {
        match self {
            Self::Json(_) => Cause::Json,
            Self::Header(_) | Self::Cookie(_) => Cause::Header,
            Self::Body(_) => Cause::Body,
        }
    }
}

/// Adds to `values`. The first that is not found fails the step.
pub(super) fn capture(
    captures: &[Capture],
    whole: &Whole,
    jar: &Jar,
    url: &Url,
    secrets: &Secrets,
    values: &mut Captured,
) -> Result<(), Failure> {
    let body = whole.body.as_deref().unwrap_or_default();
    let mut json = None;
    for capture in captures {
        let found = match &capture.from {
            CaptureFrom::Json(path) => json
                .get_or_insert_with(|| serde_json::from_slice(body).ok())
                .as_ref()
                .ok_or_else(|| "the body is not JSON".to_owned())
                .and_then(|json| from_json(path, json)),
            CaptureFrom::Header(name) => from_header(name.as_str(), &whole.headers),
            CaptureFrom::Cookie(name) => jar
                .value(name, url)
                .map(str::to_owned)
                .ok_or_else(|| format!("there is no cookie `{name}`")),
            CaptureFrom::Body(pattern) => from_body(pattern, body),
        };
        let value = found.and_then(|value| match value.len() {
            0..=VALUE_BYTES_MAX => Ok(value),
            length => Err(format!(
                "it has {length} bytes, more than {VALUE_BYTES_MAX}"
            )),
        });
        match value {
            Ok(value) => {
                values.insert(capture.name.clone(), value);
            }
            Err(why) => {
                let detail = format!("cannot capture `{}`: {why}", capture.name);
                return Err(Failure {
                    cause: Some(capture.from.cause()),
                    phase: Some(Phase::Verdict),
                    detail: Some(line(&detail, secrets)),
                });
            }
        }
    }
    Ok(())
}

fn from_json(path: &JsonPath, json: &Value) -> Result<String, String> {
    let path_text = path.as_str();
    match path.find(json)[..] {
        [] => Err(format!("{path_text} finds nothing")),
        [Value::Null] => Err(format!("{path_text} finds null")),
        [Value::String(text)] => Ok(text.clone()),
        [value] => Ok(value.to_string()),
        ref found => Err(format!("{path_text} finds {} values", found.len())),
    }
}

fn from_header(name: &str, headers: &HeaderMap) -> Result<String, String> {
    let value = headers
        .get(name)
        .ok_or_else(|| format!("there is no header `{name}`"))?;
    let text = std::str::from_utf8(value.as_bytes());
    let text = text.map_err(|_| format!("header `{name}` is not UTF-8"))?;
    Ok(text.to_owned())
}

fn from_body(pattern: &Pattern, body: &[u8]) -> Result<String, String> {
    let found = pattern
        .capture(body)
        .ok_or_else(|| format!("`{}` finds nothing", pattern.as_str()))?;
    let text = std::str::from_utf8(found);
    let text = text.map_err(|_| format!("what `{}` finds is not UTF-8", pattern.as_str()))?;
    Ok(text.to_owned())
}
