//! `avg`: DOUBLE of numbers, DECIMAL(p + 4, s + 4) of decimals rounded half up, intervals of intervals.

use super::super::decimal::{self, Operation};
use super::super::failure::SqlFailure;
use super::super::function::args as args_of;
use super::super::types::*;
use super::super::value::{Value, to_scalar, value_at};
use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};
use std::sync::Arc;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Average {
    signature: Signature,
}

impl Average {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Average {
    fn name(&self) -> &str {
        "avg"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(match types.first() {
            Some(DataType::Decimal128(precision, scale)) => {
                DataType::Decimal128((precision + 4).min(38), (scale + 4).min(38))
            }
            Some(DataType::Duration(_)) => DAY_TIME,
            Some(DataType::Boolean | DataType::Date32 | DataType::Timestamp(..)) => {
                let text = types.first().map(type_text).unwrap_or_default();
                return Err(SqlFailure::mismatch(format!(
                    "Cannot resolve \"avg\" due to data type mismatch: it requires a numeric or interval type, not \
                     \"{text}\"."
                ))
                .into());
            }
            _ => DataType::Float64,
        })
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let sum =
            if is_decimal(args.return_type()) { DataType::Decimal128(38, sum_scale(&args)) } else { DataType::Float64 };
        Ok(vec![
            Arc::new(Field::new(format!("{}_sum", args.name), sum, true)),
            Arc::new(Field::new(format!("{}_count", args.name), DataType::Int64, true)),
        ])
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Mean {
            decimal: 0,
            scale: match args.expr_fields.first().map(|field| field.data_type()) {
                Some(DataType::Decimal128(_, scale)) => *scale,
                _ => 0,
            },
            double: 0.0,
            count: 0,
            seen: args.is_distinct.then(Vec::new),
            returns: args.return_field.data_type().clone(),
        }))
    }
}

fn sum_scale(args: &StateFieldsArgs) -> i8 {
    match args.input_fields.first().map(|field| field.data_type()) {
        Some(DataType::Decimal128(_, scale)) => *scale,
        _ => 0,
    }
}

#[derive(Debug)]
struct Mean {
    decimal: i128,
    scale: i8,
    double: f64,
    count: i64,
    /// The values met, of a distinct mean.
    seen: Option<Vec<Value>>,
    returns: DataType,
}

impl Mean {
    fn add(&mut self, column: &ArrayRef, sign: i64) -> Result<()> {
        for at in 0..column.len() {
            let value = value_at(column, at)?;
            if value.is_null() {
                continue;
            }
            if let Some(seen) = &mut self.seen {
                if seen.contains(&value) {
                    continue;
                }
                seen.push(value.clone());
            }
            self.count += sign;
            match value {
                Value::Decimal(unscaled, _) => {
                    let sum = self.decimal.checked_add(i128::from(sign) * unscaled);
                    self.decimal = sum.ok_or_else(|| SqlFailure::overflow("decimal"))?;
                }
                Value::Interval(_, days, micros) => {
                    self.double += (i64::from(days) * super::super::value::DAY + micros) as f64 * sign as f64;
                }
                other => self.double += args_of::double(&other)? * sign as f64,
            }
        }
        Ok(())
    }
}

impl Accumulator for Mean {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(&values[0], 1)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(&values[0], -1)
    }

    fn supports_retract_batch(&self) -> bool {
        self.seen.is_none()
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let value = match &self.returns {
            _ if self.count == 0 => Value::Null,
            DataType::Decimal128(precision, scale) => {
                let count = (i128::from(self.count), 0);
                let mean =
                    decimal::compute(Operation::Divide, (self.decimal, self.scale), count, (*precision, *scale))?;
                Value::Decimal(mean, *scale)
            }
            DataType::Duration(_) => Value::Interval(0, 0, (self.double / self.count as f64).round() as i64),
            _ => Value::Double(self.double / self.count as f64),
        };
        to_scalar(&value, &self.returns)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.seen.as_ref().map_or(0, |seen| seen.len() * size_of::<Value>())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let sum = if is_decimal(&self.returns) {
            ScalarValue::Decimal128(Some(self.decimal), 38, self.scale)
        } else {
            ScalarValue::Float64(Some(self.double))
        };
        Ok(vec![sum, ScalarValue::Int64(Some(self.count))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for at in 0..states[0].len() {
            match value_at(&states[0], at)? {
                Value::Decimal(sum, _) => self.decimal += sum,
                Value::Double(sum) => self.double += sum,
                _ => {}
            }
            if let Value::Int(count) = value_at(&states[1], at)? {
                self.count += count;
            }
        }
        Ok(())
    }
}
