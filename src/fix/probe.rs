//! Statements with which a candidate's SQL can be tried on the warehouse without reading rows.

use super::input::{table_aliases, whole};
use crate::model::{Candidate, Catalog, Change, Space, SpaceView, joined_text};
use crate::sql::{Names, quote, quote_name, read_expression};
use serde_json::Value;
use std::collections::BTreeMap;

/// One statement for each piece of SQL in the candidate; all end in `LIMIT 0`.
pub fn probe_sql(candidate: &Candidate, space: &Space, catalog: &Catalog) -> Vec<String> {
    let names = Names::new(catalog);
    let view = SpaceView::of(space);
    let statements = candidate.changes.iter().filter_map(|change| statement(&whole(space, change), &view, &names));
    statements.collect()
}

fn statement(change: &Change, view: &SpaceView, names: &Names) -> Option<String> {
    let value = change.after.as_ref()?;
    let segments: Vec<&str> = change.address.segments().iter().map(String::as_str).collect();
    let sql = value.get("sql").and_then(joined_text);
    match segments.as_slice() {
        ["instructions", "sql_snippets", "filters", _] => over_tables(&sql?, "SELECT 1", true, view, names),
        ["instructions", "sql_snippets", _, _] => over_tables(&sql?, "SELECT", false, view, names),
        ["instructions", "join_specs", _] => join(value),
        ["instructions", "example_question_sqls", _] => Some(example(&sql?, value)),
        _ => None,
    }
}

/// A snippet over its tables; without a join, since no row is read.
fn over_tables(sql: &str, select: &str, is_filter: bool, view: &SpaceView, names: &Names) -> Option<String> {
    let (fragment, _) = read_expression(sql, &table_aliases(view), names).ok()?;
    let tables: BTreeMap<&str, String> =
        fragment.tables().into_iter().enumerate().map(|(at, table)| (table, format!("t{}", at + 1))).collect();
    let written = fragment.with_prefix(&|table| tables.get(table).cloned().unwrap_or_else(|| quote_name(table)));
    let from: Vec<String> = tables.iter().map(|(table, alias)| format!("{} AS {alias}", quote_name(table))).collect();
    let from = if from.is_empty() { String::new() } else { format!(" FROM {}", from.join(" CROSS JOIN ")) };
    Some(match is_filter {
        true => format!("{select}{from} WHERE {written} LIMIT 0"),
        false => format!("{select} {written}{from} LIMIT 0"),
    })
}

fn join(value: &Value) -> Option<String> {
    let side = |side: &str, key: &str| value.pointer(&format!("/{side}/{key}")).and_then(Value::as_str);
    let condition = value.pointer("/sql/0").and_then(Value::as_str)?;
    Some(format!(
        "SELECT 1 FROM {} AS {} JOIN {} AS {} ON {condition} LIMIT 0",
        quote_name(side("left", "identifier")?),
        quote(side("left", "alias")?),
        quote_name(side("right", "identifier")?),
        quote(side("right", "alias")?)
    ))
}

fn example(sql: &str, value: &Value) -> String {
    let parameters = value.get("parameters").and_then(Value::as_array);
    let mut filled = sql.trim().trim_end_matches(';').to_owned();
    // Longest name first: `:day` is the beginning of `:days`.
    let mut parameters: Vec<&Value> = parameters.into_iter().flatten().collect();
    parameters.sort_by_key(|p| std::cmp::Reverse(p.get("name").and_then(Value::as_str).map_or(0, str::len)));
    for parameter in parameters {
        let text = |pointer: &str| parameter.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (name, default) = (text("/name"), text("/default_value/values/0"));
        let literal = match text("/type_hint") {
            "INTEGER" | "DECIMAL" | "NUMBER" | "DOUBLE" | "BOOLEAN" if !default.is_empty() => default.to_owned(),
            "DATE" => format!("DATE '{}'", default.replace('\'', "''")),
            _ => format!("'{}'", default.replace('\'', "''")),
        };
        filled = filled.replace(&format!(":{name}"), &literal);
    }
    format!("SELECT * FROM ({filled}) AS probe LIMIT 0")
}
