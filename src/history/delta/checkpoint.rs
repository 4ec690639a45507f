//! Checkpoints, which other writers leave after many commits: the actions that still count, as one
//! Parquet file. We read them and write none.

use super::action::{Action, Add, Metadata, Protocol};
use super::rows::batches;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::DataType;
use serde_json::{Value, json};

/// The actions of a checkpoint that is one file.
pub fn actions(bytes: Vec<u8>) -> Result<Vec<Action>, String> {
    let mut actions = Vec::new();
    for batch in batches(bytes).map_err(|error| format!("its checkpoint cannot be read: {error}"))? {
        for at in 0..batch.num_rows() {
            actions.extend(row(&batch, at));
        }
    }
    Ok(actions)
}

/// Each row holds one action: the struct column that is not NULL.
fn row(batch: &RecordBatch, at: usize) -> Option<Action> {
    let there = |name: &str| {
        let column = batch.column_by_name(name)?.as_struct_opt()?;
        column.is_valid(at).then_some(column)
    };
    if let Some(add) = there("add") {
        let path = text(add, "path", at)?;
        return Some(Action::Add(Add { json: json!({ "path": path }), path }));
    }
    if let Some(protocol) = there("protocol") {
        return Some(Action::Protocol(Protocol {
            reader: number(protocol, "minReaderVersion", at).unwrap_or(1),
            writer: number(protocol, "minWriterVersion", at).unwrap_or(1),
            features: texts(protocol, "readerFeatures", at),
        }));
    }
    there("metaData").map(|metadata| Action::MetaData(Metadata(description(metadata, at))))
}

/// The members of `metaData` in their JSON form; those that no table of ours has are left out.
fn description(metadata: &StructArray, at: usize) -> Value {
    let words = |name: &str| text(metadata, name, at);
    json!({
        "id": words("id"),
        "name": words("name"),
        "description": words("description"),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": words("schemaString"),
        "partitionColumns": texts(metadata, "partitionColumns", at),
        "createdTime": number(metadata, "createdTime", at),
        "configuration": settings(metadata, at),
    })
}

fn text(of: &StructArray, name: &str, at: usize) -> Option<String> {
    let column = of.column_by_name(name)?.as_string_opt::<i32>()?;
    column.is_valid(at).then(|| column.value(at).to_owned())
}

fn number(of: &StructArray, name: &str, at: usize) -> Option<i64> {
    let column = of.column_by_name(name).filter(|column| column.is_valid(at))?;
    match column.data_type() {
        DataType::Int32 => Some(i64::from(column.as_primitive::<Int32Type>().value(at))),
        DataType::Int64 => Some(column.as_primitive::<Int64Type>().value(at)),
        _ => None,
    }
}

fn texts(of: &StructArray, name: &str, at: usize) -> Vec<String> {
    let list = of.column_by_name(name).and_then(|column| column.as_list_opt::<i32>());
    let Some(list) = list.filter(|list| list.is_valid(at)) else { return Vec::new() };
    let items = list.value(at);
    let items = items.as_string_opt::<i32>().into_iter().flat_map(|items| items.iter());
    items.flatten().map(str::to_owned).collect()
}

fn settings(metadata: &StructArray, at: usize) -> Value {
    let map = metadata.column_by_name("configuration").and_then(|column| column.as_map_opt());
    let Some(map) = map.filter(|map| map.is_valid(at)) else { return json!({}) };
    let entries = map.value(at);
    let words = |column: usize, row: usize| {
        let column = entries.column(column).as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let pairs = (0..entries.len()).filter_map(|row| Some((words(0, row)?, Value::from(words(1, row)?))));
    Value::Object(pairs.collect())
}
