//! Filters: predicates that come back, and those that hold in almost every query over a table.

use super::Options;
use super::association::{Associations, Pair};
use super::corpus::Corpus;
use super::pattern::{Body, Facet, FilterRule, LearntPattern};
use crate::model::PatternKind;
use crate::sql::Predicate;
use std::collections::{BTreeMap, BTreeSet};

/// A default holds in at least this share of the queries over its table …
pub(super) const DEFAULT_SHARE: f64 = 0.8;
/// … of which there are at least so many.
pub(super) const DEFAULT_USES: usize = 3;

pub(super) fn mine(corpus: &Corpus, found: &Associations, options: Options) -> Vec<LearntPattern> {
    let uses = uses(corpus);
    let names = names_of_predicates(found);
    let called = |key: &String| names.get(key).map(Vec::as_slice).unwrap_or_default();
    let defaults: BTreeMap<&String, String> =
        uses.iter().filter_map(|(key, u)| Some((key, default_table(corpus, u, called(key))?))).collect();
    let mut patterns = Vec::new();
    for (key, used) in &uses {
        let default_of = defaults.get(key).cloned();
        // What holds everywhere is named by no word that happens to stand beside it.
        let named = names.get(key).filter(|_| default_of.is_none());
        let terms = named.cloned().unwrap_or_default();
        let repeated = used.families.len() >= options.min_support.max(2);
        if default_of.is_some() || (repeated && !terms.is_empty()) {
            patterns.push(pattern(corpus, key, used, default_of, terms));
        }
    }
    patterns
}

struct Used<'a> {
    predicate: &'a Predicate,
    families: BTreeSet<usize>,
}

/// Predicates that mean something anywhere, by key.
fn uses<'a>(corpus: &'a Corpus) -> BTreeMap<String, Used<'a>> {
    let mut uses: BTreeMap<String, Used> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for predicate in family.features.iter().flat_map(|features| &features.predicates) {
            let closed = predicate.fragment.closed && predicate.fragment.tables().len() == 1;
            if closed && predicate.windows.is_empty() {
                let used = uses.entry(predicate.fragment.key.clone());
                used.or_insert_with(|| Used { predicate, families: BTreeSet::new() }).families.insert(at);
            }
        }
    }
    uses
}

/// The table of which the predicate is a default, if it is one.
fn default_table(corpus: &Corpus, used: &Used, terms: &[String]) -> Option<String> {
    let table = *used.predicate.fragment.tables().first()?;
    let over = corpus.over_one(table).len();
    let share = used.families.len() as f64 / over.max(1) as f64;
    // Of few queries, all must have it.
    let all_of_few = used.families.len() >= 2 && used.families.len() == over;
    let often = all_of_few || used.families.len() >= DEFAULT_USES && share >= DEFAULT_SHARE;
    // People name what they want: a word beside what every query leaves out names something else.
    let is_left_out = all_of_few && matches!(used.predicate.operator.as_str(), "<>" | "NOT IN" | "IS NOT NULL");
    let terms = if is_left_out { &[] } else { terms };
    (often && !is_asked_for(corpus, used, terms)).then(|| table.to_owned())
}

/// A filter that most of its questions name is what they ask for, not a default; and a value
/// beside which others of the column are used is a choice.
fn is_asked_for(corpus: &Corpus, used: &Used, terms: &[String]) -> bool {
    let said = used.predicate.values.iter().chain(terms);
    let values: BTreeSet<String> = said.map(|value| crate::text::compact(value)).collect();
    let names = |text: &String| {
        let text = crate::text::compact(text);
        values.iter().any(|value| value.chars().count() >= 2 && text.contains(value.as_str()))
    };
    let says = |family: &&usize| corpus.families[**family].texts.iter().any(names);
    used.families.iter().filter(says).count() * 2 > used.families.len()
}

/// Terms for predicates: what names a value names the equality with it.
fn names_of_predicates(found: &Associations) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (term, pairs) in found.terms.iter().zip(&found.pairs) {
        let is_condition =
            |pair: &&Pair| matches!(found.facets[pair.facet].facet, Facet::Predicate(_) | Facet::Value(_));
        let Some(pair) = pairs.iter().find(is_condition) else { continue };
        let first = pairs.first().is_some_and(|first| first.score() <= pair.score() + 0.1);
        if !first && !pair.has_strong_evidence() {
            continue;
        }
        let share = pair.joint as f64 / term.families.len().max(1) as f64;
        let sure = (pair.has_strong_evidence() && share >= 0.5) || (pair.significant && share >= 0.75);
        let key = match &found.facets[pair.facet].facet {
            Facet::Predicate(key) => key.clone(),
            Facet::Value(value) => value.to_string(),
            _ => continue,
        };
        if sure {
            names.entry(key).or_default().push(term.text().to_owned());
        }
    }
    for terms in names.values_mut() {
        terms.sort_by_key(|term| (term.chars().count(), term.clone()));
        terms.truncate(5);
    }
    names
}

fn pattern(corpus: &Corpus, key: &str, used: &Used, default_of: Option<String>, terms: Vec<String>) -> LearntPattern {
    let fragment = used.predicate.fragment.clone();
    let tables: BTreeSet<String> = fragment.tables().into_iter().map(str::to_owned).collect();
    let over = corpus.over(&tables);
    let seen = corpus.seen_in(&used.families, &over);
    let statement = match &default_of {
        Some(table) => {
            format!("`{}` holds in {} of {} question families over `{table}`.", fragment.sql, seen.support, over.len())
        }
        None => format!("`{}` is used in {} question families.", fragment.sql, seen.support),
    };
    let body = Body::Filter(FilterRule {
        column: used.predicate.column.clone(),
        default_of,
        terms: terms.clone(),
        fragment: fragment.clone(),
    });
    let identity = format!("filter\u{1f}{key}");
    LearntPattern::new(PatternKind::Filter, &identity, statement, fragment.sql, terms, tables, seen, body)
}
