//! The models in words and grids, as documents for people.

mod annotations;
mod evidence;
mod grids;
mod outages;
mod report;
mod status;

pub use annotations::annotated;
pub use evidence::evidence;
pub use outages::outages;
pub use report::report;
pub use status::status;
