//! The tables of a `catalog.schema` behind the SQL warehouse. Rows go as one parameter of a fixed
//! statement, so that nothing from a run is ever part of an SQL text; only the declared names are.

use super::error::HistoryError;
use super::tables::{Column, Kind, Row, Table};
use crate::databricks::{Client, SqlOptions, SqlParameter, SqlRunError};
use crate::model::{Cell, ResultSet};
use serde_json::Value;
use std::time::Duration;

/// Bytes of rows in one statement; the service takes 16 MiB.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Times that adding columns is tried again after others may have added them.
const MOST_WIDENINGS: usize = 3;

#[derive(Clone)]
pub struct Warehouse {
    pub client: Client,
    pub warehouse_id: String,
    /// `catalog.schema`, as it was declared.
    pub schema: String,
}

impl Warehouse {
    /// Adds rows, and makes the table, or columns that it lacks, where needed.
    pub async fn append(&self, table: &Table, rows: &[Row]) -> Result<(), HistoryError> {
        if rows.is_empty() {
            return Ok(());
        }
        self.run(&self.create(table), Vec::new(), "make a history table").await?;
        self.widen(table).await?;
        for part in parts(rows) {
            let parameter = SqlParameter { name: "rows".to_owned(), value: Some(part), sql_type: "STRING".to_owned() };
            self.run(&self.insert(table), vec![parameter], "take the rows of the history").await?;
        }
        Ok(())
    }

    pub async fn read(&self, table: &Table) -> Result<Vec<Row>, HistoryError> {
        let sql = format!("SELECT * FROM {}", self.name(table));
        let result = match self.run(&sql, Vec::new(), "read a history table").await {
            Err(HistoryError::Warehouse { source: SqlRunError::Sql { message, .. }, .. })
                if message.contains("TABLE_OR_VIEW_NOT_FOUND") =>
            {
                return Ok(Vec::new());
            }
            result => result?,
        };
        Ok(rows_of(table, &result))
    }

    /// Adds the columns that this release has and the table, made by an older one, has not. Of two
    /// runs at once, the second finds them there.
    async fn widen(&self, table: &Table) -> Result<(), HistoryError> {
        for _ in 0..MOST_WIDENINGS {
            match self.widen_once(table).await {
                Err(HistoryError::Warehouse { source: SqlRunError::Sql { .. }, .. }) => {}
                ended => return ended,
            }
        }
        self.widen_once(table).await
    }

    async fn widen_once(&self, table: &Table) -> Result<(), HistoryError> {
        let sql = format!("SELECT * FROM {} LIMIT 0", self.name(table));
        let there = self.run(&sql, Vec::new(), "describe a history table").await?;
        let is_there =
            |column: &&Column| there.columns.iter().any(|known| known.name.eq_ignore_ascii_case(column.name));
        let missing: Vec<String> = table.columns.iter().filter(|column| !is_there(column)).map(declared).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let sql = format!("ALTER TABLE {} ADD COLUMNS ({})", self.name(table), missing.join(", "));
        self.run(&sql, Vec::new(), "add columns to a history table").await.map(|_| ())
    }

    async fn run(&self, sql: &str, parameters: Vec<SqlParameter>, action: &str) -> Result<ResultSet, HistoryError> {
        let read_only = sql.starts_with("SELECT");
        let options = SqlOptions { timeout: Duration::from_secs(120), parameters, read_only, ..SqlOptions::default() };
        let result = self.client.run_sql(&self.warehouse_id, sql, &options).await;
        result.map_err(|source| HistoryError::Warehouse { action: action.to_owned(), source })
    }

    /// The table's whole name, quoted.
    fn name(&self, table: &Table) -> String {
        let parts = self.schema.split('.').map(|part| format!("`{}`", part.trim_matches('`').replace('`', "``")));
        let schema: Vec<String> = parts.collect();
        format!("{}.`genie_enhance_{}`", schema.join("."), table.name)
    }

    fn create(&self, table: &Table) -> String {
        let columns: Vec<String> = table.columns.iter().map(declared).collect();
        let means = quoted(table.means);
        format!("CREATE TABLE IF NOT EXISTS {} ({}) COMMENT {means}", self.name(table), columns.join(", "))
    }

    fn insert(&self, table: &Table) -> String {
        let names: Vec<String> = table.columns.iter().map(|column| format!("`{}`", column.name)).collect();
        let kinds: Vec<String> =
            table.columns.iter().map(|column| format!("`{}`: {}", column.name, column.kind.sql())).collect();
        format!(
            "INSERT INTO {} ({}) SELECT inline(from_json(:rows, 'ARRAY<STRUCT<{}>>'))",
            self.name(table),
            names.join(", "),
            kinds.join(", ")
        )
    }
}

