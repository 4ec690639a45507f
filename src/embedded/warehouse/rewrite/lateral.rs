//! Lateral column aliases: `SELECT a + 1 AS x, x * 2 AS y`.

use super::build::nested;
use sqlparser::ast::*;
use std::ops::ControlFlow;

/// Replaces a name that no table has by the expression an earlier item of the same SELECT list
/// gives it. False if there is no such item, so nothing changed.
pub(crate) fn substitute_alias(query: &mut Query, name: &str) -> bool {
    let mut substitution = Substitution { name, changed: false };
    let _ = query.visit(&mut substitution);
    substitution.changed
}

struct Substitution<'a> {
    name: &'a str,
    changed: bool,
}

impl VisitorMut for Substitution<'_> {
    type Break = ();

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let at = select.projection.iter().position(
            |item| matches!(item, SelectItem::ExprWithAlias { alias, .. } if alias.value.eq_ignore_ascii_case(self.name)),
        );
        let Some(at) = at else { return ControlFlow::Continue(()) };
        let SelectItem::ExprWithAlias { expr, .. } = &select.projection[at] else { return ControlFlow::Continue(()) };
        let mut replacement = Replacement { name: self.name, with: nested(expr.clone()), changed: false };
        for item in &mut select.projection[at + 1..] {
            if let SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr) = item {
                let _ = expr.visit(&mut replacement);
            }
        }
        if let Some(condition) = &mut select.qualify {
            let _ = condition.visit(&mut replacement);
        }
        self.changed |= replacement.changed;
        ControlFlow::Continue(())
    }
}

struct Replacement<'a> {
    name: &'a str,
    with: Expr,
    changed: bool,
}

impl VisitorMut for Replacement<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Identifier(name) if name.value.eq_ignore_ascii_case(self.name)) {
            *expr = self.with.clone();
            self.changed = true;
        }
        ControlFlow::Continue(())
    }
}
