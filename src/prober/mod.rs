//! Asks an endpoint once and says what came of it.

pub mod secrets;

pub mod request;
