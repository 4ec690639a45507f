//! Date and time functions.

use super::super::calendar::*;
use super::super::failure::SqlFailure;
use super::super::types::{TIMESTAMP, is_temporal};
use super::super::value::{DAY, Value};
use super::args::{date, double, int, int_or, moment, text};
use super::pattern::Pattern;
use super::row::{Returns, RowFunction, RowResult};
use datafusion::arrow::datatypes::DataType;

const INT: Returns = Returns::Type(DataType::Int32);
const LONG: Returns = Returns::Type(DataType::Int64);
const DATE: Returns = Returns::Type(DataType::Date32);
const MOMENT: Returns = Returns::Type(TIMESTAMP);
const TEXT: Returns = Returns::Type(DataType::Utf8);

/// The parts of a date that have a function of their own, as `extract` names them.
const PARTS: [(&str, &str); 12] = [
    ("year", "YEAR"),
    ("quarter", "QUARTER"),
    ("month", "MONTH"),
    ("weekofyear", "WEEK"),
    ("day", "DAY"),
    ("dayofweek", "DAYOFWEEK"),
    ("weekday", "WEEKDAY"),
    ("dayofyear", "DOY"),
    ("hour", "HOUR"),
    ("minute", "MINUTE"),
    ("second", "WHOLE_SECOND"),
    ("yearofweek", "YEAROFWEEK"),
];

pub(crate) fn functions() -> Vec<RowFunction> {
    let mut all = vec![
        RowFunction::new("extract", (2, 2), Returns::Rule(extract_type), |v, _| extract(&text(&v[0])?, &v[1])),
        RowFunction::new("date_add", (2, 2), DATE, |v, _| Ok(Value::Date(shifted(date(&v[0])?, int(&v[1])?)?))),
        RowFunction::new("date_sub", (2, 2), DATE, |v, _| Ok(Value::Date(shifted(date(&v[0])?, -int(&v[1])?)?))),
        RowFunction::new("datediff", (2, 2), INT, |v, _| Ok(Value::Int((date(&v[0])? - date(&v[1])?).into()))),
        RowFunction::new("add_months", (2, 2), DATE, |v, _| {
            Ok(Value::Date(add_months(date(&v[0])?, int(&v[1])?.clamp(-200_000, 200_000) as i32)))
        }),
        RowFunction::new("months_between", (2, 3), Returns::Type(DataType::Float64), months_between),
        RowFunction::new("last_day", (1, 1), DATE, |v, _| {
            let at = Civil::of_days(date(&v[0])?);
            Ok(Value::Date(to_days(at.year, at.month, month_length(at.year, at.month))))
        }),
        RowFunction::new("next_day", (2, 2), DATE, |v, _| next_day(date(&v[0])?, &text(&v[1])?)),
        RowFunction::new("date_trunc", (2, 2), MOMENT, |v, _| {
            // A unit that is none gives NULL, as in Spark.
            Unit::parse(&text(&v[0])?)
                .map_or(Ok(Value::Null), |unit| moment(&v[1]).map(|at| Value::Timestamp(truncate(at, unit))))
        }),
        RowFunction::new("trunc", (2, 2), DATE, |v, _| {
            let unit = Unit::parse(&text(&v[1])?).filter(|unit| unit.months().is_some() || *unit == Unit::Week);
            let day = i64::from(date(&v[0])?) * DAY;
            Ok(unit.map_or(Value::Null, |unit| Value::Date(day_of(truncate(day, unit)))))
        }),
        RowFunction::new("date_format", (2, 2), TEXT, |v, _| {
            Ok(Value::Text(Pattern::of(&text(&v[1])?)?.format(moment(&v[0])?)))
        }),
        RowFunction::new("dayname", (1, 1), TEXT, |v, _| {
            Ok(Value::Text(DAYS[weekday(date(&v[0])?) as usize][..3].to_owned()))
        }),
        RowFunction::new("monthname", (1, 1), TEXT, |v, _| {
            Ok(Value::Text(MONTHS[Civil::of_days(date(&v[0])?).month as usize - 1][..3].to_owned()))
        }),
    ];
    all.extend(PARTS.iter().map(|(name, _)| RowFunction::new(name, (1, 1), INT, part_body(name))));
    all.extend(units());
    all.extend(conversions());
    all
}

