//! Checkpoints: all actions that still count as of one version, as one Parquet file, so that a
//! reader need not go through the whole log. Rows are the actions in their JSON form, each in the
//! column of its name.

use super::action::Action;
use super::log::Snapshot;
use super::rows::{batches, written};
use arrow_json::{LineDelimitedWriter, ReaderBuilder};
use arrow_schema::{DataType, Field, Fields, Schema};
use serde_json::Value;
use std::sync::Arc;

/// A checkpoint is made with every so many commits: what a reader goes through beside it is less.
pub const EVERY: u64 = 20;

/// What was removed is remembered for so long, so that no clean-up deletes a file that a reader of
/// an earlier version still needs; tables may ask for up to this.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// The actions of a checkpoint that is one file.
pub fn actions(bytes: Vec<u8>) -> Result<Vec<Action>, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("its checkpoint cannot be read: {error}");
    let batches = batches(bytes).map_err(|error| unreadable(&error))?;
    let mut lines = LineDelimitedWriter::new(Vec::new());
    lines.write_batches(&batches.iter().collect::<Vec<_>>()).map_err(|error| unreadable(&error))?;
    lines.finish().map_err(|error| unreadable(&error))?;
    let lines = lines.into_inner();
    let values = serde_json::Deserializer::from_slice(&lines).into_iter::<Value>();
    let actions = values.map(|value| value.map(|value| Action::of(&value))).collect::<Result<Vec<_>, _>>();
    actions.map_err(|error| unreadable(&error))
}

/// The checkpoint of a table at this moment (milliseconds since 1970).
pub fn of(snapshot: &Snapshot, now: i64) -> Result<Vec<u8>, String> {
    let lines: Vec<Value> = snapshot.actions(now - KEPT_MS).iter().map(Action::to_json).collect();
    let schema = Arc::new(Schema::new(columns()));
    let mut decoder = ReaderBuilder::new(Arc::clone(&schema))
        .with_batch_size(lines.len().max(1))
        .build_decoder()
        .map_err(|error| error.to_string())?;
    decoder.serialize(&lines).map_err(|error| error.to_string())?;
    let batch = decoder.flush().map_err(|error| error.to_string())?;
    written(&batch.ok_or("a table without a description has no checkpoint")?)
}

/// The columns of a table of protocol 1/2, as the protocol lists them.
fn columns() -> Fields {
    let (text, number, truth) = (DataType::Utf8, DataType::Int64, DataType::Boolean);
    let action = |name: &str, members: Vec<Field>| Field::new(name, DataType::Struct(members.into()), true);
    let is = |name: &str, kind: &DataType| Field::new(name, kind.clone(), true);
    Fields::from(vec![
        action("txn", vec![is("appId", &text), is("version", &number), is("lastUpdated", &number)]),
        action(
            "add",
            vec![
                is("path", &text),
                texts_by_name("partitionValues"),
                is("size", &number),
                is("modificationTime", &number),
                is("dataChange", &truth),
                is("stats", &text),
                texts_by_name("tags"),
            ],
        ),
        action(
            "remove",
            vec![
                is("path", &text),
                is("deletionTimestamp", &number),
                is("dataChange", &truth),
                is("extendedFileMetadata", &truth),
                texts_by_name("partitionValues"),
                is("size", &number),
                texts_by_name("tags"),
            ],
        ),
        action(
            "metaData",
            vec![
                is("id", &text),
                is("name", &text),
                is("description", &text),
                action("format", vec![is("provider", &text), texts_by_name("options")]),
                is("schemaString", &text),
                Field::new(
                    "partitionColumns",
                    DataType::List(Arc::new(Field::new("element", text.clone(), true))),
                    true,
                ),
                texts_by_name("configuration"),
                is("createdTime", &number),
            ],
        ),
        action("protocol", vec![is("minReaderVersion", &DataType::Int32), is("minWriterVersion", &DataType::Int32)]),
    ])
}

fn texts_by_name(name: &str) -> Field {
    let entry = vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)];
    let entries = Field::new("key_value", DataType::Struct(entry.into()), false);
    Field::new(name, DataType::Map(Arc::new(entries), false), true)
}
