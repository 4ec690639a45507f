//! The one thing the search can do: have questions answered under a selection of candidates.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// Candidates by their position in the round's list, in the order in which they are applied.
pub type Selection = BTreeSet<usize>;

/// Question ids, sorted.
pub type Questions = BTreeSet<String>;

/// Whether each asked question was answered right. A question that could not be asked is left
/// out: it says nothing about the selection.
pub type Correctness = BTreeMap<String, bool>;

/// Measures selections of candidates on a shadow of the space.
pub trait Lab {
    /// Why measuring stopped for good: a budget, an interruption, a dead service.
    type Error;

    /// Asks `questions` of the base with the selected candidates in it.
    fn ask(
        &mut self,
        selection: &Selection,
        questions: &Questions,
    ) -> impl Future<Output = Result<Correctness, Self::Error>>;
}

/// The questions among `asked` with this correctness.
pub(super) fn with(correctness: &Correctness, right: bool) -> Questions {
    correctness.iter().filter(|(_, is_right)| **is_right == right).map(|(id, _)| id.clone()).collect()
}
