//! Recorded Spark results: every usable question of every database.

use super::super::{StatementOptions, Warehouse};
use super::data;
use crate::model::{Cell, ResultSet};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Every folder below with a `questions.json`.
fn databases(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("questions.json").exists() {
        found.push(folder.to_owned());
    }
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders.iter().filter(|path| path.is_dir()) {
        databases(folder, found);
    }
}

#[derive(Default)]
struct Tally {
    asked: usize,
    agreed: usize,
    failures: Vec<String>,
    types: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn spark_agrees() {
    let Some(folder) = data() else {
        eprintln!("skipped: no recorded data");
        return;
    };
    let mut found = Vec::new();
    databases(&folder, &mut found);
    let (mut asked, mut agreed) = (0, 0);
    for database in found {
        let opened = Instant::now();
        let warehouse = Warehouse::open(&database, None).await.expect("opens");
        let opening = opened.elapsed();
        let started = Instant::now();
        let tally = compare_database(&warehouse, &database).await;
        let each = started.elapsed() / tally.asked.max(1) as u32;
        eprintln!("{}: {} of {}, {each:?} each, opened in {opening:?}", database.display(), tally.agreed, tally.asked);
        tally.failures.iter().chain(&tally.types).for_each(|line| eprintln!("  {line}"));
        asked += tally.asked;
        agreed += tally.agreed;
    }
    eprintln!("total: {agreed} of {asked}");
    assert!(agreed * 100 >= asked * 98, "{agreed} of {asked} agree");
}

async fn compare_database(warehouse: &Warehouse, database: &Path) -> Tally {
    let mut tally = Tally::default();
    for file in ["questions.json", "extra_questions.json"] {
        let Ok(text) = std::fs::read_to_string(database.join(file)) else { continue };
        let questions: Vec<Json> = serde_json::from_str(&text).expect("a list of questions");
        for question in questions.iter().filter(|question| question["usable"] == true) {
            compare_answer(warehouse, &question["id"], &question["gold"], &mut tally).await;
            for accepted in question["accepted"].as_array().into_iter().flatten() {
                compare_answer(warehouse, &question["id"], accepted, &mut tally).await;
            }
        }
    }
    tally
}

async fn compare_answer(warehouse: &Warehouse, id: &Json, answer: &Json, tally: &mut Tally) {
    let (Some(sql), Some(rows)) = (answer["sql_databricks"].as_str(), answer["rows"].as_array()) else { return };
    if !matches!(answer["checked"]["spark4_3"].as_str(), Some("same" | "ok")) {
        return;
    }
    tally.asked += 1;
    let result = match warehouse.execute(sql, &StatementOptions::default()).await {
        Err(failure) => return tally.failures.push(format!("{id}: {}\n      {sql}", failure.message)),
        Ok(result) => result,
    };
    match difference(&result, rows) {
        Some(difference) => tally.failures.push(format!("{id}: {difference}\n      {sql}")),
        None => tally.agreed += 1,
    }
    let ours: Vec<String> = result.columns.iter().map(|column| column.type_text.to_lowercase()).collect();
    let theirs = answer["types_spark"].as_array().into_iter().flatten().filter_map(Json::as_str).collect::<Vec<_>>();
    if !theirs.is_empty() && ours != theirs {
        tally.types.push(format!("{id}: types {ours:?}, Spark {theirs:?}\n      {sql}"));
    }
}

/// The first difference of two results whose order does not matter.
fn difference(result: &ResultSet, rows: &[Json]) -> Option<String> {
    let mut ours: Vec<Vec<String>> = result
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| normal(cell.as_wire().as_deref(), cell)).collect())
        .collect();
    let mut theirs: Vec<Vec<String>> =
        rows.iter().map(|row| row.as_array().into_iter().flatten().map(normal_json).collect()).collect();
    if ours.len() != theirs.len() {
        return Some(format!("{} rows, Spark has {}", ours.len(), theirs.len()));
    }
    ours.sort();
    theirs.sort();
    let differ =
        ours.iter().zip(&theirs).find(|(a, b)| a.len() != b.len() || a.iter().zip(*b).any(|(a, b)| !same(a, b)));
    differ.map(|(a, b)| format!("{a:?}, Spark {b:?}"))
}

fn same(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-9),
        _ => false,
    }
}

/// Numbers to eight digits so that sorting puts equal rows side by side.
fn number(text: &str) -> String {
    text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| format!("{number:.8e}"))
}

fn normal(wire: Option<&str>, cell: &Cell) -> String {
    let Some(text) = wire else { return "NULL".to_owned() };
    match cell {
        Cell::Number(_) => number(text),
        Cell::Text(_) => moment(text),
        _ => text.to_owned(),
    }
}

/// `…T…Z` and `… …` are one form; no fraction is none.
fn moment(text: &str) -> String {
    let is_wire = text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
    if !is_wire {
        return text.to_owned();
    }
    text.replace('T', " ").trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn normal_json(value: &Json) -> String {
    match value {
        Json::Null => "NULL".to_owned(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(n) => number(&n.to_string()),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
