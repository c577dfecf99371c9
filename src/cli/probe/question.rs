//! Whom to ask: configured probes, URLs, or all that is configured.

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::Url;

use super::super::BadUsage;
use super::bare::RequestArgs;
use super::expecting::ExpectArgs;
use super::network::NetworkArgs;
use crate::config;
use crate::domain::probe::ProbeId;
use crate::prober::inquiry::Inquiry;
use crate::prober::request::Request;

/// An endpoint to be asked.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// `None` for a URL that is not configured.
    pub(super) id: Option<ProbeId>,
    pub(super) inquiry: Inquiry,
}

/// How URLs are asked. `None` where no option was given.
#[derive(Clone, Copy)]
pub(super) struct Options<'a> {
    pub(super) request: Option<&'a RequestArgs>,
    pub(super) network: Option<&'a NetworkArgs>,
    pub(super) expect: Option<&'a ExpectArgs>,
}

/// What an argument stands for.
enum Asked {
    Configured(Question),
    Url(Url),
}

/// The URLs among the arguments, and of the configuration at `paths` those that are named; all of
/// these if no argument is given.
pub(super) fn choose(
    arguments: &[String],
    options: Options<'_>,
    paths: &[PathBuf],
) -> anyhow::Result<Vec<Question>> {
    if arguments.is_empty() {
        options.refuse("without a URL, all configured probes are asked")?;
        return configured(paths);
    }
    // a URL alone must not need a configuration
    let needed = arguments.iter().any(|text| !text.contains("://"))
        && (!arguments.iter().all(|text| is_hostlike(text))
            || paths.iter().any(|path| path.exists()));
    let configured = if needed {
        configured(paths)?
    } else {
        Vec::new()
    };
    let asked: Result<Vec<_>, _> = arguments
        .iter()
        .map(|text| asked(text, &configured))
        .collect();
    let asked = asked?;
    if let Some(id) = asked.iter().find_map(|asked| match asked {
        Asked::Configured(question) => question.id.as_ref(),
        Asked::Url(_) => None,
    }) {
        options.refuse(&format!("`{id}` is asked as it is configured"))?;
    }
    Ok(options.questions(asked)?)
}

fn configured(paths: &[PathBuf]) -> anyhow::Result<Vec<Question>> {
    let question = |probe: config::Probe| Question {
        id: Some(probe.probe.id),
        inquiry: probe.inquiry,
    };
    let probes = config::load(paths)?.probes;
    Ok(probes.into_iter().map(question).collect())
}

fn asked(text: &str, configured: &[Question]) -> Result<Asked, BadUsage> {
    let named = |question: &&Question| question.id.as_ref().is_some_and(|id| id.as_str() == text);
    if let Some(question) = configured.iter().find(named) {
        return Ok(Asked::Configured(question.clone()));
    }
    if text.contains("://") {
        url(text, text).map(Asked::Url)
    } else if is_hostlike(text) {
        url(text, &format!("https://{text}")).map(Asked::Url)
    } else {
        Err(BadUsage(format!(
            "`{text}` is neither a configured probe id nor a URL; `outwatch check` lists the ids"
        )))
    }
}

/// Whether it can only be meant as a URL without its scheme, if no probe is called that: `a.example`,
/// `localhost/x`, `a:8443`, `[::1]`.
fn is_hostlike(text: &str) -> bool {
    if text.contains("://") {
        return true;
    }
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    host == "localhost" || host.contains(['.', ':', '[']) && !host.starts_with('.')
}

fn url(written: &str, whole: &str) -> Result<Url, BadUsage> {
    let url: Url = whole
        .parse()
        .map_err(|error| BadUsage(format!("`{written}` is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BadUsage(format!(
            "`{written}`: only http and https can be asked"
        )));
    }
    // a URL may hold what HTTP cannot send
    if url.as_str().parse::<http::Uri>().is_err() {
        return Err(BadUsage(format!(
            "`{written}` has no host that can be asked"
        )));
    }
    if url.port() == Some(0) {
        return Err(BadUsage(format!("`{written}`: there is no port 0")));
    }
    Ok(url)
}

impl Options<'_> {
    /// What is configured is asked as it is, or the answer would be another endpoint's.
    fn refuse(&self, why: &str) -> Result<(), BadUsage> {
        let given = [
            (self.request.is_some(), "the request"),
            (self.network.is_some(), "the connection"),
            (self.expect.is_some(), "the expectations"),
        ];
        match given.iter().find(|(given, _)| *given) {
            Some((_, what)) => Err(BadUsage(format!(
                "{why}; options about {what} are for URLs: change the configuration, or write \
                 the URL in place of the id"
            ))),
            None => Ok(()),
        }
    }

    fn questions(self, asked: Vec<Asked>) -> Result<Vec<Question>, BadUsage> {
        let request = self.request.cloned().unwrap_or_default();
        let network = self.network.cloned().unwrap_or_default();
        let expect = self.expect.cloned().unwrap_or_default();
        let (transport, secrets) = network.transport()?;
        let (transport, bare, expectations) =
            (Arc::new(transport), request.read()?, expect.read()?);
        if bare.is_head() && expect.looks_at_body() {
            return Err(BadUsage(
                "--expect-body: an answer to HEAD has no body; use the method GET".to_owned(),
            ));
        }
        asked
            .into_iter()
            .map(|asked| match asked {
                Asked::Configured(question) => Ok(question),
                Asked::Url(url) => {
                    network.check(&url)?;
                    let request = Request {
                        transport: Arc::clone(&transport),
                        ..bare.request(url, &secrets)
                    };
                    Ok(Question {
                        id: None,
                        inquiry: Inquiry::plain(request, Arc::clone(&expectations)),
                    })
                }
            })
            .collect()
    }
}

impl Question {
    /// As configured or typed, without credentials and with secrets masked.
    pub(super) fn url(&self) -> String {
        self.inquiry.first().shown_url()
    }

    /// The id, or the URL of what has none.
    pub(super) fn name(&self) -> String {
        match &self.id {
            Some(id) => id.to_string(),
            None => self.url(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_url_without_its_scheme() {
        for (text, hostlike) in [
            ("example.com", true),
            ("example.com/a?b=c", true),
            ("localhost", true),
            ("localhost:8080/x", true),
            ("[::1]:8443", true),
            ("10.0.0.1", true),
            ("nonsense", false),
            ("spotify/web/player", false),
            ("spotify/web/play.example", false),
            (".hidden", false),
            ("", false),
        ] {
            assert_eq!(is_hostlike(text), hostlike, "{text}");
        }
        let Ok(Asked::Url(url)) = asked("example.com/x", &[]) else {
            panic!("it is a URL");
        };
        assert_eq!(url.as_str(), "https://example.com/x");
    }
}
