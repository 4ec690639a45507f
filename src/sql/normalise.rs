//! One form for expressions that mean the same, and rendering with full names or with aliases.

use super::calls::{is_aggregate, is_resolved};
use super::names::{ColumnRef, quote, quote_name};
use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, Ident, ObjectName, ObjectNamePart, TypedString, UnaryOperator, Value, ValueWithSpan, VisitMut,
    VisitorMut,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Puts a resolved expression into normal form: literals to the right, operands of commutative
/// operators in order, function names in upper case, no needless brackets.
pub(super) fn normalise(mut expr: Expr) -> Expr {
    let _ = expr.visit(&mut Normaliser);
    match expr {
        Expr::Nested(inner) => *inner,
        other => other,
    }
}

struct Normaliser;

impl VisitorMut for Normaliser {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        normalise_node(expr);
        ControlFlow::Continue(())
    }
}

/// Normal form of one node whose children are in normal form.
pub(super) fn normalise_node(expr: &mut Expr) {
    let taken = std::mem::replace(expr, Expr::Value(Value::Null.into()));
    *expr = step(taken);
}

fn step(expr: Expr) -> Expr {
    match expr {
        Expr::Nested(inner) if is_atom(&inner) => *inner,
        Expr::BinaryOp { left, op, right } => binary(left, op, right),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => negated(expr),
        Expr::Cast { kind: CastKind::DoubleColon | CastKind::Cast, expr, data_type, array, format } => {
            cast(expr, data_type, array, format)
        }
        Expr::Function(function) => Expr::Function(upper(function)),
        Expr::InList { expr, list, negated } if list.len() == 1 => {
            let op = if negated { BinaryOperator::NotEq } else { BinaryOperator::Eq };
            let item = list.into_iter().next().unwrap_or(Expr::Value(Value::Null.into()));
            Expr::BinaryOp { left: expr, op, right: Box::new(item) }
        }
        Expr::InList { expr, mut list, negated } => {
            list.sort_by_cached_key(ToString::to_string);
            Expr::InList { expr, list, negated }
        }
        other => other,
    }
}

fn is_atom(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Identifier(_)
            | Expr::CompoundIdentifier(_)
            | Expr::Value(_)
            | Expr::Function(_)
            | Expr::Nested(_)
            | Expr::Cast { .. }
            | Expr::TypedString(_)
            | Expr::Case { .. }
            | Expr::Extract { .. }
    )
}

fn binary(left: Box<Expr>, op: BinaryOperator, right: Box<Expr>) -> Expr {
    use BinaryOperator as B;
    if matches!(op, B::Plus | B::Multiply | B::And | B::Or) {
        return chain(*left, op, *right);
    }
    let swapped = match op {
        B::Eq | B::NotEq => Some(op.clone()),
        B::Lt => Some(B::Gt),
        B::LtEq => Some(B::GtEq),
        B::Gt => Some(B::Lt),
        B::GtEq => Some(B::LtEq),
        _ => None,
    };
    let comparison = matches!(op, B::Lt | B::LtEq | B::Gt | B::GtEq);
    let swap = match (is_literal(&left), is_literal(&right)) {
        (true, false) => true,
        (false, true) => false,
        _ => !comparison && sort_text(&left) > sort_text(&right),
    };
    match swapped.filter(|_| swap) {
        Some(op) => Expr::BinaryOp { left: right, op, right: left },
        None => Expr::BinaryOp { left, op, right },
    }
}

/// Operands of an associative operator in order, however they were bracketed: the text of the
/// normal form reads back as the normal form.
fn chain(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    let mut operands = Vec::new();
    collect(left, &op, &mut operands);
    collect(right, &op, &mut operands);
    // Dates are sums of a date and an interval; their order stays.
    let keeps_order = op == BinaryOperator::Plus && operands.iter().any(is_interval);
    if !keeps_order {
        // Factors stand in front, other literals behind.
        let literal_first = op == BinaryOperator::Multiply;
        operands.sort_by_cached_key(|operand| (is_literal(operand) != literal_first, sort_text(operand)));
    }
    let joined = operands.into_iter().reduce(|left, right| Expr::BinaryOp {
        left: Box::new(left),
        op: op.clone(),
        right: Box::new(right),
    });
    joined.unwrap_or(Expr::Value(Value::Null.into()))
}

fn collect(expr: Expr, op: &BinaryOperator, operands: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op: inner, right } if inner == *op => {
            collect(*left, op, operands);
            collect(*right, op, operands);
        }
        Expr::Nested(inner) if matches!(&*inner, Expr::BinaryOp { op: within, .. } if within == op) => {
            collect(*inner, op, operands);
        }
        other => operands.push(other),
    }
}

