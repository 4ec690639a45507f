//! Arrays: what differs from the engine's own functions.

use super::super::failure::SqlFailure;
use super::super::types::list_of;
use super::super::value::Value;
use super::args::{int, int_or, text};
use super::row::{Returns, RowFunction, RowResult};
use datafusion::arrow::datatypes::DataType;
use std::cmp::Ordering;

pub(crate) fn functions() -> Vec<RowFunction> {
    let int_type = || Returns::Type(DataType::Int32);
    vec![
        RowFunction::new("size", (1, 1), int_type(), |v, _| {
            Ok(list(&v[0]).map_or(Value::Null, |l| Value::Int(l.len() as i64)))
        }),
        RowFunction::new("array_contains", (2, 2), Returns::Type(DataType::Boolean), |v, _| {
            Ok(list(&v[0]).map_or(Value::Null, |items| Value::Bool(items.iter().any(|item| same(item, &v[1])))))
        }),
        RowFunction::new("array_position", (2, 2), Returns::Type(DataType::Int64), |v, _| {
            let at = list(&v[0]).and_then(|items| items.iter().position(|item| same(item, &v[1])));
            Ok(Value::Int(at.map_or(0, |at| at as i64 + 1)))
        }),
        RowFunction::new("array_join", (2, 3), Returns::Type(DataType::Utf8), |v, _| {
            let mut parts = Vec::new();
            for item in list(&v[0]).unwrap_or_default() {
                match (item, v.get(2)) {
                    (Value::Null, None) => {}
                    (Value::Null, Some(filler)) => parts.push(text(filler)?),
                    (item, _) => parts.push(text(item)?),
                }
            }
            Ok(Value::Text(parts.join(&text(&v[1])?)))
        }),
        RowFunction::new("array_distinct", (1, 1), Returns::Argument(0), |v, _| {
            Ok(Value::List(distinct(list(&v[0]).unwrap_or_default())))
        }),
        RowFunction::new("array_compact", (1, 1), Returns::Argument(0), |v, _| {
            Ok(Value::List(list(&v[0]).unwrap_or_default().iter().filter(|item| !item.is_null()).cloned().collect()))
        }),
        RowFunction::new("array_remove", (2, 2), Returns::Argument(0), |v, _| {
            Ok(Value::List(list(&v[0]).unwrap_or_default().iter().filter(|item| !same(item, &v[1])).cloned().collect()))
        }),
        RowFunction::new("array_union", (2, 2), Returns::Argument(0), |v, _| {
            let both: Vec<Value> = [&v[0], &v[1]].into_iter().filter_map(list).flatten().cloned().collect();
            Ok(Value::List(distinct(&both)))
        }),
        RowFunction::new("array_intersect", (2, 2), Returns::Argument(0), |v, _| {
            let other = list(&v[1]).unwrap_or_default();
            let kept = list(&v[0]).unwrap_or_default().iter().filter(|item| other.contains(item)).cloned();
            Ok(Value::List(distinct(&kept.collect::<Vec<_>>())))
        }),
        RowFunction::new("array_except", (2, 2), Returns::Argument(0), |v, _| {
            let other = list(&v[1]).unwrap_or_default();
            let kept = list(&v[0]).unwrap_or_default().iter().filter(|item| !other.contains(item)).cloned();
            Ok(Value::List(distinct(&kept.collect::<Vec<_>>())))
        }),
        RowFunction::new("arrays_overlap", (2, 2), Returns::Type(DataType::Boolean), |v, _| {
            let other = list(&v[1]).unwrap_or_default();
            Ok(Value::Bool(list(&v[0]).unwrap_or_default().iter().any(|item| other.iter().any(|o| same(item, o)))))
        }),
        RowFunction::new("array_max", (1, 1), Returns::Rule(element_type), |v, _| {
            Ok(extreme(&v[0], Ordering::Greater))
        }),
        RowFunction::new("array_min", (1, 1), Returns::Rule(element_type), |v, _| Ok(extreme(&v[0], Ordering::Less))),
        RowFunction::new("sort_array", (1, 2), Returns::Argument(0), |v, _| {
            let mut items = list(&v[0]).unwrap_or_default().to_vec();
            items.sort_by(compare);
            if v.get(1) == Some(&Value::Bool(false)) {
                items.reverse();
            }
            Ok(Value::List(items))
        }),
        RowFunction::new("array_sort", (1, 1), Returns::Argument(0), |v, _| {
            let mut items = list(&v[0]).unwrap_or_default().to_vec();
            items.sort_by(|a, b| a.is_null().cmp(&b.is_null()).then_with(|| compare(a, b)));
            Ok(Value::List(items))
        }),
        RowFunction::new("slice", (3, 3), Returns::Argument(0), |v, _| {
            let items = list(&v[0]).unwrap_or_default();
            let from = match int(&v[1])? {
                from if from > 0 => from - 1,
                from => items.len() as i64 + from,
            };
            let from = usize::try_from(from).unwrap_or(items.len()).min(items.len());
            let count = usize::try_from(int(&v[2])?).unwrap_or(0).min(items.len() - from);
            Ok(Value::List(items[from..from + count].to_vec()))
        }),
        RowFunction::new("flatten", (1, 1), Returns::Rule(element_type), |v, _| {
            Ok(Value::List(list(&v[0]).unwrap_or_default().iter().filter_map(list).flatten().cloned().collect()))
        }),
        // spark_item: `a[i]`, from 0. element_at: from 1, negative from the end. get: from 0, lenient.
        RowFunction::new("spark_item", (2, 2), Returns::Rule(element_type), |v, _| item(v, int(&v[1])?, true)),
        RowFunction::new("get", (2, 2), Returns::Rule(element_type), |v, _| item(v, int(&v[1])?, false)),
        RowFunction::new("element_at", (2, 2), Returns::Rule(element_type), |v, _| element_at(v, true)),
        RowFunction::new("try_element_at", (2, 2), Returns::Rule(element_type), |v, _| element_at(v, false)),
        RowFunction::new("array_repeat", (2, 2), Returns::Rule(repeated_type), |v, _| {
            let count = usize::try_from(int_or(v, 1, 0)?).unwrap_or(0).min(1_000_000);
            Ok(Value::List(vec![v[0].clone(); count]))
        }),
    ]
}

