//! Databricks SQL → SQL the engine understands, on the syntax tree.

pub(crate) mod build;
mod calls;
mod conditions;
mod expr;
mod lateral;
mod pivot;
mod query;
mod templates;

use super::failure::SqlFailure;
use sqlparser::ast::*;
use std::collections::HashMap;
use std::ops::ControlFlow;

pub(crate) use lateral::substitute_alias;

/// What rewriting needs to know of the statement's surroundings.
pub(crate) struct Scope<'a> {
    /// Microseconds since the epoch that `current_timestamp` gives.
    pub now: i64,
    pub catalog: &'a str,
    pub schema: &'a str,
    /// Values of `:name` markers with their types, by lower-case name.
    pub parameters: &'a HashMap<String, (Option<String>, String)>,
    /// The columns of a table, if there is such a table.
    pub columns: &'a dyn Fn(&ObjectName) -> Option<Vec<String>>,
}

/// Walks a statement bottom up.
pub(crate) struct Rewriter<'a> {
    pub(crate) scope: &'a Scope<'a>,
    /// Column names of the common table expressions met so far.
    ctes: HashMap<String, Vec<String>>,
    /// How many derived tables were made.
    made: usize,
}

impl<'a> Rewriter<'a> {
    fn new(scope: &'a Scope<'a>) -> Self {
        Self { scope, ctes: HashMap::new(), made: 0 }
    }
}

/// Rewrites a whole query in place.
pub(crate) fn rewrite(query: &mut Query, scope: &Scope) -> Result<(), SqlFailure> {
    let mut rewriter = Rewriter::new(scope);
    match query.visit(&mut rewriter) {
        ControlFlow::Break(failure) => Err(failure),
        ControlFlow::Continue(()) => Ok(()),
    }
}

fn flow(result: Result<(), SqlFailure>) -> ControlFlow<SqlFailure> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(failure) => ControlFlow::Break(failure),
    }
}

impl VisitorMut for Rewriter<'_> {
    type Break = SqlFailure;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlFailure> {
        flow(self.before_query(query))
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlFailure> {
        flow(self.after_query(query))
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlFailure> {
        flow(self.before_select(select))
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlFailure> {
        flow(self.after_select(select))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlFailure> {
        flow(self.before_table(factor))
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlFailure> {
        flow(self.after_table(factor))
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlFailure> {
        flow(self.before_expr(expr))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlFailure> {
        flow(self.after_expr(expr))
    }
}
