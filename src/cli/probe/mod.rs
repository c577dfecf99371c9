//! `outwatch probe`: one shot, now, with everything that is known of the answer.

mod json;
mod text;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::output::Output;
use super::terminal;
use super::{BadUsage, Exit};
use crate::domain::observation::OutcomeKind;
use crate::domain::probe::ProbeId;
use crate::domain::time::UnixMillis;
use crate::expect::{Expectations, Rule, StatusSet};
use crate::prober::inquiry::Inquiry;
use crate::prober::request::Request;
use crate::prober::secrets::Secrets;
use crate::prober::{Examination, Examined, Prober, Settings};
use crate::{clock, config};

const EXAMPLES: &str = "\
Examples:
  outwatch probe                            all configured probes
  outwatch probe spotify/web/player         one of them
  outwatch probe https://example.com/       any URL, no configuration needed
  outwatch probe https://example.com/gone --expect-status 410 --timeout 2s
  outwatch probe --format json | jq '.[] | {probe_id, outcome, duration_ms}'";

/// Ask endpoints once, now, and tell all about the answers
///
/// A configured probe is asked as it is configured; a URL with a GET that follows redirects and
/// expects 2xx, unless options say otherwise. Exits with 1 unless every outcome is ok or slow.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ProbeArgs {
    /// Probe ids or URLs; without any, all configured probes
    #[arg(value_name = "ID|URL")]
    asked: Vec<String>,
    /// Format of the output
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    bare: BareArgs,
}

/// How URLs are asked that are not configured.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options for URLs")]
struct BareArgs {
    /// Total limit, from looking up the address to the end of the body
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_duration)]
    timeout: Duration,
    /// What the status must be: 200, 2xx, 200-299; may be repeated
    #[arg(long, value_name = "STATUS", default_value = "2xx")]
    expect_status: Vec<StatusSet>,
    /// Request method
    #[arg(short = 'X', long, value_name = "METHOD", default_value = "GET")]
    method: Method,
    /// Request header, as in `Accept: text/html`; may be repeated
    #[arg(short = 'H', long = "header", value_name = "HEADER", value_parser = parse_header)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// An array of observations
    Json,
}

/// An endpoint to be asked.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// `None` for a URL that is not configured.
    pub(super) id: Option<ProbeId>,
    pub(super) inquiry: Inquiry,
}

/// A question and what came of it.
struct Answered {
    question: Question,
    /// When it was asked.
    ts: UnixMillis,
    examination: Examination,
}

/// Asked at the same time: enough to be quick, too few to blur each other's timings much.
const CONCURRENT_MAX: usize = 16;

/// Asks the URLs among the arguments, and of `configured` those that are named; all of these if
/// no argument is given.
pub(super) fn run(
    args: &ProbeArgs,
    config: &[PathBuf],
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let questions = choose(args, || configured(config))?;
    let answers = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(ask_all(questions))?;
    args.output.write(out, |out| match args.format {
        Format::Json => json::write(&answers, out),
        Format::Text => {
            let colour = args.output.is_stdout()
                && std::io::stdout().is_terminal()
                && terminal::colour_wanted();
            text::write(&answers, colour, out)
        }
    })?;
    let fine = |answered: &Answered| {
        let kind = answered.examination.reply.outcome.kind();
        matches!(kind, OutcomeKind::Ok | OutcomeKind::Slow)
    };
    Ok(if answers.iter().all(fine) {
        Exit::Done
    } else {
        Exit::Failing
    })
}

fn configured(paths: &[PathBuf]) -> anyhow::Result<Vec<Question>> {
    let question = |probe: config::Probe| Question {
        id: Some(probe.probe.id),
        inquiry: probe.inquiry,
    };
    let probes = config::load(paths)?.probes;
    Ok(probes.into_iter().map(question).collect())
}

fn choose(
    args: &ProbeArgs,
    configured: impl FnOnce() -> anyhow::Result<Vec<Question>>,
) -> anyhow::Result<Vec<Question>> {
    let is_url = |text: &String| text.contains("://");
    // a URL alone must not need a configuration
    let configured = if args.asked.iter().all(is_url) && !args.asked.is_empty() {
        Vec::new()
    } else {
        configured()?
    };
    if args.asked.is_empty() {
        return Ok(configured);
    }
    let choose_one = |text: &String| {
        if is_url(text) {
            return Ok(bare(text, &args.bare)?);
        }
        let named =
            |question: &&Question| question.id.as_ref().is_some_and(|id| id.as_str() == text);
        match configured.iter().find(named) {
            Some(question) => Ok(question.clone()),
            None => Err(BadUsage(format!(
                "`{text}` is neither a configured probe id nor a URL with http:// or https://; \
                 `outwatch check` lists the ids"
            ))
            .into()),
        }
    };
    args.asked.iter().map(choose_one).collect()
}

fn bare(text: &str, args: &BareArgs) -> Result<Question, BadUsage> {
    let url: reqwest::Url = text
        .parse()
        .map_err(|error| BadUsage(format!("`{text}` is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(BadUsage(format!(
            "`{text}`: only http and https can be asked"
        )));
    }
    // a URL may hold what HTTP cannot send
    if url.as_str().parse::<http::Uri>().is_err() {
        return Err(BadUsage(format!("`{text}` has no host that can be asked")));
    }
    // credentials on a command line are shown in it, but need not be in the answer
    let secrets = Secrets::new(url.password().map(|password| password.to_owned().into()));
    let mut headers = HeaderMap::new();
    for (name, value) in &args.headers {
        headers.append(name, value.clone());
    }
    let request = Request {
        method: args.method.clone(),
        headers,
        secrets,
        ..Request::get(url, args.timeout)
    };
    let status = StatusSet::union(args.expect_status.iter().cloned());
    let expect = Expectations::new(vec![Rule::Status(status)], Vec::new());
    Ok(Question {
        id: None,
        inquiry: Inquiry::plain(request, expect.into()),
    })
}

/// In the order of the questions.
async fn ask_all(questions: Vec<Question>) -> anyhow::Result<Vec<Answered>> {
    let prober = Prober::new(Settings::default())?;
    let places = Arc::new(Semaphore::new(CONCURRENT_MAX));
    let mut asking = JoinSet::new();
    for (number, question) in questions.into_iter().enumerate() {
        let (prober, places) = (prober.clone(), Arc::clone(&places));
        asking.spawn(async move {
            let _place = places.acquire().await.expect("nobody closes the semaphore");
            let ts = clock::system_now();
            let examination = prober.investigate(&question.inquiry, ts).await;
            let answered = Answered {
                question,
                ts,
                examination,
            };
            (number, answered)
        });
    }
    let mut answers = asking.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    Ok(answers.into_iter().map(|(_, answered)| answered).collect())
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration = text
        .parse()
        .map_err(|_| "write a duration as in 10s or 500ms".to_owned())?;
    Duration::try_from(duration)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "must be longer than zero".to_owned())
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("write a header as in `Accept: text/html`")?;
    let name = name.trim().parse().map_err(|_| "bad header name")?;
    let value = value.trim().parse().map_err(|_| "bad header value")?;
    Ok((name, value))
}

impl Answered {
    /// The last step that was asked.
    fn last(&self) -> &Examined {
        let steps = &self.examination.steps;
        steps.last().expect("an inquiry has at least one step")
    }

    /// As configured or typed, without credentials and with secrets masked.
    fn url(&self) -> String {
        let request = self.question.inquiry.first();
        let mut url = request.url.clone();
        // neither can fail for http and https
        let _ = url.set_username("");
        let _ = url.set_password(None);
        request.secrets.mask(url.as_str()).into_owned()
    }
}