fn list(value: &Value) -> Option<&[Value]> {
    match value {
        Value::List(items) => Some(items),
        _ => None,
    }
}

fn repeated_type(types: &[DataType], _: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    Ok(list_of(types[0].clone()))
}

fn element_type(types: &[DataType], _: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    match &types[0] {
        DataType::List(field) => Ok(field.data_type().clone()),
        other => Err(SqlFailure::mismatch(format!(
            "Cannot resolve the call: an array is expected, not \"{}\".",
            super::super::types::type_text(other)
        ))),
    }
}

fn same(left: &Value, right: &Value) -> bool {
    compare(left, right) == Ordering::Equal
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (a, b) => match (super::args::double(a), super::args::double(b)) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => Ordering::Less,
        },
    }
}

fn distinct(items: &[Value]) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::new();
    for item in items {
        if !seen.contains(item) {
            seen.push(item.clone());
        }
    }
    seen
}

fn extreme(value: &Value, wanted: Ordering) -> Value {
    let mut best = Value::Null;
    for item in list(value).unwrap_or_default().iter().filter(|item| !item.is_null()) {
        if best.is_null() || compare(item, &best) == wanted {
            best = item.clone();
        }
    }
    best
}

fn item(values: &[Value], at: i64, strict: bool) -> RowResult {
    let items = list(&values[0]).unwrap_or_default();
    match usize::try_from(at).ok().and_then(|at| items.get(at)) {
        Some(item) => Ok(item.clone()),
        None if strict => Err(out_of_bounds(at, items.len())),
        None => Ok(Value::Null),
    }
}

fn element_at(values: &[Value], strict: bool) -> RowResult {
    let items = list(&values[0]).unwrap_or_default();
    let at = int(&values[1])?;
    let index = if at > 0 { at - 1 } else { items.len() as i64 + at };
    match usize::try_from(index).ok().filter(|_| at != 0).and_then(|index| items.get(index)) {
        Some(item) => Ok(item.clone()),
        None if strict => Err(out_of_bounds(at, items.len())),
        None => Ok(Value::Null),
    }
}

fn out_of_bounds(at: i64, size: usize) -> SqlFailure {
    SqlFailure::new(
        "INVALID_ARRAY_INDEX",
        "22003",
        format!("The index {at} is out of bounds. The array has {size} elements. Use `get` to tolerate it."),
    )
}
