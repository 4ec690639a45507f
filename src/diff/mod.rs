//! Difference, patch and inversion of spaces; keyed by id and name, never by position.

mod changes;
mod locate;
mod patch;
#[cfg(test)]
mod tests;
mod text_lines;

pub use changes::diff;
pub use locate::value_at;
pub use patch::{PatchError, apply, apply_all};
