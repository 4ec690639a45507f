//! Functions of numbers.

use super::super::decimal;
use super::super::failure::SqlFailure;
use super::super::types::{is_decimal, is_float};
use super::super::value::Value;
use super::args::{double, int, int_or};
use super::row::{Returns, RowFunction, RowResult};
use datafusion::arrow::datatypes::DataType;

/// Functions double → double. Those that are undefined below a bound give NULL there, as in Spark.
type OneDouble = (&'static str, fn(&[Value], &DataType) -> RowResult);

macro_rules! doubles {
    ($($name:literal => $body:expr),+ $(,)?) => {
        [$(($name, |values, _| { let body: fn(f64) -> f64 = $body; Ok(Value::Double(body(double(&values[0])?))) })),+]
    };
}

const DOUBLES: [OneDouble; 21] = doubles! {
    "sqrt" => f64::sqrt, "cbrt" => f64::cbrt, "exp" => f64::exp, "expm1" => f64::exp_m1,
    "sin" => f64::sin, "cos" => f64::cos, "tan" => f64::tan, "asin" => f64::asin, "acos" => f64::acos,
    "atan" => f64::atan, "sinh" => f64::sinh, "cosh" => f64::cosh, "tanh" => f64::tanh,
    "asinh" => f64::asinh, "acosh" => f64::acosh, "atanh" => f64::atanh,
    "degrees" => f64::to_degrees, "radians" => f64::to_radians,
    "rint" => f64::round_ties_even, "cot" => |x| 1.0 / x.tan(), "sec" => |x| 1.0 / x.cos(),
};

pub(crate) fn functions() -> Vec<RowFunction> {
    let double_type = || Returns::Type(DataType::Float64);
    let mut all: Vec<RowFunction> =
        DOUBLES.iter().map(|(name, body)| RowFunction::new(name, (1, 1), double_type(), *body)).collect();
    all.extend([
        RowFunction::new("ln", (1, 1), double_type(), |v, _| logarithm(double(&v[0])?, f64::ln)),
        RowFunction::new("log10", (1, 1), double_type(), |v, _| logarithm(double(&v[0])?, f64::log10)),
        RowFunction::new("log2", (1, 1), double_type(), |v, _| logarithm(double(&v[0])?, f64::log2)),
        RowFunction::new("log1p", (1, 1), double_type(), |v, _| logarithm(double(&v[0])? + 1.0, f64::ln)),
        RowFunction::new("log", (1, 2), double_type(), |v, _| match v {
            [number] => logarithm(double(number)?, f64::ln),
            _ => {
                let (base, number) = (double(&v[0])?, double(&v[1])?);
                let bad = base <= 0.0 || number <= 0.0;
                Ok(if bad { Value::Null } else { Value::Double(number.ln() / base.ln()) })
            }
        }),
        RowFunction::new("power", (2, 2), double_type(), |v, _| Ok(Value::Double(double(&v[0])?.powf(double(&v[1])?)))),
        RowFunction::new("atan2", (2, 2), double_type(), |v, _| {
            Ok(Value::Double(double(&v[0])?.atan2(double(&v[1])?)))
        }),
        RowFunction::new("hypot", (2, 2), double_type(), |v, _| {
            Ok(Value::Double(double(&v[0])?.hypot(double(&v[1])?)))
        }),
        RowFunction::new("pi", (0, 0), double_type(), |_, _| Ok(Value::Double(std::f64::consts::PI))),
        RowFunction::new("e", (0, 0), double_type(), |_, _| Ok(Value::Double(std::f64::consts::E))),
        RowFunction::new("signum", (1, 1), double_type(), |v, _| {
            let number = double(&v[0])?;
            Ok(Value::Double(if number == 0.0 { 0.0 } else { number.signum() }))
        }),
        RowFunction::new("isnan", (1, 1), Returns::Type(DataType::Boolean), |v, _| {
            Ok(Value::Bool(!v[0].is_null() && double(&v[0])?.is_nan()))
        })
        .seeing_nulls(),
        RowFunction::new("abs", (1, 1), Returns::Rule(number_type), |v, _| negate(&v[0], true)),
        RowFunction::new("negative", (1, 1), Returns::Rule(number_type), |v, _| negate(&v[0], false)),
        RowFunction::new("factorial", (1, 1), Returns::Type(DataType::Int64), |v, _| {
            let number = int(&v[0])?;
            Ok(if (0..=20).contains(&number) { Value::Int((1..=number).product()) } else { Value::Null })
        }),
        RowFunction::new("width_bucket", (4, 4), Returns::Type(DataType::Int64), |v, _| {
            width_bucket(double(&v[0])?, double(&v[1])?, double(&v[2])?, int(&v[3])?)
        }),
        RowFunction::new("round", (1, 2), Returns::Rule(round_type), |v, t| round(v, t, Mode::HalfUp)),
        RowFunction::new("bround", (1, 2), Returns::Rule(round_type), |v, t| round(v, t, Mode::HalfEven)),
        RowFunction::new("ceil", (1, 2), Returns::Rule(whole_type), |v, t| round(v, t, Mode::Up)),
        RowFunction::new("floor", (1, 2), Returns::Rule(whole_type), |v, t| round(v, t, Mode::Down)),
    ]);
    all
}

fn logarithm(number: f64, of: fn(f64) -> f64) -> RowResult {
    Ok(if number <= 0.0 { Value::Null } else { Value::Double(of(number)) })
}

fn number_type(types: &[DataType], _: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    Ok(match &types[0] {
        DataType::Utf8 | DataType::Null => DataType::Float64,
        other => other.clone(),
    })
}

/// The number with its sign turned; with `only_negative`, its size.
fn negate(value: &Value, only_negative: bool) -> RowResult {
    let turn = |is_negative: bool| !only_negative || is_negative;
    Ok(match value {
        Value::Int(n) if turn(*n < 0) => Value::Int(n.checked_neg().ok_or_else(|| SqlFailure::overflow("long"))?),
        Value::Float(n) if turn(*n < 0.0) => Value::Float(-n),
        Value::Double(n) if turn(*n < 0.0) => Value::Double(-n),
        Value::Decimal(n, scale) if turn(*n < 0) => Value::Decimal(-n, *scale),
        Value::Interval(m, d, u) if turn(i64::from(*m) + i64::from(*d) + u < 0) => Value::Interval(-m, -d, -u),
        Value::Text(_) => return negate(&Value::Double(double(value)?), only_negative),
        other => other.clone(),
    })
}

fn width_bucket(number: f64, low: f64, high: f64, buckets: i64) -> RowResult {
    if buckets <= 0 || low == high || number.is_nan() {
        return Ok(Value::Null);
    }
    let at = ((number - low) / (high - low) * buckets as f64).floor();
    Ok(Value::Int((at.clamp(-1.0, buckets as f64) as i64) + 1))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    HalfUp,
    HalfEven,
    Up,
    Down,
}

fn digits(constants: &[Option<Value>]) -> i32 {
    match constants.get(1) {
        Some(Some(Value::Int(digits))) => (*digits).clamp(-38, 38) as i32,
        _ => 0,
    }
}

fn round_type(types: &[DataType], constants: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    Ok(match &types[0] {
        DataType::Decimal128(precision, scale) => decimal_type(*precision, *scale, digits(constants)),
        DataType::Utf8 | DataType::Null => DataType::Float64,
        other => other.clone(),
    })
}

/// One whole digit more than before, for the carry.
fn decimal_type(precision: u8, scale: i8, digits: i32) -> DataType {
    let whole = i32::from(precision) - i32::from(scale) + 1;
    if digits < 0 {
        return DataType::Decimal128(whole.max(1 - digits).min(38) as u8, 0);
    }
    let scale = i32::from(scale).min(digits);
    DataType::Decimal128((whole + scale).min(38) as u8, scale as i8)
}

/// `ceil` and `floor` give whole numbers unless digits are named.
fn whole_type(types: &[DataType], constants: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    if types.len() == 2 && is_decimal(&types[0]) {
        return round_type(types, constants);
    }
    if types.len() == 2 {
        return Ok(if is_float(&types[0]) { DataType::Float64 } else { types[0].clone() });
    }
    Ok(match &types[0] {
        DataType::Decimal128(precision, scale) => {
            let whole = (i32::from(*precision) - i32::from(*scale) + 1).min(38);
            DataType::Decimal128(whole as u8, 0)
        }
        _ => DataType::Int64,
    })
}

fn round(values: &[Value], returns: &DataType, mode: Mode) -> RowResult {
    let digits = int_or(values, 1, 0)?.clamp(-38, 38) as i32;
    let value = match &values[0] {
        text @ Value::Text(_) => Value::Double(double(text)?),
        other => other.clone(),
    };
    match (value, returns) {
        (Value::Int(number), _) if digits >= 0 => Ok(Value::Int(number)),
        (Value::Int(number), _) => {
            let rounded = round_unscaled(i128::from(number), -digits, mode);
            i64::try_from(rounded).map(Value::Int).map_err(|_| SqlFailure::overflow("long"))
        }
        (Value::Decimal(unscaled, scale), DataType::Decimal128(precision, to)) => {
            let rounded = round_unscaled(unscaled, i32::from(scale) - digits, mode);
            decimal::rescale(rounded, scale, (*precision, *to)).map(|value| Value::Decimal(value, *to))
        }
        (value, DataType::Int64) => {
            let number = round_double(double(&value)?, digits, mode);
            super::super::cast::cast(Value::Double(number), &DataType::Int64)
        }
        (Value::Float(number), DataType::Float32) => {
            Ok(Value::Float(round_text(&number.to_string(), digits, mode).unwrap_or(f64::from(number)) as f32))
        }
        (value, _) => Ok(Value::Double(round_double(double(&value)?, digits, mode))),
    }
}

/// Rounds away the last `count` digits, keeping the number's size.
fn round_unscaled(number: i128, count: i32, mode: Mode) -> i128 {
    if count <= 0 {
        return number;
    }
    let Some(unit) = 10_i128.checked_pow(count as u32) else { return 0 };
    let (quotient, rest) = (number / unit, number % unit);
    let away = match mode {
        Mode::HalfUp => rest.abs() >= unit - rest.abs(),
        Mode::HalfEven => rest.abs() > unit - rest.abs() || (rest.abs() == unit - rest.abs() && quotient % 2 != 0),
        Mode::Up => rest > 0,
        Mode::Down => rest < 0,
    };
    (quotient + if away { if number < 0 { -1 } else { 1 } } else { 0 }).saturating_mul(unit)
}

/// Rounds the shortest decimal a double prints as, which is what Spark does.
fn round_double(number: f64, digits: i32, mode: Mode) -> f64 {
    if !number.is_finite() {
        return number;
    }
    round_text(&number.to_string(), digits, mode).unwrap_or(number)
}

fn round_text(text: &str, digits: i32, mode: Mode) -> Option<f64> {
    let (unscaled, scale) = decimal::parse(text)?;
    let rounded = round_unscaled(unscaled, i32::from(scale) - digits, mode);
    Some(decimal::to_double(rounded, scale))
}
