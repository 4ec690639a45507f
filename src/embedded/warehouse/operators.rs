//! Operators with the operands' types in hand: Spark's arithmetic and comparisons.

use super::decimal::Operation;
use super::function::arithmetic;
use super::types::*;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{BinaryExpr, ScalarFunction};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr};
use datafusion::logical_expr::{Expr, ExprSchemable, GetFieldAccess, Operator, ScalarUDF};
use sqlparser::ast::BinaryOperator;
use std::collections::HashMap;
use std::sync::Arc;

/// Plans operators by Spark's rules.
#[derive(Debug)]
pub(crate) struct SparkOperators {
    functions: HashMap<String, Arc<ScalarUDF>>,
}

impl SparkOperators {
    /// `functions` are those of the warehouse by name.
    pub(crate) fn new(functions: &HashMap<String, Arc<ScalarUDF>>) -> Self {
        Self { functions: functions.clone() }
    }

    fn call(&self, name: &str, arguments: Vec<Expr>) -> Option<Expr> {
        let function = Arc::clone(self.functions.get(name)?);
        Some(Expr::ScalarFunction(ScalarFunction::new_udf(function, arguments)))
    }

    fn cast(&self, expr: Expr, to: &DataType) -> Expr {
        let arguments = vec![expr.clone(), Expr::Literal(ScalarValue::from(type_text(to)), None)];
        self.call("spark_cast", arguments).unwrap_or(expr)
    }

    fn arithmetic(
        &self,
        operation: Operation,
        left: (Expr, DataType),
        right: (Expr, DataType),
    ) -> Result<Option<Expr>> {
        let name = match operation {
            Operation::Add => "spark_add",
            Operation::Subtract => "spark_subtract",
            Operation::Multiply => "spark_multiply",
            Operation::Divide => "spark_divide",
            Operation::Modulo => "spark_modulo",
            Operation::WholeDivide => "spark_div",
        };
        // Told here, where the words of the failure reach people.
        if operation != Operation::WholeDivide {
            arithmetic::result_type(operation, &left.1, &right.1)?;
        }
        let ((left, left_type), (right, right_type)) = (left, right);
        let left = if is_decimal(&right_type) { exact_literal(left) } else { left };
        let right = if is_decimal(&left_type) { exact_literal(right) } else { right };
        let left = if has_time(&right) && left_type == DataType::Date32 { self.cast(left, &TIMESTAMP) } else { left };
        let right =
            if has_time(&left) && right_type == DataType::Date32 { self.cast(right, &TIMESTAMP) } else { right };
        Ok(self.call(name, vec![left, right]))
    }

    /// Casts one side so that both are of a kind.
    fn comparison(&self, op: Operator, left: (Expr, DataType), right: (Expr, DataType)) -> Option<Expr> {
        let to = common_type(&left.1, &right.1)?;
        let side = |(expr, data_type): (Expr, DataType)| {
            if data_type == to || data_type == DataType::Null { expr } else { self.cast(expr, &to) }
        };
        let (left, right) = (Box::new(side(left)), Box::new(side(right)));
        Some(Expr::BinaryExpr(BinaryExpr { left, op, right }))
    }
}

impl ExprPlanner for SparkOperators {
    fn plan_binary_op(&self, raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let types = (raw.left.get_type(schema), raw.right.get_type(schema));
        let (Ok(left_type), Ok(right_type)) = types else { return Ok(PlannerResult::Original(raw)) };
        let (left, right) = ((raw.left.clone(), left_type), (raw.right.clone(), right_type));
        let planned = match (arithmetic_of(&raw.op), comparison_of(&raw.op)) {
            (Some(operation), _) => self.arithmetic(operation, left, right)?,
            (None, Some(op)) => self.comparison(op, left, right),
            (None, None) if raw.op == BinaryOperator::StringConcat && !is_list(&left.1) => {
                self.call("concat", vec![left.0, right.0])
            }
            (None, None) => None,
        };
        Ok(planned.map_or(PlannerResult::Original(raw), PlannerResult::Planned))
    }

