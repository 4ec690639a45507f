//! Arguments of row functions, cast as Spark casts them implicitly.

use super::super::cast::cast;
use super::super::failure::SqlFailure;
use super::super::types::TIMESTAMP;
use super::super::value::Value;
use datafusion::arrow::datatypes::DataType;

type Read<T> = Result<T, SqlFailure>;

pub(crate) fn text(value: &Value) -> Read<String> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        other => Ok(super::super::show::as_text(other).unwrap_or_default()),
    }
}

pub(crate) fn int(value: &Value) -> Read<i64> {
    match value {
        Value::Int(number) => Ok(*number),
        other => match cast(other.clone(), &DataType::Int64)? {
            Value::Int(number) => Ok(number),
            _ => Ok(0),
        },
    }
}

pub(crate) fn double(value: &Value) -> Read<f64> {
    match value {
        Value::Double(number) => Ok(*number),
        other => match cast(other.clone(), &DataType::Float64)? {
            Value::Double(number) => Ok(number),
            _ => Ok(f64::NAN),
        },
    }
}

pub(crate) fn date(value: &Value) -> Read<i32> {
    match value {
        Value::Date(days) => Ok(*days),
        other => match cast(other.clone(), &DataType::Date32)? {
            Value::Date(days) => Ok(days),
            _ => Ok(0),
        },
    }
}

pub(crate) fn moment(value: &Value) -> Read<i64> {
    match value {
        Value::Timestamp(micros) => Ok(*micros),
        other => match cast(other.clone(), &TIMESTAMP)? {
            Value::Timestamp(micros) => Ok(micros),
            _ => Ok(0),
        },
    }
}

pub(crate) fn text_or(values: &[Value], at: usize, default: &str) -> Read<String> {
    values.get(at).map_or_else(|| Ok(default.to_owned()), text)
}

pub(crate) fn int_or(values: &[Value], at: usize, default: i64) -> Read<i64> {
    values.get(at).map_or(Ok(default), int)
}
