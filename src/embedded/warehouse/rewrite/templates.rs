//! Calls that are written as other expressions.

use super::super::function::table::TEMPLATES;
use super::build::*;
use super::{Rewriter, Scope};
use sqlparser::ast::*;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::LazyLock;

/// Templates, parsed and rewritten once.
static PARSED: LazyLock<HashMap<&'static str, Expr>> = LazyLock::new(|| {
    let parameters = HashMap::new();
    let columns = |_: &ObjectName| None;
    let scope = Scope { now: 0, catalog: "", schema: "", parameters: &parameters, columns: &columns };
    let mut parsed = HashMap::new();
    for (_, _, template) in TEMPLATES.iter().copied() {
        let text = template.replace("$*", "$1, $2, $3, $4");
        let Ok(mut parser) = crate::sql::tokens(&text, true).map(crate::sql::parser_over) else { continue };
        let Ok(mut expr) = parser.parse_expr() else { continue };
        // Calls of any arity are cut to the arguments there are, after their rewriting.
        if let ControlFlow::Continue(()) = VisitMut::visit(&mut expr, &mut Rewriter::new(&scope)) {
            parsed.insert(template, expr);
        }
    }
    parsed
});

/// The template with the arguments in their places; nothing if it is no template.
pub(super) fn expand(template: &'static str, arguments: &[Expr]) -> Option<Expr> {
    let mut expr = PARSED.get(template)?.clone();
    let mut filler = Filler { arguments };
    let _ = VisitMut::visit(&mut expr, &mut filler);
    if let Expr::Function(function) = &mut expr {
        drop_missing(function);
    }
    Some(nested(expr))
}

struct Filler<'a> {
    arguments: &'a [Expr],
}

impl VisitorMut for Filler<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(place) = place(expr)
            && let Some(argument) = self.arguments.get(place)
        {
            *expr = nested(argument.clone());
        }
        ControlFlow::Continue(())
    }
}

fn place(expr: &Expr) -> Option<usize> {
    let Expr::Value(value) = expr else { return None };
    let Value::Placeholder(name) = &value.value else { return None };
    name.strip_prefix('$')?.parse::<usize>().ok()?.checked_sub(1)
}

fn drop_missing(function: &mut Function) {
    if let FunctionArguments::List(list) = &mut function.args {
        list.args.retain(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => place(expr).is_none(),
            _ => true,
        });
    }
}
