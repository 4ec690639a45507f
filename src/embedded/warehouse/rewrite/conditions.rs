//! Conditions whose form the engine does not take: `LIKE ANY`, `LIKE ALL`, rows in a subquery.

use super::Rewriter;
use super::build::*;
use super::calls::function_name;
use super::query::{empty_select, plain_alias, query_of};
use sqlparser::ast::*;

/// `LIKE ANY (…)` → ORs.
pub(super) fn any_like(expr: &mut Expr) {
    let any = matches!(expr, Expr::Like { any: true, .. } | Expr::ILike { any: true, .. });
    if any {
        many_likes(expr, BinaryOperator::Or, |value| call("spark_text", vec![value]));
    }
}

/// `LIKE ALL (…)` → ANDs. The parser takes ALL for a function.
pub(super) fn all_like(expr: &mut Expr) {
    if let Expr::Like { pattern, .. } | Expr::ILike { pattern, .. } = expr
        && matches!(pattern.as_ref(), Expr::Function(function) if function_name(function) == "all")
    {
        // Seen before its parts are rewritten: each LIKE will be rewritten on its own.
        many_likes(expr, BinaryOperator::And, nested);
    }
}

fn many_likes(expr: &mut Expr, joined_by: BinaryOperator, as_text: fn(Expr) -> Expr) {
    let (negated, inner, pattern, escape_char, ignore_case) = match expr {
        Expr::Like { negated, expr, pattern, escape_char, .. } => (*negated, expr, pattern, escape_char.take(), false),
        Expr::ILike { negated, expr, pattern, escape_char, .. } => (*negated, expr, pattern, escape_char.take(), true),
        _ => return,
    };
    let take = |expr: &mut Expr| std::mem::replace(expr, null());
    let value = as_text(take(inner));
    let patterns = match take(pattern) {
        Expr::Tuple(items) => items,
        Expr::Nested(item) => vec![*item],
        Expr::Function(function) => arguments(&function).unwrap_or_default(),
        other => vec![other],
    };
    // `x NOT LIKE ALL` wants every single one not to match, `NOT LIKE ANY` at least one.
    let like = |pattern: Expr| {
        let (expr, pattern) = (Box::new(value.clone()), Box::new(pattern));
        let escape_char = escape_char.clone();
        if ignore_case {
            Expr::ILike { negated, any: false, expr, pattern, escape_char }
        } else {
            Expr::Like { negated, any: false, expr, pattern, escape_char }
        }
    };
    let all = patterns.into_iter().map(like).reduce(|all, next| binary(all, joined_by.clone(), next));
    *expr = nested(all.unwrap_or_else(null));
}

impl Rewriter<'_> {
    /// `(a, b) IN (SELECT x, y …)` → EXISTS over the subquery with its columns named.
    pub(super) fn row_in_subquery(&mut self, expr: &mut Expr) {
        let Expr::InSubquery { expr: row, subquery, negated } = expr else { return };
        let Expr::Tuple(items) = row.as_mut() else { return };
        self.made += 1;
        let label = format!("row_in_{}", self.made);
        let items = std::mem::take(items);
        let name = |at: usize| Ident::new(format!("{label}_{at}"));
        let mut alias = plain_alias(&label);
        alias.columns = (0..items.len()).map(|at| TableAliasColumnDef { name: name(at), data_type: None }).collect();
        let same = items.into_iter().enumerate().map(|(at, item)| {
            let found = Expr::CompoundIdentifier(vec![Ident::new(&label), name(at)]);
            binary(found, BinaryOperator::Eq, nested(item))
        });
        let relation = TableFactor::Derived {
            lateral: false,
            subquery: std::mem::replace(subquery, Box::new(query_of(SetExpr::Select(Box::new(empty_select()))))),
            alias: Some(alias),
            sample: None,
        };
        let mut select = empty_select();
        select.projection.push(SelectItem::UnnamedExpr(number(1)));
        select.from.push(TableWithJoins { relation, joins: Vec::new() });
        select.selection = same.reduce(|all, next| binary(all, BinaryOperator::And, next));
        let subquery = Box::new(query_of(SetExpr::Select(Box::new(select))));
        *expr = Expr::Exists { subquery, negated: *negated };
    }
}
