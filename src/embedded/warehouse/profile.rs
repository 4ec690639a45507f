//! What the values of a column look like.

use super::failure::SqlFailure;
use super::{StatementOptions, Warehouse};
use crate::model::{Cell, ColumnProfile};

/// Counts first; the values themselves only if there are few.
pub(super) async fn profile(warehouse: &Warehouse, table: &str, column: &str) -> Result<ColumnProfile, SqlFailure> {
    let (table, column) = (quote(table), quote_one(column));
    let most = ColumnProfile::MAX_VALUES;
    let options = StatementOptions::default();
    let counts = format!(
        "SELECT count(*), count({column}), count(DISTINCT {column}), CAST(min({column}) AS STRING), \
         CAST(max({column}) AS STRING) FROM {table}"
    );
    let counted = warehouse.execute(&counts, &options).await?;
    let row = counted.rows.into_iter().next().unwrap_or_default();
    let number = |at: usize| row.get(at).and_then(Cell::as_wire).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let text = |at: usize| row.get(at).and_then(Cell::as_wire);
    let mut profile = ColumnProfile {
        rows: number(0),
        nulls: number(0).saturating_sub(number(1)),
        distinct: number(2),
        values: Vec::new(),
        min: text(3),
        max: text(4),
    };
    if profile.distinct as usize <= most {
        let values = format!(
            "SELECT CAST({column} AS STRING) FROM (SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL) \
             ORDER BY {column}"
        );
        let found = warehouse.execute(&values, &options).await?;
        profile.values = found.rows.iter().filter_map(|row| row.first().and_then(Cell::as_wire)).collect();
    }
    Ok(profile)
}

fn quote(name: &str) -> String {
    let parts: Vec<String> = name.replace('`', "").split('.').map(quote_one).collect();
    parts.join(".")
}

fn quote_one(name: &str) -> String {
    format!("`{}`", name.replace('`', ""))
}
