//! SQL snippets: measures, filters, expressions.

use super::corrections;
use super::gaps::Gap;
use super::input::{Context, Draft, grouped, same_name};
use super::names::{display_name, distinct, grain_name, identifier, name_of, readable, reads_as_name};
use crate::learn::{Body, Calculation, DateRule, Facet, FilterRule, LearntPattern, Vocabulary, is_kind_word};
use crate::model::{Address, Category, Change, SnippetKind, short_id};
use crate::sql::{ColumnRef, Fragment, quote, quote_name};
use crate::text::{split_identifier, spoken_name, stem};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub(super) fn propose(context: &Context, patterns: &[LearntPattern]) -> Vec<Draft> {
    let drafts = patterns.iter().filter_map(|learnt| match &learnt.body {
        Body::Calculation(calculation) => calculated(context, learnt, calculation),
        Body::Filter(rule) if rule.default_of.is_none() => filter(context, learnt, rule, patterns),
        Body::Vocabulary(word) => named_value(context, learnt, word, patterns),
        Body::Date(rule) => grain(context, learnt, rule),
        _ => None,
    });
    drafts.chain(defaults(context, patterns)).map(|draft| corrections::correct(context, draft)).collect()
}

/// The defaults of one table are one idea: all of them or none.
fn defaults(context: &Context, patterns: &[LearntPattern]) -> Vec<Draft> {
    let of_table = grouped(patterns.iter().filter_map(|learnt| match &learnt.body {
        Body::Filter(rule) => Some((rule.default_of.clone()?, filter(context, learnt, rule, patterns)?)),
        _ => None,
    }));
    let together = of_table.into_values().filter_map(|drafts| {
        let support = drafts.iter().map(|draft| draft.support).min()?;
        let mut drafts = drafts.into_iter();
        let first = drafts.next()?;
        Some(drafts.fold(Draft { support, ..first }, |mut all, next| {
            all.changes.extend(next.changes);
            all.patterns.extend(next.patterns);
            all.targets.extend(next.targets);
            all.targets.sort();
            all.targets.dedup();
            all.reason = format!("{} {}", all.reason, next.reason);
            all
        }))
    });
    together.collect()
}

/// SQL as snippets write it: by the table's short name where that says which table is meant.
pub(super) fn sql(context: &Context, fragment: &Fragment) -> String {
    fragment.with_prefix(&|table| match context.table(table) {
        Some(found) => {
            let short = found.identifier.replace('`', "").rsplit('.').next().unwrap_or_default().to_owned();
            let same = |other: &str| {
                other.replace('`', "").rsplit('.').next().unwrap_or_default().eq_ignore_ascii_case(&short)
            };
            let one = context.view.tables.iter().filter(|other| same(&other.identifier)).count() == 1;
            if one { quote(&short) } else { quote_name(&found.identifier.replace('`', "")) }
        }
        None => quote_name(table),
    })
}

struct Element<'e> {
    kind: SnippetKind,
    alias: Option<String>,
    display_name: String,
    synonyms: Vec<String>,
    instruction: Option<String>,
    comment: Option<String>,
    sql: &'e str,
}

fn change(element: Element) -> Change {
    let id = short_id(&[element.kind.list(), element.sql]);
    let mut map = Map::new();
    map.insert("id".to_owned(), json!(id));
    if let Some(alias) = element.alias {
        map.insert("alias".to_owned(), json!(alias));
    }
    map.insert("sql".to_owned(), json!([element.sql]));
    map.insert("display_name".to_owned(), json!(element.display_name));
    let texts = [("instruction", element.instruction), ("comment", element.comment)];
    for (key, text) in texts.into_iter().filter_map(|(key, text)| Some((key, text?))) {
        map.insert(key.to_owned(), json!([text]));
    }
    if !element.synonyms.is_empty() {
        map.insert("synonyms".to_owned(), json!(element.synonyms));
    }
    Change::add(Address::snippet(element.kind.list(), &id), Value::Object(map))
}

