//! Difference, patch and inversion of spaces; keyed by id and name, never by position.

mod diff;
mod locate;
mod patch;
#[cfg(test)]
mod tests;
mod text_lines;

pub use diff::diff;
pub use locate::value_at;
pub use patch::{PatchError, apply, apply_all};
