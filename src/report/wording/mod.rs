//! The models in words and grids, as documents for people.

mod annotations;
mod days;
mod difference;
mod evidence;
mod fares;
mod grids;
mod headline;
mod incidents;
mod measured;
mod moments;
mod outages;
mod post_mortem;
mod promises;
mod report;
mod status;
mod summary;
mod unobserved;
mod wholes;
mod windowed;

pub use annotations::annotated;
pub use difference::difference;
pub use evidence::evidence;
pub use fares::self_status;
pub use incidents::incidents;
pub use outages::outages;
pub use post_mortem::post_mortem;
pub use promises::credit;
pub use report::report;
pub use status::status;
pub use unobserved::unobserved;
