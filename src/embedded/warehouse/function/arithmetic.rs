//! `+ - * / % DIV` with Spark's types, overflow and zero checks, and their `try_` forms.

use super::super::calendar::add_months;
use super::super::cast::cast;
use super::super::decimal::{self, Operation};
use super::super::failure::SqlFailure;
use super::super::types::*;
use super::super::value::{DAY, Value};
use super::row::{Returns, RowFunction, RowResult};
use datafusion::arrow::datatypes::DataType;

pub(crate) fn functions() -> Vec<RowFunction> {
    use Operation::*;
    vec![
        RowFunction::new("spark_add", (2, 2), Returns::Rule(add_type), |v, t| apply(Add, v, t)),
        RowFunction::new("spark_subtract", (2, 2), Returns::Rule(subtract_type), |v, t| apply(Subtract, v, t)),
        RowFunction::new("spark_multiply", (2, 2), Returns::Rule(multiply_type), |v, t| apply(Multiply, v, t)),
        RowFunction::new("spark_divide", (2, 2), Returns::Rule(divide_type), |v, t| apply(Divide, v, t)),
        RowFunction::new("spark_modulo", (2, 2), Returns::Rule(modulo_type), |v, t| apply(Modulo, v, t)),
        RowFunction::new("spark_div", (2, 2), Returns::Type(DataType::Int64), |v, t| apply(WholeDivide, v, t)),
        RowFunction::new("try_add", (2, 2), Returns::Rule(add_type), |v, t| tolerant(Add, v, t)),
        RowFunction::new("try_subtract", (2, 2), Returns::Rule(subtract_type), |v, t| tolerant(Subtract, v, t)),
        RowFunction::new("try_multiply", (2, 2), Returns::Rule(multiply_type), |v, t| tolerant(Multiply, v, t)),
        RowFunction::new("try_divide", (2, 2), Returns::Rule(divide_type), |v, t| tolerant(Divide, v, t)),
        RowFunction::new("try_mod", (2, 2), Returns::Rule(modulo_type), |v, t| tolerant(Modulo, v, t)),
        RowFunction::new("mod", (2, 2), Returns::Rule(modulo_type), |v, t| apply(Modulo, v, t)),
        RowFunction::new("pmod", (2, 2), Returns::Rule(modulo_type), positive_modulo),
    ]
}

type Types = std::result::Result<DataType, SqlFailure>;

fn add_type(types: &[DataType], _: &[Option<Value>]) -> Types {
    result_type(Operation::Add, &types[0], &types[1])
}

fn subtract_type(types: &[DataType], _: &[Option<Value>]) -> Types {
    result_type(Operation::Subtract, &types[0], &types[1])
}

fn multiply_type(types: &[DataType], _: &[Option<Value>]) -> Types {
    result_type(Operation::Multiply, &types[0], &types[1])
}

fn divide_type(types: &[DataType], _: &[Option<Value>]) -> Types {
    result_type(Operation::Divide, &types[0], &types[1])
}

fn modulo_type(types: &[DataType], _: &[Option<Value>]) -> Types {
    result_type(Operation::Modulo, &types[0], &types[1])
}

/// The type of `left operation right`.
pub(crate) fn result_type(operation: Operation, left: &DataType, right: &DataType) -> Types {
    if is_temporal(left) || is_temporal(right) || is_interval(left) || is_interval(right) {
        return temporal_type(operation, left, right);
    }
    let refused = || {
        SqlFailure::mismatch(format!(
            "Cannot resolve the operation: the operands are of the types \"{}\" and \"{}\".",
            type_text(left),
            type_text(right)
        ))
    };
    let text = is_text(left) || is_text(right);
    if *left == DataType::Boolean || *right == DataType::Boolean {
        return Err(refused());
    }
    if is_float(left) || is_float(right) {
        let single = *left == DataType::Float32 && *right == DataType::Float32 && operation != Operation::Divide;
        return Ok(if single { DataType::Float32 } else { DataType::Float64 });
    }
    if is_decimal(left) || is_decimal(right) {
        if text {
            return Ok(DataType::Float64);
        }
        let left = decimal_shape(left).or(decimal_shape(right)).ok_or_else(refused)?;
        let right = decimal_shape(right).unwrap_or(left);
        let (precision, scale) = decimal::result_shape(operation, left, right);
        return Ok(DataType::Decimal128(precision, scale));
    }
    if operation == Operation::Divide || (text && is_text(left) == is_text(right)) {
        return Ok(DataType::Float64);
    }
    if text {
        return Ok(DataType::Int64);
    }
    wider_integer(left, right).ok_or_else(refused)
}

