//! The models in words and grids, as documents for people.

mod annotations;
mod difference;
mod evidence;
mod fares;
mod grids;
mod headline;
mod incidents;
mod moments;
mod outages;
mod post_mortem;
mod report;
mod status;
mod unobserved;
mod wholes;

pub use annotations::annotated;
pub use difference::difference;
pub use evidence::evidence;
pub use fares::self_status;
pub use incidents::incidents;
pub use outages::outages;
pub use post_mortem::post_mortem;
pub use report::report;
pub use status::status;
pub use unobserved::unobserved;
