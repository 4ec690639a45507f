//! Spark's ANSI casts, value by value.

use super::calendar::{day_of, to_days_checked};
use super::decimal;
use super::failure::SqlFailure;
use super::show::as_text;
use super::types::type_text;
use super::value::{DAY, Value};
use datafusion::arrow::datatypes::DataType;

/// Casts a value. Where it cannot be cast, the error is the one Databricks gives.
pub(crate) fn cast(value: Value, to: &DataType) -> Result<Value, SqlFailure> {
    match (value, to) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Text(text), DataType::Utf8) => Ok(Value::Text(text)),
        (Value::Text(text), _) => from_text(&text, to),
        (value, DataType::Utf8) => Ok(as_text(&value).map_or(Value::Null, Value::Text)),
        (value, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64) => to_integer(value, to),
        (value, DataType::Float64) => to_double(value, to),
        (value, DataType::Float32) => match to_double(value, to)? {
            Value::Double(number) => Ok(Value::Float(number as f32)),
            other => Ok(other),
        },
        (value, DataType::Decimal128(precision, scale)) => to_decimal(value, (*precision, *scale)),
        (value, DataType::Boolean) => to_boolean(value),
        (value, DataType::Date32) => match value {
            Value::Date(days) => Ok(Value::Date(days)),
            Value::Timestamp(micros) => Ok(Value::Date(day_of(micros))),
            other => Err(refused(&other, to)),
        },
        (value, DataType::Timestamp(..)) => to_timestamp(value, to),
        (Value::List(items), DataType::List(field)) => {
            let items: Result<_, _> = items.into_iter().map(|item| cast(item, field.data_type())).collect();
            Ok(Value::List(items?))
        }
        (value @ Value::Interval(..), DataType::Duration(_) | DataType::Interval(_)) => Ok(value),
        (value @ (Value::Nested(_) | Value::Binary(_)), _) => Ok(value),
        (value, _) => Err(refused(&value, to)),
    }
}

fn refused(value: &Value, to: &DataType) -> SqlFailure {
    SqlFailure::new(
        "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
        "42K09",
        format!("Cannot resolve the cast: cannot cast \"{}\" to \"{}\".", kind(value), type_text(to)),
    )
}

/// The Databricks type name of a value's kind, for messages.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "VOID".to_owned(),
        Value::Bool(_) => "BOOLEAN".to_owned(),
        Value::Int(_) => "BIGINT".to_owned(),
        Value::Float(_) => "FLOAT".to_owned(),
        Value::Double(_) => "DOUBLE".to_owned(),
        Value::Decimal(_, scale) => format!("DECIMAL(38,{scale})"),
        Value::Text(_) => "STRING".to_owned(),
        Value::Binary(_) => "BINARY".to_owned(),
        Value::Date(_) => "DATE".to_owned(),
        Value::Timestamp(_) => "TIMESTAMP".to_owned(),
        Value::Interval(..) => "INTERVAL".to_owned(),
        Value::List(_) => "ARRAY".to_owned(),
        Value::Nested(_) => "STRUCT".to_owned(),
    }
}

fn from_text(text: &str, to: &DataType) -> Result<Value, SqlFailure> {
    let trimmed = text.trim();
    let read = match to {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            whole_number(trimmed).and_then(|number| in_range(number, to)).map(Value::Int)
        }
        DataType::Float64 => read_double(trimmed).map(Value::Double),
        DataType::Float32 => read_double(trimmed).map(|number| Value::Float(number as f32)),
        DataType::Decimal128(precision, scale) => match decimal::parse(trimmed) {
            Some((unscaled, from)) => {
                return decimal::rescale(unscaled, from, (*precision, *scale))
                    .map(|value| Value::Decimal(value, *scale));
            }
            None => None,
        },
        DataType::Boolean => match trimmed.to_ascii_lowercase().as_str() {
            "t" | "true" | "y" | "yes" | "1" => Some(Value::Bool(true)),
            "f" | "false" | "n" | "no" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        DataType::Date32 => read_date(trimmed).map(Value::Date),
        DataType::Timestamp(..) => read_timestamp(trimmed).map(Value::Timestamp),
        DataType::Binary => Some(Value::Binary(text.as_bytes().to_vec())),
        _ => return Err(refused(&Value::Text(text.to_owned()), to)),
    };
    read.ok_or_else(|| SqlFailure::invalid_cast(text, "STRING", &type_text(to)))
}