    fn plan_field_access(
        &self,
        raw: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        if let (GetFieldAccess::ListIndex { key }, Ok(DataType::List(_))) =
            (&raw.field_access, raw.expr.get_type(schema))
            && let Some(planned) = self.call("spark_item", vec![raw.expr.clone(), key.as_ref().clone()])
        {
            return Ok(PlannerResult::Planned(planned));
        }
        Ok(PlannerResult::Original(raw))
    }
}

fn arithmetic_of(op: &BinaryOperator) -> Option<Operation> {
    Some(match op {
        BinaryOperator::Plus => Operation::Add,
        BinaryOperator::Minus => Operation::Subtract,
        BinaryOperator::Multiply => Operation::Multiply,
        BinaryOperator::Divide => Operation::Divide,
        BinaryOperator::Modulo => Operation::Modulo,
        BinaryOperator::MyIntegerDivide | BinaryOperator::DuckIntegerDivide => Operation::WholeDivide,
        _ => return None,
    })
}

fn comparison_of(op: &BinaryOperator) -> Option<Operator> {
    Some(match op {
        BinaryOperator::Eq => Operator::Eq,
        BinaryOperator::NotEq => Operator::NotEq,
        BinaryOperator::Lt => Operator::Lt,
        BinaryOperator::LtEq => Operator::LtEq,
        BinaryOperator::Gt => Operator::Gt,
        BinaryOperator::GtEq => Operator::GtEq,
        BinaryOperator::Spaceship => Operator::IsNotDistinctFrom,
        _ => return None,
    })
}

fn is_list(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_) | DataType::LargeList(_))
}

/// The type both sides are compared in, where the engine's own choice differs from Spark's.
fn common_type(left: &DataType, right: &DataType) -> Option<DataType> {
    let temporal = |a: &DataType, b: &DataType| match (a, b) {
        (DataType::Date32, DataType::Timestamp(..)) => Some(TIMESTAMP),
        (DataType::Interval(_), DataType::Duration(_)) => Some(DAY_TIME),
        _ => None,
    };
    if let Some(to) = temporal(left, right).or_else(|| temporal(right, left)) {
        return Some(to);
    }
    let other = match (is_text(left), is_text(right)) {
        (true, false) => right,
        (false, true) => left,
        _ => return None,
    };
    match other {
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::UInt64 => {
            Some(DataType::Int64)
        }
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => Some(DataType::Float64),
        DataType::Date32 | DataType::Boolean => Some(other.clone()),
        DataType::Timestamp(..) => Some(TIMESTAMP),
        _ => None,
    }
}

/// An integer literal as the narrowest decimal that holds it.
fn exact_literal(expr: Expr) -> Expr {
    let inner = match &expr {
        Expr::Cast(cast) => cast.expr.as_ref(),
        other => other,
    };
    let Expr::Literal(ScalarValue::Int64(Some(number)), _) = inner else { return expr };
    let precision = number.unsigned_abs().checked_ilog10().unwrap_or(0) as u8 + 1;
    Expr::Literal(ScalarValue::Decimal128(Some(i128::from(*number)), precision, 0), None)
}

/// An interval with hours or less, which turns a date into a timestamp.
fn has_time(expr: &Expr) -> bool {
    let Expr::ScalarFunction(function) = expr else { return false };
    match (function.func.name(), function.args.as_slice()) {
        ("spark_interval", [value, Expr::Literal(unit, _)]) => {
            let unit = unit.try_as_str().flatten().unwrap_or_default().to_ascii_uppercase();
            let value = match value {
                Expr::Literal(value, _) => value.try_as_str().flatten().unwrap_or_default().to_ascii_uppercase(),
                _ => String::new(),
            };
            ["HOUR", "MINUTE", "SECOND"]
                .iter()
                .any(|word| unit.contains(word) || (unit.is_empty() && value.contains(word)))
        }
        ("spark_add" | "spark_subtract" | "spark_multiply" | "negative", args) => args.iter().any(has_time),
        _ => false,
    }
}
