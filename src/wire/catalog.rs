//! Unity Catalog metadata (reference 7).

use super::lenient;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableInfo {
    #[serde(deserialize_with = "lenient::nullable")]
    pub name: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub catalog_name: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub schema_name: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub full_name: String,
    /// `MANAGED`, `VIEW`, `METRIC_VIEW` …
    #[serde(deserialize_with = "lenient::nullable")]
    pub table_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_source_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_definition: Option<String>,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnInfo>,
    /// Only when one table is read, never in a list.
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "Vec::is_empty")]
    pub table_constraints: Vec<TableConstraint>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnInfo {
    #[serde(deserialize_with = "lenient::nullable")]
    pub name: String,
    #[serde(deserialize_with = "lenient::int64", skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub type_name: String,
    /// In lower case, as a rule; the full DDL for structs.
    #[serde(deserialize_with = "lenient::nullable")]
    pub type_text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_json: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nullable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// One of the two kinds that matter here; a named check constraint has neither.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableConstraint {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_key_constraint: Option<PrimaryKeyConstraint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_key_constraint: Option<ForeignKeyConstraint>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrimaryKeyConstraint {
    #[serde(deserialize_with = "lenient::nullable")]
    pub name: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub child_columns: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForeignKeyConstraint {
    #[serde(deserialize_with = "lenient::nullable")]
    pub name: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub child_columns: Vec<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub parent_table: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub parent_columns: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub tables: Vec<TableInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableExists {
    pub table_exists: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableSummary {
    #[serde(deserialize_with = "lenient::nullable")]
    pub full_name: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub table_type: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableSummaryList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub tables: Vec<TableSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchemaInfo {
    #[serde(deserialize_with = "lenient::nullable")]
    pub name: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub catalog_name: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub full_name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchemaList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub schemas: Vec<SchemaInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CatalogInfo {
    #[serde(deserialize_with = "lenient::nullable")]
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CatalogList {
    #[serde(deserialize_with = "lenient::nullable")]
    pub catalogs: Vec<CatalogInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_table_decodes() {
        let text = r#"{"name":"orders","full_name":"main.sales.orders","table_type":"SOMETHING_NEW","view_definition":null,
          "properties":{"delta.minReaderVersion":"1"},"updated_at":"1700000000000",
          "columns":[{"name":"id","position":0,"type_name":"LONG","type_text":"bigint","nullable":false,
             "mask":{"function_name":"f"}}],
          "table_constraints":[{"primary_key_constraint":{"name":"pk","child_columns":["id"],"rely":false}},
             {"foreign_key_constraint":{"name":"fk","child_columns":["c"],"parent_table":"p","parent_columns":["id"]}},
             {"named_table_constraint":{"name":"chk"}}]}"#;
        let table: TableInfo = serde_json::from_str(text).unwrap_or_default();
        assert_eq!((table.columns.len(), table.table_constraints.len()), (1, 3));
    }
}