fn shifted(days: i32, by: i64) -> Result<i32, SqlFailure> {
    let sum = i64::from(days).checked_add(by).and_then(|sum| i32::try_from(sum).ok());
    sum.filter(|days| days.abs() < 100_000_000).ok_or_else(|| SqlFailure::overflow("date"))
}

fn part_body(name: &str) -> fn(&[Value], &DataType) -> RowResult {
    match name {
        "year" => |v, _| extract("YEAR", &v[0]),
        "quarter" => |v, _| extract("QUARTER", &v[0]),
        "month" => |v, _| extract("MONTH", &v[0]),
        "weekofyear" => |v, _| extract("WEEK", &v[0]),
        "day" => |v, _| extract("DAY", &v[0]),
        "dayofweek" => |v, _| extract("DAYOFWEEK", &v[0]),
        "weekday" => |v, _| extract("WEEKDAY", &v[0]),
        "dayofyear" => |v, _| extract("DOY", &v[0]),
        "hour" => |v, _| extract("HOUR", &v[0]),
        "minute" => |v, _| extract("MINUTE", &v[0]),
        "second" => |v, _| extract("WHOLE_SECOND", &v[0]),
        _ => |v, _| extract("YEAROFWEEK", &v[0]),
    }
}

/// Seconds carry their fraction as DECIMAL(8,6).
fn extract_type(_: &[DataType], constants: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    let Some(Some(Value::Text(field))) = constants.first() else { return Ok(DataType::Int32) };
    let is_second = matches!(field.to_ascii_uppercase().as_str(), "SECOND" | "S" | "SEC" | "SECONDS" | "SECS");
    Ok(if is_second { DataType::Decimal128(8, 6) } else { DataType::Int32 })
}

fn extract(field: &str, value: &Value) -> RowResult {
    let field = field.to_ascii_uppercase();
    if let Value::Interval(months, days, micros) = value {
        return extract_interval(&field, *months, *days, *micros);
    }
    let micros = match value {
        Value::Date(days) => i64::from(*days) * DAY,
        other => moment(other)?,
    };
    let (at, days) = (Civil::of_micros(micros), day_of(micros));
    let number: i64 = match field.as_str() {
        "YEAR" | "Y" | "YEARS" | "YR" | "YRS" => at.year.into(),
        "QUARTER" | "QTR" => at.quarter().into(),
        "MONTH" | "MON" | "MONS" | "MONTHS" => at.month.into(),
        "WEEK" | "W" | "WEEKS" => iso_week(days).1.into(),
        "YEAROFWEEK" => iso_week(days).0.into(),
        "DAY" | "D" | "DAYS" => at.day.into(),
        "DAYOFWEEK" | "DOW" => ((weekday(days) + 1) % 7 + 1).into(),
        "WEEKDAY" => weekday(days).into(),
        "DAYOFWEEK_ISO" | "DOW_ISO" | "ISODOW" => (weekday(days) + 1).into(),
        "DOY" | "DAYOFYEAR" => day_of_year(days).into(),
        "HOUR" | "H" | "HOURS" | "HR" | "HRS" => at.hour(),
        "MINUTE" | "M" | "MIN" | "MINS" | "MINUTES" => at.minute(),
        "WHOLE_SECOND" => at.second(),
        "SECOND" | "S" | "SEC" | "SECONDS" | "SECS" => {
            return Ok(Value::Decimal(i128::from(at.second() * 1_000_000 + at.fraction()), 6));
        }
        other => {
            return Err(SqlFailure::new("INVALID_EXTRACT_FIELD", "42601", format!("Cannot extract `{other}`.")));
        }
    };
    Ok(Value::Int(number))
}

fn extract_interval(field: &str, months: i32, days: i32, micros: i64) -> RowResult {
    let total = i64::from(days) * DAY + micros;
    Ok(match field {
        "YEAR" | "YEARS" => Value::Int((months / 12).into()),
        "MONTH" | "MONTHS" => Value::Int((months % 12).into()),
        "DAY" | "DAYS" => Value::Int(total / DAY),
        "HOUR" | "HOURS" => Value::Int(total % DAY / 3_600_000_000),
        "MINUTE" | "MINUTES" => Value::Int(total % 3_600_000_000 / 60_000_000),
        "SECOND" | "SECONDS" => Value::Decimal((total % 60_000_000).into(), 6),
        other => {
            return Err(SqlFailure::new("INVALID_EXTRACT_FIELD", "42601", format!("Cannot extract `{other}`.")));
        }
    })
}

