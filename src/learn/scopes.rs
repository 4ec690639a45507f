//! Scopes: what a calculation counts, where another table says so.
//!
//! A sum over order lines is asked for by the date and the state of their orders. The lines do not
//! say either, so the conditions on the other table belong to what the sum means.

use super::association::FacetInfo;
use super::corpus::Corpus;
use crate::model::TypeFamily;
use crate::sql::{ColumnRef, Features, Fragment, read_expression};
use std::collections::{BTreeMap, BTreeSet};

/// Share of the families with a calculation that a condition holds in.
const SHARE: f64 = 0.8;
/// Families that make a habit.
const FAMILIES: usize = 2;

/// The conditions on other tables that go with a calculation over one table.
pub(super) fn of_calculation(corpus: &Corpus, info: &FacetInfo, fragment: &Fragment) -> Vec<Fragment> {
    let tables = fragment.tables();
    let Some(table) = tables.first().filter(|_| tables.len() == 1) else { return Vec::new() };
    let queries: Vec<(usize, &Features)> = info
        .families
        .iter()
        .flat_map(|at| corpus.families[*at].features.iter().map(move |features| (*at, features)))
        .filter(|(_, features)| features.outputs.iter().any(|output| output.core.key == fragment.key))
        .collect();
    let families = queries.iter().map(|(at, _)| at).collect::<BTreeSet<_>>().len();
    if families < FAMILIES || queries.iter().any(|(_, features)| !features.is_flat) {
        return Vec::new();
    }
    let usual = |found: BTreeSet<usize>| found.len() as f64 >= SHARE * families as f64;
    let mut conditions: BTreeMap<&str, (&Fragment, BTreeSet<usize>)> = BTreeMap::new();
    for (at, features) in &queries {
        for predicate in features.predicates.iter().filter(|predicate| predicate.windows.is_empty()) {
            let elsewhere = predicate.fragment.tables().len() == 1 && !predicate.fragment.tables().contains(table);
            if predicate.fragment.closed && elsewhere {
                let entry = conditions.entry(&predicate.fragment.key).or_insert((&predicate.fragment, BTreeSet::new()));
                entry.1.insert(*at);
            }
        }
    }
    let mut scope: Vec<Fragment> =
        conditions.into_values().filter(|(_, found)| usual(found.clone())).map(|(part, _)| part.clone()).collect();
    if scope.is_empty() {
        scope.extend(date_elsewhere(corpus, table, &queries, families));
    }
    scope
}

/// Where the table has no date, and its queries take that of one other table: that it has one.
fn date_elsewhere(corpus: &Corpus, table: &str, queries: &[(usize, &Features)], families: usize) -> Option<Fragment> {
    let columns = &corpus.names.catalog().table(table)?.columns;
    if columns.iter().any(|column| column.family().is_temporal()) {
        return None;
    }
    let mut dates: BTreeMap<&ColumnRef, BTreeSet<usize>> = BTreeMap::new();
    for (at, features) in queries {
        for window in features.windows() {
            dates.entry(&window.column).or_default().insert(*at);
        }
    }
    let is_date = |column: &ColumnRef| {
        let family = corpus.column(column).map(crate::model::CatalogColumn::family);
        family.is_some_and(|family: TypeFamily| family.is_temporal())
    };
    let (column, found) = dates.into_iter().max_by_key(|(column, found)| (found.len(), std::cmp::Reverse(*column)))?;
    let usual = found.len() >= FAMILIES && found.len() as f64 >= SHARE * families as f64;
    let sql = format!("{column} IS NOT NULL");
    let (fragment, _) = read_expression(&sql, &[], &corpus.names).ok().filter(|_| usual && is_date(column))?;
    Some(fragment)
}
