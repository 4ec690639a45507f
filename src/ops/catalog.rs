//! Reading tables from Unity Catalog, and profiling their columns with SQL.

use super::workspace::{OpsError, Workspace};
use crate::model::{Catalog, CatalogColumn, CatalogTable, Cell, ColumnProfile, TypeFamily};
use futures::stream::{self, StreamExt};
use std::collections::BTreeSet;

/// Statements at the same time while profiling.
const CONCURRENCY: usize = 10;

/// Reads the named tables. A table that is not there is returned by name, for the caller to say
/// who needs it.
pub async fn read_catalog(workspace: &Workspace, names: &BTreeSet<String>) -> Result<(Catalog, Vec<String>), OpsError> {
    let mut tables = Vec::new();
    let mut missing = Vec::new();
    for name in names {
        match workspace.client.table(name).await {
            Ok(table) => tables.push(table),
            Err(error) if error.is_not_found() => missing.push(name.clone()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((Catalog::new(tables), missing))
}

/// The catalog with a profile for every column that can carry a key, a code or a category.
/// A column whose profile fails is left without one: profiles inform, they do not decide.
pub async fn profile_catalog(workspace: &Workspace, catalog: &Catalog) -> Catalog {
    let tables = stream::iter(catalog.tables().cloned().collect::<Vec<_>>())
        .map(|table| profile_table(workspace, table))
        .buffered(CONCURRENCY)
        .collect::<Vec<_>>()
        .await;
    Catalog::new(tables)
}

/// Figures of one column in a table's profile: filled, distinct, smallest, largest.
const FIGURES: usize = 4;

/// One statement counts all columns of a table; a text column with few values gets another one
/// for its dictionary.
async fn profile_table(workspace: &Workspace, mut table: CatalogTable) -> CatalogTable {
    let columns: Vec<usize> = (0..table.columns.len()).filter(|index| is_profiled(&table.columns[*index])).collect();
    let figures: Vec<String> = columns.iter().map(|index| figures_of(&quote(&table.columns[*index].name))).collect();
    let path = quote_path(&table.full_name);
    let counts = format!("SELECT COUNT(*), {} FROM {path}", figures.join(", "));
    let Ok(result) = workspace.rows_of(&counts).await else { return table };
    let Some(row) = result.rows.first() else { return table };
    let cell = |at: usize| row.get(at).and_then(Cell::as_wire);
    let number = |at: usize| cell(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    for (position, index) in columns.into_iter().enumerate() {
        let first = 1 + position * FIGURES;
        let column = &mut table.columns[index];
        column.profile = Some(ColumnProfile {
            rows: number(0),
            nulls: number(0).saturating_sub(number(first)),
            distinct: number(first + 1),
            values: dictionary(workspace, &path, column, number(first + 1)).await,
            min: cell(first + 2),
            max: cell(first + 3),
        });
    }
    table
}

fn is_profiled(column: &CatalogColumn) -> bool {
    column.family() != TypeFamily::Other
}

fn figures_of(name: &str) -> String {
    format!("COUNT({name}), COUNT(DISTINCT {name}), CAST(MIN({name}) AS STRING), CAST(MAX({name}) AS STRING)")
}

/// All values of a text column, if they are few enough for a dictionary.
async fn dictionary(workspace: &Workspace, path: &str, column: &CatalogColumn, distinct: u64) -> Vec<String> {
    if column.family() != TypeFamily::Text || distinct == 0 || distinct > ColumnProfile::MAX_VALUES as u64 {
        return Vec::new();
    }
    let name = quote(&column.name);
    let sql = format!("SELECT DISTINCT {name} FROM {path} WHERE {name} IS NOT NULL ORDER BY 1");
    let rows = workspace.rows_of(&sql).await.map(|result| result.rows).unwrap_or_default();
    rows.iter().filter_map(|row| row.first()?.as_wire()).collect()
}

/// A name in backticks.
pub fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A dotted name with every part in backticks.
pub fn quote_path(name: &str) -> String {
    name.split('.').map(|part| quote(part.trim_matches('`'))).collect::<Vec<_>>().join(".")
}
