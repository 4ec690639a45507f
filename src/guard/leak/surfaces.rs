//! The texts that a change puts into a space.

use crate::model::{Address, Change, joined_text};
use serde_json::Value;

/// One text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Surface {
    pub address: Address,
    pub text: String,
    /// For the question of an example: the example's SQL.
    pub example_sql: Option<String>,
    /// A snippet's SQL: a measure, a filter or an expression.
    pub is_fragment: bool,
}

impl Surface {
    /// Words for Genie to read; an example's question is compared with the benchmarks' instead.
    pub fn is_prose(&self) -> bool {
        !self.is_fragment && !self.address.segments().iter().any(|name| name == "example_question_sqls")
    }
}

/// What Genie does not answer from.
fn is_silent(address: &Address) -> bool {
    matches!(
        address.segments().iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
        ["benchmarks", ..] | ["config", "sample_questions", ..]
    )
}

/// All texts of the new side of a change; none for removals.
pub(super) fn surfaces(change: &Change) -> Vec<Surface> {
    let mut found = Vec::new();
    if let Some(after) = change.after.as_ref().filter(|_| !is_silent(&change.address)) {
        walk(&change.address, after, None, &mut found);
    }
    found
}

fn walk(address: &Address, value: &Value, example_sql: Option<&String>, found: &mut Vec<Surface>) {
    if let Some(text) = joined_text(value).filter(|text| !text.is_empty()) {
        let names: Vec<&str> = address.segments().iter().map(String::as_str).collect();
        let is_question = names.last() == Some(&"question");
        found.push(Surface {
            address: address.clone(),
            text,
            example_sql: example_sql.filter(|_| is_question).cloned(),
            is_fragment: names.contains(&"sql_snippets") && names.last() == Some(&"sql"),
        });
        return;
    }
    match value {
        Value::Object(map) => {
            let is_example = address.segments().iter().any(|name| name == "example_question_sqls");
            let sql = map.get("sql").and_then(joined_text).filter(|_| is_example);
            for (name, child) in map.iter().filter(|(name, _)| *name != "id") {
                walk(&address.child(name), child, sql.as_ref(), found);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let key =
                    ["id", "identifier", "column_name", "name"].into_iter().find_map(|key| item.get(key)?.as_str());
                let segment = key.map_or_else(|| at.to_string(), str::to_owned);
                walk(&address.child(&segment), item, example_sql, found);
            }
        }
        _ => {}
    }
}