fn declared(column: &Column) -> String {
    format!("`{}` {} COMMENT {}", column.name, column.kind.sql(), quoted(column.means))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The rows as JSON lists, each within the limit (or one row that is larger by itself).
fn parts(rows: &[Row]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for row in rows {
        let text = Value::Object(row.clone()).to_string();
        match parts.last_mut().filter(|part| part.len() + text.len() < MOST_BYTES) {
            Some(part) => {
                part.push(',');
                part.push_str(&text);
            }
            None => parts.push(format!("[{text}")),
        }
    }
    parts.iter_mut().for_each(|part| part.push(']'));
    parts
}

fn rows_of(table: &Table, result: &ResultSet) -> Vec<Row> {
    let columns: Vec<Option<&Column>> = result
        .columns
        .iter()
        .map(|there| table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(&there.name)))
        .collect();
    let cell = |(column, cell): (&Option<&Column>, &Cell)| {
        let (column, text) = column.zip(cell.as_wire())?;
        Some((column.name.to_owned(), typed(column.kind, &text)?))
    };
    result.rows.iter().map(|row| columns.iter().zip(row).filter_map(cell).collect()).collect()
}

/// A value as the service writes it into a result.
fn typed(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Text => Some(Value::from(text)),
        Kind::Whole => text.parse::<i64>().ok().map(Value::from),
        Kind::Real => text.parse::<f64>().ok().map(Value::from),
        Kind::Truth => text.parse::<bool>().ok().map(Value::from),
        Kind::Moment => {
            let zoned = if text.ends_with('Z') { text.to_owned() } else { format!("{text}Z") };
            Some(Value::from(zoned.replacen(' ', "T", 1).parse::<jiff::Timestamp>().ok()?.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::databricks::{Credentials, Settings};
    use crate::history::tables::{CostRow, Record, RunRow, TABLES};
    use crate::model::Column as ResultColumn;

    fn warehouse(schema: &str) -> Warehouse {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let token = Credentials::Token(secrecy::SecretString::from("t"));
        let client = Client::new(Settings::new("http://127.0.0.1:1", token)).expect("a client");
        Warehouse { client, warehouse_id: "w".to_owned(), schema: schema.to_owned() }
    }

    #[test]
    fn statements_hold_declared_names_and_nothing_else() {
        let there = warehouse("main.`my ops`");
        for table in TABLES {
            let name = format!("`main`.`my ops`.`genie_enhance_{}`", table.name);
            let (create, insert) = (there.create(table), there.insert(table));
            assert!(
                create.starts_with(&format!("CREATE TABLE IF NOT EXISTS {name} (`run_id` STRING COMMENT")),
                "{create}"
            );
            assert!(insert.starts_with(&format!("INSERT INTO {name} (`run_id`")), "{insert}");
            assert_eq!(insert.matches(":rows").count(), 1, "{insert}");
            for column in table.columns {
                assert!(insert.contains(&format!("`{}`: {}", column.name, column.kind.sql())), "{insert}");
            }
        }
        assert_eq!(quoted("a 'b' \\"), "'a \\'b\\' \\\\'");
    }

    #[test]
    fn many_rows_go_in_parts() {
        let row = |text: &str| Row::from_iter([("run_id".to_owned(), Value::from(text))]);
        let large = "x".repeat(MOST_BYTES / 2);
        let rows = [row("a"), row(&large), row(&large), row("b")];
        let parts = parts(&rows);
        assert_eq!(parts.len(), 2);
        let back: Vec<Row> =
            parts.iter().flat_map(|part| serde_json::from_str::<Vec<Row>>(part).expect("JSON")).collect();
        assert_eq!(back, rows);
    }

    #[test]
    fn results_are_rows_again() {
        let column = |name: &str, kind: &str| ResultColumn {
            name: name.to_owned(),
            type_name: kind.to_owned(),
            type_text: String::new(),
        };
        let result = ResultSet {
            columns: vec![
                column("STARTED_AT", "TIMESTAMP"),
                column("exit_code", "LONG"),
                column("other", "STRING"),
                column("target", "DOUBLE"),
            ],
            rows: vec![vec![
                Cell::Text("2025-08-27T09:14:22.000Z".to_owned()),
                Cell::Number("0".to_owned()),
                Cell::Text("of another release".to_owned()),
                Cell::Null,
            ]],
            truncated: false,
        };
        let row = RunRow::of(&rows_of(&RunRow::TABLE, &result)[0]);
        assert_eq!(row.started_at.map(|at| at.0).as_deref(), Some("2025-08-27T09:14:22Z"));
        assert_eq!((row.exit_code, row.target), (Some(0), None));
        assert_eq!(typed(Kind::Moment, "2025-08-27 09:14:22"), Some(Value::from("2025-08-27T09:14:22Z")));
        assert_eq!(rows_of(&CostRow::TABLE, &ResultSet::default()), Vec::<Row>::new());
    }
}