fn sort_text(expr: &Expr) -> String {
    expr.to_string().to_lowercase().trim_start_matches('(').to_owned()
}

fn is_interval(expr: &Expr) -> bool {
    matches!(expr, Expr::Interval(_))
}

pub(super) fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) | Expr::TypedString(_) => true,
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => is_literal(expr),
        _ => false,
    }
}

fn negated(expr: Box<Expr>) -> Expr {
    match *expr {
        Expr::IsNull(inner) => Expr::IsNotNull(inner),
        Expr::IsNotNull(inner) => Expr::IsNull(inner),
        Expr::Nested(inner) => match *inner {
            Expr::IsNull(part) => Expr::IsNotNull(part),
            Expr::IsNotNull(part) => Expr::IsNull(part),
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                Expr::BinaryOp { left, op: BinaryOperator::NotEq, right }
            }
            other => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(Expr::Nested(Box::new(other))) },
        },
        Expr::InList { expr, list, negated } => Expr::InList { expr, list, negated: !negated },
        other => Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(other) },
    }
}

/// `CAST('2025-01-01' AS DATE)` and `DATE('2025-01-01')` are date literals.
fn cast(expr: Box<Expr>, data_type: DataType, array: bool, format: Option<sqlparser::ast::CastFormat>) -> Expr {
    match (*expr, &data_type) {
        (Expr::Value(value), DataType::Date) if matches!(value.value, Value::SingleQuotedString(_)) => {
            date_literal(value)
        }
        (expr, _) => Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, array, format },
    }
}

fn date_literal(value: ValueWithSpan) -> Expr {
    Expr::TypedString(TypedString { data_type: DataType::Date, value, uses_odbc_syntax: false })
}

fn upper(mut function: Function) -> Function {
    for part in &mut function.name.0 {
        if let ObjectNamePart::Identifier(ident) = part {
            ident.value = ident.value.to_uppercase();
            ident.quote_style = None;
        }
    }
    let no_arguments = matches!(&function.args, FunctionArguments::List(list) if list.args.is_empty());
    let name = function.name.to_string();
    if no_arguments && (name == "CURRENT_DATE" || name == "CURRENT_TIMESTAMP") {
        function.args = FunctionArguments::None;
    }
    function
}

/// The arguments of a function that are plain expressions.
pub(super) fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let plain = list.args.iter().filter_map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    });
    plain.collect()
}

/// How many digits an output is brought to, and the expression within.
pub(super) fn peel(expr: &Expr) -> (Option<i64>, &Expr) {
    match expr {
        Expr::Nested(inner) => peel(inner),
        Expr::Cast { expr: inner, data_type, .. } if is_number_type(data_type) => {
            let (digits, core) = peel(inner);
            (digits_of(data_type).or(digits), core)
        }
        Expr::Function(function) if function.over.is_none() && function.name.to_string() == "ROUND" => {
            match arguments(function).as_slice() {
                [inner, digits] => match digits.to_string().parse() {
                    Ok(digits) => (Some(digits), peel(inner).1),
                    Err(_) => (None, expr),
                },
                [inner] => (Some(0), peel(inner).1),
                _ => (None, expr),
            }
        }
        other => (None, other),
    }
}

fn is_number_type(data_type: &DataType) -> bool {
    let text = data_type.to_string().to_uppercase();
    ["DECIMAL", "NUMERIC", "DOUBLE", "FLOAT", "BIGINT", "INT", "REAL"].iter().any(|name| text.starts_with(name))
}

fn digits_of(data_type: &DataType) -> Option<i64> {
    match data_type {
        DataType::Decimal(ExactNumberInfo::PrecisionAndScale(_, scale))
        | DataType::Numeric(ExactNumberInfo::PrecisionAndScale(_, scale)) => Some(*scale),
        _ => None,
    }
}

/// The form by which calculations are told apart: without casts and rounding at any depth, with
/// every guarded division as `TRY_DIVIDE`. Not for execution.
pub(super) fn comparison_form(expr: &Expr) -> Expr {
    let mut core = peel(expr).1.clone();
    let _ = core.visit(&mut Flattener);
    normalise(core)
}

struct Flattener;

impl VisitorMut for Flattener {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let core = flatten(peel(expr).1.clone());
        // Brackets around a sum within a product mean something.
        *expr = match (&*expr, is_atom(&core)) {
            (Expr::Nested(_), false) => Expr::Nested(Box::new(core)),
            _ => core,
        };
        ControlFlow::Continue(())
    }
}

