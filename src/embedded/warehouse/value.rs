//! One SQL value, and the way between values and Arrow arrays.

use super::types::type_text;
use datafusion::arrow::array::*;
use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit};
use datafusion::common::{Result, ScalarValue, cast};
use std::sync::Arc;

/// A value as row functions see it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f32),
    Double(f64),
    /// Unscaled number and scale.
    Decimal(i128, i8),
    Text(String),
    Binary(Vec<u8>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01, UTC.
    Timestamp(i64),
    /// Months, days, microseconds.
    Interval(i32, i32, i64),
    List(Vec<Value>),
    /// Structs and maps, which row functions pass through.
    Nested(ScalarValue),
}

impl Value {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// Reads one row of an array.
pub(crate) fn value_at(array: &ArrayRef, row: usize) -> Result<Value> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Bool(cast::as_boolean_array(array)?.value(row)),
        DataType::Int8 => Value::Int(cast::as_int8_array(array)?.value(row).into()),
        DataType::Int16 => Value::Int(cast::as_int16_array(array)?.value(row).into()),
        DataType::Int32 => Value::Int(cast::as_int32_array(array)?.value(row).into()),
        DataType::Int64 => Value::Int(cast::as_int64_array(array)?.value(row)),
        DataType::UInt8 => Value::Int(cast::as_uint8_array(array)?.value(row).into()),
        DataType::UInt16 => Value::Int(cast::as_uint16_array(array)?.value(row).into()),
        DataType::UInt32 => Value::Int(cast::as_uint32_array(array)?.value(row).into()),
        DataType::UInt64 => Value::Int(i64::try_from(cast::as_uint64_array(array)?.value(row)).unwrap_or(i64::MAX)),
        DataType::Float32 => Value::Float(cast::as_float32_array(array)?.value(row)),
        DataType::Float64 => Value::Double(cast::as_float64_array(array)?.value(row)),
        DataType::Decimal128(_, scale) => Value::Decimal(cast::as_decimal128_array(array)?.value(row), *scale),
        DataType::Utf8 => Value::Text(cast::as_string_array(array)?.value(row).to_owned()),
        DataType::LargeUtf8 => Value::Text(cast::as_large_string_array(array)?.value(row).to_owned()),
        DataType::Utf8View => Value::Text(cast::as_string_view_array(array)?.value(row).to_owned()),
        DataType::Binary => Value::Binary(cast::as_binary_array(array)?.value(row).to_vec()),
        DataType::Date32 => Value::Date(cast::as_date32_array(array)?.value(row)),
        DataType::Timestamp(unit, _) => Value::Timestamp(micros(array, *unit, row)?),
        DataType::Duration(unit) => Value::Interval(0, 0, duration_micros(array, *unit, row)?),
        DataType::Interval(unit) => interval_at(array, *unit, row)?,
        DataType::List(_) => {
            let items = cast::as_list_array(array)?.value(row);
            Value::List((0..items.len()).map(|at| value_at(&items, at)).collect::<Result<_>>()?)
        }
        _ => Value::Nested(ScalarValue::try_from_array(array, row)?),
    })
}

fn micros(array: &ArrayRef, unit: TimeUnit, row: usize) -> Result<i64> {
    Ok(match unit {
        TimeUnit::Second => cast::as_timestamp_second_array(array)?.value(row).saturating_mul(1_000_000),
        TimeUnit::Millisecond => cast::as_timestamp_millisecond_array(array)?.value(row).saturating_mul(1_000),
        TimeUnit::Microsecond => cast::as_timestamp_microsecond_array(array)?.value(row),
        TimeUnit::Nanosecond => cast::as_timestamp_nanosecond_array(array)?.value(row).div_euclid(1_000),
    })
}

fn duration_micros(array: &ArrayRef, unit: TimeUnit, row: usize) -> Result<i64> {
    Ok(match unit {
        TimeUnit::Second => cast::as_duration_second_array(array)?.value(row).saturating_mul(1_000_000),
        TimeUnit::Millisecond => cast::as_duration_millisecond_array(array)?.value(row).saturating_mul(1_000),
        TimeUnit::Microsecond => cast::as_duration_microsecond_array(array)?.value(row),
        TimeUnit::Nanosecond => cast::as_duration_nanosecond_array(array)?.value(row).div_euclid(1_000),
    })
}

