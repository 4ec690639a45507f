//! `/api/2.1/unity-catalog` (reference 7).

use super::app::App;
use super::reply::{ApiError, ApiResult, json, page};
use super::spaces::what_is_missing;
use crate::model::{CatalogColumn, CatalogTable};
use crate::wire::{
    CatalogInfo, CatalogList, ColumnInfo, ForeignKeyConstraint, PrimaryKeyConstraint, SchemaInfo, SchemaList,
    TableConstraint, TableExists, TableInfo, TableList, TableSummary, TableSummaryList,
};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Filters and paging of the catalog lists.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CatalogQuery {
    catalog_name: Option<String>,
    schema_name: Option<String>,
    schema_name_pattern: Option<String>,
    table_name_pattern: Option<String>,
    max_results: Option<i64>,
    page_token: Option<String>,
}

impl CatalogQuery {
    fn page<T: Clone>(&self, items: &[T]) -> ApiResult<(Vec<T>, Option<String>)> {
        if self.max_results.is_some_and(|max| max < 0) {
            return Err(ApiError::invalid("max_results must not be negative"));
        }
        page(items, self.max_results, self.page_token.as_deref(), 50)
    }

    fn catalog(&self) -> ApiResult<&str> {
        self.catalog_name.as_deref().ok_or_else(|| ApiError::invalid("Missing required field: catalog_name"))
    }
}

pub(super) async fn table(State(app): State<Arc<App>>, Path(name): Path<String>) -> ApiResult<Response> {
    let catalog = app.engine.catalog();
    let table = catalog.table(&name).ok_or_else(|| missing(&what_is_missing(catalog, &name)))?;
    let mut info = info(table);
    let key = |columns: &[String]| PrimaryKeyConstraint {
        name: format!("{}_pk", table.short_name()),
        child_columns: columns.to_vec(),
    };
    if !table.primary_key.is_empty() {
        let primary_key_constraint = Some(key(&table.primary_key));
        info.table_constraints.push(TableConstraint { primary_key_constraint, ..TableConstraint::default() });
    }
    for (i, foreign) in table.foreign_keys.iter().enumerate() {
        let foreign_key_constraint = Some(ForeignKeyConstraint {
            name: format!("{}_fk{}", table.short_name(), i + 1),
            child_columns: foreign.columns.clone(),
            parent_table: foreign.parent_table.clone(),
            parent_columns: foreign.parent_columns.clone(),
        });
        info.table_constraints.push(TableConstraint { foreign_key_constraint, ..TableConstraint::default() });
    }
    Ok(json(&info))
}

pub(super) async fn exists(State(app): State<Arc<App>>, Path(name): Path<String>) -> ApiResult<Response> {
    Ok(json(&TableExists { table_exists: app.engine.catalog().table(&name).is_some() }))
}

pub(super) async fn tables(State(app): State<Arc<App>>, Query(query): Query<CatalogQuery>) -> ApiResult<Response> {
    let schema = query.schema_name.as_deref();
    let schema = schema.ok_or_else(|| ApiError::invalid("Missing required field: schema_name"))?;
    let prefix = format!("{}.{schema}", query.catalog()?);
    let tables: Vec<TableInfo> =
        app.engine.catalog().tables().filter(|table| parent(table).eq_ignore_ascii_case(&prefix)).map(info).collect();
    if tables.is_empty() {
        return Err(missing(&what_is_missing(app.engine.catalog(), &format!("{prefix}.x"))));
    }
    let (tables, next_page_token) = query.page(&tables)?;
    Ok(json(&TableList { tables, next_page_token }))
}

pub(super) async fn summaries(State(app): State<Arc<App>>, Query(query): Query<CatalogQuery>) -> ApiResult<Response> {
    let catalog = query.catalog()?;
    let fits = |pattern: &Option<String>, name: &str| pattern.as_deref().is_none_or(|pattern| like(pattern, name));
    let found: Vec<TableSummary> = app
        .engine
        .catalog()
        .tables()
        .filter(|table| {
            let [own, schema, name] = parts(table);
            own.eq_ignore_ascii_case(catalog)
                && fits(&query.schema_name_pattern, schema)
                && fits(&query.table_name_pattern, name)
        })
        .map(|table| TableSummary { full_name: table.full_name.clone(), table_type: "MANAGED".to_owned() })
        .collect();
    let (tables, next_page_token) = query.page(&found)?;
    Ok(json(&TableSummaryList { tables, next_page_token }))
}

/// The warehouse has no functions of its own: an existing schema lists none.
pub(super) async fn functions(State(app): State<Arc<App>>, Query(query): Query<CatalogQuery>) -> ApiResult<Response> {
    let schema = query.schema_name.as_deref();
    let schema = schema.ok_or_else(|| ApiError::invalid("Missing required field: schema_name"))?;
    let prefix = format!("{}.{schema}", query.catalog()?);
    if !app.engine.catalog().tables().any(|table| parent(table).eq_ignore_ascii_case(&prefix)) {
        return Err(missing(&what_is_missing(app.engine.catalog(), &format!("{prefix}.x"))));
    }
    Ok(json(&serde_json::json!({ "functions": [] })))
}

