//! Statements with which a candidate's SQL can be tried on the warehouse without reading rows.

use super::facts::open_values;
use super::input::{table_aliases, whole};
use crate::model::{Candidate, Catalog, Change, Space, SpaceView, joined_text};
use crate::sql::{ColumnValue, Features, Fragment, Names, quote, quote_name, read_expression};
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
    Some(over_its_tables(&fragment, select, is_filter))
}

fn over_its_tables(fragment: &Fragment, select: &str, is_filter: bool) -> String {
    let tables: BTreeMap<&str, String> =
        fragment.tables().into_iter().enumerate().map(|(at, table)| (table, format!("t{}", at + 1))).collect();
    let written = fragment.with_prefix(&|table| tables.get(table).cloned().unwrap_or_else(|| quote_name(table)));
    let from: Vec<String> = tables.iter().map(|(table, alias)| format!("{} AS {alias}", quote_name(table))).collect();
    let from = if from.is_empty() { String::new() } else { format!(" FROM {}", from.join(" CROSS JOIN ")) };
    match is_filter {
        true => format!("{select}{from} WHERE {written} LIMIT 0"),
        false => format!("{select} {written}{from} LIMIT 0"),
    }
}

/// A snippet as a query, for what is known of queries.
pub(super) fn fragment_features(fragment: &Fragment, is_filter: bool, names: &Names) -> Option<Features> {
    let select = if is_filter { "SELECT 1" } else { "SELECT" };
    Features::of(&over_its_tables(fragment, select, is_filter), names).ok()
}

/// Statements that must give a row, each with what it means if it does not: a text that no
/// dictionary holds stands in its column, and the keys of a join meet.
pub fn value_probes(candidate: &Candidate, space: &Space, catalog: &Catalog) -> Vec<(String, String)> {
    let names = Names::new(catalog);
    let view = SpaceView::of(space);
    candidate.changes.iter().flat_map(|change| row_probes(&whole(space, change), &view, &names)).collect()
}

fn row_probes(change: &Change, view: &SpaceView, names: &Names) -> Vec<(String, String)> {
    let Some(value) = &change.after else { return Vec::new() };
    let segments: Vec<&str> = change.address.segments().iter().map(String::as_str).collect();
    let sql = value.get("sql").and_then(joined_text).unwrap_or_default();
    let features = match segments.as_slice() {
        ["instructions", "sql_snippets", list, _] => {
            let fragment = read_expression(&sql, &table_aliases(view), names).ok();
            fragment.and_then(|(fragment, _)| fragment_features(&fragment, *list == "filters", names))
        }
        ["instructions", "example_question_sqls", _] => Features::of(&filled(&sql, value), names).ok(),
        ["instructions", "join_specs", _] => return meeting(value, names).into_iter().collect(),
        _ => None,
    };
    let open = features.map(|features| open_values(names.catalog(), &features)).unwrap_or_default();
    let probe = |value: ColumnValue| {
        let (table, column) = (quote_name(&value.column.table), quote(&value.column.column));
        let literal = value.value.replace('\'', "''");
        let sql = format!("SELECT 1 FROM {table} WHERE {column} = '{literal}' LIMIT 1");
        (sql, format!("'{}' is no value of `{}`.", value.value, value.column))
    };
    open.into_iter().map(probe).collect()
}

/// The keys of a join meet, unless there is nothing that could.
fn meeting(value: &Value, names: &Names) -> Option<(String, String)> {
    let table = |side: &str| {
        let name = value.pointer(&format!("/{side}/identifier"))?.as_str()?;
        let columns = &names.table(name)?.columns;
        let rows = columns.iter().filter_map(|column| column.profile.as_ref()).map(|profile| profile.rows).max();
        rows.filter(|rows| *rows > 0).map(|_| name.to_owned())
    };
    let (left, right) = (table("left")?, table("right")?);
    let sql = join(value)?;
    let sql = format!("{}LIMIT 1", sql.strip_suffix("LIMIT 0")?);
    Some((sql, format!("No row of `{left}` meets one of `{right}` on this condition.")))
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
    format!("SELECT * FROM ({}) AS probe LIMIT 0", filled(sql, value))
}

/// An example's SQL with the defaults of its parameters.
pub(super) fn filled(sql: &str, value: &Value) -> String {
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
    filled
}
