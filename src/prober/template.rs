//! Text with `{{name}}` in it, filled in from what earlier steps of a journey captured.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use http::HeaderName;

/// What of a request is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fills {
    /// The whole URL, or one relative to the request's. Captured values are percent-encoded where
    /// they stand, but for one that it begins with: that is a URL itself, on the same origin.
    pub url: Option<Template>,
    /// In place of the headers of that name.
    pub headers: Vec<(HeaderName, Template)>,
    pub body: Option<Template>,
    pub body_encoding: BodyEncoding,
}

/// How captured values are written into a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyEncoding {
    /// As they are.
    #[default]
    Plain,
    /// Escaped, to stand inside the quotes of a JSON text.
    Json,
    /// As in `application/x-www-form-urlencoded`.
    Form,
}

/// Text with places to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Arc<str>),
    Captured(Arc<str>),
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    #[error("`{{{{` without `}}}}`")]
    Unclosed,
    #[error("`{0}` cannot be the name of a captured value; use letters, digits and `_`")]
    Name(String),
}

/// Captured values by name.
pub type Captured = HashMap<Arc<str>, String>;

/// Whether a captured value may have this name.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Template {
    /// Also of text with nothing to fill in. Blanks inside the braces are allowed.
    pub fn try_new(text: &str) -> Result<Self, BadTemplate> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            if start > 0 {
                parts.push(Part::Text(rest[..start].into()));
            }
            let inside = &rest[start + 2..];
            let end = inside.find("}}").ok_or(BadTemplate::Unclosed)?;
            let name = inside[..end].trim();
            if !is_name(name) {
                return Err(BadTemplate::Name(name.to_owned()));
            }
            parts.push(Part::Captured(name.into()));
            rest = &inside[end + 2..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        Ok(Self { parts })
    }

    /// The values that it needs, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Captured(name) => Some(&**name),
        })
    }

    /// Whether the text starts with a captured value.
    pub fn begins_captured(&self) -> bool {
        matches!(self.parts.first(), Some(Part::Captured(_)))
    }

    /// `Err` is the name of a value that was not captured. `encode` is applied to captured values.
    pub fn fill<'t>(
        &'t self,
        captured: &Captured,
        encode: impl Fn(&str) -> String,
    ) -> Result<String, &'t str> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Captured(name) => match captured.get(name) {
                    Some(value) => text.push_str(&encode(value)),
                    None => return Err(name),
                },
            }
        }
        Ok(text)
    }
}

/// As it was written, so that one sees what will be filled in.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(text)?,
                Part::Captured(name) => write!(f, "{{{{{name}}}}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captured_values_are_filled_in() {
        let captured: Captured = [
            ("id".into(), "7".to_owned()),
            ("t_1".into(), "x".to_owned()),
        ]
        .into();
        for (text, filled) in [
            ("plain", Ok("plain")),
            ("", Ok("")),
            ("/a/{{id}}?t={{ t_1 }}", Ok("/a/7?t=x")),
            ("{{id}}{{id}}", Ok("77")),
            ("{{other}}", Err("other")),
            ("{ \"a\": { } }", Ok("{ \"a\": { } }")),
        ] {
            let template = Template::try_new(text).unwrap();
            let got = template.fill(&captured, str::to_owned);
            assert_eq!(got.as_deref(), filled.as_deref(), "{text}");
        }
        assert_eq!(Template::try_new("a {{id"), Err(BadTemplate::Unclosed));
        for bad in ["{{}}", "{{a b}}", "{{1}}", "{{a-b}}"] {
            assert!(
                matches!(Template::try_new(bad), Err(BadTemplate::Name(_))),
                "{bad}"
            );
        }
    }
}