/// Whole months where the days agree (or both are last days), else with a fraction of 31 days.
fn months_between(values: &[Value], _: &DataType) -> RowResult {
    let (end, start) = (moment(&values[0])?, moment(&values[1])?);
    let (a, b) = (Civil::of_micros(end), Civil::of_micros(start));
    let months = f64::from((a.year - b.year) * 12 + a.month as i32 - b.month as i32);
    let is_last = |at: Civil| at.day == month_length(at.year, at.month);
    if a.day == b.day || (is_last(a) && is_last(b)) {
        return Ok(Value::Double(months));
    }
    let seconds = |at: Civil| f64::from(at.day) * 86_400.0 + (at.micros / 1_000_000) as f64;
    let result = months + (seconds(a) - seconds(b)) / (31.0 * 86_400.0);
    let exact = matches!(values.get(2), Some(Value::Bool(false)));
    Ok(Value::Double(if exact { result } else { (result * 1e8).round() / 1e8 }))
}

fn next_day(from: i32, name: &str) -> RowResult {
    let wanted = name.trim().to_ascii_lowercase();
    let at = DAYS.iter().position(|day| {
        let day = day.to_ascii_lowercase();
        wanted.len() >= 2 && (day == wanted || day[..3] == wanted || day[..2] == wanted)
    });
    let Some(at) = at else {
        return Err(SqlFailure::new("ILLEGAL_DAY_OF_WEEK", "22009", format!("Illegal input for day of week: {name}.")));
    };
    let step = (at as i32 - weekday(from) - 1).rem_euclid(7) + 1;
    Ok(Value::Date(from + step))
}

/// `dateadd` and `datediff` with a unit, which the rewriting turns into text.
fn units() -> Vec<RowFunction> {
    vec![
        RowFunction::new("spark_unit_add", (3, 3), Returns::Rule(unit_add_type), |v, returns| {
            let unit = unit(&v[0])?;
            let (count, at) = (int(&v[1])?, moment(&v[2])?);
            let result = match (unit.months(), unit.micros()) {
                (Some(months), _) => {
                    let months = (count * i64::from(months)).clamp(-200_000, 200_000) as i32;
                    i64::from(add_months(day_of(at), months)) * DAY + at.rem_euclid(DAY)
                }
                (None, length) => at + count * length.unwrap_or(1),
            };
            let as_date = *returns == DataType::Date32;
            Ok(if as_date { Value::Date(day_of(result)) } else { Value::Timestamp(result) })
        }),
        RowFunction::new("spark_unit_diff", (3, 3), LONG, |v, _| {
            let unit = unit(&v[0])?;
            let (start, end) = (moment(&v[1])?, moment(&v[2])?);
            Ok(Value::Int(match (unit.months(), unit.micros()) {
                (Some(months), _) => months_apart(start, end) / i64::from(months),
                (None, length) => (end - start) / length.unwrap_or(1),
            }))
        }),
    ]
}

fn unit(value: &Value) -> Result<Unit, SqlFailure> {
    let word = text(value)?;
    Unit::parse(&word).ok_or_else(|| SqlFailure::argument("dateadd", format!("`{word}` is no unit of time.")))
}

/// A date stays one if days or longer units are added... Spark gives TIMESTAMP in all cases.
fn unit_add_type(_: &[DataType], _: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    Ok(TIMESTAMP)
}

