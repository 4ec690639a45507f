//! What `COUNT(*)` counts: the rows of one table, said as a count of that table's key.

use super::features::{Features, Fragment, read_expression};
use super::names::{ColumnRef, Names};
use super::resolve::JoinKind;
use crate::model::{CatalogTable, TypeFamily};

/// True for a count of rows, whatever they are.
pub fn counts_rows(fragment: &Fragment) -> bool {
    fragment.columns.is_empty() && ["COUNT(*)", "COUNT(1)"].contains(&fragment.key.to_uppercase().as_str())
}

/// The rows that a query counts with `COUNT(*)`. None where no key of their table is known, or
/// where its joins leave it open whose rows they are.
pub(super) fn counted(features: &Features, names: &Names) -> Option<Fragment> {
    let asks = features.outputs.iter().any(|output| output.top && counts_rows(&output.core));
    let inner = features.joins.iter().all(|join| join.kind == JoinKind::Inner);
    if !asks || !features.is_flat || !inner || !features.unknown_tables.is_empty() {
        return None;
    }
    // A table that is joined by its key multiplies no rows.
    let is_looked_up = |table: &&String| {
        features.joins.iter().any(|join| {
            let (left, right): (Vec<&str>, Vec<&str>) =
                join.pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).unzip();
            join.left == **table && is_key(names, table, &left) || join.right == **table && is_key(names, table, &right)
        })
    };
    let mut open = features.tables.iter().filter(|table| !is_looked_up(table));
    let table = open.next().filter(|_| open.next().is_none())?;
    let key = key(names.table(table)?)?;
    let (fragment, unknown) = read_expression(&format!("COUNT({})", ColumnRef::new(table, &key)), &[], names).ok()?;
    unknown.is_empty().then_some(fragment)
}

fn is_key(names: &Names, table: &str, columns: &[&str]) -> bool {
    let Some(table) = names.table(table) else { return false };
    let declared = table.primary_key.len() == columns.len()
        && table.primary_key.iter().all(|key| columns.iter().any(|column| column.eq_ignore_ascii_case(key)));
    declared || columns.iter().any(|column| is_unique(table, column))
}

fn is_unique(table: &CatalogTable, column: &str) -> bool {
    table.column(column).and_then(|found| found.profile.as_ref()).is_some_and(|profile| profile.is_unique())
}

/// The declared key of one column, else the first column whose values are all there and differ.
fn key(table: &CatalogTable) -> Option<String> {
    if let [one] = table.primary_key.as_slice() {
        return Some(one.clone());
    }
    let may_be = |family: TypeFamily| matches!(family, TypeFamily::Integer | TypeFamily::Text);
    let found = table.columns.iter().find(|column| may_be(column.family()) && is_unique(table, &column.name))?;
    Some(found.name.clone())
}
