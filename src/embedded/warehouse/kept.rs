//! Tables that statements make and fill: those of a history (`genie_enhance_…`), of which a real
//! warehouse keeps as many as it is asked for. Everything else here is read-only.
//!
//! A table is a file of JSON lines beside the workspace's other files: its columns, rows, columns
//! again where some were added. Lines are only ever added, under a lock.

use super::StatementOptions;
use super::cast::cast;
use super::failure::SqlFailure;
use super::load::three_parts;
use super::types::parse_type;
use super::value::{Value, build_array};
use crate::model::{Cell, Column, ResultSet};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::TableSource;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sqlparser::ast::{ColumnDef, ObjectName};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{IsOptional, Parser, ParserError};
use sqlparser::tokenizer::Token;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// What the name of a table begins with that can be made.
const PREFIX: &str = "genie_enhance_";

/// The folder of such tables.
pub(crate) struct Kept {
    folder: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeptColumn {
    name: String,
    #[serde(rename = "type")]
    type_text: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// All columns from here on.
    Columns(Vec<KeptColumn>),
    Rows(Vec<Map<String, Json>>),
}

/// What a statement wants.
#[derive(Debug, PartialEq)]
enum Change {
    Create {
        columns: Vec<KeptColumn>,
        if_absent: bool,
    },
    Widen {
        columns: Vec<KeptColumn>,
    },
    /// `SELECT inline(from_json(:parameter, 'ARRAY<STRUCT<…>>'))`: fields go into columns in order.
    Insert {
        columns: Vec<String>,
        parameter: String,
        fields: Vec<String>,
    },
}

impl Kept {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Does what a statement says. None: it is a query, or about a table that cannot be changed.
    pub(crate) fn change(&self, sql: &str, options: &StatementOptions) -> Option<Result<ResultSet, SqlFailure>> {
        let first = sql.split_whitespace().next()?.to_ascii_uppercase();
        if !["CREATE", "ALTER", "INSERT"].contains(&first.as_str()) {
            return None;
        }
        let tokens = match crate::sql::tokens(sql, true) {
            Ok(tokens) => tokens,
            Err(error) => return Some(Err(error.into())),
        };
        let mut parser = crate::sql::parser_over(tokens);
        let name = head(&mut parser)?;
        let full = [
            name.first().cloned().or_else(|| options.catalog.clone()).unwrap_or_else(|| "main".to_owned()),
            name.get(1).cloned().or_else(|| options.schema.clone()).unwrap_or_else(|| "default".to_owned()),
            name.get(2)?.clone(),
        ];
        let full = full.map(|part| part.to_lowercase());
        if !full[2].starts_with(PREFIX) {
            return None;
        }
        let change = match rest(&mut parser, &first, sql) {
            Ok(change) => change,
            Err(error) => return Some(Err(SqlFailure::syntax(error))),
        };
        Some(self.apply(&full, change, options))
    }

    fn apply(&self, name: &[String; 3], change: Change, options: &StatementOptions) -> Result<ResultSet, SqlFailure> {
        let _lock = self.lock().map_err(|error| unwritable(&error))?;
        let there = self.read(name)?;
        let missing = || SqlFailure::table_not_found(&name.join("."));
        let (line, answer) = match change {
            Change::Create { .. } if there.is_some() => {
                let Change::Create { if_absent: true, .. } = change else {
                    let text = format!("Cannot create table `{}` because it already exists.", name[2]);
                    return Err(SqlFailure::new("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", text));
                };
                return Ok(ResultSet::default());
            }
            Change::Create { columns, .. } => (Line::Columns(known(columns)?), ResultSet::default()),
            Change::Widen { columns } => {
                let mut all = there.ok_or_else(missing)?.0;
                for column in known(columns)? {
                    if all.iter().any(|known| known.name == column.name) {
                        let text = format!("Cannot add column `{}` because it already exists.", column.name);
                        return Err(SqlFailure::new("FIELD_ALREADY_EXISTS", "42710", text));
                    }
                    all.push(column);
                }
                (Line::Columns(all), ResultSet::default())
            }
            Change::Insert { columns, parameter, fields } => {
                let all = there.ok_or_else(missing)?.0;
                let given = options.parameters.iter().find(|given| given.name.eq_ignore_ascii_case(&parameter));
                let given = given.ok_or_else(|| {
                    let text = format!("Found the unbound parameter: {parameter}. Please, fix `args`.");
                    SqlFailure::new("UNBOUND_SQL_PARAMETER", "42P02", text)
                })?;
                let rows = rows(given.value.as_deref().unwrap_or("[]"), &all, &columns, &fields)?;
                let answer = inserted(rows.len());
                (Line::Rows(rows), answer)
            }
        };
        self.add(name, &line).map_err(|error| unwritable(&error))?;
        Ok(answer)
    }

