//! What a file says of itself, apart from what it reports.

use super::model::Report;
use super::post_mortem::PostMortem;
use super::text::instant;
use crate::domain::time::UnixMillis;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Tells the file from others, as in `Outage report 2024-09-29 14:00:00 – 2024-09-29 18:00:00
    /// UTC`.
    pub title: String,
    /// The program and its version.
    pub generator: String,
    pub generated_at: UnixMillis,
}

impl Meta {
    pub fn of(report: &Report) -> Self {
        let request = &report.request;
        let (from, to) = (instant(request.period.from), instant(request.period.to));
        Self {
            title: format!("Outage report {from} – {to} UTC"),
            generator: format!("outwatch {}", request.version),
            generated_at: request.generated_at,
        }
    }

    pub fn of_post_mortem(post_mortem: &PostMortem) -> Self {
        let request = &post_mortem.request;
        Self {
            title: format!(
                "Post-mortem {} {} UTC",
                post_mortem.incident.service.display(),
                instant(post_mortem.incident.incident.period.from)
            ),
            generator: format!("outwatch {}", request.version),
            generated_at: request.generated_at,
        }
    }
}
