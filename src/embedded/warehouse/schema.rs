//! `schema.json`: what is declared beside the tables of a folder.

use serde::Deserialize;

/// The whole file. Keys it has beyond these are the publisher's own.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct FolderSchema {
    #[serde(default)]
    pub tables: Vec<TableSchema>,
    /// The publisher's hints of what joins what; not declared keys.
    #[serde(default)]
    pub joins: Vec<DeclaredJoin>,
    /// The date `current_date` stands for.
    pub as_of_date: Option<String>,
    /// The text that means NULL; without one, `\N` and empty fields do.
    pub csv_null: Option<String>,
}

impl FolderSchema {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct TableSchema {
    /// One, two or three parts.
    pub name: String,
    /// The file; by default the last part of the name with `.csv`.
    #[serde(alias = "file", alias = "parquet")]
    pub csv: Option<String>,
    #[serde(default)]
    pub comment: String,
    #[serde(default)]
    pub columns: Vec<ColumnSchema>,
    #[serde(default)]
    pub foreign_keys: Vec<KeySchema>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ColumnSchema {
    pub name: String,
    #[serde(rename = "type")]
    pub type_text: String,
    #[serde(default = "yes")]
    pub nullable: bool,
    #[serde(default)]
    pub primary_key: bool,
    #[serde(default)]
    pub comment: String,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct KeySchema {
    pub columns: Vec<String>,
    pub parent_table: String,
    pub parent_columns: Vec<String>,
}

/// Two columns the publisher of the data joins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DeclaredJoin {
    /// `table.column`.
    pub left: String,
    pub right: String,
}
