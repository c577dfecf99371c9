//! Windowed availability over the window's length, one curve a subject.

use crate::domain::windowed::WindowedAvailability;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowedCurves {
    pub curves: Vec<Curve>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    pub label: String,
    pub windowed: WindowedAvailability,
}