fn interval_at(array: &ArrayRef, unit: IntervalUnit, row: usize) -> Result<Value> {
    Ok(match unit {
        IntervalUnit::YearMonth => Value::Interval(cast::as_interval_ym_array(array)?.value(row), 0, 0),
        IntervalUnit::DayTime => {
            let value = cast::as_interval_dt_array(array)?.value(row);
            Value::Interval(0, value.days, i64::from(value.milliseconds) * 1_000)
        }
        IntervalUnit::MonthDayNano => {
            let value = cast::as_interval_mdn_array(array)?.value(row);
            Value::Interval(value.months, value.days, value.nanoseconds.div_euclid(1_000))
        }
    })
}

/// Builds an array of `data_type`. Values of another kind become NULL only if they are NULL;
/// anything else that does not fit is an error of this program, told as one.
pub(crate) fn build_array(values: &[Value], data_type: &DataType) -> Result<ArrayRef> {
    macro_rules! collect {
        ($array:ty, $($pattern:pat => $value:expr),+) => {
            Arc::new(values.iter().map(|value| match value {
                Value::Null => Ok(None),
                $($pattern => Ok(Some($value)),)+
                other => misfit(other, data_type),
            }).collect::<Result<$array>>()?) as ArrayRef
        };
    }
    Ok(match data_type {
        DataType::Null => Arc::new(NullArray::new(values.len())),
        DataType::Boolean => collect!(BooleanArray, Value::Bool(v) => *v),
        DataType::Int8 => collect!(Int8Array, Value::Int(v) => *v as i8),
        DataType::Int16 => collect!(Int16Array, Value::Int(v) => *v as i16),
        DataType::Int32 => collect!(Int32Array, Value::Int(v) => *v as i32),
        DataType::Int64 => collect!(Int64Array, Value::Int(v) => *v),
        DataType::UInt64 => collect!(UInt64Array, Value::Int(v) => *v as u64),
        DataType::Float32 => collect!(Float32Array, Value::Float(v) => *v, Value::Double(v) => *v as f32),
        DataType::Float64 => {
            collect!(Float64Array, Value::Double(v) => *v, Value::Float(v) => f64::from(*v), Value::Int(v) => *v as f64)
        }
        DataType::Decimal128(precision, scale) => {
            let array = values.iter().map(|value| match value {
                Value::Null => Ok(None),
                Value::Decimal(unscaled, _) => Ok(Some(*unscaled)),
                other => misfit(other, data_type),
            });
            let array = array.collect::<Result<Decimal128Array>>()?;
            Arc::new(array.with_precision_and_scale(*precision, *scale)?)
        }
        DataType::Utf8 => collect!(StringArray, Value::Text(v) => v.as_str()),
        DataType::Binary => {
            let mut builder = BinaryBuilder::new();
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    Value::Binary(bytes) => builder.append_value(bytes),
                    other => return misfit(other, data_type),
                }
            }
            Arc::new(builder.finish())
        }
        DataType::Date32 => collect!(Date32Array, Value::Date(v) => *v),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            collect!(TimestampMicrosecondArray, Value::Timestamp(v) => *v)
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            collect!(DurationMicrosecondArray, Value::Interval(_, days, v) => i64::from(*days) * DAY + *v)
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => collect!(
            IntervalMonthDayNanoArray,
            Value::Interval(m, d, v) => IntervalMonthDayNano::new(*m, *d, v.saturating_mul(1_000))
        ),
        other => nested_array(values, other)?,
    })
}

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

fn nested_array(values: &[Value], data_type: &DataType) -> Result<ArrayRef> {
    let scalars: Vec<ScalarValue> = values.iter().map(|value| to_scalar(value, data_type)).collect::<Result<_>>()?;
    if scalars.is_empty() {
        return Ok(new_empty_array(data_type));
    }
    ScalarValue::iter_to_array(scalars)
}

/// The value as the engine's scalar of `data_type`.
pub(crate) fn to_scalar(value: &Value, data_type: &DataType) -> Result<ScalarValue> {
    match (value, data_type) {
        (Value::Null, _) => ScalarValue::try_from(data_type),
        (Value::Nested(scalar), _) => Ok(scalar.clone()),
        (Value::List(items), DataType::List(field)) => {
            let items = build_array(items, field.data_type())?;
            let offsets = datafusion::arrow::buffer::OffsetBuffer::from_lengths([items.len()]);
            Ok(ScalarValue::List(Arc::new(ListArray::new(Arc::clone(field), offsets, items, None))))
        }
        _ => ScalarValue::try_from_array(&build_array(std::slice::from_ref(value), data_type)?, 0),
    }
}

fn misfit<T>(value: &Value, data_type: &DataType) -> Result<T> {
    datafusion::common::exec_err!("a value {value:?} was produced where {} was announced", type_text(data_type))
}
