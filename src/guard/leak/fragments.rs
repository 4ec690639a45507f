//! The conditions and computed columns of a query, as the snippets that could hold them.

use super::key::{finish, flatten};
use sqlparser::ast::{BinaryOperator, Expr, Query, SelectItem, SetExpr};
use std::collections::BTreeSet;

/// Normal texts of a query's pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fragments {
    conditions: BTreeSet<String>,
    columns: BTreeSet<String>,
}

impl Fragments {
    pub fn contains(&self, fragment: &String) -> bool {
        self.conditions.contains(fragment) || self.columns.contains(fragment)
    }

    /// All pieces, if there are both conditions and computed columns: then they are the query.
    pub fn whole_query(&self) -> Option<Vec<&String>> {
        let both = !self.conditions.is_empty() && !self.columns.is_empty();
        both.then(|| self.conditions.iter().chain(&self.columns).collect())
    }
}

/// The pieces of a clean query's outermost SELECT.
pub(super) fn of_query(query: &Query) -> Fragments {
    let SetExpr::Select(select) = query.body.as_ref() else { return Fragments::default() };
    let computed = |expr: &Expr| !matches!(expr, Expr::Identifier(_) | Expr::Value(_));
    let columns = select.projection.iter().filter_map(|item| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    });
    Fragments {
        conditions: select.selection.iter().flat_map(conditions).collect(),
        columns: columns.filter(|expr| computed(expr)).map(|expr| finish(&expr.to_string())).collect(),
    }
}

/// The conditions that AND joins.
pub(super) fn conditions(expr: &Expr) -> Vec<String> {
    let mut terms = Vec::new();
    flatten(expr, &BinaryOperator::And, &mut terms);
    terms.iter().map(|term| finish(&term.to_string())).collect()
}
