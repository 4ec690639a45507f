//! Aggregates that look at all values of a group at the end.

use super::super::failure::SqlFailure;
use super::super::types::list_of;
use super::super::value::{Value, build_array, to_scalar, value_at};
use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One row's arguments.
pub(crate) type Row = Vec<Value>;

/// Computes the result from the rows in which no argument is NULL (or, for those that see
/// NULLs, from all).
pub(crate) type Finish = fn(&[&Row], &DataType) -> std::result::Result<Value, SqlFailure>;

/// An aggregate that keeps its group's values.
pub(crate) struct Collected {
    pub name: &'static str,
    pub returns: fn(&[DataType]) -> DataType,
    /// Rows whose second argument is NULL count too (`max_by` keeps NULL values).
    pub sees_nulls: bool,
    pub finish: Finish,
    pub signature: Signature,
}

impl Collected {
    pub(crate) fn new(name: &'static str, returns: fn(&[DataType]) -> DataType, finish: Finish) -> Self {
        Self { name, returns, sees_nulls: false, finish, signature: Signature::user_defined(Volatility::Immutable) }
    }

    pub(crate) fn seeing_nulls(mut self) -> Self {
        self.sees_nulls = true;
        self
    }
}

impl std::fmt::Debug for Collected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Collected {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Collected {}

impl Hash for Collected {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for Collected {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok((self.returns)(types))
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |(at, input): (usize, &FieldRef)| {
            Arc::new(Field::new(format!("{}_{at}", args.name), list_of(input.data_type().clone()), true))
        };
        Ok(args.input_fields.iter().enumerate().map(field).collect())
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Rows {
            rows: VecDeque::new(),
            types: args.expr_fields.iter().map(|field| field.data_type().clone()).collect(),
            returns: args.return_field.data_type().clone(),
            sees_nulls: self.sees_nulls,
            distinct: args.is_distinct,
            finish: self.finish,
        }))
    }
}

#[derive(Debug)]
struct Rows {
    rows: VecDeque<Row>,
    types: Vec<DataType>,
    returns: DataType,
    sees_nulls: bool,
    distinct: bool,
    finish: Finish,
}

impl Rows {
    fn push(&mut self, columns: &[ArrayRef]) -> Result<()> {
        for at in 0..columns.first().map_or(0, |column| column.len()) {
            let row = columns.iter().map(|column| value_at(column, at)).collect::<Result<Row>>()?;
            self.rows.push_back(row);
        }
        Ok(())
    }
}

impl Accumulator for Rows {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.push(values)
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        // A window that slides loses its oldest rows.
        let count = values.first().map_or(0, |column| column.len());
        self.rows.drain(..count.min(self.rows.len()));
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut kept: Vec<&Row> = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let complete = self.sees_nulls || !row.iter().any(Value::is_null);
            if complete && !(self.distinct && kept.contains(&row)) {
                kept.push(row);
            }
        }
        let value = if kept.is_empty() { Value::Null } else { (self.finish)(&kept, &self.returns)? };
        to_scalar(&value, &self.returns)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.rows.len() * self.types.len() * size_of::<Value>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let column = |(at, data_type): (usize, &DataType)| {
            let values: Vec<Value> = self.rows.iter().map(|row| row[at].clone()).collect();
            let array = build_array(&values, data_type)?;
            Ok(ScalarValue::List(Arc::new(
                datafusion::common::utils::SingleRowListArrayBuilder::new(array).build_list_array(),
            )))
        };
        self.types.iter().enumerate().map(column).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let lists: Vec<_> =
            states.iter().map(|state| datafusion::common::cast::as_list_array(state)).collect::<Result<Vec<_>>>()?;
        for at in 0..lists.first().map_or(0, |list| list.len()) {
            let columns: Vec<ArrayRef> = lists.iter().map(|list| list.value(at)).collect();
            self.push(&columns)?;
        }
        Ok(())
    }
}
