//! Unity Catalog metadata (reference 7).

use super::client::Client;
use super::error::ClientError;
use super::http::{Call, segment};
use crate::model::{CatalogColumn, CatalogTable, ForeignKey};
use crate::wire::{TableInfo, TableList};

const TABLES: &str = "/api/2.1/unity-catalog/tables";
const MAX_PAGES: usize = 10_000;

impl Client {
    /// One table with its columns and declared keys. Case and backticks do not matter.
    pub async fn table(&self, full_name: &str) -> Result<CatalogTable, ClientError> {
        let name = full_name.replace('`', "");
        let path = format!("{TABLES}/{}", segment(&name));
        let info: TableInfo = self.http().json(Call::get(format!("read table {name}"), path)).await?;
        Ok(catalog_table(info, &name))
    }

    /// All tables of a schema with their columns; keys are only in [`Client::table`].
    pub async fn list_tables(&self, catalog: &str, schema: &str) -> Result<Vec<CatalogTable>, ClientError> {
        let mut tables = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut call = Call::get(format!("list the tables of {catalog}.{schema}"), TABLES)
                .query("catalog_name", catalog)
                .query("schema_name", schema)
                .query("max_results", "0");
            if let Some(token) = &token {
                call = call.query("page_token", token);
            }
            let page: TableList = self.http().json(call).await?;
            tables.extend(page.tables.into_iter().map(|info| catalog_table(info, "")));
            // A page may be empty and yet not the last.
            token = page.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(tables)
    }
}

fn catalog_table(info: TableInfo, asked_for: &str) -> CatalogTable {
    let full_name = if info.full_name.is_empty() { asked_for.to_owned() } else { info.full_name };
    let mut columns = info.columns;
    columns.sort_by_key(|column| column.position);
    let columns = columns.into_iter().map(|column| CatalogColumn {
        name: column.name,
        type_text: upper_type(&column.type_text),
        nullable: column.nullable.unwrap_or(true),
        comment: column.comment.unwrap_or_default(),
        profile: None,
    });
    let columns = columns.collect();
    let mut primary_key = Vec::new();
    let mut foreign_keys = Vec::new();
    for constraint in info.table_constraints {
        if let Some(key) = constraint.primary_key_constraint {
            primary_key = key.child_columns;
        }
        foreign_keys.extend(constraint.foreign_key_constraint.map(|key| ForeignKey {
            columns: key.child_columns,
            parent_table: key.parent_table,
            parent_columns: key.parent_columns,
        }));
    }
    CatalogTable { full_name, comment: info.comment.unwrap_or_default(), columns, primary_key, foreign_keys }
}

/// Upper case, as SQL writes types; the field names inside a nested type keep theirs.
fn upper_type(type_text: &str) -> String {
    if type_text.contains('<') { type_text.to_owned() } else { type_text.to_uppercase() }
}
