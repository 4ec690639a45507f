//! Learning: what the benchmarks of the learn set have in common, by counting.
//!
//! Each miner reads the same corpus (question families with the features of their gold SQL) and
//! gives patterns with support, confidence, examples and counter-examples. Support is the number
//! of *families*: paraphrases of one question are one observation. Nothing here knows a domain;
//! what may be learnt, and with which thresholds, follows the project's notes on learning.

mod association;
mod calculations;
mod compose;
mod corpus;
#[cfg(test)]
pub(crate) mod data_tests;
mod date_rules;
mod evidence;
mod filters;
mod guesses;
#[cfg(test)]
mod habit_tests;
mod habits;
mod joins;
mod known;
#[cfg(test)]
mod meaning_tests;
mod naming;
#[cfg(test)]
mod naming_tests;
mod output;
mod pattern;
mod phrases;
mod scopes;
mod shapes;
mod spelling;
mod templates;
#[cfg(test)]
mod term_lists;
mod terms;
#[cfg(test)]
mod tests;
mod time_words;
mod vocabulary;
mod windows;

pub use association::{Associations, Ranked};
pub use evidence::{Evidence, names_of_value};
pub use guesses::guesses;
pub use pattern::{
    Body, Calculation, DateRule, Facet, FilterRule, JoinRule, LearntPattern, OutputRule, Slot, Template, Vocabulary,
};
pub use terms::{content_terms, is_function_word, is_kind_word};
pub use time_words::period_phrases;
pub use windows::spoken_windows;

use crate::model::{Catalog, Question, SpaceView};
use corpus::Corpus;

/// What to learn, and from how much.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Families that must show a pattern, unless other evidence stands beside it.
    pub min_support: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_support: 2 }
    }
}

/// Learns from the questions of the learn set. Gold SQL that does not parse teaches nothing.
/// The patterns are sorted by kind, then support (most first), then id.
pub fn learn(questions: &[Question], catalog: &Catalog, space: &SpaceView, options: Options) -> Vec<LearntPattern> {
    let corpus = Corpus::of(questions, catalog, space);
    let associations = Associations::of(&corpus);
    let mut patterns = vocabulary::mine(&corpus, &associations, options);
    patterns.extend(calculations::mine(&corpus, &associations, options));
    patterns.extend(filters::mine(&corpus, &associations, options));
    patterns.extend(joins::mine(&corpus, options));
    patterns.extend(date_rules::mine(&corpus, options));
    patterns.extend(windows::mine(&corpus, options));
    patterns.extend(templates::mine(&corpus, &associations, options));
    patterns.extend(shapes::mine(&corpus, &patterns, options));
    patterns.extend(output::mine(&corpus, options));
    patterns.extend(habits::mine(&corpus, &associations, options));
    patterns.sort_by(|a, b| {
        let key = |p: &LearntPattern| (p.pattern.kind, std::cmp::Reverse(p.pattern.support), p.pattern.id.clone());
        key(a).cmp(&key(b))
    });
    patterns.dedup_by(|a, b| a.pattern.id == b.pattern.id);
    patterns
}

/// Question terms with the fragments they go with, without any threshold: what a person or a
/// prompt looks through.
pub fn associate(questions: &[Question], catalog: &Catalog, space: &SpaceView) -> Associations {
    Associations::of(&Corpus::of(questions, catalog, space))
}