/// Between dates, texts and numbers.
fn conversions() -> Vec<RowFunction> {
    vec![
        RowFunction::new("to_date", (1, 2), DATE, |v, _| to_date(v)),
        RowFunction::new("try_to_date", (1, 2), DATE, |v, _| Ok(to_date(v).unwrap_or(Value::Null))),
        RowFunction::new("to_timestamp", (1, 2), MOMENT, |v, _| to_moment(v)),
        RowFunction::new("try_to_timestamp", (1, 2), MOMENT, |v, _| Ok(to_moment(v).unwrap_or(Value::Null))),
        RowFunction::new("to_unix_timestamp", (1, 2), LONG, |v, _| match to_moment(v)? {
            Value::Timestamp(at) => Ok(Value::Int(at.div_euclid(1_000_000))),
            other => Ok(other),
        }),
        RowFunction::new("from_unixtime", (1, 2), TEXT, |v, _| {
            let pattern = v.get(1).map_or(Ok("yyyy-MM-dd HH:mm:ss".to_owned()), text)?;
            Ok(Value::Text(Pattern::of(&pattern)?.format(int(&v[0])?.saturating_mul(1_000_000))))
        }),
        RowFunction::new("unix_date", (1, 1), INT, |v, _| Ok(Value::Int(date(&v[0])?.into()))),
        RowFunction::new("date_from_unix_date", (1, 1), DATE, |v, _| Ok(Value::Date(int(&v[0])? as i32))),
        RowFunction::new("unix_seconds", (1, 1), LONG, |v, _| Ok(Value::Int(moment(&v[0])?.div_euclid(1_000_000)))),
        RowFunction::new("unix_millis", (1, 1), LONG, |v, _| Ok(Value::Int(moment(&v[0])?.div_euclid(1_000)))),
        RowFunction::new("unix_micros", (1, 1), LONG, |v, _| Ok(Value::Int(moment(&v[0])?))),
        RowFunction::new("timestamp_seconds", (1, 1), MOMENT, |v, _| {
            Ok(Value::Timestamp((double(&v[0])? * 1e6).round() as i64))
        }),
        RowFunction::new("timestamp_millis", (1, 1), MOMENT, |v, _| {
            Ok(Value::Timestamp(int(&v[0])?.saturating_mul(1_000)))
        }),
        RowFunction::new("timestamp_micros", (1, 1), MOMENT, |v, _| Ok(Value::Timestamp(int(&v[0])?))),
        RowFunction::new("make_date", (3, 3), DATE, |v, _| {
            make_date(int(&v[0])?, int(&v[1])?, int(&v[2])?).map(Value::Date)
        }),
        RowFunction::new("make_timestamp", (6, 7), MOMENT, |v, _| {
            let day = make_date(int(&v[0])?, int(&v[1])?, int(&v[2])?)?;
            let micros = int(&v[3])? * 3_600_000_000 + int(&v[4])? * 60_000_000 + (double(&v[5])? * 1e6).round() as i64;
            Ok(Value::Timestamp(i64::from(day) * DAY + micros))
        }),
        RowFunction::new("convert_timezone", (2, 3), MOMENT, |v, _| {
            let (from, to, at) = if v.len() == 2 { (None, &v[0], &v[1]) } else { (Some(&v[0]), &v[1], &v[2]) };
            let local = moment(at)?;
            let utc = from.map_or(Ok(local), |zone| shift_zone(local, &text(zone)?, false))?;
            shift_zone(utc, &text(to)?, true).map(Value::Timestamp)
        }),
        RowFunction::new("from_utc_timestamp", (2, 2), MOMENT, |v, _| {
            shift_zone(moment(&v[0])?, &text(&v[1])?, true).map(Value::Timestamp)
        }),
        RowFunction::new("to_utc_timestamp", (2, 2), MOMENT, |v, _| {
            shift_zone(moment(&v[0])?, &text(&v[1])?, false).map(Value::Timestamp)
        }),
        RowFunction::new("sequence", (2, 3), Returns::Rule(sequence_type), sequence),
    ]
}

fn unreadable(value: &Value, pattern: &str) -> SqlFailure {
    let text = super::super::show::as_text(value).unwrap_or_default();
    SqlFailure::new(
        "CANNOT_PARSE_TIMESTAMP",
        "22007",
        format!(
            "Text '{text}' could not be parsed with the pattern '{pattern}'. Use `try_to_timestamp` to tolerate \
             invalid input string and return NULL instead."
        ),
    )
}

fn to_date(values: &[Value]) -> RowResult {
    match (&values[0], values.get(1)) {
        (subject @ Value::Text(words), Some(pattern)) => {
            let pattern = text(pattern)?;
            let at = Pattern::of(&pattern)?.read(words).ok_or_else(|| unreadable(subject, &pattern))?;
            Ok(Value::Date(day_of(at)))
        }
        (subject, _) => date(subject).map(Value::Date),
    }
}

