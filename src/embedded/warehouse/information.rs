//! `information_schema`: the catalog as tables.

use super::load::three_parts;
use super::value::{Value, build_array};
use crate::model::Catalog;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::common::Result;
use datafusion::datasource::MemTable;
use std::collections::BTreeSet;
use std::sync::Arc;

type Named = ([String; 3], Arc<dyn TableProvider>);

/// The tables of every catalog's `information_schema`, and of `system`'s.
pub(crate) fn information_schema(catalog: &Catalog) -> Result<Vec<Named>> {
    let mut catalogs: BTreeSet<String> =
        catalog.tables().map(|table| three_parts(&table.full_name)[0].to_lowercase()).collect();
    catalogs.insert("main".to_owned());
    let mut tables = Vec::new();
    for name in catalogs.iter().map(Some).chain([None]) {
        let of = name.map_or("system", String::as_str);
        let place = |table: &str| [of.to_owned(), "information_schema".to_owned(), table.to_owned()];
        tables.push((place("tables"), table(&TABLES, table_rows(catalog, name))?));
        tables.push((place("columns"), table(&COLUMNS, column_rows(catalog, name))?));
        tables.push((place("schemata"), table(&SCHEMATA, schema_rows(catalog, name))?));
    }
    Ok(tables)
}

fn table(columns: &[(&str, DataType)], rows: Vec<Vec<Value>>) -> Result<Arc<dyn TableProvider>> {
    let fields: Vec<Field> = columns.iter().map(|(name, ty)| Field::new(*name, ty.clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let arrays = columns.iter().enumerate().map(|(at, (_, data_type))| {
        let values: Vec<Value> = rows.iter().map(|row| row[at].clone()).collect();
        build_array(&values, data_type)
    });
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays.collect::<Result<_>>()?)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn comment(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { text(value) }
}

fn table_rows(catalog: &Catalog, only: Option<&String>) -> Vec<Vec<Value>> {
    let tables = catalog.tables().map(|table| (three_parts(&table.full_name), table));
    let tables = tables.filter(|(name, _)| only.is_none_or(|only| name[0].eq_ignore_ascii_case(only)));
    tables
        .map(|([catalog, schema, name], table)| {
            vec![text(&catalog), text(&schema), text(&name), text("MANAGED"), comment(&table.comment)]
        })
        .collect()
}

fn column_rows(catalog: &Catalog, only: Option<&String>) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for table in catalog.tables() {
        let [catalog_name, schema, name] = three_parts(&table.full_name);
        if only.is_some_and(|only| !catalog_name.eq_ignore_ascii_case(only)) {
            continue;
        }
        for (at, column) in table.columns.iter().enumerate() {
            let head = column.type_text.split('(').next().unwrap_or_default();
            rows.push(vec![
                text(&catalog_name),
                text(&schema),
                text(&name),
                text(&column.name),
                Value::Int(at as i64),
                text(if column.nullable { "YES" } else { "NO" }),
                text(&column.type_text.to_lowercase()),
                text(head),
                comment(&column.comment),
            ]);
        }
    }
    rows
}

fn schema_rows(catalog: &Catalog, only: Option<&String>) -> Vec<Vec<Value>> {
    let names: BTreeSet<(String, String)> = catalog
        .tables()
        .map(|table| three_parts(&table.full_name))
        .filter(|name| only.is_none_or(|only| name[0].eq_ignore_ascii_case(only)))
        .map(|[catalog, schema, _]| (catalog, schema))
        .collect();
    names.into_iter().map(|(catalog, schema)| vec![text(&catalog), text(&schema)]).collect()
}

const TABLES: [(&str, DataType); 5] = [
    ("table_catalog", DataType::Utf8),
    ("table_schema", DataType::Utf8),
    ("table_name", DataType::Utf8),
    ("table_type", DataType::Utf8),
    ("comment", DataType::Utf8),
];

const COLUMNS: [(&str, DataType); 9] = [
    ("table_catalog", DataType::Utf8),
    ("table_schema", DataType::Utf8),
    ("table_name", DataType::Utf8),
    ("column_name", DataType::Utf8),
    ("ordinal_position", DataType::Int32),
    ("is_nullable", DataType::Utf8),
    ("full_data_type", DataType::Utf8),
    ("data_type", DataType::Utf8),
    ("comment", DataType::Utf8),
];

const SCHEMATA: [(&str, DataType); 2] = [("catalog_name", DataType::Utf8), ("schema_name", DataType::Utf8)];
