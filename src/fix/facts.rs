//! What the data say of a candidate, from the profiles in the catalog: whether a literal is a
//! value, and whether the keys of a join match. Where no profile is known, nothing is refused.

use super::input::Context;
use crate::model::{Catalog, CatalogColumn, Relationship, TypeFamily};
use crate::sql::{ColumnRef, ColumnValue, Features};
use crate::text::{compact, edit_similarity};
use std::collections::BTreeSet;

/// Texts that a column is compared with and that its dictionary does not hold.
pub(super) fn strange_value(context: &Context, features: &Features) -> Option<String> {
    let folds = folds_case(&features.source);
    features.values.iter().find_map(|value| {
        let column = column(context.names.catalog(), &value.column)?;
        let values = dictionary(column)?;
        told_if_strange(value, values, folds)
    })
}

fn told_if_strange(value: &ColumnValue, values: &[String], folds: bool) -> Option<String> {
    // An empty text and its like guard against gaps; they need not be there.
    if !value.is_text || value.value.trim().is_empty() || values.iter().any(|have| have == &value.value) {
        return None;
    }
    let alike = values.iter().find(|have| compact(have) == compact(&value.value));
    if folds && alike.is_some() {
        return None;
    }
    let likeness = |have: &&String| edit_similarity(&compact(have), &compact(&value.value));
    let nearest = alike.or_else(|| values.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))));
    let nearest = nearest.map(|have| format!("; the nearest is '{have}'")).unwrap_or_default();
    Some(format!("'{}' is no value of `{}`{nearest}.", value.value, value.column))
}

/// Comparisons that only the warehouse can decide: no dictionary holds the column's values.
pub(super) fn open_values(catalog: &Catalog, features: &Features) -> Vec<ColumnValue> {
    let is_open = |value: &&ColumnValue| {
        let found = column(catalog, &value.column);
        let text = found.is_some_and(|found| found.family() == TypeFamily::Text);
        text && value.is_text && !value.value.trim().is_empty() && found.and_then(dictionary).is_none()
    };
    if folds_case(&features.source) { Vec::new() } else { features.values.iter().filter(is_open).cloned().collect() }
}

/// True for SQL that compares texts in another spelling than they stand in the table.
fn folds_case(sql: &str) -> bool {
    let sql = sql.to_lowercase();
    ["lower(", "upper(", "initcap(", "ilike", "trim(", "collate"].iter().any(|word| sql.contains(word))
}

fn column<'c>(catalog: &'c Catalog, named: &ColumnRef) -> Option<&'c CatalogColumn> {
    catalog.table(&named.table)?.column(&named.column)
}

fn dictionary(column: &CatalogColumn) -> Option<&[String]> {
    let values = column.profile.as_ref().map(|profile| profile.values.as_slice())?;
    (column.family() == TypeFamily::Text && !values.is_empty()).then_some(values)
}

/// What speaks against joining these columns, each side as (table, column).
pub(super) fn odd_join(
    context: &Context,
    left: &ColumnRef,
    right: &ColumnRef,
    relationship: Relationship,
) -> Option<String> {
    let catalog = context.names.catalog();
    let (one, two) = (column(catalog, left)?, column(catalog, right)?);
    if kind(one.family()) != kind(two.family()) {
        return Some(format!(
            "`{left}` is {} and `{right}` is {}: they do not match.",
            one.type_text.to_uppercase(),
            two.type_text.to_uppercase()
        ));
    }
    if let (Some(mine), Some(theirs)) = (dictionary(one), dictionary(two)) {
        let theirs: BTreeSet<&String> = theirs.iter().collect();
        if !mine.iter().any(|value| theirs.contains(value)) {
            return Some(format!("`{left}` and `{right}` have no value in common."));
        }
    }
    use Relationship::{ManyToOne, OneToMany, OneToOne};
    let claims =
        [(left, matches!(relationship, OneToMany | OneToOne)), (right, matches!(relationship, ManyToOne | OneToOne))];
    claims.into_iter().find(|(side, is_one)| *is_one && is_unique(catalog, side) == Some(false)).map(|(side, _)| {
        format!("`{side}` holds a value in several rows, so it is no “one” side of {}.", relationship.name())
    })
}

fn kind(family: TypeFamily) -> TypeFamily {
    match family {
        TypeFamily::Decimal => TypeFamily::Integer,
        TypeFamily::Timestamp => TypeFamily::Date,
        other => other,
    }
}

/// Known from a declared key, or from a profile.
fn is_unique(catalog: &Catalog, named: &ColumnRef) -> Option<bool> {
    let table = catalog.table(&named.table)?;
    let alone = |key: &[String]| matches!(key, [only] if only.eq_ignore_ascii_case(&named.column));
    if alone(&table.primary_key) {
        return Some(true);
    }
    let profile = column(catalog, named)?.profile.as_ref().filter(|profile| profile.rows > 0)?;
    Some(profile.distinct == profile.rows.saturating_sub(profile.nulls))
}
