//! The analyst over real databases (written to a file, to be run and compared outside), and each
//! category of space content at work alone.

use super::{Context, Reply, answer};
use crate::model::{Catalog, CatalogColumn, CatalogTable, SpaceTable, SpaceView};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/text2sql");
    root.is_dir().then_some(root)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn column(value: &Value) -> CatalogColumn {
    CatalogColumn {
        name: text(value, "name"),
        type_text: text(value, "type"),
        nullable: value.get("nullable").and_then(Value::as_bool).unwrap_or(true),
        comment: text(value, "comment"),
        profile: None,
    }
}

fn full(database: &str, name: &str) -> String {
    if name.matches('.').count() == 2 { name.to_owned() } else { format!("main.{database}.{name}") }
}

/// A database as a bare space: its tables and the catalog's keys, nothing written by hand.
pub fn load(folder: &Path) -> Option<(Catalog, SpaceView, Vec<Value>)> {
    let read = |name: &str| serde_json::from_str::<Value>(&std::fs::read_to_string(folder.join(name)).ok()?).ok();
    let schema = read("schema.json")?;
    let database = folder.file_name()?.to_str()?.to_owned();
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut tables = Vec::new();
    for table in list(&schema, "tables") {
        let columns = list(&table, "columns");
        let keys = columns.iter().filter(|c| c.get("primary_key").and_then(Value::as_bool) == Some(true));
        tables.push(CatalogTable {
            full_name: full(&database, &text(&table, "name")),
            comment: text(&table, "comment"),
            primary_key: keys.map(|c| text(c, "name")).collect(),
            columns: columns.iter().map(column).collect(),
            foreign_keys: Vec::new(),
        });
    }
    for join in list(&schema, "joins").iter().filter(|j| text(j, "source") == "foreign key") {
        let (left, right) = (text(join, "left"), text(join, "right"));
        let (Some((child, own)), Some((parent, key))) = (left.rsplit_once('.'), right.rsplit_once('.')) else {
            continue;
        };
        let parent =
            tables.iter().map(|t| t.full_name.clone()).find(|t| t.eq_ignore_ascii_case(&full(&database, parent)));
        let child = tables.iter_mut().find(|t| t.full_name.eq_ignore_ascii_case(&full(&database, child)));
        if let (Some(parent), Some(child)) = (parent, child) {
            let key = crate::model::ForeignKey {
                columns: vec![own.to_owned()],
                parent_table: parent,
                parent_columns: vec![key.to_owned()],
            };
            child.foreign_keys.push(key);
        }
    }
    let space = SpaceView {
        tables: tables
            .iter()
            .map(|t| SpaceTable { identifier: t.full_name.clone(), ..SpaceTable::default() })
            .collect(),
        ..SpaceView::default()
    };
    Some((Catalog::new(tables), space, read("questions.json")?.as_array()?.clone()))
}

/// Switches on the value dictionaries of these columns.
fn with_values(
    catalog: &Catalog,
    space: &mut SpaceView,
    values: &std::collections::BTreeMap<String, Vec<String>>,
) -> Catalog {
    let mut tables: Vec<CatalogTable> = catalog.tables().cloned().collect();
    for table in &mut tables {
        for column in &mut table.columns {
            let Some(found) = values.get(&format!("{}.{}", table.full_name, column.name).to_lowercase()) else {
                continue;
            };
            let distinct = found.len() as u64;
            column.profile = Some(crate::model::ColumnProfile {
                rows: distinct + 1,
                distinct,
                values: found.clone(),
                ..Default::default()
            });
            if let Some(declared) = space.tables.iter_mut().find(|t| t.identifier == table.full_name) {
                declared.columns.push(crate::model::SpaceColumn {
                    name: column.name.clone(),
                    entity_matching: true,
                    ..Default::default()
                });
            }
        }
    }
    Catalog::new(tables)
}

/// Writes what the analyst answers to the questions of all databases, where `ANALYST_OUT` says.
#[test]
fn answers_to_real_questions() {
    let (Some(root), Ok(out)) = (data(), std::env::var("ANALYST_OUT")) else { return };
    let dictionary: std::collections::BTreeMap<String, Vec<String>> = std::env::var("ANALYST_VALUES")
        .ok()
        .and_then(|path| serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok())
        .unwrap_or_default();
    let as_of = jiff::civil::Date::new(2025, 8, 27).ok();
    let mut answers = Vec::new();
    for folder in [
        "kpi_ko",
        "defog/academic",
        "defog/broker",
        "defog/car_dealership",
        "defog/restaurants",
        "spider/concert_singer",
        "spider/dog_kennels",
        "spider/pets_1",
        "spider/world_1",
    ] {
        let Some((catalog, mut space, questions)) = load(&root.join(folder)) else { continue };
        let catalog = with_values(&catalog, &mut space, &dictionary);
        for question in questions.iter().filter(|q| q.get("usable") == Some(&Value::Bool(true))) {
            let reply = answer(&Context { space: &space, catalog: &catalog, as_of }, &text(question, "question"));
            let (sql, thoughts) = match reply {
                Reply::Sql { sql, thoughts, .. } => (Some(sql), thoughts),
                Reply::Ask { text, thoughts } => (None, [vec![super::thought("ASK", text)], thoughts].concat()),
            };
            let thoughts: Vec<String> = thoughts.into_iter().map(|t| format!("{}: {}", t.kind, t.text)).collect();
            answers.push(
                serde_json::json!({"folder": folder, "id": text(question, "id"), "sql": sql, "thoughts": thoughts}),
            );
        }
    }
    std::fs::write(out, serde_json::to_string(&answers).unwrap_or_default()).expect("writable");
}