    /// One change at a time, of all threads and processes.
    fn lock(&self) -> io::Result<std::fs::File> {
        std::fs::create_dir_all(&self.folder)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(self.folder.join("lock"))?;
        file.lock()?;
        Ok(file)
    }

    fn add(&self, name: &[String; 3], line: &Line) -> io::Result<()> {
        let path = self.path(name);
        // A kill may have left a line without its end.
        let cut = std::fs::read(&path).is_ok_and(|bytes| bytes.last().is_some_and(|last| *last != b'\n'));
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(format!("{}{}\n", if cut { "\n" } else { "" }, serde_json::to_string(line)?).as_bytes())?;
        file.sync_all()
    }

    fn path(&self, name: &[String; 3]) -> PathBuf {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let part = |part: &String| {
            let bytes = part
                .bytes()
                .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") });
            bytes.collect::<String>()
        };
        self.folder.join(format!("{}.jsonl", name.iter().map(part).collect::<Vec<_>>().join(".")))
    }

    /// None: there is no such table. A last line that a kill cut short was never acknowledged.
    #[expect(clippy::type_complexity, reason = "columns and rows, used on the spot")]
    fn read(&self, name: &[String; 3]) -> Result<Option<(Vec<KeptColumn>, Vec<Map<String, Json>>)>, SqlFailure> {
        let text = match std::fs::read_to_string(self.path(name)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unwritable(&error)),
        };
        let (mut columns, mut rows) = (None, Vec::new());
        for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            match line {
                Line::Columns(all) => columns = Some(all),
                Line::Rows(more) => rows.extend(more),
            }
        }
        Ok(columns.map(|columns| (columns, rows)))
    }

    /// The table for the engine, as it is now; the name in lower case.
    pub(crate) fn source(&self, name: &[String; 3]) -> Option<Arc<dyn TableSource>> {
        if !name[2].starts_with(PREFIX) {
            return None;
        }
        let (columns, rows) = self.read(name).ok()??;
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for column in &columns {
            let data_type = parse_type(&column.type_text)?;
            let cells: Vec<Value> = rows.iter().map(|row| value(row.get(&column.name), &data_type)).collect();
            arrays.push(build_array(&cells, &data_type).ok()?);
            fields.push(Field::new(&column.name, data_type, true));
        }
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).ok()?;
        Some(provider_as_source(Arc::new(MemTable::try_new(schema, vec![vec![batch]]).ok()?)))
    }
}

/// The table that a changing statement is about: its name in three parts.
fn head(parser: &mut Parser<'_>) -> Option<Vec<String>> {
    let is = |parser: &mut Parser<'_>, words: &[Keyword]| parser.parse_keywords(words);
    if is(parser, &[Keyword::CREATE, Keyword::TABLE]) {
        is(parser, &[Keyword::IF, Keyword::NOT, Keyword::EXISTS]);
    } else if !is(parser, &[Keyword::ALTER, Keyword::TABLE]) && !is(parser, &[Keyword::INSERT, Keyword::INTO]) {
        return None;
    }
    let name: ObjectName = parser.parse_object_name(false).ok()?;
    let parts: Vec<String> = name.0.iter().filter_map(|part| Some(part.as_ident()?.value.clone())).collect();
    Some(three_parts(&parts.join(".")).into())
}

