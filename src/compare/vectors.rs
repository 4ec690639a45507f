//! Published test vectors, and the same form as input of the `compare` command: an object, a list
//! of objects or `{"vectors": […]}`; each holds two results with JSON-typed cells and flags.

use super::policy::{Policy, Side};
use super::{compare, predicted_native};
use crate::model::{Cell, Column, ColumnPolicy, Decision, FirstDifference, ResultSet, canonical_json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why a text holds no vectors.
#[derive(Debug, thiserror::Error)]
pub enum VectorError {
    #[error("this is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("vector {index} ({id}) cannot be read: {error}")]
    NotAVector { index: usize, id: String, error: serde_json::Error },
    #[error("expected an object with `expected` and `actual`, a list of such, or {{\"vectors\": […]}}")]
    NoVectors,
}

/// What the comparator says of one vector.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VectorOutcome {
    pub id: String,
    pub verdict: Decision,
    pub reason: String,
    /// Sorted.
    pub notes: Vec<String>,
    pub first_difference: Option<FirstDifference>,
    /// The predicted rating of Databricks' own benchmark, with its reason.
    pub native: String,
    pub native_reason: String,
}

#[derive(Deserialize)]
struct Vector {
    #[serde(default)]
    id: Value,
    expected: Half,
    actual: Half,
    #[serde(default)]
    flags: Flags,
}

#[derive(Deserialize)]
struct Half {
    #[serde(default)]
    columns: Vec<Value>,
    #[serde(default)]
    rows: Vec<Vec<Value>>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    truncated: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Flags {
    order: Option<String>,
    order_keys: Vec<usize>,
    limit: Option<u64>,
    actual_limit: Option<u64>,
    tolerance: Option<f64>,
    extra_columns: Option<String>,
    duplicates: Option<String>,
    percent_ok: bool,
    round_digits: Vec<Option<u8>>,
    expected_full: Option<Vec<Vec<Value>>>,
    sql_identical: bool,
}

/// Compares every vector of a text, in its order.
pub fn run(text: &str) -> Result<Vec<VectorOutcome>, VectorError> {
    let document: Value = serde_json::from_str(text).map_err(VectorError::NotJson)?;
    let items = match document {
        Value::Array(items) => items,
        Value::Object(mut map) => match map.remove("vectors") {
            Some(Value::Array(items)) => items,
            Some(_) => return Err(VectorError::NoVectors),
            None => vec![Value::Object(map)],
        },
        _ => return Err(VectorError::NoVectors),
    };
    items.into_iter().enumerate().map(|(index, item)| run_one(index, item)).collect()
}

fn run_one(index: usize, item: Value) -> Result<VectorOutcome, VectorError> {
    let id = plain(item.get("id").unwrap_or(&Value::Null));
    let vector: Vector = serde_json::from_value(item).map_err(|error| VectorError::NotAVector {
        index: index + 1,
        id: id.clone(),
        error,
    })?;
    let policy = policy(&vector.flags, &vector.expected);
    let (expected, actual) = (side(vector.expected), side(vector.actual));
    let comparison = compare(&expected, &actual, &policy);
    let (native, native_reason) = predicted_native(&expected, &actual, policy.sql_identical);
    Ok(VectorOutcome {
        id: plain(&vector.id),
        verdict: comparison.verdict,
        reason: comparison.reason,
        notes: comparison.notes,
        first_difference: comparison.first_difference,
        native: native.to_owned(),
        native_reason: native_reason.to_owned(),
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn policy(flags: &Flags, expected: &Half) -> Policy {
    let is = |flag: &Option<String>, word: &str| flag.as_deref() == Some(word);
    let full = |rows: &Vec<Vec<Value>>| ResultSet {
        columns: columns(&expected.columns),
        rows: rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
        truncated: false,
    };
    Policy {
        sql_identical: flags.sql_identical,
        ordered: is(&flags.order, "keys"),
        order_keys: flags.order_keys.clone(),
        hidden_keys: false,
        limit: flags.limit,
        actual_limit: flags.actual_limit,
        limit_asked: false,
        tolerance: flags.tolerance,
        columns: if is(&flags.extra_columns, "reject") { ColumnPolicy::RejectExtra } else { ColumnPolicy::AllowExtra },
        percent_ok: flags.percent_ok,
        round_digits: flags.round_digits.clone(),
        duplicates_ignore: is(&flags.duplicates, "ignore"),
        expected_full: flags.expected_full.as_ref().map(full),
        full_keys: Vec::new(),
    }
}

fn side(half: Half) -> Side {
    match half.error.as_deref() {
        None => Side::Rows(ResultSet {
            columns: columns(&half.columns),
            rows: half.rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
            truncated: half.truncated,
        }),
        Some("no_sql") => Side::NoSql,
        Some("text_only") => Side::TextOnly(String::new()),
        Some(error @ ("transport" | "timeout" | "rate_limit" | "429")) => Side::Transport(error.to_owned()),
        Some(error) => Side::SqlError(error.to_owned()),
    }
}

fn columns(names: &[Value]) -> Vec<Column> {
    let column = |name: &Value| Column { name: plain(name), type_name: String::new(), type_text: String::new() };
    names.iter().map(column).collect()
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(value) => Cell::Bool(*value),
        Value::Number(number) => Cell::Number(number.to_string()),
        Value::String(text) => Cell::Text(text.clone()),
        nested => Cell::Text(canonical_json(nested)),
    }
}