fn wider_integer(left: &DataType, right: &DataType) -> Option<DataType> {
    let rank = |data_type: &DataType| {
        Some(match data_type {
            DataType::Null => 0,
            DataType::Int8 | DataType::UInt8 => 1,
            DataType::Int16 => 2,
            DataType::Int32 | DataType::UInt16 => 3,
            DataType::Int64 | DataType::UInt32 | DataType::UInt64 => 4,
            _ => return None,
        })
    };
    Some(match rank(left)?.max(rank(right)?) {
        1 => DataType::Int8,
        2 => DataType::Int16,
        0 | 3 => DataType::Int32,
        _ => DataType::Int64,
    })
}

fn temporal_type(operation: Operation, left: &DataType, right: &DataType) -> Types {
    use Operation::{Add, Divide, Multiply, Subtract};
    let interval = |data_type: &DataType| if *data_type == DAY_TIME { DAY_TIME } else { CALENDAR };
    let number = |data_type: &DataType| decimal_shape(data_type).is_some() || is_float(data_type);
    Ok(match operation {
        Add | Subtract if is_interval(left) && is_interval(right) => {
            if *left == DAY_TIME && *right == DAY_TIME {
                DAY_TIME
            } else {
                CALENDAR
            }
        }
        Subtract if is_temporal(left) && (is_temporal(right) || is_text(right)) => DAY_TIME,
        Subtract if is_text(left) && is_temporal(right) => DAY_TIME,
        Add | Subtract if is_temporal(left) && is_interval(right) => left.clone(),
        Add | Subtract if is_text(left) && is_interval(right) => TIMESTAMP,
        Add if is_interval(left) && is_temporal(right) => right.clone(),
        Add if is_interval(left) && is_text(right) => TIMESTAMP,
        Add | Subtract if *left == DataType::Date32 && decimal_shape(right).is_some() => DataType::Date32,
        Add if decimal_shape(left).is_some() && *right == DataType::Date32 => DataType::Date32,
        Multiply | Divide if is_interval(left) && number(right) => interval(left),
        Multiply if number(left) && is_interval(right) => interval(right),
        _ if *left == DataType::Null => right.clone(),
        _ if *right == DataType::Null => left.clone(),
        _ => {
            return Err(SqlFailure::mismatch(format!(
                "Cannot resolve the operation due to data type mismatch: the operands are of the types \"{}\" and \
                 \"{}\".",
                type_text(left),
                type_text(right)
            )));
        }
    })
}

fn tolerant(operation: Operation, values: &[Value], returns: &DataType) -> RowResult {
    Ok(apply(operation, values, returns).unwrap_or(Value::Null))
}

/// Computes one operation whose result type is known.
pub(crate) fn apply(operation: Operation, values: &[Value], returns: &DataType) -> RowResult {
    let (left, right) = (&values[0], &values[1]);
    match returns {
        DataType::Null => Ok(Value::Null),
        DataType::Decimal128(precision, scale) => {
            let (left, right) = (as_decimal(left)?, as_decimal(right)?);
            decimal::compute(operation, left, right, (*precision, *scale)).map(|value| Value::Decimal(value, *scale))
        }
        DataType::Float64 | DataType::Float32 => {
            let (left, right) = (number(left)?, number(right)?);
            let result = float(operation, left, right)?;
            Ok(if *returns == DataType::Float32 { Value::Float(result as f32) } else { Value::Double(result) })
        }
        DataType::Date32 | DataType::Timestamp(..) | DataType::Duration(_) | DataType::Interval(_) => {
            temporal(operation, left, right, returns)
        }
        _ => integer(operation, left, right, returns),
    }
}

fn as_decimal(value: &Value) -> Result<(i128, i8), SqlFailure> {
    match value {
        Value::Decimal(unscaled, scale) => Ok((*unscaled, *scale)),
        Value::Int(number) => Ok((i128::from(*number), 0)),
        other => match cast(other.clone(), &DataType::Decimal128(38, 18))? {
            Value::Decimal(unscaled, scale) => Ok((unscaled, scale)),
            _ => Ok((0, 0)),
        },
    }
}

fn number(value: &Value) -> Result<f64, SqlFailure> {
    match cast(value.clone(), &DataType::Float64)? {
        Value::Double(number) => Ok(number),
        _ => Ok(f64::NAN),
    }
}

fn whole(value: &Value) -> Result<i64, SqlFailure> {
    match cast(value.clone(), &DataType::Int64)? {
        Value::Int(number) => Ok(number),
        _ => Ok(0),
    }
}

fn float(operation: Operation, left: f64, right: f64) -> Result<f64, SqlFailure> {
    Ok(match operation {
        Operation::Add => left + right,
        Operation::Subtract => left - right,
        Operation::Multiply => left * right,
        Operation::Divide if right == 0.0 => return Err(SqlFailure::divide_by_zero()),
        Operation::Divide => left / right,
        Operation::Modulo if right == 0.0 => return Err(SqlFailure::remainder_by_zero()),
        Operation::Modulo => left % right,
        Operation::WholeDivide if right == 0.0 => return Err(SqlFailure::divide_by_zero()),
        Operation::WholeDivide => (left / right).trunc(),
    })
}

