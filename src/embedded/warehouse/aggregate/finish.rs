//! What the collected aggregates make of their values.

use super::super::cast::cast;
use super::super::failure::SqlFailure;
use super::super::value::Value;
use super::collect::{Collected, Row};
use datafusion::arrow::datatypes::DataType;
use std::cmp::Ordering;

type Finished = Result<Value, SqlFailure>;

pub(crate) fn collected() -> Vec<Collected> {
    let double = |_: &[DataType]| DataType::Float64;
    let first = |types: &[DataType]| types[0].clone();
    vec![
        Collected::new("spark_percentile", share_type, |rows, t| percentile(rows, t, interpolated)),
        Collected::new("spark_median", double, |rows, _| interpolated(&sorted(rows), 0.5)),
        Collected::new("spark_percentile_disc", first, |rows, t| percentile(rows, t, element)),
        Collected::new("spark_percentile_approx", first_or_list, |rows, t| percentile(rows, t, element)),
        Collected::new("spark_mode", first, |rows, _| Ok(mode(rows))),
        Collected::new("spark_max_by", first, |rows, _| Ok(by(rows, Ordering::Greater))).seeing_nulls(),
        Collected::new("spark_min_by", first, |rows, _| Ok(by(rows, Ordering::Less))).seeing_nulls(),
        Collected::new("spark_skewness", double, |rows, _| moment(rows, 3)),
        Collected::new("spark_kurtosis", double, |rows, _| moment(rows, 4)),
        Collected::new("spark_product", double, |rows, _| Ok(Value::Double(doubles(rows)?.iter().product()))),
    ]
}

fn share_type(types: &[DataType]) -> DataType {
    match types.get(1) {
        Some(DataType::List(_)) => super::super::types::list_of(DataType::Float64),
        _ => DataType::Float64,
    }
}

fn first_or_list(types: &[DataType]) -> DataType {
    match types.get(1) {
        Some(DataType::List(_)) => super::super::types::list_of(types[0].clone()),
        _ => types[0].clone(),
    }
}

/// Order of values of one type; NULL first.
fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
        (Value::Double(a), Value::Double(b)) => a.total_cmp(b),
        (Value::Decimal(a, _), Value::Decimal(b, _)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
        (Value::Interval(_, a, b), Value::Interval(_, c, d)) => (a, b).cmp(&(c, d)),
        (Value::List(a), Value::List(b)) => {
            a.iter().zip(b).map(|(a, b)| order(a, b)).find(|o| o.is_ne()).unwrap_or(a.len().cmp(&b.len()))
        }
        _ => Ordering::Equal,
    }
}

fn sorted(rows: &[&Row]) -> Vec<Value> {
    let mut values: Vec<Value> = rows.iter().map(|row| row[0].clone()).collect();
    values.sort_by(order);
    values
}

fn percentile(rows: &[&Row], _: &DataType, pick: fn(&[Value], f64) -> Finished) -> Finished {
    let values = sorted(rows);
    let share = |value: &Value| match cast(value.clone(), &DataType::Float64)? {
        Value::Double(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err(SqlFailure::new(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            "42K09",
            "Cannot resolve the call: the percentage must be between [0.0, 1.0].",
        )),
    };
    match rows[0].get(1) {
        Some(Value::List(shares)) => {
            let picked = shares.iter().map(|at| pick(&values, share(at)?)).collect::<Result<Vec<_>, _>>()?;
            Ok(Value::List(picked))
        }
        Some(at) => pick(&values, share(at)?),
        None => Ok(Value::Null),
    }
}

/// Between the two nearest values, by distance.
fn interpolated(values: &[Value], share: f64) -> Finished {
    let at = share * (values.len() - 1) as f64;
    let number = |at: f64| -> Result<f64, SqlFailure> {
        match cast(values[at as usize].clone(), &DataType::Float64)? {
            Value::Double(number) => Ok(number),
            _ => Ok(f64::NAN),
        }
    };
    let (low, high) = (number(at.floor())?, number(at.ceil())?);
    Ok(Value::Double(if at.floor() == at.ceil() { low } else { (at.ceil() - at) * low + (at - at.floor()) * high }))
}

/// The smallest value at least so large a share of the values do not exceed.
fn element(values: &[Value], share: f64) -> Finished {
    let rank = (share * values.len() as f64).ceil() as usize;
    Ok(values[rank.clamp(1, values.len()) - 1].clone())
}

/// The most frequent value; of several the smallest, so that the result is always the same.
fn mode(rows: &[&Row]) -> Value {
    let values = sorted(rows);
    let mut best = (0, &values[0]);
    let mut start = 0;
    for at in 1..=values.len() {
        if at == values.len() || order(&values[at], &values[start]).is_ne() {
            if at - start > best.0 {
                best = (at - start, &values[start]);
            }
            start = at;
        }
    }
    best.1.clone()
}

/// The first argument where the second is largest or smallest.
fn by(rows: &[&Row], wanted: Ordering) -> Value {
    let mut best: Option<&Row> = None;
    for row in rows.iter().filter(|row| !row[1].is_null()) {
        if best.is_none_or(|best| order(&row[1], &best[1]) == wanted) {
            best = Some(row);
        }
    }
    best.map_or(Value::Null, |row| row[0].clone())
}

fn doubles(rows: &[&Row]) -> Result<Vec<f64>, SqlFailure> {
    let number = |row: &&Row| match cast(row[0].clone(), &DataType::Float64)? {
        Value::Double(number) => Ok(number),
        _ => Ok(f64::NAN),
    };
    rows.iter().map(number).collect()
}

/// Skewness (3) and excess kurtosis (4) of the population.
fn moment(rows: &[&Row], degree: i32) -> Finished {
    let values = doubles(rows)?;
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let central = |degree: i32| values.iter().map(|value| (value - mean).powi(degree)).sum::<f64>();
    let squares = central(2);
    if squares == 0.0 {
        return Ok(Value::Null);
    }
    Ok(Value::Double(match degree {
        3 => count.sqrt() * central(3) / squares.powf(1.5),
        _ => count * central(4) / (squares * squares) - 3.0,
    }))
}
