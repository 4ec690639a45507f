//! Patterns: what the benchmarks have in common, with how often it was seen.

use serde::{Deserialize, Serialize};

/// One learnt pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// Stable for the same content: kind and a short digest, such as `join-1f0a22b4`.
    pub id: String,
    pub kind: PatternKind,
    /// One sentence for people.
    pub statement: String,
    /// Canonical SQL of what was found: a column, predicate, aggregate, join condition or query
    /// skeleton, with full table names.
    pub fragment: String,
    /// Question terms that go with the fragment, best first; empty for kinds without words.
    pub terms: Vec<String>,
    /// Full names of the tables it is about, sorted.
    pub tables: Vec<String>,
    /// Number of question families that show it.
    pub support: usize,
    /// Questions that show it, sorted by id.
    pub questions: Vec<String>,
    /// Questions that could have shown it and do not, sorted by id.
    pub counter_examples: Vec<String>,
    /// Share of the opportunities in which it holds, 0 to 1.
    pub confidence: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatternKind {
    /// Question term ↔ column, value, aggregate or expression.
    Vocabulary,
    /// A repeated aggregate or select expression.
    Calculation,
    /// A repeated predicate, or one that holds in almost every query over a table.
    Filter,
    Join,
    /// Date column, window, grain, week start.
    Date,
    /// A structural family of queries.
    Template,
    /// Rounding, order, limit, casts, aliases that are constant over the corpus.
    Output,
}
