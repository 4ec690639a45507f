//! `CAST`, `TRY_CAST`, `typeof` and intervals written in SQL.

use super::super::calendar::Unit;
use super::super::cast::cast;
use super::super::failure::SqlFailure;
use super::super::types::{CALENDAR, api_type, is_decimal, parse_type, type_text};
use super::super::value::Value;
use super::args::{double, int, text};
use super::row::{Returns, RowFunction, RowResult};
use datafusion::arrow::datatypes::DataType;

pub(crate) fn functions() -> Vec<RowFunction> {
    vec![
        RowFunction::new("spark_cast", (2, 2), Returns::Rule(cast_type), |v, to| cast(v[0].clone(), to)),
        RowFunction::new("spark_try_cast", (2, 2), Returns::Rule(cast_type), |v, to| {
            Ok(cast(v[0].clone(), to).unwrap_or(Value::Null))
        }),
        // Answered from the argument's type, before any value is looked at.
        RowFunction::new("spark_typeof", (1, 1), Returns::Type(DataType::Utf8), |v, _| Ok(v[0].clone())),
        // The left side of LIKE, whatever its type.
        RowFunction::new("spark_text", (1, 1), Returns::Type(DataType::Utf8), |v, _| text(&v[0]).map(Value::Text)),
        RowFunction::new("spark_interval", (2, 2), Returns::Type(CALENDAR), interval),
        RowFunction::new("make_interval", (1, 7), Returns::Type(CALENDAR), |v, _| {
            let part = |at: usize| v.get(at).map_or(Ok(0), int);
            let seconds = v.get(6).map_or(Ok(0.0), double)?;
            let months = part(0)? * 12 + part(1)?;
            let days = part(2)? * 7 + part(3)?;
            let micros = part(4)? * 3_600_000_000 + part(5)? * 60_000_000 + (seconds * 1e6).round() as i64;
            Ok(Value::Interval(months as i32, days as i32, micros))
        }),
        RowFunction::new("raise_error", (1, 1), Returns::Type(DataType::Null), |v, _| {
            Err(SqlFailure::new("USER_RAISED_EXCEPTION", "P0001", text(&v[0])?))
        }),
    ]
}

fn cast_type(types: &[DataType], constants: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    let Some(Some(Value::Text(name))) = constants.get(1) else {
        return Err(SqlFailure::internal("a cast without a type"));
    };
    let to = parse_type(name).ok_or_else(|| {
        SqlFailure::new("UNSUPPORTED_DATATYPE", "0A000", format!("Unsupported data type \"{name}\"."))
    })?;
    let from = types.first().unwrap_or(&DataType::Null);
    let impossible = match (from, &to) {
        (DataType::Date32, to) => is_number(to) || *to == DataType::Boolean,
        (from, DataType::Date32) => is_number(from) || *from == DataType::Boolean,
        _ => false,
    };
    if impossible {
        return Err(SqlFailure::new(
            "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
            "42K09",
            format!(
                "Cannot resolve the cast due to data type mismatch: cannot cast \"{}\" to \"{}\".",
                type_text(from),
                type_text(&to)
            ),
        ));
    }
    Ok(to)
}

fn is_number(data_type: &DataType) -> bool {
    is_decimal(data_type) || matches!(api_type(data_type).0, "BYTE" | "SHORT" | "INT" | "LONG" | "FLOAT" | "DOUBLE")
}

/// `INTERVAL value UNIT`, or with an empty unit the text form: `1 day 2 hours`, and with two
/// units joined by ` TO ` Spark's standard forms, such as `1-2` and `1 02:03:04`.
fn interval(values: &[Value], _: &DataType) -> RowResult {
    let unit = text(&values[1])?;
    let value = text(&values[0])?;
    let malformed =
        || SqlFailure::new("INVALID_INTERVAL_FORMAT", "22006", format!("Error parsing '{value}' to interval."));
    if let Some((from, to)) = unit.split_once(" TO ") {
        return range_interval(value.trim(), from, to).ok_or_else(malformed);
    }
    if !unit.is_empty() {
        let unit = Unit::parse(&unit).ok_or_else(malformed)?;
        return single(&value, unit).ok_or_else(malformed);
    }
    let words: Vec<&str> = value.split_whitespace().filter(|word| !word.eq_ignore_ascii_case("interval")).collect();
    let (mut months, mut days, mut micros) = (0, 0, 0);
    if words.is_empty() || !words.len().is_multiple_of(2) {
        return Err(malformed());
    }
    for pair in words.chunks(2) {
        let unit = Unit::parse(pair[1]).ok_or_else(malformed)?;
        let Some(Value::Interval(m, d, u)) = single(pair[0], unit) else { return Err(malformed()) };
        (months, days, micros) = (months + m, days + d, micros + u);
    }
    Ok(Value::Interval(months, days, micros))
}

fn single(value: &str, unit: Unit) -> Option<Value> {
    let value = value.trim();
    if let Some(months) = unit.months() {
        return Some(Value::Interval(value.parse::<i32>().ok()?.checked_mul(months)?, 0, 0));
    }
    if let (Unit::Day | Unit::Week, Ok(count)) = (unit, value.parse::<i32>()) {
        return Some(Value::Interval(0, count.checked_mul(if unit == Unit::Week { 7 } else { 1 })?, 0));
    }
    let micros = value.parse::<f64>().ok()? * unit.micros()? as f64;
    Some(Value::Interval(0, 0, micros.round() as i64))
}

fn range_interval(value: &str, from: &str, to: &str) -> Option<Value> {
    let (sign, value) = value.strip_prefix('-').map_or((1, value), |rest| (-1, rest));
    if (from, to) == ("YEAR", "MONTH") {
        let (years, months) = value.split_once('-')?;
        return Some(Value::Interval(sign * (years.parse::<i32>().ok()? * 12 + months.parse::<i32>().ok()?), 0, 0));
    }
    let (days, time) = match from {
        "DAY" => value.split_once(' ').unwrap_or((value, "0")),
        _ => ("0", value),
    };
    let first = match from {
        "MINUTE" => 1,
        "SECOND" => 2,
        _ => 0,
    };
    let mut micros = 0.0;
    for (at, part) in time.split(':').enumerate() {
        let unit = [3_600e6, 60e6, 1e6].get(first + at)?;
        micros += part.parse::<f64>().ok()? * unit;
    }
    let days: i32 = days.parse().ok()?;
    Some(Value::Interval(0, sign * days, i64::from(sign) * micros.round() as i64))
}