fn calculated(context: &Context, learnt: &LearntPattern, calculation: &Calculation) -> Option<Draft> {
    let kind = if calculation.is_aggregate { SnippetKind::Measure } else { SnippetKind::Expression };
    let key = &calculation.fragment.key;
    let name = name_of(calculation)?;
    let known = context.meanings().iter().any(|have| have.kind == kind && have.is(key));
    if known || is_trivial(calculation) {
        return None;
    }
    let lacks = |gap: &Gap| gap.lacking.calculations.contains(key) || gap.lacking.expressions.contains(key);
    let targets = context.targets(lacks);
    let scope: Vec<&Fragment> = calculation.scope.iter().collect();
    let whole = if scope.is_empty() { calculation.fragment.clone() } else { calculation.fragment.filtered(&scope) };
    let text = sql(context, &whole);
    let display_name = display_name(calculation, &name);
    let mut synonyms: Vec<String> = calculation.terms.clone();
    synonyms.extend(calculation.aliases.iter().filter(|alias| reads_as_name(alias)).map(|alias| readable(alias)));
    let synonyms = distinct(synonyms, &display_name);
    let comment = calculation.digits.map(|digits| format!("Rounded to {}.", places(digits)));
    let change = change(Element {
        kind,
        alias: Some(free_alias(context, &name)),
        display_name,
        synonyms,
        instruction: None,
        comment,
        sql: &text,
    });
    Some(Draft::from_pattern(Category::SqlSnippets, vec![change], learnt, targets))
}

/// A number of decimal places in words.
pub(super) fn places(digits: i64) -> String {
    if digits == 1 { "1 decimal place".to_owned() } else { format!("{digits} decimal places") }
}

/// `SUM(x) AS x` and a bare column say nothing that the column does not.
fn is_trivial(calculation: &Calculation) -> bool {
    let named = !calculation.terms.is_empty();
    let mut columns = calculation.fragment.columns.iter();
    let only = columns.next().filter(|_| columns.next().is_none());
    let same = only.is_some_and(|column| calculation.aliases.iter().all(|alias| same_name(alias, &column.column)));
    same && !named || only.is_some_and(|column| counts_by_name(calculation, column))
}

/// A count of a table's rows that is called as the table is.
fn counts_by_name(calculation: &Calculation, column: &ColumnRef) -> bool {
    let short = column.table.rsplit('.').next().unwrap_or_default();
    let stems = |name: &str| split_identifier(name).iter().map(|word| stem(word)).collect::<Vec<_>>();
    let table = stems(short);
    let by_table = |name: &String| stems(name).iter().all(|word| table.contains(word) || is_kind_word(word));
    let counts = calculation.fragment.sql == format!("COUNT({column})");
    counts && calculation.aliases.iter().chain(&calculation.terms).all(by_table)
}

/// An alias that no snippet of the space has.
fn free_alias(context: &Context, wanted: &str) -> String {
    let taken = |alias: &str| context.view.snippets.iter().any(|snippet| snippet.alias.eq_ignore_ascii_case(alias));
    if !taken(wanted) {
        return wanted.to_owned();
    }
    let numbered = (2..100).map(|n| format!("{wanted}_{n}")).find(|alias| !taken(alias));
    numbered.unwrap_or_else(|| format!("{wanted}_x"))
}

