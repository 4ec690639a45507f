//! Planted patterns: what the learner finds of what a generator hid, in four languages.

mod domain;
mod figures;
mod speech;
mod words;

pub use domain::domain;
#[allow(unused_imports)] // The bench and the test take what they need.
pub use figures::{Figures, Tally, shuffled, tally};
#[allow(unused_imports)]
pub use words::Language;