fn flatten(expr: Expr) -> Expr {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::Divide, right } => {
            let divisor = without_nullif(unnested(*right));
            let (scale, dividend) = without_factor(unnested(*left));
            let ratio = call("TRY_DIVIDE", vec![dividend, divisor]);
            scaled(ratio, scale)
        }
        Expr::Value(value) => Expr::Value(short_number(value)),
        other => other,
    }
}

fn unnested(expr: Expr) -> Expr {
    match expr {
        Expr::Nested(inner) => unnested(*inner),
        other => other,
    }
}

fn without_nullif(expr: Expr) -> Expr {
    match &expr {
        Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("NULLIF") => {
            arguments(function).first().map_or_else(|| expr.clone(), |inner| unnested((*inner).clone()))
        }
        _ => expr,
    }
}

/// `x * 100.0` → 100 and `x`: where in a ratio the factor stands does not matter.
fn without_factor(expr: Expr) -> (Option<String>, Expr) {
    let mut operands = Vec::new();
    collect(expr.clone(), &BinaryOperator::Multiply, &mut operands);
    match operands.iter().position(|operand| as_number(operand).is_some()) {
        Some(at) if operands.len() > 1 => {
            let factor = as_number(&operands.remove(at));
            (factor, unnested(product(operands)))
        }
        _ => (None, expr),
    }
}

fn product(operands: Vec<Expr>) -> Expr {
    let times =
        |left, right| Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::Multiply, right: Box::new(right) };
    operands.into_iter().reduce(times).unwrap_or(Expr::Value(Value::Null.into()))
}

fn scaled(expr: Expr, scale: Option<String>) -> Expr {
    match scale.filter(|factor| factor != "1") {
        Some(factor) => Expr::BinaryOp {
            left: Box::new(expr),
            op: BinaryOperator::Multiply,
            right: Box::new(Expr::Value(Value::Number(factor, false).into())),
        },
        None => expr,
    }
}

fn as_number(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &short_number(value.clone()).value {
            Value::Number(text, _) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn short_number(mut value: ValueWithSpan) -> ValueWithSpan {
    if let Value::Number(text, _) = &mut value.value
        && text.contains('.')
    {
        *text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    value
}

fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    Expr::Function(Function {
        name: ObjectName::from(Ident::new(name)),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(sqlparser::ast::FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// Writes a resolved expression, or anything that holds some; `prefix` says what stands before
/// the column, already quoted, for a table's full name.
pub(super) fn render<T: VisitMut + Clone + ToString>(tree: &T, prefix: &dyn Fn(&str) -> String) -> String {
    let mut tree = tree.clone();
    let _ = tree.visit(&mut Renderer { prefix });
    tree.to_string()
}

/// The prefix that [`render`] needs for full names.
pub(super) fn full_names(table: &str) -> String {
    quote_name(table)
}

struct Renderer<'p> {
    prefix: &'p dyn Fn(&str) -> String,
}

impl VisitorMut for Renderer<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && is_resolved(parts)
        {
            let column = quote(&parts[2].value);
            let prefix = if parts[1].value.is_empty() { String::new() } else { (self.prefix)(&parts[1].value) };
            let text = if prefix.is_empty() { column } else { format!("{prefix}.{column}") };
            // One identifier without quotes is written as it is.
            *expr = Expr::Identifier(Ident::new(text));
        }
        ControlFlow::Continue(())
    }
}

/// The catalog columns in an expression, and whether it holds anything else that is named.
pub(super) fn columns_of(expr: &Expr) -> (BTreeSet<ColumnRef>, bool) {
    let mut columns = BTreeSet::new();
    let mut closed = true;
    let _ = sqlparser::ast::visit_expressions(expr, |part| {
        match part {
            Expr::CompoundIdentifier(parts) if is_resolved(parts) && !parts[1].value.is_empty() => {
                columns.insert(ColumnRef::new(&parts[1].value, &parts[2].value));
            }
            Expr::CompoundIdentifier(_) => closed = false,
            Expr::Identifier(ident) if !is_unit(&ident.value) => closed = false,
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => closed = false,
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    (columns, closed)
}

/// Units parse as identifiers in `DATEADD(DAY, …)`.
fn is_unit(name: &str) -> bool {
    ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "HOUR", "MINUTE", "SECOND"]
        .iter()
        .any(|unit| name.eq_ignore_ascii_case(unit) || name.eq_ignore_ascii_case(&format!("{unit}S")))
}

pub(super) fn holds_aggregate(expr: &Expr) -> bool {
    sqlparser::ast::visit_expressions(expr, |part| match part {
        Expr::Function(function) if is_aggregate(function) && function.over.is_none() => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

pub(super) fn holds_window(expr: &Expr) -> bool {
    sqlparser::ast::visit_expressions(expr, |part| match part {
        Expr::Function(function) if function.over.is_some() => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}
