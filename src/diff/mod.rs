//! Difference, patch and inversion of spaces; keyed by id and name, never by position.

mod changes;
mod locate;
mod merge;
mod patch;
#[cfg(test)]
mod tests;
mod text_lines;

pub use changes::diff;
pub use locate::value_at;
pub use merge::{Clash, Merge, merge};
pub use patch::{Fit, PatchError, apply, apply_all, fits, holds};
