//! Further names of snippets that the space has: a person's snippet keeps its SQL and its words,
//! and is found by one more.

use super::input::{Context, Draft, Meaning, same_name};
use crate::learn::{Body, Facet, LearntPattern};
use crate::model::{Address, Category, Change, SnippetKind};
use crate::sql::read_expression;
use serde_json::json;

pub(super) fn propose<'p>(context: &Context, patterns: impl Iterator<Item = &'p LearntPattern>) -> Vec<Draft> {
    patterns.flat_map(|learnt| names(context, learnt)).collect()
}

/// One draft for each word that a pattern has for a snippet of the space.
fn names(context: &Context, learnt: &LearntPattern) -> Vec<Draft> {
    let Some((kind, key)) = meaning(context, learnt) else { return Vec::new() };
    let Some(found) = context.meanings().iter().find(|have| have.kind == kind && have.is(&key)) else {
        return Vec::new();
    };
    learnt.pattern.terms.iter().filter_map(|term| name(context, learnt, found, &key, term)).collect()
}

fn name(context: &Context, learnt: &LearntPattern, found: &Meaning, key: &str, term: &str) -> Option<Draft> {
    let snippet = context.view.snippets.iter().find(|have| have.kind == found.kind && have.id == found.id)?;
    let names = [&snippet.display_name, &snippet.alias].into_iter().chain(&snippet.synonyms);
    if names.into_iter().any(|name| same_name(name, term)) {
        return None;
    }
    let targets = context.targets(|gap| {
        let lacks = gap.lacking.calculations.contains(key)
            || gap.lacking.expressions.contains(key)
            || gap.lacking.predicates.contains(key);
        lacks && Context::says(gap, term)
    });
    let address = Address::snippet(found.kind.list(), &found.id).child("synonyms").child(term);
    let change = Change::add(address, json!(term));
    let mut draft = Draft::from_pattern(Category::SqlSnippets, vec![change], learnt, targets);
    draft.reason = format!("{} It becomes one more name of {} “{}”.", draft.reason, kind(found.kind), snippet.called());
    Some(draft)
}

fn kind(kind: SnippetKind) -> &'static str {
    kind.list().trim_end_matches('s')
}

/// What kind of snippet would say it, and its key.
fn meaning(context: &Context, learnt: &LearntPattern) -> Option<(SnippetKind, String)> {
    match &learnt.body {
        Body::Calculation(calculation) => {
            let kind = if calculation.is_aggregate { SnippetKind::Measure } else { SnippetKind::Expression };
            Some((kind, calculation.fragment.key.clone()))
        }
        Body::Vocabulary(word) => match &word.facet {
            Facet::Calculation(key) => Some((SnippetKind::Measure, key.clone())),
            Facet::Expression(key) => Some((SnippetKind::Expression, key.clone())),
            Facet::Predicate(key) => Some((SnippetKind::Filter, key.clone())),
            Facet::Value(value) if !same_name(&value.value, &word.term) => {
                let (fragment, _) = read_expression(&value.to_string(), &[], &context.names).ok()?;
                Some((SnippetKind::Filter, fragment.key))
            }
            Facet::Value(_) | Facet::Column(_) => None,
        },
        Body::Filter(rule) if rule.default_of.is_none() => Some((SnippetKind::Filter, rule.fragment.key.clone())),
        _ => None,
    }
}
