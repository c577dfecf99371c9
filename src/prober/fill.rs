//! A step's request with captured values in their places.

use std::sync::Arc;

use http::HeaderValue;
use reqwest::Url;

use super::encode;
use super::request::Request;
use super::secrets::Secrets;
use super::template::{BodyEncoding, Captured, Fills, Template};

impl Fills {
    fn templates(&self) -> impl Iterator<Item = &Template> {
        let headers = self.headers.iter().map(|(_, template)| template);
        self.url.iter().chain(headers).chain(&self.body)
    }

    /// Whether everything that it needs was captured.
    pub(super) fn can_be_filled(&self, captured: &Captured) -> bool {
        self.templates()
            .flat_map(Template::names)
            .all(|name| captured.contains_key(name))
    }
}

/// The request as it is sent. `Err` says in words why it cannot be.
pub(super) fn fill(request: &Request, captured: &Captured) -> Result<Request, String> {
    let mut filled = request.clone();
    filled.secrets = secrets(request, captured);
    let Some(fills) = filled.fills.take() else {
        return Ok(filled);
    };
    let missing = |name: &str| format!("`{name}` was not captured");
    if let Some(template) = &fills.url {
        filled.url = fill_url(template, &request.url, captured)?;
    }
    for (name, _) in &fills.headers {
        Arc::make_mut(&mut filled.headers).remove(name);
    }
    for (name, template) in &fills.headers {
        let text = template.fill(captured, str::to_owned).map_err(missing)?;
        let mut value = HeaderValue::from_bytes(text.as_bytes())
            .map_err(|_| format!("what was captured cannot stand in the header `{name}`"))?;
        value.set_sensitive(true);
        Arc::make_mut(&mut filled.headers).append(name.clone(), value);
    }
    if let Some(template) = &fills.body {
        let text = match fills.body_encoding {
            BodyEncoding::Plain => template.fill(captured, str::to_owned),
            BodyEncoding::Json => template.fill(captured, encode::json),
            BodyEncoding::Form => template.fill(captured, encode::form),
        };
        filled.body = Some(text.map_err(missing)?.into_bytes().into());
    }
    Ok(filled)
}

/// The request's own, and all that was captured.
pub(super) fn secrets(request: &Request, captured: &Captured) -> Secrets {
    if captured.is_empty() {
        return request.secrets.clone();
    }
    let values = captured.values().map(String::as_str);
    request.secrets.and_captured(values)
}

fn fill_url(template: &Template, base: &Url, captured: &Captured) -> Result<Url, String> {
    let begins_captured = template.begins_captured();
    let first = std::cell::Cell::new(begins_captured);
    let text = template.fill(captured, |value| {
        if first.replace(false) {
            value.to_owned()
        } else {
            encode::percent(value)
        }
    });
    let text = text.map_err(|name| format!("`{name}` was not captured"))?;
    let url = base.join(&text);
    let url = url.map_err(|error| format!("`{text}` is no URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{text}` is not HTTP"));
    }
    // the server's own idea of where to go is not for us to bring our secrets to
    if begins_captured && url.origin() != base.origin() {
        return Err(format!(
            "what was captured leads away from {} to {}",
            base.origin().ascii_serialization(),
            url.origin().ascii_serialization(),
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn template(text: &str) -> Template {
        Template::try_new(text).unwrap()
    }

    fn captured() -> Captured {
        [
            ("id", "a/b c"),
            ("next", "/more?page=2&x=%2f"),
            ("away", "https://evil.example/"),
            ("quote", "say \"a&b\""),
            ("line", "a\r\nX-Evil: 1"),
        ]
        .map(|(name, value)| (name.into(), value.to_owned()))
        .into()
    }

    fn filled(fills: Fills) -> Result<Request, String> {
        let url = "http://a.example/dir/page".parse().unwrap();
        let mut request = Request::get(url, Duration::from_secs(1));
        Arc::make_mut(&mut request.headers).insert("x-a", HeaderValue::from_static("placeholder"));
        request.fills = Some(Box::new(fills));
        fill(&request, &captured())
    }

    #[test]
    fn a_url_is_filled_in() {
        for (text, expected) in [
            ("http://b.example/{{id}}", "http://b.example/a%2Fb%20c"),
            (
                "/items/{{id}}?q={{quote}}",
                "http://a.example/items/a%2Fb%20c?q=say%20%22a%26b%22",
            ),
            ("{{next}}", "http://a.example/more?page=2&x=%2f"),
            (
                "{{next}}&id={{id}}",
                "http://a.example/more?page=2&x=%2f&id=a%2Fb%20c",
            ),
            (
                "{{away}}",
                "what was captured leads away from http://a.example to https://evil.example",
            ),
            ("/{{other}}", "`other` was not captured"),
        ] {
            let url = Some(template(text));
            let request = filled(Fills {
                url,
                ..Fills::default()
            });
            let came = request.map_or_else(|why| why, |request| request.url.into());
            assert_eq!(came, expected, "{text}");
        }
    }

    #[test]
    fn headers_are_filled_in_as_is_or_not_at_all() {
        let header = |text: &str| {
            let name = http::HeaderName::from_static("x-a");
            filled(Fills {
                headers: vec![(name.clone(), template("plain")), (name, template(text))],
                ..Fills::default()
            })
        };
        let request = header("Bearer {{quote}}").unwrap();
        let values: Vec<_> = request.headers.get_all("x-a").iter().collect();
        assert_eq!(values, ["plain", "Bearer say \"a&b\""]);
        assert_eq!(
            header("{{line}}").unwrap_err(),
            "what was captured cannot stand in the header `x-a`"
        );
    }

    #[test]
    fn a_body_is_filled_in_by_its_encoding() {
        for (body_encoding, expected) in [
            (BodyEncoding::Plain, "v=say \"a&b\""),
            (BodyEncoding::Json, "v=say \\\"a&b\\\""),
            (BodyEncoding::Form, "v=say+%22a%26b%22"),
        ] {
            let body = Some(template("v={{quote}}"));
            let request = filled(Fills {
                body,
                body_encoding,
                ..Fills::default()
            });
            assert_eq!(&*request.unwrap().body.unwrap(), expected.as_bytes());
        }
    }
}
