//! JSON in text columns: `get_json_object`, `col:path`, `to_json` …

use super::super::value::Value;
use super::args::text;
use super::row::{Returns, RowFunction, RowResult};
use datafusion::arrow::datatypes::DataType;
use serde_json::Value as Json;

pub(crate) fn functions() -> Vec<RowFunction> {
    vec![
        RowFunction::new("get_json_object", (2, 2), Returns::Type(DataType::Utf8), |v, _| {
            let (document, path) = (text(&v[0])?, text(&v[1])?);
            Ok(lookup(&document, &path).unwrap_or(Value::Null))
        }),
        RowFunction::new("json_array_length", (1, 1), Returns::Type(DataType::Int32), |v, _| {
            Ok(match serde_json::from_str(&text(&v[0])?) {
                Ok(Json::Array(items)) => Value::Int(items.len() as i64),
                _ => Value::Null,
            })
        }),
        RowFunction::new(
            "json_object_keys",
            (1, 1),
            Returns::Type(super::super::types::list_of(DataType::Utf8)),
            |v, _| {
                Ok(match serde_json::from_str(&text(&v[0])?) {
                    Ok(Json::Object(fields)) => {
                        Value::List(fields.keys().map(|key| Value::Text(key.clone())).collect())
                    }
                    _ => Value::Null,
                })
            },
        ),
        RowFunction::new("to_json", (1, 2), Returns::Type(DataType::Utf8), |v, _| to_json(&v[0])),
    ]
}

fn lookup(document: &str, path: &str) -> Option<Value> {
    let document: Json = serde_json::from_str(document).ok()?;
    let mut at = &document;
    for step in steps(path)? {
        at = match step {
            Step::Field(name) => at.get(name.as_str())?,
            Step::Index(index) => at.get(index)?,
        };
    }
    match at {
        Json::Null => None,
        Json::String(text) => Some(Value::Text(text.clone())),
        other => Some(Value::Text(other.to_string())),
    }
}

enum Step {
    Field(String),
    Index(usize),
}

/// `$.a[0].b`, `$['a b']`.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            steps.push(Step::Field(after[..end].to_owned()));
            rest = &after[end..];
        } else {
            let end = rest.find(']')?;
            let inner = rest.strip_prefix('[')?.get(..end - 1)?;
            steps.push(match inner.trim_matches(['\'', '"']) {
                name if name.len() < inner.len() => Step::Field(name.to_owned()),
                index => Step::Index(index.parse().ok()?),
            });
            rest = &rest[end + 1..];
        }
    }
    Some(steps)
}

fn to_json(value: &Value) -> RowResult {
    Ok(match super::super::wire::json_of(value) {
        Json::Null => Value::Null,
        json => Value::Text(json.to_string()),
    })
}
