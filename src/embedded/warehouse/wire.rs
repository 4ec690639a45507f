//! Result batches → cells as the Statement Execution API writes them.

use super::failure::SqlFailure;
use super::show::{as_text, decimal_text, wire_float, wire_timestamp};
use super::types::api_type;
use super::value::{Value, value_at};
use crate::model::{Cell, Column};
use datafusion::arrow::array::{Array, ArrayRef, MapArray, StructArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use serde_json::{Map, Number, Value as Json};

/// A column of the result by its label and its engine type.
pub(crate) fn column(name: String, data_type: &DataType) -> Column {
    let (type_name, type_text) = api_type(data_type);
    Column { name, type_name: type_name.to_owned(), type_text }
}

/// One cell.
pub(crate) fn cell(array: &ArrayRef, row: usize) -> Result<Cell, SqlFailure> {
    let value = value_at(array, row).map_err(SqlFailure::internal)?;
    Ok(match &value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Bool(*flag),
        Value::Int(number) => Cell::Number(number.to_string()),
        Value::Float(number) => Cell::Number(wire_float(&format!("{number:e}"), f64::from(*number))),
        Value::Double(number) => Cell::Number(wire_float(&format!("{number:e}"), *number)),
        Value::Decimal(unscaled, scale) => Cell::Number(decimal_text(*unscaled, *scale)),
        Value::Timestamp(micros) => Cell::Text(wire_timestamp(*micros)),
        Value::Binary(bytes) => {
            use base64::Engine as _;
            Cell::Text(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
        Value::List(_) | Value::Nested(_) => Cell::Text(json_of(&value).to_string()),
        other => as_text(other).map_or(Cell::Null, Cell::Text),
    })
}

/// A value as JSON; in the API every scalar inside is a string.
pub(crate) fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::Number((*number).into()),
        Value::Double(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Float(number) => Number::from_f64(f64::from(*number)).map_or(Json::Null, Json::Number),
        Value::Decimal(unscaled, scale) => serde_json::from_str(&decimal_text(*unscaled, *scale)).unwrap_or(Json::Null),
        Value::List(items) => Json::Array(items.iter().map(json_of).collect()),
        Value::Nested(ScalarValue::Struct(array)) => struct_json(array, 0),
        Value::Nested(ScalarValue::Map(array)) => map_json(array),
        Value::Timestamp(micros) => Json::String(wire_timestamp(*micros)),
        other => as_text(other).map_or(Json::Null, Json::String),
    }
}

fn struct_json(array: &StructArray, row: usize) -> Json {
    let mut fields = Map::new();
    for (name, column) in array.column_names().into_iter().zip(array.columns()) {
        let value = value_at(column, row).unwrap_or(Value::Null);
        if !value.is_null() {
            fields.insert(name.to_owned(), json_of(&value));
        }
    }
    Json::Object(fields)
}

fn map_json(array: &MapArray) -> Json {
    let mut fields = Map::new();
    let entries = array.value(0);
    let (keys, values) = (entries.column(0), entries.column(1));
    for row in 0..entries.len() {
        let key = value_at(keys, row).ok().and_then(|key| as_text(&key)).unwrap_or_default();
        fields.insert(key, value_at(values, row).map_or(Json::Null, |value| json_of(&value)));
    }
    Json::Object(fields)
}