fn filter(context: &Context, learnt: &LearntPattern, rule: &FilterRule, patterns: &[LearntPattern]) -> Option<Draft> {
    let key = &rule.fragment.key;
    if context.snippet_with(SnippetKind::Filter, key).is_some() {
        return None;
    }
    // A word for one value is made a filter from its own pattern, unless it is a default.
    let by_word = |other: &LearntPattern| matches!(&other.body, Body::Vocabulary(word) if [rule.fragment.sql.as_str(), key].contains(&word.facet.sql(None).as_str()));
    if rule.default_of.is_none() && patterns.iter().any(by_word) {
        return None;
    }
    let targets = context.targets(|gap| gap.lacking.predicates.contains(key));
    let text = sql(context, &rule.fragment);
    let (display_name, instruction) = match &rule.default_of {
        Some(table) => {
            let short = table.rsplit('.').next().unwrap_or(table);
            let what = rule.column.as_ref().map_or(short.to_owned(), |column| spoken_name(&column.column));
            let name = rule.terms.first().cloned().unwrap_or_else(|| format!("default {what} of {short}"));
            let text =
                format!("Apply to every question about {short}, unless the question asks for other {what} values.");
            (name, Some(text))
        }
        None => (rule.terms.first()?.clone(), None),
    };
    let synonyms = distinct(rule.terms.iter().skip(1).cloned().collect(), &display_name);
    let kind = SnippetKind::Filter;
    let change = change(Element { kind, alias: None, display_name, synonyms, instruction, comment: None, sql: &text });
    Some(Draft::from_pattern(Category::SqlSnippets, vec![change], learnt, targets))
}

/// A word for a value or a predicate as a filter of that name.
fn named_value(
    context: &Context,
    learnt: &LearntPattern,
    word: &Vocabulary,
    patterns: &[LearntPattern],
) -> Option<Draft> {
    let (text, key) = match (&word.facet, &word.fragment) {
        (Facet::Value(value), _) if !same_name(&value.value, &word.term) => {
            let predicate = value.to_string();
            let (fragment, _) = crate::sql::read_expression(&predicate, &[], &context.names).ok()?;
            (sql(context, &fragment), fragment.key)
        }
        (Facet::Predicate(key), Some(fragment)) => (sql(context, fragment), key.clone()),
        _ => return None,
    };
    if context.snippet_with(SnippetKind::Filter, &key).is_some() {
        return None;
    }
    // One filter with all its words: the best supported one makes it.
    let words: Vec<&str> = patterns
        .iter()
        .filter_map(|other| match &other.body {
            Body::Vocabulary(other) if other.facet == word.facet => Some(other.term.as_str()),
            _ => None,
        })
        .collect();
    if words.first() != Some(&word.term.as_str()) {
        return None;
    }
    let targets = context.targets(|gap| {
        let lacks = match &word.facet {
            Facet::Value(value) => gap.lacking.values.contains(value),
            _ => gap.lacking.predicates.contains(&key),
        };
        lacks && words.iter().any(|word| Context::says(gap, word))
    });
    let change = change(Element {
        kind: SnippetKind::Filter,
        alias: None,
        display_name: word.term.clone(),
        synonyms: distinct(words.iter().skip(1).map(|word| (*word).to_owned()).collect(), &word.term),
        instruction: None,
        comment: None,
        sql: &text,
    });
    Some(Draft::from_pattern(Category::SqlSnippets, vec![change], learnt, targets))
}

/// A date grain as an expression.
fn grain(context: &Context, learnt: &LearntPattern, rule: &DateRule) -> Option<Draft> {
    let DateRule::Grain { unit, column, sql: full, .. } = rule else { return None };
    let (fragment, _) = crate::sql::read_expression(full, &[], &context.names).ok()?;
    if context.snippet_with(SnippetKind::Expression, &fragment.key).is_some() {
        return None;
    }
    let targets = context.targets(|gap| gap.lacking.grains.iter().any(|g| g.column == *column && g.unit == *unit));
    let name = format!("{}_{}", column.column.to_lowercase(), unit.to_lowercase());
    let text = sql(context, &fragment);
    let change = change(Element {
        kind: SnippetKind::Expression,
        alias: Some(free_alias(context, &identifier(&name))),
        display_name: grain_name(&unit.to_lowercase(), &column.column),
        synonyms: BTreeSet::from([unit.to_lowercase()]).into_iter().collect(),
        instruction: None,
        comment: None,
        sql: &text,
    });
    Some(Draft::from_pattern(Category::SqlSnippets, vec![change], learnt, targets))
}
