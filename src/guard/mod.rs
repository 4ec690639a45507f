//! Guards.
pub mod leak;
