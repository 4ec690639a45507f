//! What a word means when it mostly, but not always, comes with one calculation.
//!
//! A plain word (“weight”) is said with the plain calculation and with others built on it. It
//! stays with the calculation that dominates it, however many longer terms mean something else.

use super::association::{Associations, LLR_STRICT, LLR_WITH_EVIDENCE, Pair, TermInfo};
use super::evidence::Evidence;
use super::pattern::Facet;
use super::terms::is_kind_word;
use std::collections::{BTreeMap, HashMap};

/// Share of a term's families that its dominant meaning has at least.
const DOMINANT: f64 = 0.6;
/// How much more often than the second meaning.
const AHEAD: f64 = 1.5;

/// For each term with one dominant calculation, the place of its pair.
pub(super) fn dominant(found: &Associations) -> BTreeMap<usize, usize> {
    let all = found.terms.iter().zip(&found.pairs).enumerate();
    all.filter_map(|(at, (term, pairs))| Some((at, dominant_pair(found, term, pairs)?))).collect()
}

fn dominant_pair(found: &Associations, term: &TermInfo, pairs: &[Pair]) -> Option<usize> {
    let is_calculation = |pair: &Pair| matches!(found.facets[pair.facet].facet, Facet::Calculation(_));
    let touched = |pair: &Pair| {
        let info = &found.facets[pair.facet];
        term.families.iter().filter(|family| info.families.contains(family) || info.inner.contains(family)).count()
    };
    let named = |pair: &Pair| pair.evidence.contains(&Evidence::Alias);
    let calculations = pairs.iter().enumerate().filter(|(_, pair)| is_calculation(pair) && pair.joint >= 2);
    let (at, best) = calculations
        .clone()
        .max_by(|(_, a), (_, b)| (named(a), a.joint).cmp(&(named(b), b.joint)).then(a.score().total_cmp(&b.score())))?;
    let info = &found.facets[best.facet];
    // Rows of any kind are counted: a word that comes with a condition as often means that.
    let is_condition = |pair: &&Pair| {
        let other = &found.facets[pair.facet];
        matches!(other.facet, Facet::Value(_) | Facet::Predicate(_)) && !other.usual && pair.joint >= best.joint
    };
    if info.counts_one_column && !best.has_strong_evidence() && pairs.iter().any(|pair| is_condition(&pair)) {
        return None;
    }
    // A calculation made of the best one is no other meaning.
    let rival = |pair: &Pair| {
        let other = &found.facets[pair.facet];
        term.families.intersection(&other.families).filter(|family| !info.inner.contains(family)).count()
    };
    let second = calculations.filter(|(other, _)| *other != at).map(|(_, pair)| rival(pair)).max().unwrap_or(0);
    let all = term.families.len().max(1);
    let dominates = touched(best) as f64 / all as f64 >= DOMINANT && best.joint as f64 >= AHEAD * second as f64;
    let everywhere = found.families >= 8 && all * 10 > found.families * 8;
    (dominates && !everywhere && is_its_own(found, best, info.families.len())).then_some(at)
}

/// Said for the calculation rather than beside it: named by an alias, or far more often with it
/// than by chance and in a good part of its uses.
fn is_its_own(found: &Associations, pair: &Pair, uses: usize) -> bool {
    if pair.has_strong_evidence() {
        return true;
    }
    if !pair.evidence.is_empty() {
        return pair.llr >= LLR_WITH_EVIDENCE;
    }
    let covers = pair.joint as f64 / uses.max(1) as f64;
    let better = found.by_facet[pair.facet].iter().map(|(term, at)| &found.pairs[*term][*at]);
    let outdone = better.filter(|other| other.llr > pair.llr + 1e-9 && other.joint > pair.joint).count();
    pair.significant && pair.llr >= LLR_STRICT && pair.joint >= 3 && covers >= 0.3 && outdone <= 2
}

/// The phrase that a word is only said in, where the word alone names nothing: “lead” of “lead
/// time”, “value” of “order value”. What a phrase ends with is its head and stays a name.
pub(super) fn phrase_around(found: &Associations, term: usize) -> usize {
    let info = &found.terms[term];
    if info.words > 1 {
        return term;
    }
    let text = info.text();
    let always = |at: &usize| found.terms[*at].words > 1 && found.terms[*at].families == info.families;
    // Terms are sorted by their keys.
    let behind = (term + 1..found.terms.len()).take_while(|at| found.terms[*at].key.starts_with(&info.key));
    let starts = |at: &usize| found.terms[*at].text().starts_with(&format!("{text} "));
    let begun = behind.filter(|at| always(at) && starts(at)).min_by_key(|at| found.terms[*at].words);
    let ended = || {
        let holds = |at: &usize| found.terms[*at].text().ends_with(&format!(" {text}"));
        let all = 0..found.terms.len();
        all.filter(|at| always(at) && holds(at)).min_by_key(|at| found.terms[*at].words)
    };
    begun.or_else(|| is_kind_word(&info.key).then(ended).flatten()).unwrap_or(term)
}

/// Names of calculations with the word they stand beside: “sold hay” is the name where “hay” is
/// that of another calculation and “sold” is said with it only.
pub(super) struct WholeNames<'a> {
    found: &'a Associations,
    /// For the rest of a longer term, that term and what the plain name in it means.
    around: HashMap<&'a str, Vec<(usize, usize)>>,
}

impl<'a> WholeNames<'a> {
    pub(super) fn of(found: &'a Associations, dominant: &BTreeMap<usize, usize>) -> Self {
        let plain = dominant.iter().map(|(term, at)| (found.terms[*term].key.as_str(), found.pairs[*term][*at].facet));
        let plain: HashMap<&str, usize> = plain.collect();
        let mut around: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
        for (at, term) in found.terms.iter().enumerate() {
            for (cut, _) in term.key.char_indices().skip(1) {
                let (start, end) = term.key.split_at(cut);
                for (name, rest) in [(start, end), (end, start)] {
                    let meaning = plain.get(name).map(|facet| (at, *facet));
                    meaning.into_iter().for_each(|entry| around.entry(rest).or_default().push(entry));
                }
            }
        }
        Self { found, around }
    }

    /// The term as a name of a fragment.
    pub(super) fn text(&self, term: usize, facet: usize) -> String {
        let info = &self.found.terms[term];
        if !matches!(self.found.facets[facet].facet, Facet::Calculation(_)) {
            return info.text().to_owned();
        }
        let around = self.around.get(info.key.as_str()).into_iter().flatten();
        let whole = around.filter(|(_, meaning)| *meaning != facet).map(|(at, _)| &self.found.terms[*at]);
        let mut always = whole.filter(|other| info.families.is_subset(&other.families));
        always.next().unwrap_or(info).text().to_owned()
    }
}
