//! Benchmark files in all the forms that are read, and their checks.

mod checks;
mod form;
mod markdown;
mod read;

pub(super) use checks::check_suite;
pub use form::{BenchmarksFile, QuestionFile};
pub use read::suite_of_space;
pub(super) use read::{Placed, read_questions};

#[cfg(test)]
mod tests;