fn whole_number(text: &str) -> Option<i128> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let valid = !digits.is_empty() && digits.len() < 30 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

/// Reads a double as Java does: also `NaN`, `Infinity`, a trailing `d` or `f`.
pub(crate) fn read_double(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        "nan" => return Some(f64::NAN),
        "infinity" | "+infinity" | "inf" | "+inf" => return Some(f64::INFINITY),
        "-infinity" | "-inf" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let body = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let numeric = body.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if numeric { body.parse().ok() } else { None }
}

fn in_range(number: i128, to: &DataType) -> Option<i64> {
    let (low, high) = match to {
        DataType::Int8 => (i8::MIN.into(), i8::MAX.into()),
        DataType::Int16 => (i16::MIN.into(), i16::MAX.into()),
        DataType::Int32 => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    };
    (low..=high).contains(&number).then_some(number as i64)
}

fn to_integer(value: Value, to: &DataType) -> Result<Value, SqlFailure> {
    let number = match &value {
        Value::Int(number) => i128::from(*number),
        Value::Bool(flag) => i128::from(*flag),
        Value::Float(number) => float_part(f64::from(*number)),
        Value::Double(number) => float_part(*number),
        Value::Decimal(unscaled, scale) => unscaled / 10_i128.pow(u32::from(scale.unsigned_abs())),
        Value::Timestamp(micros) => i128::from(micros.div_euclid(1_000_000)),
        Value::Interval(0, days, micros) => i128::from(i64::from(*days) * DAY + micros) / 1_000_000,
        Value::Interval(months, 0, 0) => i128::from(*months),
        other => return Err(refused(other, to)),
    };
    in_range(number, to)
        .map(Value::Int)
        .ok_or_else(|| SqlFailure::cast_overflow(&as_text(&value).unwrap_or_default(), &kind(&value), &type_text(to)))
}

/// The whole part; what cannot be held (NaN too) is a number outside every range.
fn float_part(number: f64) -> i128 {
    if number.is_finite() && number.abs() < 1e30 { number.trunc() as i128 } else { i128::MAX }
}

fn to_double(value: Value, to: &DataType) -> Result<Value, SqlFailure> {
    Ok(Value::Double(match &value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => f64::from(*number),
        Value::Double(number) => *number,
        Value::Decimal(unscaled, scale) => decimal::to_double(*unscaled, *scale),
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Timestamp(micros) => *micros as f64 / 1e6,
        Value::Interval(0, days, micros) => (i64::from(*days) * DAY + micros) as f64 / 1e6,
        other => return Err(refused(other, to)),
    }))
}

fn to_decimal(value: Value, shape: (u8, i8)) -> Result<Value, SqlFailure> {
    let (unscaled, scale) = match &value {
        Value::Int(number) => (i128::from(*number), 0),
        Value::Bool(flag) => (i128::from(*flag), 0),
        Value::Decimal(unscaled, scale) => (*unscaled, *scale),
        Value::Float(_) | Value::Double(_) => {
            let text = as_text(&value).unwrap_or_default();
            decimal::parse(&text).ok_or_else(|| SqlFailure::out_of_range(&text, shape.0, shape.1))?
        }
        Value::Timestamp(micros) => (i128::from(*micros), 6),
        other => return Err(refused(other, &DataType::Decimal128(shape.0, shape.1))),
    };
    Ok(Value::Decimal(decimal::rescale(unscaled, scale, shape)?, shape.1))
}

fn to_boolean(value: Value) -> Result<Value, SqlFailure> {
    Ok(Value::Bool(match &value {
        Value::Bool(flag) => *flag,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Double(number) => *number != 0.0,
        Value::Decimal(unscaled, _) => *unscaled != 0,
        other => return Err(refused(other, &DataType::Boolean)),
    }))
}

fn to_timestamp(value: Value, to: &DataType) -> Result<Value, SqlFailure> {
    Ok(Value::Timestamp(match &value {
        Value::Timestamp(micros) => *micros,
        Value::Date(days) => i64::from(*days) * DAY,
        Value::Int(seconds) => seconds.saturating_mul(1_000_000),
        Value::Double(seconds) => (seconds * 1e6) as i64,
        Value::Decimal(unscaled, scale) => (decimal::to_double(*unscaled, *scale) * 1e6) as i64,
        other => return Err(refused(other, to)),
    }))
}

