//! The judge's docket: what the rules left open, gathered into chunks, and decided.

use super::model::Judgement;
use super::score::Scorer;
use crate::judge::Item;
use crate::llm::Usage;
use crate::model::{Digest, ScoredQuestion};
use std::collections::BTreeMap;

/// A question that waits for its verdict: its place among the jobs, and whether its answer came
/// from the cache.
type Waiting = (usize, ScoredQuestion, bool);

/// Verdicts by the key of what was judged.
pub(super) type Judgements = BTreeMap<Digest, Judgement>;

/// Gathers open comparisons. The same comparison, in several questions or repeats, is judged once.
pub(super) struct Docket {
    chunk: usize,
    gathered: Vec<Item>,
    waiting: BTreeMap<Digest, Vec<Waiting>>,
}

impl Docket {
    pub fn new(chunk: usize) -> Self {
        Self { chunk: chunk.max(1), gathered: Vec::new(), waiting: BTreeMap::new() }
    }

    pub fn add(&mut self, item: Item, index: usize, scored: ScoredQuestion, cached: bool) {
        let key = item.key();
        let waiting = self.waiting.entry(key.clone()).or_default();
        if waiting.is_empty() {
            // An id that is as unique as what it stands for.
            self.gathered.push(Item { id: key.as_str().to_owned(), ..item });
        }
        waiting.push((index, scored, cached));
    }

    /// The next chunk that may leave: a full one, or what there is if nothing more can join.
    pub fn next_chunk(&mut self, last: bool) -> Option<Vec<Item>> {
        let full = self.gathered.len() >= self.chunk;
        if !full && (!last || self.gathered.is_empty()) {
            return None;
        }
        let rest = self.gathered.split_off(self.gathered.len().min(self.chunk));
        Some(std::mem::replace(&mut self.gathered, rest))
    }

    /// The questions that these judgements decide.
    pub fn decide(&mut self, judgements: Judgements) -> Vec<Waiting> {
        let mut decided = Vec::new();
        for (key, judgement) in judgements {
            for (index, mut scored, cached) in self.waiting.remove(&key).unwrap_or_default() {
                judgement.put_on(&mut scored);
                decided.push((index, scored, cached));
            }
        }
        decided
    }

    /// All that is still waiting.
    pub fn rest(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.waiting).into_values().flatten().collect()
    }
}

impl Scorer {
    pub(super) fn judges(&self) -> bool {
        self.model.as_ref().is_some_and(|model| model.options.judges)
    }

    pub(super) fn judge_chunk(&self) -> usize {
        self.model.as_ref().map_or(1, |model| model.options.chunk)
    }

    /// The judge's word on a chunk. Every item gets one, if only that there is none.
    /// Also the tokens that each took.
    pub(super) async fn judge(&self, items: Vec<Item>) -> (Judgements, Usage) {
        let Some(model) = &self.model else { return (Judgements::new(), Usage::default()) };
        let share = items.len() as u64;
        let (judged, usage) = model.judge(items).await;
        (judged.into_iter().map(|(id, judgement)| (Digest(id), judgement)).collect(), usage.shared_by(share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, Verdict};

    fn scored(id: &str) -> ScoredQuestion {
        let verdict = Verdict {
            outcome: Outcome::NeedsReview,
            reason: "DUPLICATES_DIFFER".into(),
            detail: String::new(),
            notes: Vec::new(),
            first_difference: None,
            native: String::new(),
        };
        ScoredQuestion { id: id.to_owned(), answer: None, verdict, seconds: None }
    }

    fn item(question: &str) -> Item {
        Item { question: question.to_owned(), ..Item::default() }
    }

    #[test]
    fn a_chunk_leaves_when_full_or_when_nothing_can_join_it() {
        let mut docket = Docket::new(2);
        assert_eq!(docket.next_chunk(true), None);
        docket.add(item("a"), 0, scored("a"), false);
        assert_eq!(docket.next_chunk(false), None);
        docket.add(item("b"), 1, scored("b"), false);
        docket.add(item("c"), 2, scored("c"), false);
        assert_eq!(docket.next_chunk(false).map(|chunk| chunk.len()), Some(2));
        assert_eq!(docket.next_chunk(false), None);
        assert_eq!(docket.next_chunk(true).map(|chunk| chunk.len()), Some(1));
    }

    #[test]
    fn the_same_comparison_is_judged_once_and_decides_all_that_wait_for_it() {
        let mut docket = Docket::new(10);
        docket.add(item("a"), 0, scored("a"), false);
        docket.add(item("a"), 5, scored("a again"), true);
        let chunk = docket.next_chunk(true).expect("a chunk");
        assert_eq!(chunk.len(), 1);
        let judgement = Judgement {
            outcome: Outcome::Correct,
            reason: "JUDGE_EQUIVALENT".into(),
            detail: "both".into(),
            by: String::new(),
        };
        let decided = docket.decide([(Digest(chunk[0].id.clone()), judgement)].into());
        let places: Vec<usize> = decided.iter().map(|(index, ..)| *index).collect();
        assert_eq!(places, [0, 5]);
        assert!(decided.iter().all(|(_, scored, _)| scored.verdict.outcome == Outcome::Correct));
        assert_eq!(decided[0].1.verdict.notes, ["DUPLICATES_DIFFER"]);
    }
}
