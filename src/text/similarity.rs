//! Similarity of two texts, 0 to 1.

use super::tokens::compact;
use std::collections::{BTreeMap, BTreeSet};

/// Dice coefficient over the sets of character bigrams, without case or white space.
pub fn dice(a: &str, b: &str) -> f64 {
    let (a, b) = (grams(&compact(a), 2), grams(&compact(b), 2));
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let (a, b): (BTreeSet<_>, BTreeSet<_>) = (a.into_keys().collect(), b.into_keys().collect());
    2.0 * a.intersection(&b).count() as f64 / (a.len() + b.len()) as f64
}

/// Cosine of character-trigram counts, without case or white space.
pub fn trigram_cosine(a: &str, b: &str) -> f64 {
    let (a, b) = (grams(&compact(a), 3), grams(&compact(b), 3));
    let dot: f64 = a.iter().filter_map(|(gram, n)| b.get(gram).map(|m| n * m)).sum();
    let norm = |grams: &BTreeMap<String, f64>| grams.values().map(|n| n * n).sum::<f64>().sqrt();
    let product = norm(&a) * norm(&b);
    if product > 0.0 { dot / product } else { 0.0 }
}

/// One minus the edit distance over the longer length, without case.
pub fn edit_similarity(a: &str, b: &str) -> f64 {
    strsim::normalized_levenshtein(&a.to_lowercase(), &b.to_lowercase())
}

fn grams(text: &str, n: usize) -> BTreeMap<String, f64> {
    let chars: Vec<char> = text.chars().collect();
    let mut counts = BTreeMap::new();
    for window in chars.windows(n) {
        *counts.entry(window.iter().collect::<String>()).or_insert(0.0) += 1.0;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_and_strangers_zero() {
        assert!((trigram_cosine("weekly revenue by region", "Weekly revenue  by region") - 1.0).abs() < 1e-9);
        assert!(trigram_cosine("weekly revenue", "이탈률") < 1e-9);
        assert!(dice("revenue", "revenues") > 0.8);
    }
}