/// `yyyy`, `yyyy-M`, `yyyy-M-d`, the last with anything after a space or `T`.
pub(crate) fn read_date(text: &str) -> Option<i32> {
    let date = text.split([' ', 'T']).next()?;
    let whole = date.len() == text.len();
    let parts: Vec<&str> = date.split('-').collect();
    let year = digits(parts.first()?, 4..=4)?;
    let month = parts.get(1).map_or(Some(1), |part| digits(part, 1..=2))?;
    let day = parts.get(2).map_or(Some(1), |part| digits(part, 1..=2))?;
    if parts.len() > 3 || (!whole && parts.len() < 3) {
        return None;
    }
    to_days_checked(year as i32, month, day)
}

fn digits(text: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let valid = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

/// A date, then perhaps a time with a fraction and a zone.
pub(crate) fn read_timestamp(text: &str) -> Option<i64> {
    let Some(split) = text.find([' ', 'T']) else { return read_date(text).map(|days| i64::from(days) * DAY) };
    let days = i64::from(read_date(&text[..split])?);
    let (time, offset) = split_zone(text[split + 1..].trim())?;
    let mut parts = time.split(':');
    let hour = digits(parts.next()?, 1..=2)?;
    let minute = parts.next().map_or(Some(0), |part| digits(part, 1..=2))?;
    let (second, fraction) = parts.next().map_or(Some((0, 0)), read_second)?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    Some(days * DAY + (seconds - offset) * 1_000_000 + fraction)
}

fn read_second(text: &str) -> Option<(u32, i64)> {
    let (second, fraction) = text.split_once('.').unwrap_or((text, ""));
    let second = digits(second, 1..=2)?;
    if fraction.is_empty() {
        return Some((second, 0));
    }
    digits(&fraction[..fraction.len().min(6)], 1..=6)?;
    let micros: i64 = format!("{:0<6}", &fraction[..fraction.len().min(6)]).parse().ok()?;
    Some((second, micros))
}

/// Takes a zone off the end: `Z`, `UTC`, `+09:00`. Gives the offset in seconds.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    for word in ["Z", "UTC", "GMT", "Etc/UTC"] {
        if let Some(rest) = time.strip_suffix(word) {
            return Some((rest.trim_end(), 0));
        }
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    Some((time[..at].trim_end(), offset_seconds(&time[at..])?))
}

/// `+09:00`, `-5`, `+0930` in seconds.
pub(crate) fn offset_seconds(text: &str) -> Option<i64> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 && rest.is_ascii() => rest.split_at(2),
        None => (rest, "0"),
    };
    let (hours, minutes) = (digits(hours, 1..=2)?, digits(minutes, 1..=2)?);
    (hours <= 18 && minutes < 60).then(|| sign * (i64::from(hours) * 3_600 + i64::from(minutes) * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str, to: &DataType) -> Result<Value, SqlFailure> {
        cast(Value::Text(value.to_owned()), to)
    }

    #[test]
    fn texts_are_read_as_ansi_reads_them() {
        assert_eq!(text(" 12 ", &DataType::Int32), Ok(Value::Int(12)));
        assert_eq!(text("1e2", &DataType::Float64), Ok(Value::Double(100.0)));
        assert_eq!(text("2024-2", &DataType::Date32), Ok(Value::Date(19_754)));
        assert_eq!(text("1.255", &DataType::Decimal128(5, 2)), Ok(Value::Decimal(126, 2)));
        for (value, to) in [("1.5", DataType::Int32), ("abc", DataType::Float64), ("2024-13-01", DataType::Date32)] {
            let failure = text(value, &to).expect_err(value);
            assert!(failure.message.starts_with("[CAST_INVALID_INPUT]"), "{failure}");
        }
        assert!(cast(Value::Double(3e9), &DataType::Int32).is_err());
    }

    #[test]
    fn timestamps_take_fractions_and_zones() {
        assert_eq!(read_timestamp("1970-01-01 00:00:01.5"), Some(1_500_000));
        assert_eq!(read_timestamp("1970-01-01T09:00:00+09:00"), Some(0));
        assert_eq!(read_timestamp("1970-01-02"), Some(DAY));
        assert_eq!(read_timestamp("1970-01-02 25:00:00"), None);
    }
}
