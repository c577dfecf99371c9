//! `outwatch probe`: endpoints are asked now, once or again and again, with everything that is
//! known of the answers.

mod bare;
mod durations;
mod expecting;
mod network;
mod question;

mod asking;
mod repeat;
mod summary;

mod answer;
mod certificate;
mod json;
mod line;
mod page;
mod summary_text;
mod text;
mod waterfall;
mod why;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;

use super::output::Output;
use super::{BadUsage, Exit, terminal};
use crate::prober::{Prober, Settings};
use crate::report::table;
use asking::Answered;
use bare::RequestArgs;
use expecting::ExpectArgs;
use network::NetworkArgs;
use question::{Options, choose};
use repeat::RepeatArgs;

const EXAMPLES: &str = "\
Examples:
  outwatch probe                            all configured probes
  outwatch probe spotify/web/player         one of them, as it is configured
  outwatch probe example.com                any URL; https, if it does not say
  outwatch probe https://example.com/gone --expect-status 410 --timeout 2s
  outwatch probe https://example.com/ --repeat 20 --every 500ms
  outwatch probe https://example.com/ --show headers,body --no-redirects
  outwatch probe https://api.example/ --json '{\"q\": 1}' --bearer '${TOKEN}' \\
      --expression 'size(json.items) > 0'
  outwatch probe https://example.com/ --resolve example.com:203.0.113.7 -6
  outwatch probe --format json | jq '.[] | {probe_id, outcome, duration_ms}'

Where `${NAME}` or `${file:PATH}` stands in -H, -d, --json, -u, --bearer or -x,
it is filled in from the environment or a file, and masked in the output. So
secrets need not stand on the command line, where others can read them.

Figures of --repeat are of the answers that came whole; what is lost is what
failed. A percentile is the smallest value that so many do not exceed (nearest
rank).";

/// Ask endpoints now, and tell where the time went and what is wrong
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
    /// What else to show of the answers
    #[arg(long, value_enum, value_name = "PART", value_delimiter = ',')]
    show: Vec<Show>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    repeat: RepeatArgs,
    #[command(flatten)]
    request: Option<RequestArgs>,
    #[command(flatten)]
    network: Option<NetworkArgs>,
    #[command(flatten)]
    expect: Option<ExpectArgs>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// An array of observations; asked again and again, an object with them and summaries
    Json,
    /// An observation a line, as they come
    Ndjson,
}

/// What is only shown if it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Show {
    /// Status line and headers
    Headers,
    /// The beginning of the body
    Body,
}

/// Asks the URLs among the arguments, and of `config` those that are named; all of these if no
/// argument is given.
pub(super) fn run(
    args: &ProbeArgs,
    config: &[PathBuf],
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let rounds = args.repeat.rounds();
    if rounds.is_some() && !args.show.is_empty() {
        return Err(BadUsage(
            "--show is for answers that are asked for once, not with --repeat or --every"
                .to_owned(),
        )
        .into());
    }
    let options = Options {
        request: args.request.as_ref(),
        network: args.network.as_ref(),
        expect: args.expect.as_ref(),
    };
    let questions = choose(&args.asked, options, config)?;
    let questions: Vec<_> = questions.into_iter().map(Arc::new).collect();
    let prober = Prober::new(Settings::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let page = terminal::page(&args.output);
    let mut fine = false;
    args.output.write(out, |out| {
        fine = if let Some(rounds) = rounds {
            let how = (args.format, page);
            runtime.block_on(repeat::run(&prober, &questions, rounds, how, out))?
        } else {
            let answers = runtime.block_on(asking::once(&prober, &questions));
            args.write(&answers, page, out)?;
            answers.iter().all(Answered::is_fine)
        };
        Ok(())
    })?;
    Ok(if fine { Exit::Done } else { Exit::Failing })
}

impl ProbeArgs {
    fn write(
        &self,
        answers: &[Answered],
        page: table::Page,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        match self.format {
            Format::Text => text::write(answers, &self.show, page, out)?,
            Format::Json => json::array(answers, &self.show, out)?,
            Format::Ndjson => {
                for answered in answers {
                    json::one(answered, &self.show, out)?;
                    writeln!(out)?;
                }
            }
        }
        Ok(())
    }
}