fn to_moment(values: &[Value]) -> RowResult {
    match (&values[0], values.get(1)) {
        (subject @ Value::Text(words), Some(pattern)) => {
            let pattern = text(pattern)?;
            let at = Pattern::of(&pattern)?.read(words).ok_or_else(|| unreadable(subject, &pattern))?;
            Ok(Value::Timestamp(at))
        }
        (subject, _) => moment(subject).map(Value::Timestamp),
    }
}

fn make_date(year: i64, month: i64, day: i64) -> Result<i32, SqlFailure> {
    let valid = |part: i64| u32::try_from(part).ok();
    let date = match (i32::try_from(year), valid(month), valid(day)) {
        (Ok(year), Some(month), Some(day)) => to_days_checked(year, month, day),
        _ => None,
    };
    date.ok_or_else(|| {
        SqlFailure::new("DATETIME_FIELD_OUT_OF_BOUNDS", "22023", format!("There is no day {year}-{month}-{day}."))
    })
}

/// Moves a moment between UTC and the wall clock of a zone.
fn shift_zone(micros: i64, zone: &str, to_local: bool) -> Result<i64, SqlFailure> {
    if let Some(offset) = super::super::cast::offset_seconds(zone) {
        return Ok(micros + if to_local { offset } else { -offset } * 1_000_000);
    }
    let unknown = || SqlFailure::new("INVALID_TIMEZONE", "22009", format!("The timezone: {zone} is invalid."));
    let zone = jiff::tz::TimeZone::get(zone).map_err(|_| unknown())?;
    let at = jiff::Timestamp::from_microsecond(micros).map_err(|_| unknown())?;
    let offset = if to_local {
        zone.to_offset(at)
    } else {
        let wall = jiff::tz::TimeZone::UTC.to_datetime(at);
        zone.to_ambiguous_zoned(wall).compatible().map_err(|_| unknown())?.offset()
    };
    Ok(micros + i64::from(offset.seconds()) * if to_local { 1_000_000 } else { -1_000_000 })
}

fn sequence_type(types: &[DataType], _: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    let temporal = types.iter().take(2).find(|data_type| is_temporal(data_type));
    Ok(super::super::types::list_of(temporal.cloned().unwrap_or_else(|| match &types[0] {
        DataType::Int64 => DataType::Int64,
        _ => DataType::Int32,
    })))
}

/// From the first to the last value, both included.
fn sequence(values: &[Value], returns: &DataType) -> RowResult {
    const MOST: usize = 1_000_000;
    let DataType::List(field) = returns else { return Ok(Value::Null) };
    let too_long = || SqlFailure::exhausted("A sequence would have more than a million elements.");
    let mut items = Vec::new();
    if !is_temporal(field.data_type()) {
        let (start, end) = (int(&values[0])?, int(&values[1])?);
        let step = int_or(values, 2, if end >= start { 1 } else { -1 })?;
        let mut at = start;
        while step != 0 && ((step > 0 && at <= end) || (step < 0 && at >= end)) {
            items.push(Value::Int(at));
            if items.len() > MOST {
                return Err(too_long());
            }
            at += step;
        }
        return Ok(Value::List(items));
    }
    let (start, end) = (moment(&values[0])?, moment(&values[1])?);
    let (months, days, micros) = match values.get(2) {
        Some(Value::Interval(months, days, micros)) => (*months, *days, *micros),
        _ => (0, if end >= start { 1 } else { -1 }, 0),
    };
    let forward = i64::from(months) * 28 * DAY + i64::from(days) * DAY + micros;
    for count in 0.. {
        let day = add_months(day_of(start), months.saturating_mul(count)) + days.saturating_mul(count);
        let at = i64::from(day) * DAY + start.rem_euclid(DAY) + micros * i64::from(count);
        if forward == 0 || (forward > 0 && at > end) || (forward < 0 && at < end) {
            break;
        }
        items.push(if *field.data_type() == DataType::Date32 { Value::Date(day_of(at)) } else { Value::Timestamp(at) });
        if items.len() > MOST {
            return Err(too_long());
        }
    }
    Ok(Value::List(items))
}
