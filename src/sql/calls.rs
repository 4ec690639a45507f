//! What kind of expression something is: constant, aggregate, resolved column, conjunction.

use sqlparser::ast::{Expr, Function, Ident};
use std::ops::ControlFlow;

/// True for the three-part form of a resolved column.
pub(super) fn is_resolved(parts: &[Ident]) -> bool {
    parts.len() == 3 && parts[0].value.is_empty()
}

/// Splits `a AND b` into its parts.
pub(super) fn conjuncts(expr: &Expr, into: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op: sqlparser::ast::BinaryOperator::And, right } => {
            conjuncts(left, into);
            conjuncts(right, into);
        }
        Expr::Nested(inner) => conjuncts(inner, into),
        other => into.push(other.clone()),
    }
}

const AGGREGATES: [&str; 24] = [
    "sum",
    "count",
    "avg",
    "mean",
    "min",
    "max",
    "median",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "variance",
    "var_pop",
    "var_samp",
    "approx_count_distinct",
    "count_if",
    "percentile",
    "percentile_approx",
    "approx_percentile",
    "collect_list",
    "collect_set",
    "first",
    "last",
    "max_by",
    "min_by",
];

pub(super) fn is_aggregate(function: &Function) -> bool {
    let name = function.name.to_string().to_lowercase();
    AGGREGATES.contains(&name.as_str())
}

/// True if the expression holds an aggregate, a window function, a subquery or something opaque.
pub(super) fn is_computed_over_rows(expr: &Expr) -> bool {
    sqlparser::ast::visit_expressions(expr, |part| match part {
        Expr::Function(function) if function.over.is_some() || is_aggregate(function) => ControlFlow::Break(()),
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => ControlFlow::Break(()),
        Expr::CompoundIdentifier(parts) if is_resolved(parts) && parts[1].value.is_empty() => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

pub(super) fn is_constant(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(_) | Expr::TypedString(_))
}
