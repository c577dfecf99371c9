//! Who says what is kept with a name.

use std::sync::Arc;

use super::BadUsage;
use crate::domain::line::one_line;

/// `--by NAME`.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct ByArgs {
    /// Who says so; kept with it. Default: the login name
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl ByArgs {
    pub(super) fn name(&self) -> Result<Arc<str>, BadUsage> {
        let (name, from) = match &self.by {
            Some(name) => (name.clone(), "--by"),
            None => (login_name()?, "the login name"),
        };
        one_name(&name, from)
    }
}

/// The name, if it can be shown; `from` is where it comes from.
pub(super) fn one_name(name: &str, from: &str) -> Result<Arc<str>, BadUsage> {
    one_line(name).ok_or_else(|| {
        BadUsage(format!(
            "{from} {name:?}: a name is one line without control characters"
        ))
    })
}

fn login_name() -> Result<String, BadUsage> {
    let names = ["USER", "LOGNAME"].into_iter();
    let mut names = names.filter_map(|variable| std::env::var(variable).ok());
    names
        .find(|name| !name.trim().is_empty())
        .ok_or_else(|| BadUsage("--by NAME is needed: the login name is not known".to_owned()))
}
