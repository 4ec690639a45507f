//! Spark's names for result columns that have none.

use sqlparser::ast::*;
use std::collections::BTreeSet;

/// What stands at one place of the outermost SELECT list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// The name inside the engine (lower case) and the one people see.
    Column { inner: String, shown: String },
    /// As many columns as the star stands for.
    Star,
}

/// Gives every item of a SELECT list a name that is unique in it, and tells the names.
pub(crate) fn name_items(select: &mut Select) -> Vec<Label> {
    let mut taken = BTreeSet::new();
    let mut labels = Vec::new();
    // A star may bring any name again.
    let has_star = select
        .projection
        .iter()
        .any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
    for item in &mut select.projection {
        let label = match item {
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => Label::Star,
            SelectItem::ExprWithAliases { .. } => Label::Star,
            SelectItem::ExprWithAlias { alias, .. } => {
                let shown = alias.value.clone();
                let inner = unique(&shown.to_lowercase(), &mut taken);
                *alias = Ident::new(inner.clone());
                Label::Column { inner, shown }
            }
            SelectItem::UnnamedExpr(expr) => {
                let shown = label(expr);
                let plain = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
                let inner = shown.to_lowercase();
                // A column that is not renamed keeps its qualifier, so two of one name may stand.
                if has_star || !(plain && taken.insert(inner.clone())) {
                    let inner = if has_star { format!("{inner}__item") } else { inner };
                    let inner = unique(&inner, &mut taken);
                    *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::new(inner.clone()) };
                    Label::Column { inner, shown }
                } else {
                    Label::Column { inner, shown }
                }
            }
        };
        labels.push(label);
    }
    labels
}

fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = name.to_owned();
    for count in 2.. {
        if taken.insert(candidate.clone()) {
            break;
        }
        candidate = format!("{name}__{count}");
    }
    candidate
}

/// The name Spark gives an expression: `count(1)`, `sum(price)`, `(a + b)`.
pub(crate) fn label(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.clone()).unwrap_or_default(),
        Expr::Nested(inner) => label(inner),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.clone(),
            Value::Null => "NULL".to_owned(),
            Value::Boolean(flag) => flag.to_string(),
            other => other.to_string(),
        },
        Expr::TypedString(typed) => format!("{} {}", typed.data_type, typed.value),
        Expr::BinaryOp { left, op, right } => match op {
            BinaryOperator::NotEq => format!("(NOT ({} = {}))", label(left), label(right)),
            BinaryOperator::StringConcat => format!("concat({}, {})", label(left), label(right)),
            op => format!("({} {op} {})", label(left), label(right)),
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } if matches!(**expr, Expr::Value(_)) => {
            format!("-{}", label(expr))
        }
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => format!("(- {})", label(expr)),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => format!("(+ {})", label(expr)),
        Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::BangNot, expr } => format!("(NOT {})", label(expr)),
        Expr::IsNull(expr) => format!("({} IS NULL)", label(expr)),
        Expr::IsNotNull(expr) => format!("({} IS NOT NULL)", label(expr)),
        Expr::Cast { expr, data_type, kind, .. } => {
            let word = if matches!(kind, CastKind::TryCast | CastKind::SafeCast) { "TRY_CAST" } else { "CAST" };
            format!("{word}({} AS {})", label(expr), data_type.to_string().to_uppercase())
        }
        Expr::Extract { field, expr, .. } => format!("extract({field} FROM {})", label(expr)),
        Expr::Ceil { expr, .. } => format!("CEIL({})", label(expr)),
        Expr::Floor { expr, .. } => format!("FLOOR({})", label(expr)),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let part =
                |part: &Option<Box<Expr>>, default: &str| part.as_deref().map_or_else(|| default.to_owned(), label);
            format!("substring({}, {}, {})", label(expr), part(substring_from, "1"), part(substring_for, "2147483647"))
        }
        Expr::Trim { expr, .. } => format!("trim({})", label(expr)),
        Expr::Case { operand, conditions, else_result, .. } => case_label(operand, conditions, else_result),
        Expr::Function(function) => function_label(function),
        Expr::Subquery(_) => "scalarsubquery()".to_owned(),
        Expr::Exists { .. } => "exists()".to_owned(),
        other => other.to_string(),
    }
}

fn case_label(operand: &Option<Box<Expr>>, conditions: &[CaseWhen], otherwise: &Option<Box<Expr>>) -> String {
    let mut text = "CASE".to_owned();
    for when in conditions {
        let condition = match operand {
            Some(operand) => format!("({} = {})", label(operand), label(&when.condition)),
            None => label(&when.condition),
        };
        text.push_str(&format!(" WHEN {condition} THEN {}", label(&when.result)));
    }
    if let Some(otherwise) = otherwise {
        text.push_str(&format!(" ELSE {}", label(otherwise)));
    }
    text + " END"
}

fn function_label(function: &Function) -> String {
    let name = function.name.to_string().replace('`', "").to_lowercase();
    let (distinct, arguments) = match &function.args {
        FunctionArguments::List(list) => {
            let distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
            (distinct, list.args.iter().map(argument_label).collect::<Vec<_>>())
        }
        FunctionArguments::Subquery(_) => (false, vec!["scalarsubquery()".to_owned()]),
        FunctionArguments::None => (false, Vec::new()),
    };
    if matches!(name.as_str(), "explode" | "explode_outer") {
        return "col".to_owned();
    }
    let word = if distinct { "DISTINCT " } else { "" };
    let mut text = format!("{name}({word}{})", arguments.join(", "));
    if let Some(filter) = &function.filter {
        text.push_str(&format!(" FILTER (WHERE {})", label(filter)));
    }
    if let Some(WindowType::WindowSpec(window)) = &function.over {
        text.push_str(&format!(" OVER ({})", window_label(window)));
    }
    text
}

fn argument_label(argument: &FunctionArg) -> String {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => label(expr),
        FunctionArg::Unnamed(FunctionArgExpr::Wildcard | FunctionArgExpr::QualifiedWildcard(_)) => "1".to_owned(),
        other => other.to_string(),
    }
}

fn window_label(window: &WindowSpec) -> String {
    let mut parts = Vec::new();
    if !window.partition_by.is_empty() {
        let names: Vec<String> = window.partition_by.iter().map(label).collect();
        parts.push(format!("PARTITION BY {}", names.join(", ")));
    }
    if !window.order_by.is_empty() {
        let names = window.order_by.iter().map(|order| {
            let descending = order.options.asc == Some(false);
            let first = order.options.nulls_first.unwrap_or(!descending);
            let (way, nulls) = (if descending { "DESC" } else { "ASC" }, if first { "FIRST" } else { "LAST" });
            format!("{} {way} NULLS {nulls}", label(&order.expr))
        });
        parts.push(format!("ORDER BY {}", names.collect::<Vec<_>>().join(", ")));
    }
    parts.push(match &window.window_frame {
        Some(frame) => {
            let end = frame.end_bound.as_ref().map_or_else(|| "CURRENT ROW".to_owned(), ToString::to_string);
            format!("{} BETWEEN {} AND {end}", frame.units, frame.start_bound)
        }
        None if window.order_by.is_empty() => "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING".to_owned(),
        None => "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
    });
    parts.join(" ")
}
