//! Declared maintenance.

use schemars::JsonSchema;
use serde::Serialize;

use super::Instant;
use super::incident::PeriodJson;
use super::report::periods;
use crate::domain::maintenance::Origin;
use crate::report::model::Maintenance;

#[derive(Serialize, JsonSchema)]
pub(super) struct MaintenanceJson<'m> {
    id: u32,
    scope: &'static str,
    subject: String,
    schedule: String,
    note: Option<&'m str>,
    /// `null` if it stands in the configuration.
    by: Option<&'m str>,
    declared_at: Instant,
    /// When it was ended before its time, or left the configuration.
    ended_at: Option<Instant>,
    /// In the period.
    stretches: Vec<PeriodJson>,
}

impl<'m> From<&'m Maintenance> for MaintenanceJson<'m> {
    fn from(maintenance: &'m Maintenance) -> Self {
        let declared = &maintenance.declared;
        let declaration = &declared.declaration;
        Self {
            id: declared.id.0,
            scope: declaration.subject.scope().as_str(),
            subject: declaration.subject.key(),
            schedule: declaration.schedule.to_string(),
            note: declaration.note.as_deref(),
            by: match &declared.origin {
                Origin::Configured => None,
                Origin::By(name) => Some(name),
            },
            declared_at: Instant(declared.from),
            ended_at: declared.until.map(Instant),
            stretches: periods(&maintenance.stretches),
        }
    }
}