pub(super) async fn function(Path(name): Path<String>) -> ApiError {
    missing(&format!("Function '{name}' does not exist."))
}

pub(super) async fn schemas(State(app): State<Arc<App>>, Query(query): Query<CatalogQuery>) -> ApiResult<Response> {
    let catalog = query.catalog()?;
    let names: BTreeSet<[&str; 2]> = app
        .engine
        .catalog()
        .tables()
        .map(parts)
        .filter(|[own, ..]| own.eq_ignore_ascii_case(catalog))
        .map(|[own, schema, _]| [own, schema])
        .collect();
    if names.is_empty() {
        return Err(missing(&format!("Catalog '{catalog}' does not exist.")));
    }
    let schemas: Vec<SchemaInfo> = names
        .into_iter()
        .map(|[catalog, schema]| SchemaInfo {
            name: schema.to_owned(),
            catalog_name: catalog.to_owned(),
            full_name: format!("{catalog}.{schema}"),
        })
        .collect();
    let (schemas, next_page_token) = query.page(&schemas)?;
    Ok(json(&SchemaList { schemas, next_page_token }))
}

pub(super) async fn catalogs(State(app): State<Arc<App>>, Query(query): Query<CatalogQuery>) -> ApiResult<Response> {
    let names: BTreeSet<&str> = app.engine.catalog().tables().map(|table| parts(table)[0]).collect();
    let catalogs: Vec<CatalogInfo> = names.into_iter().map(|name| CatalogInfo { name: name.to_owned() }).collect();
    let (catalogs, next_page_token) = query.page(&catalogs)?;
    Ok(json(&CatalogList { catalogs, next_page_token }))
}

fn missing(message: &str) -> ApiError {
    let kind = message.split(' ').next().unwrap_or("Table").to_uppercase();
    ApiError::not_found(&format!("{kind}_DOES_NOT_EXIST"), message)
}

fn parts(table: &CatalogTable) -> [&str; 3] {
    let mut parts = table.full_name.splitn(3, '.');
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

fn parent(table: &CatalogTable) -> &str {
    table.full_name.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// SQL LIKE with `%` and `_`.
fn like(pattern: &str, text: &str) -> bool {
    let mut expression = String::from("(?is)^");
    for c in pattern.chars() {
        match c {
            '%' => expression.push_str(".*"),
            '_' => expression.push('.'),
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    expression.push('$');
    regex::Regex::new(&expression).is_ok_and(|regex| regex.is_match(text))
}

fn info(table: &CatalogTable) -> TableInfo {
    let [catalog, schema, name] = parts(table);
    TableInfo {
        name: name.to_owned(),
        catalog_name: catalog.to_owned(),
        schema_name: schema.to_owned(),
        full_name: table.full_name.clone(),
        table_type: "MANAGED".to_owned(),
        data_source_format: Some("DELTA".to_owned()),
        comment: Some(table.comment.clone()).filter(|text| !text.is_empty()),
        owner: Some(super::ADMIN.to_owned()),
        columns: table.columns.iter().enumerate().map(|(i, column)| column_info(column, i)).collect(),
        ..TableInfo::default()
    }
}

fn column_info(column: &CatalogColumn, position: usize) -> ColumnInfo {
    ColumnInfo {
        name: column.name.clone(),
        position: i64::try_from(position).ok(),
        type_name: type_name(&column.type_text).to_owned(),
        type_text: column.type_text.to_lowercase(),
        type_json: None,
        nullable: Some(column.nullable),
        comment: Some(column.comment.clone()).filter(|text| !text.is_empty()),
    }
}

/// The API's `type_name` of a type in SQL form.
fn type_name(type_text: &str) -> &'static str {
    let head: String =
        type_text.to_uppercase().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    match head.as_str() {
        "TINYINT" => "BYTE",
        "SMALLINT" => "SHORT",
        "INT" | "INTEGER" => "INT",
        "BIGINT" => "LONG",
        "FLOAT" | "REAL" => "FLOAT",
        "DOUBLE" => "DOUBLE",
        "DECIMAL" | "NUMERIC" => "DECIMAL",
        "BOOLEAN" => "BOOLEAN",
        "DATE" => "DATE",
        "TIMESTAMP" => "TIMESTAMP",
        "TIMESTAMP_NTZ" => "TIMESTAMP_NTZ",
        "BINARY" => "BINARY",
        "ARRAY" => "ARRAY",
        "MAP" => "MAP",
        "STRUCT" => "STRUCT",
        _ => "STRING",
    }
}
