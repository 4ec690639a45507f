//! Calculations: aggregates, ratios and derived columns that come back, and what they are called.

use super::Options;
use super::association::{Associations, FacetInfo, Pair};
use super::corpus::Corpus;
use super::naming;
use super::pattern::{Body, Calculation, Facet, LearntPattern, count_of_families};
use super::terms::is_kind_word;
use crate::model::PatternKind;
use crate::sql::Fragment;
use crate::text::is_hangul;
use std::collections::{BTreeMap, BTreeSet};

/// Names of one calculation, in all languages together.
const MAX_NAMES: usize = 6;

pub(super) fn mine(corpus: &Corpus, found: &Associations, options: Options) -> Vec<LearntPattern> {
    let terms = names_by_facet(found);
    let empty = Vec::new();
    let mut patterns = Vec::new();
    for (at, info) in found.facets.iter().enumerate() {
        let Some(fragment) = &info.fragment else { continue };
        let is_aggregate = matches!(info.facet, Facet::Calculation(_));
        if !is_aggregate && !matches!(info.facet, Facet::Expression(_)) {
            continue;
        }
        let terms = terms.get(&at).unwrap_or(&empty);
        let named = terms.iter().any(|(_, strong)| *strong);
        if info.families.len() >= options.min_support.max(2) || named {
            let names = terms.iter().map(|(term, _)| term.clone()).collect();
            patterns.push(pattern(corpus, info, fragment, names, is_aggregate));
        }
    }
    patterns
}

/// What questions call the calculations, by their keys.
pub(super) fn names_of_calculations(found: &Associations) -> BTreeMap<String, Vec<String>> {
    let named = names_by_facet(found).into_iter().filter_map(|(at, names)| match &found.facets[at].facet {
        Facet::Calculation(key) => Some((key.clone(), names.into_iter().map(|(term, _)| term).collect())),
        _ => None,
    });
    named.collect()
}

/// For each facet the terms that name it, most said first, with whether strong evidence says so.
fn names_by_facet(found: &Associations) -> BTreeMap<usize, Vec<(String, bool)>> {
    let dominant = naming::dominant(found);
    let whole = naming::WholeNames::of(found, &dominant);
    let mut names: BTreeMap<usize, Vec<Name>> = BTreeMap::new();
    for (at, (term, pairs)) in found.terms.iter().zip(&found.pairs).enumerate() {
        let pair = match dominant.get(&at) {
            Some(place) => &pairs[*place],
            None => match pairs.first() {
                Some(pair) if is_named(pair, term.families.len()) => pair,
                _ => continue,
            },
        };
        let strong = pair.has_strong_evidence();
        let (at, term) = match naming::phrase_around(found, at) {
            _ if strong => (at, term),
            phrase => (phrase, &found.terms[phrase]),
        };
        if !strong && term.text().split(' ').all(|word| is_kind_word(&word.to_lowercase())) {
            continue;
        }
        let name = Name {
            joint: pair.joint,
            score: pair.score(),
            words: term.words,
            text: whole.text(at, pair.facet),
            families: &term.families,
            strong,
            is_head: false,
        };
        names.entry(pair.facet).or_default().push(name);
    }
    let sorted = names.into_iter().map(|(facet, mut names)| {
        names.sort_by(|a, b| {
            let said = (b.joint, a.words).cmp(&(a.joint, b.words));
            let scored = said.then(b.score.total_cmp(&a.score));
            // Of a Korean compound and its part the compound is what people say.
            let longer = a.text.chars().all(is_hangul) && a.text.starts_with(b.text.as_str());
            let shorter = b.text.chars().all(is_hangul) && b.text.starts_with(a.text.as_str());
            let whole = longer.cmp(&shorter).reverse();
            scored.then(whole).then(a.text.len().cmp(&b.text.len())).then(a.text.cmp(&b.text))
        });
        whole_phrases_first(&mut names);
        let mut kept: Vec<(String, bool)> = Vec::new();
        for Name { text, strong, is_head, .. } in names {
            let around = |(have, _): &(String, bool)| text.contains(have.as_str()) || have.contains(text.as_str());
            if strong || is_head || !kept.iter().any(around) {
                kept.push((text, strong));
            }
        }
        kept.truncate(MAX_NAMES);
        (facet, kept)
    });
    sorted.collect()
}

struct Name<'a> {
    joint: usize,
    score: f64,
    words: usize,
    text: String,
    /// Where it is said.
    families: &'a BTreeSet<usize>,
    strong: bool,
    /// The last word of a phrase that names it better.
    is_head: bool,
}

/// A phrase that is said wherever its last word is says more than the word: “freight revenue” is
/// the name, and “revenue” a further one.
fn whole_phrases_first(names: &mut Vec<Name>) {
    for at in 0..names.len() {
        let head = &names[at];
        let is_whole = |name: &Name| name.families == head.families && name.text.ends_with(&format!(" {}", head.text));
        if let Some(found) = (at + 1..names.len()).find(|later| is_whole(&names[*later])) {
            names[at].is_head = true;
            let phrase = names.remove(found);
            names.insert(at, phrase);
        }
    }
}

fn is_named(pair: &Pair, said: usize) -> bool {
    let share = pair.joint as f64 / said.max(1) as f64;
    share >= 0.5 && (pair.has_strong_evidence() || (pair.significant && share >= 0.75))
}

pub(super) fn pattern(
    corpus: &Corpus,
    info: &FacetInfo,
    fragment: &Fragment,
    terms: Vec<String>,
    is_aggregate: bool,
) -> LearntPattern {
    let tables: BTreeSet<String> = fragment.tables().into_iter().map(str::to_owned).collect();
    let seen = corpus.seen_in(&info.families, &corpus.over(&tables));
    let mut aliases: Vec<(&String, &usize)> = info.aliases.iter().collect();
    aliases.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let aliases: Vec<String> = aliases.into_iter().map(|(alias, _)| alias.clone()).collect();
    let called = aliases.first().map(|alias| format!(", called `{alias}`")).unwrap_or_default();
    let statement = format!("`{}` is computed in {}{called}.", fragment.sql, count_of_families(info.families.len()));
    let digits = usual_digits(corpus, info, &fragment.key);
    let body = Body::Calculation(Calculation {
        fragment: fragment.clone(),
        aliases,
        terms: terms.clone(),
        digits,
        is_aggregate,
        scope: if is_aggregate { super::scopes::of_calculation(corpus, info, fragment) } else { Vec::new() },
    });
    LearntPattern::new(
        PatternKind::Calculation,
        &format!("calculation\u{1f}{}", fragment.key),
        statement,
        fragment.sql.clone(),
        terms,
        tables,
        seen,
        body,
    )
}

/// The number of decimal places of most uses, if most uses have one.
fn usual_digits(corpus: &Corpus, info: &FacetInfo, key: &str) -> Option<i64> {
    let mut uses: BTreeMap<Option<i64>, usize> = BTreeMap::new();
    let families = info.families.iter().map(|at| &corpus.families[*at]);
    let outputs = families.flat_map(|family| &family.features).flat_map(|features| &features.outputs);
    for output in outputs.filter(|output| output.core.key == key) {
        *uses.entry(output.digits).or_default() += 1;
    }
    let all: usize = uses.values().sum();
    let (digits, most) = uses.into_iter().max_by_key(|(_, count)| *count)?;
    digits.filter(|_| most * 2 > all)
}