fn rest(parser: &mut Parser<'_>, first: &str, sql: &str) -> Result<Change, ParserError> {
    let columns = |parser: &mut Parser<'_>| -> Result<Vec<KeptColumn>, ParserError> {
        parser.expect_token(&Token::LParen)?;
        let columns = parser.parse_comma_separated(Parser::parse_column_def)?;
        parser.expect_token(&Token::RParen)?;
        Ok(columns.iter().map(kept).collect())
    };
    match first {
        "CREATE" => {
            let if_absent = sql.to_ascii_uppercase().contains(" IF NOT EXISTS ");
            Ok(Change::Create { columns: columns(parser)?, if_absent })
        }
        "ALTER" => {
            parser.expect_keywords(&[Keyword::ADD, Keyword::COLUMNS])?;
            Ok(Change::Widen { columns: columns(parser)? })
        }
        _ => {
            let columns = parser.parse_parenthesized_column_list(IsOptional::Mandatory, false)?;
            parser.expect_keyword(Keyword::SELECT)?;
            let source = parser.parse_expr()?.to_string();
            let (parameter, fields) = expanded(&source).ok_or_else(|| {
                ParserError::ParserError(
                    "only `SELECT inline(from_json(:rows, 'ARRAY<STRUCT<…>>'))` is taken".to_owned(),
                )
            })?;
            let columns = columns.into_iter().map(|column| column.value.to_lowercase()).collect();
            Ok(Change::Insert { columns, parameter, fields })
        }
    }
}

fn kept(column: &ColumnDef) -> KeptColumn {
    KeptColumn { name: column.name.value.to_lowercase(), type_text: column.data_type.to_string() }
}

/// The parameter and the fields of `inline(from_json(:parameter, 'ARRAY<STRUCT<…>>'))`.
fn expanded(source: &str) -> Option<(String, Vec<String>)> {
    let inside = source.strip_prefix("inline(from_json(:")?.strip_suffix("'))")?;
    let (parameter, form) = inside.split_once(", '")?;
    let fields = form.strip_prefix("ARRAY<STRUCT<")?.strip_suffix(">>")?;
    let name = |field: &str| Some(field.split_once(':')?.0.trim().trim_matches('`').to_owned());
    Some((parameter.to_owned(), fields.split(',').map(name).collect::<Option<_>>()?))
}

/// Columns of types that the warehouse has.
fn known(columns: Vec<KeptColumn>) -> Result<Vec<KeptColumn>, SqlFailure> {
    match columns.iter().find(|column| parse_type(&column.type_text).is_none()) {
        Some(column) => Err(SqlFailure::unsupported(format!("The type {}", column.type_text))),
        None => Ok(columns),
    }
}

fn rows(
    text: &str,
    all: &[KeptColumn],
    columns: &[String],
    fields: &[String],
) -> Result<Vec<Map<String, Json>>, SqlFailure> {
    if let Some(column) = columns.iter().find(|column| !all.iter().any(|known| known.name == **column)) {
        return Err(SqlFailure::column_not_found(column, &[]));
    }
    if columns.len() != fields.len() {
        let text =
            format!("Cannot write to the table, {} columns are named and {} given.", columns.len(), fields.len());
        return Err(SqlFailure::new("INSERT_COLUMN_ARITY_MISMATCH", "21S01", text));
    }
    let objects: Vec<Map<String, Json>> = serde_json::from_str(text).map_err(|error| {
        SqlFailure::new("MALFORMED_RECORD_IN_PARSING", "22023", format!("Malformed records are detected: {error}."))
    })?;
    let row = |mut object: Map<String, Json>| {
        let cells =
            columns.iter().zip(fields).filter_map(|(column, field)| Some((column.clone(), object.remove(field)?)));
        cells.collect()
    };
    Ok(objects.into_iter().map(row).collect())
}

/// A member of a JSON object as `from_json` reads it: what is not of the type is NULL.
fn value(json: Option<&Json>, data_type: &DataType) -> Value {
    let text = match json {
        None | Some(Json::Null) => return Value::Null,
        Some(Json::String(text)) if matches!(data_type, DataType::Utf8 | DataType::Timestamp(..)) => text.clone(),
        Some(Json::String(_)) => return Value::Null,
        Some(other) => other.to_string(),
    };
    cast(Value::Text(text), data_type).unwrap_or(Value::Null)
}

fn inserted(rows: usize) -> ResultSet {
    let column = |name: &str| Column { name: name.into(), type_name: "LONG".into(), type_text: "BIGINT".into() };
    ResultSet {
        columns: vec![column("num_affected_rows"), column("num_inserted_rows")],
        rows: vec![vec![Cell::Number(rows.to_string()); 2]],
        truncated: false,
    }
}

