//! Reading tables from Unity Catalog, and profiling their columns with SQL.

use super::workspace::{OpsError, Workspace};
use crate::databricks::SqlOptions;
use crate::model::{Catalog, CatalogColumn, CatalogTable, ColumnProfile, TypeFamily};
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

async fn profile_table(workspace: &Workspace, mut table: CatalogTable) -> CatalogTable {
    for index in 0..table.columns.len() {
        if is_profiled(&table.columns[index]) {
            let profile = profile_column(workspace, &table.full_name, &table.columns[index]).await;
            table.columns[index].profile = profile;
        }
    }
    table
}

fn is_profiled(column: &CatalogColumn) -> bool {
    !matches!(column.family(), TypeFamily::Other)
}

async fn profile_column(workspace: &Workspace, table: &str, column: &CatalogColumn) -> Option<ColumnProfile> {
    let (table, name) = (quote_path(table), quote(&column.name));
    let counts = format!(
        "SELECT COUNT(*), COUNT({name}), COUNT(DISTINCT {name}), CAST(MIN({name}) AS STRING), \
         CAST(MAX({name}) AS STRING) FROM {table}"
    );
    let rows = workspace.run_sql(&counts, &SqlOptions::default()).await.ok()?.rows;
    let cell = |at: usize| rows.first().and_then(|row| row.get(at)).and_then(|cell| cell.as_wire());
    let number = |at: usize| cell(at).and_then(|text| text.parse::<u64>().ok());
    let (total, filled, distinct) = (number(0)?, number(1)?, number(2)?);
    let values = match column.family() {
        TypeFamily::Text if distinct <= ColumnProfile::MAX_VALUES as u64 => {
            let sql = format!("SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL ORDER BY 1");
            let result = workspace.run_sql(&sql, &SqlOptions::default()).await.ok()?;
            result.rows.iter().filter_map(|row| row.first()?.as_wire()).collect()
        }
        _ => Vec::new(),
    };
    Some(ColumnProfile { rows: total, nulls: total - filled, distinct, values, min: cell(3), max: cell(4) })
}

/// A name in backticks.
pub fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A dotted name with every part in backticks.
pub fn quote_path(name: &str) -> String {
    name.split('.').map(|part| quote(part.trim_matches('`'))).collect::<Vec<_>>().join(".")
}
