//! What Unity Catalog says about tables, and what a profile of their values adds.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tables by full name, in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// Keyed by the full name in lower case.
    tables: BTreeMap<String, CatalogTable>,
}

impl Catalog {
    pub fn new(tables: impl IntoIterator<Item = CatalogTable>) -> Self {
        Self { tables: tables.into_iter().map(|table| (table.full_name.to_lowercase(), table)).collect() }
    }

    /// Finds a table by its three-part name; case and backticks do not matter.
    pub fn table(&self, full_name: &str) -> Option<&CatalogTable> {
        self.tables.get(&full_name.replace('`', "").to_lowercase())
    }

    pub fn tables(&self) -> impl Iterator<Item = &CatalogTable> {
        self.tables.values()
    }

    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }
}

/// One table or view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogTable {
    /// `catalog.schema.table`, as the catalog spells it.
    pub full_name: String,
    pub comment: String,
    pub columns: Vec<CatalogColumn>,
    pub primary_key: Vec<String>,
    pub foreign_keys: Vec<ForeignKey>,
}

impl CatalogTable {
    /// Finds a column; case does not matter.
    pub fn column(&self, name: &str) -> Option<&CatalogColumn> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name.trim_matches('`')))
    }

    /// The last part of the full name.
    pub fn short_name(&self) -> &str {
        self.full_name.rsplit('.').next().unwrap_or(&self.full_name)
    }
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogColumn {
    pub name: String,
    /// Databricks type in SQL form, upper case: `STRING`, `BIGINT`, `DECIMAL(10,2)`.
    pub type_text: String,
    pub nullable: bool,
    pub comment: String,
    /// A sample of the values, where the workspace may be asked for one.
    pub profile: Option<ColumnProfile>,
}

impl CatalogColumn {
    pub fn family(&self) -> TypeFamily {
        TypeFamily::of(&self.type_text)
    }
}

/// The broad kind of a type, which decides what can be done with a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeFamily {
    Integer,
    Decimal,
    Text,
    Date,
    Timestamp,
    Boolean,
    Other,
}

impl TypeFamily {
    pub fn of(type_text: &str) -> Self {
        let head: String = type_text.trim().to_uppercase().chars().take_while(char::is_ascii_alphabetic).collect();
        match head.as_str() {
            "TINYINT" | "SMALLINT" | "INT" | "INTEGER" | "BIGINT" | "LONG" | "SHORT" | "BYTE" => Self::Integer,
            "FLOAT" | "DOUBLE" | "REAL" | "DECIMAL" | "NUMERIC" => Self::Decimal,
            "STRING" | "CHAR" | "VARCHAR" => Self::Text,
            "DATE" => Self::Date,
            "TIMESTAMP" => Self::Timestamp,
            "BOOLEAN" => Self::Boolean,
            _ => Self::Other,
        }
    }

    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }

    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }
}

/// A declared reference from this table's columns to another table's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    pub columns: Vec<String>,
    pub parent_table: String,
    pub parent_columns: Vec<String>,
}

/// What a bounded query over a column's values found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnProfile {
    pub rows: u64,
    pub nulls: u64,
    /// Exact number of distinct non-null values.
    pub distinct: u64,
    /// All distinct values in ascending order if there are at most [`ColumnProfile::MAX_VALUES`],
    /// else none: half a dictionary misleads more than it helps.
    pub values: Vec<String>,
    /// Smallest and largest value as text, where the type has an order.
    pub min: Option<String>,
    pub max: Option<String>,
}

impl ColumnProfile {
    /// Genie's own limit for value dictionaries: 1,024 distinct values for a column.
    pub const MAX_VALUES: usize = 1_024;

    pub fn is_unique(&self) -> bool {
        self.rows > 0 && self.nulls == 0 && self.distinct == self.rows
    }
}
