//! The one thing the search can do: have questions answered under a selection of candidates.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// Candidates by their position in the list, in the order in which they are applied.
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

    /// Asks the same once more before something expensive follows from an answer; what comes back
    /// are the questions of which every answer so far was `right`.
    fn firm(
        &mut self,
        selection: &Selection,
        questions: &Questions,
        right: bool,
    ) -> impl Future<Output = Result<Questions, Self::Error>>;

    /// True for a question that was seen to be answered both ways under one selection: it neither
    /// wins nor loses, and is not asked any more.
    fn is_unsteady(&self, question: &str) -> bool;
}

/// What each candidate can reach, by its position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The failing questions it is made for.
    pub aims: Vec<Questions>,
    /// Questions that share a table or a term with it; its aims are among them.
    pub touches: Vec<Questions>,
}

impl Reach {
    /// Candidates that reach nothing but what they are made for.
    pub fn aims_only(aims: Vec<Questions>) -> Self {
        Self { touches: aims.clone(), aims }
    }

    /// Questions that are right at the base and may be broken by the selection, those first that
    /// most of it has to do with.
    pub(super) fn at_risk(&self, base: &Correctness, selection: &Selection, most: usize) -> Questions {
        let touching = |id: &String| selection.iter().filter(|c| self.touches[**c].contains(id)).count();
        let mut touched: Vec<(usize, String)> =
            with(base, true).into_iter().map(|id| (touching(&id), id)).filter(|(count, _)| *count > 0).collect();
        touched.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        touched.into_iter().take(most).map(|(_, id)| id).collect()
    }

    pub(super) fn aimed_at(&self, selection: &Selection) -> Questions {
        union(&self.aims, selection)
    }
}

fn union(sets: &[Questions], selection: &Selection) -> Questions {
    selection.iter().filter_map(|candidate| sets.get(*candidate)).flatten().cloned().collect()
}

/// The questions among `asked` with this correctness.
pub(super) fn with(correctness: &Correctness, right: bool) -> Questions {
    correctness.iter().filter(|(_, is_right)| **is_right == right).map(|(id, _)| id.clone()).collect()
}
