//! Members → their platform, platforms → their service: they vote at each instant, and the same
//! vote on what is certain and on what is possible gives the bounds.

mod build;
mod live;
mod parameters;
mod pieces;
mod sweep;
mod tally;

pub use build::{Impact, Part, Rollup};
pub use live::{LiveMember, LiveService, Standing, Turn};
pub use parameters::{BadDownWhen, BadWeight, DownWhen, RollupHistory, RollupParameters, Weight};
pub use pieces::Pieces;
pub use sweep::Member;
