//! A query's result, as the Statement Execution API delivers it: text cells with column types.

use serde::{Deserialize, Serialize};

/// One value. Numbers keep the text they arrived in, so that no decimal is lost to a float.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    Null,
    Bool(bool),
    /// Decimal or exponent notation, also `NaN`, `Infinity`, `-Infinity`.
    Number(String),
    /// Everything else: text, dates and timestamps as written, JSON of nested values.
    Text(String),
}

impl Cell {
    /// The cell as the wire writes it; `None` is NULL.
    pub fn as_wire(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(value.to_string()),
            Self::Number(text) | Self::Text(text) => Some(text.clone()),
        }
    }

    /// Reads a wire cell by the type of its column (`LONG`, `DECIMAL`, `BOOLEAN`, `STRING` …).
    pub fn from_wire(text: Option<&str>, type_name: &str) -> Self {
        let Some(text) = text else { return Self::Null };
        match type_name {
            "BYTE" | "SHORT" | "INT" | "LONG" | "FLOAT" | "DOUBLE" | "DECIMAL" => Self::Number(text.to_owned()),
            "BOOLEAN" if text.eq_ignore_ascii_case("true") => Self::Bool(true),
            "BOOLEAN" if text.eq_ignore_ascii_case("false") => Self::Bool(false),
            _ => Self::Text(text.to_owned()),
        }
    }

    /// The value as people read it; NULL is `NULL`.
    pub fn display(&self) -> String {
        self.as_wire().unwrap_or_else(|| "NULL".to_owned())
    }
}

/// A result column: its label and its Databricks type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// The API's `type_name`: `LONG`, `DECIMAL`, `STRING`, `DATE`, `TIMESTAMP` …; empty if unknown.
    pub type_name: String,
    /// The API's `type_text`: `BIGINT`, `DECIMAL(10,2)` …; empty if unknown.
    pub type_text: String,
}

/// Columns and rows; every row has one cell for each column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultSet {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// True when the service cut the rows; a comparison of cut rows proves nothing.
    pub truncated: bool,
}

impl ResultSet {
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
