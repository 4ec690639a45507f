//! The actions of a Delta log, as far as a history needs them.

use super::text;
use crate::history::tables::Table;
use serde_json::{Map, Value, json};
use std::fmt;

/// One line of a commit.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    CommitInfo(Value),
    Protocol(Protocol),
    MetaData(Metadata),
    Add(Add),
    /// A path that is no longer part of the table.
    Remove(Remove),
    /// How far another writer has come, by its name; of no meaning for the rows.
    Transaction(Value),
    /// Of no meaning for the rows and for the table.
    Other,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    pub reader: i64,
    pub writer: i64,
    /// Named features that a reader must know.
    pub features: Vec<String>,
}

/// The table's description, kept as it stands: other writers put more into it than we know.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata(pub Value);

#[derive(Clone, Debug, PartialEq)]
pub struct Add {
    /// Relative to the table, percent-encoded.
    pub path: String,
    pub json: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Remove {
    pub path: String,
    pub json: Value,
}

impl Remove {
    /// Of a file whose rows stand elsewhere from then on.
    pub fn of(file: &Add, at: i64) -> Self {
        let json = json!({
            "path": file.path,
            "deletionTimestamp": at,
            "dataChange": false,
            "extendedFileMetadata": true,
            "partitionValues": {},
            "size": file.json.get("size"),
        });
        Self { path: file.path.clone(), json }
    }

    /// Milliseconds since 1970.
    pub fn at(&self) -> i64 {
        self.json.get("deletionTimestamp").and_then(Value::as_i64).unwrap_or_default()
    }
}

impl Protocol {
    /// What a plain table needs.
    pub fn ours() -> Self {
        Self { reader: 1, writer: 2, features: Vec::new() }
    }
}

impl Add {
    pub fn of(path: &str, bytes: usize, rows: usize, at: i64) -> Self {
        let json = json!({
            "path": path,
            "partitionValues": {},
            "size": bytes,
            "modificationTime": at,
            "dataChange": true,
            "stats": json!({ "numRecords": rows }).to_string(),
        });
        Self { path: path.to_owned(), json }
    }
}

impl Add {
    /// Of rows that stood elsewhere before.
    pub fn unchanged(mut self) -> Self {
        self.json["dataChange"] = Value::from(false);
        self
    }
}

impl Metadata {
    pub fn of(table: &Table, at: i64) -> Self {
        let fields: Vec<Value> = table.columns.iter().map(field).collect();
        Self(json!({
            "id": uuid::Uuid::now_v7().to_string(),
            "name": table.name,
            "description": table.means,
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json!({"type": "struct", "fields": fields}).to_string(),
            "partitionColumns": [],
            "createdTime": at,
            "configuration": {},
        }))
    }

    pub fn is_partitioned(&self) -> bool {
        self.0.get("partitionColumns").and_then(Value::as_array).is_some_and(|columns| !columns.is_empty())
    }

    /// A setting that changes what the columns of a file are called.
    pub fn maps_columns(&self) -> bool {
        let mode = self.0.pointer("/configuration/delta.columnMapping.mode").and_then(Value::as_str);
        mode.is_some_and(|mode| mode != "none")
    }

    /// With the columns of `table` that are not there yet; none if all are. A column that is there
    /// with another type is an error: its files would not fit.
    pub fn with_columns_of(&self, table: &Table) -> Result<Option<Self>, String> {
        let unreadable = |error: serde_json::Error| format!("its schema cannot be read: {error}");
        let mut schema: Value = serde_json::from_str(text(&self.0, "schemaString")).map_err(unreadable)?;
        let Some(fields) = schema.get_mut("fields").and_then(Value::as_array_mut) else {
            return Err("its schema names no fields".to_owned());
        };
        let mut is_new = false;
        for column in table.columns {
            match fields.iter().find(|field| text(field, "name").eq_ignore_ascii_case(column.name)) {
                Some(there) if there.get("type") == Some(&Value::from(column.kind.delta())) => {}
                Some(there) => {
                    let is = there.get("type").map(Value::to_string).unwrap_or_default();
                    let wanted = column.kind.delta();
                    return Err(format!("its column `{}` is of type {is}, not {wanted}", column.name));
                }
                None => {
                    fields.push(field(column));
                    is_new = true;
                }
            }
        }
        if !is_new {
            return Ok(None);
        }
        let mut metadata = self.0.clone();
        if let Some(map) = metadata.as_object_mut() {
            map.insert("schemaString".to_owned(), Value::from(schema.to_string()));
        }
        Ok(Some(Self(metadata)))
    }
}

fn field(column: &crate::history::tables::Column) -> Value {
    json!({
        "name": column.name,
        "type": column.kind.delta(),
        "nullable": true,
        "metadata": {"comment": column.means},
    })
}

impl Action {
    /// Reads one line of a commit.
    pub fn of(line: &Value) -> Self {
        let Some((name, body)) = line.as_object().and_then(|map| map.iter().next()) else { return Self::Other };
        match name.as_str() {
            "protocol" => Self::Protocol(Protocol {
                reader: body.get("minReaderVersion").and_then(Value::as_i64).unwrap_or(1),
                writer: body.get("minWriterVersion").and_then(Value::as_i64).unwrap_or(1),
                features: features(body, "readerFeatures"),
            }),
            "metaData" => Self::MetaData(Metadata(body.clone())),
            "add" => Self::Add(Add { path: text(body, "path").to_owned(), json: body.clone() }),
            "remove" => Self::Remove(Remove { path: text(body, "path").to_owned(), json: body.clone() }),
            "txn" => Self::Transaction(body.clone()),
            "commitInfo" => Self::CommitInfo(body.clone()),
            _ => Self::Other,
        }
    }
}

fn features(body: &Value, key: &str) -> Vec<String> {
    let names = body.get(key).and_then(Value::as_array).into_iter().flatten();
    names.filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

impl Action {
    /// The line of a commit.
    pub fn to_json(&self) -> Value {
        let line = |name: &str, body: Value| Value::Object(Map::from_iter([(name.to_owned(), body)]));
        match self {
            Self::CommitInfo(body) => line("commitInfo", body.clone()),
            Self::Protocol(protocol) => {
                line("protocol", json!({"minReaderVersion": protocol.reader, "minWriterVersion": protocol.writer}))
            }
            Self::MetaData(metadata) => line("metaData", metadata.0.clone()),
            Self::Add(add) => line("add", add.json.clone()),
            Self::Remove(remove) => line("remove", remove.json.clone()),
            Self::Transaction(body) => line("txn", body.clone()),
            Self::Other => json!({}),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_json().fmt(f)
    }
}
