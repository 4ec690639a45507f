//! What is learnt so far, by what it is about.

use super::pattern::{Body, Calculation, Facet, LearntPattern};
use crate::sql::ColumnRef;
use std::collections::{BTreeMap, BTreeSet};

/// Patterns with the ways into them; what a way leads to comes in the order of the patterns.
pub(super) struct Known<'a> {
    pub patterns: &'a [LearntPattern],
    calculations: Vec<&'a Calculation>,
    by_key: BTreeMap<&'a str, Vec<usize>>,
    /// By the first of their columns.
    by_column: BTreeMap<&'a ColumnRef, Vec<usize>>,
    words: BTreeMap<&'a ColumnRef, Vec<&'a str>>,
}

impl<'a> Known<'a> {
    pub(super) fn of(patterns: &'a [LearntPattern]) -> Self {
        let (calculations, words) = (Vec::new(), BTreeMap::new());
        let mut known = Self { patterns, calculations, by_key: BTreeMap::new(), by_column: BTreeMap::new(), words };
        for learnt in patterns {
            match &learnt.body {
                Body::Calculation(calculation) => known.add(calculation),
                Body::Vocabulary(word) => {
                    if let Facet::Column(column) = &word.facet {
                        known.words.entry(column).or_default().push(&word.term);
                    }
                }
                _ => {}
            }
        }
        known
    }

    fn add(&mut self, calculation: &'a Calculation) {
        let at = self.calculations.len();
        self.calculations.push(calculation);
        self.by_key.entry(&calculation.fragment.key).or_default().push(at);
        if let Some(column) = calculation.fragment.columns.first() {
            self.by_column.entry(column).or_default().push(at);
        }
    }

    /// The words for a column.
    pub(super) fn words(&self, column: &ColumnRef) -> &[&'a str] {
        self.words.get(column).map(Vec::as_slice).unwrap_or_default()
    }

    /// The calculations that have one of these keys.
    pub(super) fn with_keys<'k>(&self, keys: impl IntoIterator<Item = &'k String>) -> Vec<&'a Calculation> {
        self.in_order(keys.into_iter().filter_map(|key| self.by_key.get(key.as_str())))
    }

    /// The aggregates over these columns and no others.
    pub(super) fn aggregates_within(&self, columns: &BTreeSet<ColumnRef>) -> Vec<&'a Calculation> {
        let mut found = self.in_order(columns.iter().filter_map(|column| self.by_column.get(column)));
        found.retain(|calculation| calculation.is_aggregate && calculation.fragment.columns.is_subset(columns));
        found
    }

    fn in_order<'k>(&self, places: impl Iterator<Item = &'k Vec<usize>>) -> Vec<&'a Calculation> {
        let places: BTreeSet<usize> = places.flatten().copied().collect();
        places.into_iter().map(|at| self.calculations[at]).collect()
    }
}