fn unwritable(error: &io::Error) -> SqlFailure {
    SqlFailure::internal(format!("the tables of the history cannot be kept: {error}"))
}

#[cfg(test)]
mod tests {
    use super::super::{Parameter, Warehouse};
    use super::*;

    async fn warehouse(folder: &std::path::Path) -> Warehouse {
        std::fs::write(folder.join("t.csv"), "a\n1\n").expect("written");
        Warehouse::open_keeping(folder, None, Some(folder.join("tables"))).await.expect("opens")
    }

    fn with_rows(rows: &str) -> StatementOptions {
        let parameter = Parameter { name: "rows".into(), value: Some(rows.into()), sql_type: "STRING".into() };
        StatementOptions { parameters: vec![parameter], ..StatementOptions::default() }
    }

    const INSERT: &str = "INSERT INTO `main`.`my ops`.`genie_enhance_t` (`id`, `n`, `at`) SELECT inline(from_json(:rows, \
                          'ARRAY<STRUCT<`id`: STRING, `n`: BIGINT, `at`: TIMESTAMP>>'))";

    #[tokio::test]
    async fn tables_of_the_history_are_made_filled_widened_and_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = warehouse(folder.path()).await;
        let create = "CREATE TABLE IF NOT EXISTS `main`.`my ops`.`genie_enhance_t` (`id` STRING COMMENT 'It''s.', `n` BIGINT, \
                      `at` TIMESTAMP) COMMENT 'A table.'";
        let none = StatementOptions::default();
        for _ in 0..2 {
            open.execute(create, &none).await.expect("made, or there");
        }
        let rows =
            r#"[{"id": "질문 'x'; DROP", "n": 3, "at": "2025-08-27T09:14:22.5Z"}, {"n": "not a number", "other": 1}]"#;
        let done = open.execute(INSERT, &with_rows(rows)).await.expect("filled");
        assert_eq!(done.rows, [vec![Cell::Number("2".into()); 2]]);
        open.execute("ALTER TABLE `main`.`my ops`.`genie_enhance_t` ADD COLUMNS (`usd` DOUBLE COMMENT 'Cost.')", &none)
            .await
            .expect("widened");

        // Another process sees it.
        let again = warehouse(folder.path()).await;
        let read = "SELECT * FROM `main`.`my ops`.`genie_enhance_t` ORDER BY n DESC";
        let found = again.execute(read, &none).await.expect("read");
        let names: Vec<&str> = found.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "n", "at", "usd"]);
        let cells: Vec<Vec<Option<String>>> = found
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.as_wire().map(|text| text.to_string())).collect())
            .collect();
        assert_eq!(cells[0][..2], [Some("질문 'x'; DROP".to_owned()), Some("3".to_owned())]);
        assert!(cells[0][2].as_ref().is_some_and(|at| at.contains("09:14:22.5")), "{cells:?}");
        assert_eq!(cells[1], [None, None, None, None]);
    }

    #[tokio::test]
    async fn nothing_else_can_be_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = warehouse(folder.path()).await;
        for (sql, begins) in [
            ("CREATE TABLE main.ops.other (a INT)", "[INSUFFICIENT_PERMISSIONS]"),
            ("INSERT INTO t VALUES (2)", "[INSUFFICIENT_PERMISSIONS]"),
            ("DROP TABLE main.ops.genie_enhance_t", "[INSUFFICIENT_PERMISSIONS]"),
            ("INSERT INTO main.ops.genie_enhance_t (a) VALUES (1)", "[PARSE_SYNTAX_ERROR]"),
            ("ALTER TABLE main.ops.genie_enhance_t ADD COLUMNS (a INT)", "[TABLE_OR_VIEW_NOT_FOUND]"),
            (INSERT, "[TABLE_OR_VIEW_NOT_FOUND]"),
            ("SELECT * FROM main.ops.genie_enhance_t", "[TABLE_OR_VIEW_NOT_FOUND]"),
        ] {
            let error = open.execute(sql, &with_rows("[]")).await.expect_err(sql);
            assert!(error.message.starts_with(begins), "{sql}: {}", error.message);
        }
        assert!(
            std::fs::read_dir(folder.path().join("tables"))
                .expect("a folder")
                .all(|entry| { entry.expect("an entry").file_name() == "lock" })
        );
    }
}
