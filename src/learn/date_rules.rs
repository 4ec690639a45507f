//! Dates: which column is *the* date of a table, and how grains are written.

use super::Options;
use super::corpus::Corpus;
use super::pattern::{Body, DateRule, LearntPattern, Seen};
use crate::model::PatternKind;
use crate::sql::{ColumnRef, Features, Grain};
use std::collections::{BTreeMap, BTreeSet};

/// A date column is *the* date of its table from this share of the dated queries on.
const DATE_SHARE: f64 = 0.8;

pub(super) fn mine(corpus: &Corpus, options: Options) -> Vec<LearntPattern> {
    let mut patterns = columns(corpus, options);
    patterns.extend(grains(corpus, options));
    patterns
}

/// Date columns a query filters or groups by.
fn dated(features: &Features, corpus: &Corpus) -> BTreeSet<ColumnRef> {
    let is_date = |column: &&ColumnRef| corpus.column(column).is_some_and(|c| c.family().is_temporal());
    let filtered = features.predicates.iter().filter_map(|predicate| predicate.column.as_ref()).filter(is_date);
    let windows = features.windows().map(|window| &window.column);
    let grouped = features.grains.iter().map(|grain| &grain.column);
    filtered.chain(windows).chain(grouped).cloned().collect()
}

fn columns(corpus: &Corpus, options: Options) -> Vec<LearntPattern> {
    let mut by_table: BTreeMap<String, BTreeMap<ColumnRef, BTreeSet<usize>>> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for column in family.features.iter().flat_map(|features| dated(features, corpus)) {
            by_table.entry(column.table.clone()).or_default().entry(column).or_default().insert(at);
        }
    }
    by_table.into_iter().filter_map(|(table, uses)| date_column(corpus, &table, &uses, options)).collect()
}

fn date_column(
    corpus: &Corpus,
    table: &str,
    uses: &BTreeMap<ColumnRef, BTreeSet<usize>>,
    options: Options,
) -> Option<LearntPattern> {
    let all: BTreeSet<usize> = uses.values().flatten().copied().collect();
    let (column, families) = uses.iter().max_by_key(|(column, f)| (f.len(), std::cmp::Reverse(*column)))?;
    let share = families.len() as f64 / all.len().max(1) as f64;
    let others = corpus.names.catalog().table(table)?.columns.iter();
    let rivals: Vec<ColumnRef> = others
        .filter(|other| other.family().is_temporal() && other.name != column.column)
        .map(|other| ColumnRef::new(table, &other.name))
        .collect();
    // With one date column there is nothing to tell.
    if rivals.is_empty() || families.len() < options.min_support.max(2) || share < DATE_SHARE {
        return None;
    }
    let seen = corpus.seen_in(families, &all);
    let statement =
        format!("`{column}` is the date of `{table}` in {} of {} dated question families.", families.len(), all.len());
    let body = Body::Date(DateRule::Column { column: column.clone(), rivals });
    Some(LearntPattern::new(
        PatternKind::Date,
        &format!("date\u{1f}{column}"),
        statement,
        column.to_string(),
        Vec::new(),
        BTreeSet::from([table.to_owned()]),
        seen,
        body,
    ))
}

/// Words that stand behind the number of a window: the units people count dates in.
pub(super) fn unit_words(corpus: &Corpus) -> BTreeSet<String> {
    let mut units = BTreeSet::new();
    for family in &corpus.families {
        let numbers: BTreeSet<String> =
            family.features.iter().flat_map(Features::windows).filter_map(|w| w.n).map(|n| n.to_string()).collect();
        for run in family.segments.iter().flatten() {
            let behind = run.windows(2).filter(|two| two[0].is_number && numbers.contains(&two[0].key));
            units.extend(behind.filter(|two| !two[1].is_number).map(|two| two[1].key.clone()));
        }
    }
    units
}

/// Grains: words that come with grouping by one unit of a date.
fn grains(corpus: &Corpus, options: Options) -> Vec<LearntPattern> {
    let mut uses: BTreeMap<Grain, (String, BTreeSet<usize>)> = BTreeMap::new();
    let mut by_column: BTreeMap<&ColumnRef, BTreeSet<usize>> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for features in &family.features {
            for grain in &features.grains {
                by_column.entry(&grain.column).or_default().insert(at);
            }
            for grain in features.grains.iter().filter(|grain| !grain.unit.is_empty()) {
                let key = features.group_keys.iter().find(|key| key.columns.contains(&grain.column));
                let sql = key.map(|key| key.sql.clone()).unwrap_or_default();
                uses.entry(grain.clone()).or_insert((sql, BTreeSet::new())).1.insert(at);
            }
        }
    }
    let enough = uses.into_iter().filter(|(_, (_, families))| families.len() >= options.min_support.max(2));
    let pattern = |(grain, (sql, families)): (Grain, (String, BTreeSet<usize>))| {
        grain_pattern(&grain, sql, corpus.seen_in(&families, &by_column[&grain.column]))
    };
    enough.map(pattern).collect()
}

fn grain_pattern(grain: &Grain, sql: String, seen: Seen) -> LearntPattern {
    let statement = format!("`{sql}` is the grain of {} question families.", seen.support);
    let term = grain.unit.to_lowercase();
    let body = Body::Date(DateRule::Grain {
        term: term.clone(),
        column: grain.column.clone(),
        unit: grain.unit.clone(),
        sql: sql.clone(),
    });
    LearntPattern::new(
        PatternKind::Date,
        &format!("grain\u{1f}{sql}"),
        statement,
        sql,
        vec![term],
        BTreeSet::from([grain.column.table.clone()]),
        seen,
        body,
    )
}
