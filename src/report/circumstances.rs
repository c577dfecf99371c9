//! What is known besides observations: what was configured and declared of subjects, what people
//! said of outages, and how the observer itself fared.

use std::collections::HashMap;

use crate::domain::annotation::Annotation;
use crate::domain::configured::InForceFrom;
use crate::domain::maintenance::Declared;
use crate::domain::promise::Promised;
use crate::domain::rollup::RollupHistory;
use crate::domain::subject::Subject;
use crate::domain::time::UnixMillis;
use crate::domain::trouble::Trouble;

/// Of a whole database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Circumstances {
    pub rollups: HashMap<Subject, RollupHistory>,
    /// In the order in which it was declared.
    pub maintenance: Vec<Declared>,
    /// In the order in which they were made.
    pub annotations: Vec<Annotation>,
    /// Of the observer, in order of time.
    pub troubles: Vec<Trouble>,
    /// In order of their beginnings.
    pub promises: Vec<Promised>,
    /// Which configuration was in force when; ascending.
    pub configurations: Vec<InForceFrom>,
    /// When runs of the daemon began, or went on with another clock; ascending.
    pub epochs: Vec<UnixMillis>,
}

impl Circumstances {
    /// How a subject is made up; by the defaults if it was never configured otherwise.
    pub fn rollup(&self, subject: &Subject) -> RollupHistory {
        self.rollups.get(subject).cloned().unwrap_or_default()
    }
}
