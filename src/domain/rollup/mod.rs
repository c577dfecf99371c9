//! Members → their platform, platforms → their service: votes, windows with bounds, incidents.

mod parameters;

pub use parameters::{BadDownWhen, DownWhen, RollupHistory, RollupParameters, Weight};
