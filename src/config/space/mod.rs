//! `space.yaml`: the human form of a space.

mod form;
mod read;
mod rules;
mod write;

pub use form::SpaceFile;
pub use read::space_from_yaml;
pub(super) use read::{field_of, read_space};
pub(super) use rules::check_rules;
pub(super) use write::{SIDECAR, human, ordered_document, rank};
pub use write::{export, import, space_to_yaml};

#[cfg(test)]
mod tests;
