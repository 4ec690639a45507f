//! Row functions: a body over values becomes a function of the engine.

use super::super::failure::SqlFailure;
use super::super::value::{Value, build_array, value_at};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// What a row function gives.
pub(crate) type RowResult = std::result::Result<Value, SqlFailure>;

/// The result type of a call, from the argument types and those arguments that are constants.
pub(crate) type TypeRule = fn(&[DataType], &[Option<Value>]) -> std::result::Result<DataType, SqlFailure>;

/// How a result type comes about.
#[derive(Clone)]
pub(crate) enum Returns {
    Type(DataType),
    /// The type of the argument at this place.
    Argument(usize),
    Rule(TypeRule),
}

/// One row function.
#[derive(Clone)]
pub(crate) struct RowFunction {
    pub name: &'static str,
    /// Fewest and most arguments.
    pub arity: (usize, usize),
    pub returns: Returns,
    /// The body runs for rows with NULL arguments too; otherwise they give NULL.
    pub sees_nulls: bool,
    pub body: fn(&[Value], &DataType) -> RowResult,
}

impl RowFunction {
    pub(crate) const fn new(
        name: &'static str,
        arity: (usize, usize),
        returns: Returns,
        body: fn(&[Value], &DataType) -> RowResult,
    ) -> Self {
        Self { name, arity, returns, sees_nulls: false, body }
    }

    pub(crate) const fn seeing_nulls(mut self) -> Self {
        self.sees_nulls = true;
        self
    }

    pub(crate) fn into_udf(self) -> ScalarUDF {
        ScalarUDF::from(Engine { function: self, signature: Signature::user_defined(Volatility::Immutable) })
    }

    fn call(&self, arguments: &[Value], returns: &DataType) -> RowResult {
        if !self.sees_nulls && arguments.iter().any(Value::is_null) {
            return Ok(Value::Null);
        }
        (self.body)(arguments, returns)
    }
}

struct Engine {
    function: RowFunction,
    signature: Signature,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.function.name)
    }
}

impl PartialEq for Engine {
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name
    }
}

impl Eq for Engine {}

impl Hash for Engine {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
    }
}

impl ScalarUDFImpl for Engine {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.result_type(types, &vec![None; types.len()])
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let constants = args.scalar_arguments.iter().map(|scalar| scalar.map(constant).transpose());
        let constants: Vec<Option<Value>> = constants.collect::<Result<_>>()?;
        let data_type = self.result_type(&types, &constants)?;
        Ok(Arc::new(Field::new(self.name(), data_type, true)))
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if self.function.name == "spark_typeof" {
            let name = args.arg_fields.first().map(|field| super::super::types::type_text(field.data_type()));
            return Ok(ColumnarValue::Scalar(ScalarValue::from(name.map(|name| name.to_lowercase()))));
        }
        let returns = args.return_field.data_type();
        let all_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        if all_scalar {
            let mut row = Vec::with_capacity(args.args.len());
            for arg in &args.args {
                row.push(value_at(&arg.to_array(1)?, 0)?);
            }
            let value = self.function.call(&row, returns)?;
            let array = build_array(&[value], returns)?;
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
        }
        let values = self.rows(&args.args, args.number_rows, returns)?;
        Ok(ColumnarValue::Array(build_array(&values, returns)?))
    }
}

impl Engine {
    fn result_type(&self, types: &[DataType], constants: &[Option<Value>]) -> Result<DataType> {
        Ok(match &self.function.returns {
            Returns::Type(data_type) => data_type.clone(),
            Returns::Argument(at) => types.get(*at).cloned().unwrap_or(DataType::Null),
            Returns::Rule(rule) => rule(types, constants)?,
        })
    }

    fn rows(&self, arguments: &[ColumnarValue], rows: usize, returns: &DataType) -> Result<Vec<Value>> {
        let mut row = vec![Value::Null; arguments.len()];
        let mut arrays = Vec::new();
        for (at, argument) in arguments.iter().enumerate() {
            match argument {
                ColumnarValue::Array(array) => arrays.push((at, array)),
                ColumnarValue::Scalar(scalar) => row[at] = constant(scalar)?,
            }
        }
        let mut values = Vec::with_capacity(rows);
        for index in 0..rows {
            for (at, array) in &arrays {
                row[*at] = value_at(array, index)?;
            }
            values.push(self.function.call(&row, returns)?);
        }
        Ok(values)
    }
}

fn constant(scalar: &ScalarValue) -> Result<Value> {
    value_at(&scalar.to_array()?, 0)
}
