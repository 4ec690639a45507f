//! Small builders for syntax trees.

use sqlparser::ast::*;
use sqlparser::tokenizer::Span;

pub(crate) fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let args = arguments.into_iter().map(|expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))).collect();
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

pub(crate) fn text(value: impl Into<String>) -> Expr {
    Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(value.into()), span: Span::empty() })
}

pub(crate) fn number(value: impl ToString) -> Expr {
    Expr::Value(ValueWithSpan { value: Value::Number(value.to_string(), false), span: Span::empty() })
}

pub(crate) fn null() -> Expr {
    Expr::Value(ValueWithSpan { value: Value::Null, span: Span::empty() })
}

pub(crate) fn cast(expr: Expr, to: &str) -> Expr {
    call("spark_cast", vec![expr, text(to)])
}

pub(crate) fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

pub(crate) fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

pub(crate) fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(nested(expr)) }
}

pub(crate) fn column(name: &str) -> Expr {
    Expr::Identifier(Ident::new(name))
}

/// `CASE WHEN … THEN … ELSE … END`.
pub(crate) fn case(conditions: Vec<(Expr, Expr)>, otherwise: Option<Expr>) -> Expr {
    Expr::Case {
        case_token: helpers::attached_token::AttachedToken::empty(),
        end_token: helpers::attached_token::AttachedToken::empty(),
        operand: None,
        conditions: conditions.into_iter().map(|(condition, result)| CaseWhen { condition, result }).collect(),
        else_result: otherwise.map(Box::new),
    }
}

/// The engine's own cast of an integer literal, which marks it as ours: see [`plain_number`].
pub(crate) fn int_literal(digits: &str) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(number(digits)),
        data_type: DataType::Int(None),
        array: false,
        format: None,
    }
}

/// Turns an integer literal back into a bare number, where the engine wants one (positions,
/// limits, frames).
pub(crate) fn plain_number(expr: &mut Expr) {
    if let Expr::Cast { expr: inner, data_type: DataType::Int(None), kind: CastKind::Cast, .. } = expr
        && matches!(inner.as_ref(), Expr::Value(value) if matches!(value.value, Value::Number(..)))
    {
        *expr = std::mem::replace(inner.as_mut(), null());
    }
}

/// The text of a literal.
pub(crate) fn literal_text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Some(text),
            _ => None,
        },
        Expr::Nested(inner) => literal_text(inner),
        _ => None,
    }
}

/// The arguments of a call that has only plain ones.
pub(crate) fn arguments(function: &Function) -> Option<Vec<Expr>> {
    match &function.args {
        FunctionArguments::None => Some(Vec::new()),
        FunctionArguments::Subquery(_) => None,
        FunctionArguments::List(list) => list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
                _ => None,
            })
            .collect(),
    }
}

/// Puts other arguments into a call and keeps its window, filter and the rest.
pub(crate) fn set_arguments(function: &mut Function, arguments: Vec<Expr>) {
    let args = arguments.into_iter().map(|expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))).collect();
    match &mut function.args {
        FunctionArguments::List(list) => list.args = args,
        other => {
            *other =
                FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() });
        }
    }
}
