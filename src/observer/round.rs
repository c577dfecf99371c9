//! One round of questions: the controls, or name servers, all at once, and as short as it can be.

use std::net::SocketAddr;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::controls::{Control, Controls};
use super::ledger::Round;
use super::reach::Reach;
use crate::domain::observation::{Detail, Outcome};
use crate::domain::time::UnixMillis;
use crate::prober::{Lookup, Prober, Reply};

/// Who asks.
pub trait Asks {
    fn control(&self, control: &Control, now: UnixMillis) -> impl Future<Output = Reply>;

    /// Whether these name servers answer; for an empty list, the system's.
    fn look_up(&self, servers: &[SocketAddr], name: &str) -> impl Future<Output = Lookup>;
}

impl Asks for Prober {
    async fn control(&self, control: &Control, now: UnixMillis) -> Reply {
        self.inquire(&control.inquiry, now).await
    }

    async fn look_up(&self, servers: &[SocketAddr], name: &str) -> Lookup {
        Self::look_up(self, servers, name).await
    }
}

/// What a round found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) round: Round,
    /// What was said instead of answers; empty if the lifeline held.
    pub(super) said: String,
    /// The nearest that answered.
    pub(super) reach: Option<Reach>,
}

/// Looked up where no control has a name: it is kept for such use (RFC 2606 §3), and there.
const NAME_DEFAULT: &str = "example.com";

/// Names that are looked up to see whether a name server answers.
const NAMES_MAX: usize = 3;

/// Ends as soon as the quorum has answered, or cannot be reached any more.
pub(super) async fn ask_controls(asks: &impl Asks, controls: &Controls, now: UnixMillis) -> Found {
    let all = controls.endpoints.len();
    let quorum = controls.quorum.get() as usize;
    let mut asked: FuturesUnordered<_> = controls
        .endpoints
        .iter()
        .map(async |control| (control, asks.control(control, now).await))
        .collect();
    let (mut answers, mut left, mut reach) = (0, all, None);
    let (mut failed, mut unable): (Option<String>, Option<Detail>) = (None, None);
    while let Some((control, reply)) = asked.next().await {
        left -= 1;
        match reply.outcome {
            Outcome::Ok | Outcome::Slow { .. } => {
                answers += 1;
                let came = reply.answer.peer.map(|peer| Reach::of(peer.ip()));
                reach = [reach, came].into_iter().flatten().min();
                if answers >= quorum {
                    return Found {
                        round: Round::Held,
                        said: String::new(),
                        reach,
                    };
                }
            }
            Outcome::Fail(failure) => {
                let detail = failure.detail.unwrap_or_default();
                failed.get_or_insert_with(|| format!("{}: {detail}", control.shown_url));
            }
            Outcome::Inconclusive { detail, .. } => {
                unable.get_or_insert(detail.unwrap_or_default());
            }
        }
        // one that could not be asked might have answered
        if unable.is_none() && answers + left < quorum {
            break;
        }
    }
    let (round, why) = match unable {
        Some(why) => (Round::Unable, why.to_string()),
        None => (Round::Broken, failed.unwrap_or_default()),
    };
    Found {
        round,
        said: match (answers, all) {
            (0, 1) => format!("the control does not answer either ({why})"),
            (0, _) => format!("none of {all} controls answers ({why})"),
            _ => format!("only {answers} of {all} controls answer ({why})"),
        },
        reach,
    }
}

/// Ends as soon as one name server has answered.
pub(super) async fn ask_name_servers(
    asks: &impl Asks,
    controls: &Controls,
    servers: &[SocketAddr],
) -> Found {
    let mut names = controls.names();
    names.truncate(NAMES_MAX);
    if names.is_empty() {
        names.push(NAME_DEFAULT);
    }
    let mut asked: FuturesUnordered<_> = names
        .iter()
        .map(async |name| {
            let looking_up = asks.look_up(servers, name);
            match tokio::time::timeout(controls.timeout, looking_up).await {
                Ok(lookup) => lookup,
                Err(_) => Lookup::Unanswered(format!("no answer about {name}").into()),
            }
        })
        .collect();
    let (mut failed, mut unable): (Option<Detail>, Option<Detail>) = (None, None);
    while let Some(lookup) = asked.next().await {
        match lookup {
            Lookup::Answered => {
                return Found {
                    round: Round::Held,
                    said: String::new(),
                    reach: None,
                };
            }
            Lookup::Unanswered(detail) => _ = failed.get_or_insert(detail),
            Lookup::Unable(detail) => _ = unable.get_or_insert(detail),
        }
    }
    let (round, why) = match unable {
        Some(why) => (Round::Unable, why),
        None => (Round::Broken, failed.unwrap_or_default()),
    };
    Found {
        round,
        said: format!("no other name can be looked up ({why})"),
        reach: None,
    }
}
