//! Members → their platform, platforms → their service: votes, windows with bounds, incidents.

mod parameters;

pub use parameters::{BadDownWhen, BadWeight, DownWhen, RollupHistory, RollupParameters, Weight};