fn integer(operation: Operation, left: &Value, right: &Value, returns: &DataType) -> RowResult {
    if operation == Operation::WholeDivide && !matches!((left, right), (Value::Int(_), Value::Int(_))) {
        let (left, right) = (as_decimal(left)?, as_decimal(right)?);
        return decimal::compute(operation, left, right, (38, 0)).map(|value| Value::Int(value as i64));
    }
    let (left, right) = (whole(left)?, whole(right)?);
    if right == 0 {
        match operation {
            Operation::Modulo => return Err(SqlFailure::remainder_by_zero()),
            Operation::WholeDivide => return Err(SqlFailure::divide_by_zero()),
            _ => {}
        }
    }
    let result = match operation {
        Operation::Add => left.checked_add(right),
        Operation::Subtract => left.checked_sub(right),
        Operation::Multiply => left.checked_mul(right),
        Operation::Modulo => left.checked_rem(right).or(Some(0)),
        Operation::Divide | Operation::WholeDivide => left.checked_div(right),
    };
    let fits = |value: &i64| match returns {
        DataType::Int8 => i8::try_from(*value).is_ok(),
        DataType::Int16 => i16::try_from(*value).is_ok(),
        DataType::Int32 => i32::try_from(*value).is_ok(),
        _ => true,
    };
    let name = if *returns == DataType::Int32 { "integer" } else { "long" };
    result.filter(fits).map(Value::Int).ok_or_else(|| SqlFailure::overflow(name))
}

fn positive_modulo(values: &[Value], returns: &DataType) -> RowResult {
    let rest = apply(Operation::Modulo, values, returns)?;
    let negative = match &rest {
        Value::Int(value) => *value < 0,
        Value::Double(value) => *value < 0.0,
        Value::Float(value) => *value < 0.0,
        Value::Decimal(value, _) => *value < 0,
        _ => false,
    };
    if !negative {
        return Ok(rest);
    }
    let shifted = apply(Operation::Add, &[rest, values[1].clone()], returns)?;
    apply(Operation::Modulo, &[shifted, values[1].clone()], returns)
}

fn temporal(operation: Operation, left: &Value, right: &Value, returns: &DataType) -> RowResult {
    use Operation::{Add, Divide, Multiply, Subtract};
    let sign = if operation == Subtract { -1 } else { 1 };
    match (operation, left, right) {
        (Multiply, Value::Interval(m, d, u), factor) | (Multiply, factor, Value::Interval(m, d, u)) => {
            Ok(scale_interval((*m, *d, *u), number(factor)?))
        }
        (Divide, Value::Interval(m, d, u), factor) => match number(factor)? {
            0.0 => Err(SqlFailure::divide_by_zero()),
            factor => Ok(scale_interval((*m, *d, *u), 1.0 / factor)),
        },
        (Add | Subtract, Value::Interval(m1, d1, u1), Value::Interval(m2, d2, u2)) => {
            Ok(Value::Interval(m1 + sign * m2, d1 + sign * d2, u1 + i64::from(sign) * u2))
        }
        (Add | Subtract, moment, Value::Interval(m, d, u)) => {
            shift(moment, (sign * m, sign * d, i64::from(sign) * u), returns)
        }
        (Add, Value::Interval(m, d, u), moment) => shift(moment, (*m, *d, *u), returns),
        (Subtract, from, to) if matches!(returns, DataType::Duration(_)) => {
            Ok(Value::Interval(0, 0, moment_of(from)? - moment_of(to)?))
        }
        (Add | Subtract, Value::Date(days), count) => Ok(Value::Date(days + sign * whole(count)? as i32)),
        (Add, count, Value::Date(days)) => Ok(Value::Date(days + whole(count)? as i32)),
        _ => Err(SqlFailure::mismatch("Cannot resolve the operation on these values.")),
    }
}

fn scale_interval((months, days, micros): (i32, i32, i64), factor: f64) -> Value {
    let micros = (i64::from(days) * DAY + micros) as f64 * factor;
    Value::Interval((f64::from(months) * factor).round() as i32, 0, micros.round() as i64)
}

fn moment_of(value: &Value) -> Result<i64, SqlFailure> {
    match cast(value.clone(), &TIMESTAMP)? {
        Value::Timestamp(micros) => Ok(micros),
        _ => Ok(0),
    }
}

/// Months first, then days, then time, as Spark adds a calendar interval.
fn shift(moment: &Value, (months, days, micros): (i32, i32, i64), returns: &DataType) -> RowResult {
    if *returns == DataType::Date32 {
        let Value::Date(day) = cast(moment.clone(), &DataType::Date32)? else { return Ok(Value::Null) };
        return Ok(Value::Date(add_months(day, months) + days + (micros / DAY) as i32));
    }
    let at = moment_of(moment)?;
    let day = add_months(super::super::calendar::day_of(at), months) + days;
    Ok(Value::Timestamp(i64::from(day) * DAY + at.rem_euclid(DAY) + micros))
}
