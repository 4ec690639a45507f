//! SQL fragments of the space (snippets, join conditions, rules), with their columns checked and
//! named as in the analyst's own query.

use super::schema::{ColumnId, Schema, TableId, quoted};
use crate::sql::parse_expression;
use sqlparser::ast::{BinaryOperator, Expr, Ident, VisitMut, VisitorMut, visit_expressions};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// A fragment that is safe to use.
#[derive(Clone, Debug)]
pub struct Fragment {
    pub sql: String,
    pub tables: BTreeSet<TableId>,
    pub aggregate: bool,
    /// Columns that are set equal.
    pub pairs: Vec<(ColumnId, ColumnId)>,
    pub columns: Vec<ColumnId>,
}

const AGGREGATES: [&str; 19] = [
    "count",
    "sum",
    "avg",
    "mean",
    "min",
    "max",
    "median",
    "stddev",
    "stddev_samp",
    "stddev_pop",
    "variance",
    "percentile",
    "percentile_approx",
    "approx_count_distinct",
    "count_if",
    "try_sum",
    "try_avg",
    "any_value",
    "collect_set",
];

/// Parses a fragment and resolves its columns. `aliases` name tables beyond their own names;
/// columns without a table are looked for in `home` first, then everywhere if that is clear.
pub fn localise(
    schema: &Schema,
    sql: &str,
    aliases: &BTreeMap<String, TableId>,
    home: Option<TableId>,
) -> Result<Fragment, String> {
    let text = sql.trim().trim_end_matches(';').trim();
    if text.is_empty() || text.len() > 8_000 {
        return Err("empty or too long".to_owned());
    }
    let mut expr = parse_expression(text).map_err(|error| error.to_string())?;
    let mut names = Names { schema, aliases, home, columns: Vec::new(), problem: None };
    let _ = expr.visit(&mut names);
    if let Some(problem) = names.problem {
        return Err(problem);
    }
    let tables = names.columns.iter().map(|c| c.table).collect();
    let sql = match &expr {
        Expr::BinaryOp { op: BinaryOperator::Or, .. } => format!("({expr})"),
        _ => expr.to_string(),
    };
    Ok(Fragment { sql, tables, aggregate: has_aggregate(&expr), pairs: pairs(schema, &expr), columns: names.columns })
}

fn has_aggregate(expr: &Expr) -> bool {
    let found = visit_expressions(expr, |e| match e {
        Expr::Function(f) if f.over.is_none() && AGGREGATES.contains(&f.name.to_string().to_lowercase().as_str()) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// The aggregates of an expression over the rows that meet a condition only.
pub fn filtered(sql: &str, condition: &str) -> String {
    let (Ok(mut expr), Ok(condition)) = (parse_expression(sql), parse_expression(condition)) else {
        return sql.to_owned();
    };
    let _ = sqlparser::ast::visit_expressions_mut(&mut expr, |e| {
        if let Expr::Function(f) = e
            && f.over.is_none()
            && f.filter.is_none()
            && AGGREGATES.contains(&f.name.to_string().to_lowercase().as_str())
        {
            f.filter = Some(Box::new(condition.clone()));
        }
        ControlFlow::<()>::Continue(())
    });
    expr.to_string()
}

struct Names<'a> {
    schema: &'a Schema,
    aliases: &'a BTreeMap<String, TableId>,
    home: Option<TableId>,
    columns: Vec<ColumnId>,
    problem: Option<String>,
}

impl Names<'_> {
    fn resolve(&self, parts: &[Ident]) -> Result<ColumnId, String> {
        let Some((name, path)) = parts.split_last() else { return Err("no name".to_owned()) };
        if path.is_empty() {
            return self.bare(&name.value);
        }
        let table = path.iter().map(|p| p.value.as_str()).collect::<Vec<_>>().join(".");
        let found = self.aliases.get(&table.to_lowercase()).copied().or_else(|| self.schema.find_table(&table));
        let found = found.ok_or_else(|| format!("no table `{table}` in the space"))?;
        self.schema.find_column(found, &name.value).ok_or_else(|| format!("no column `{}` in `{table}`", name.value))
    }

    fn bare(&self, name: &str) -> Result<ColumnId, String> {
        if let Some(found) = self.home.and_then(|home| self.schema.find_column(home, name)) {
            return Ok(found);
        }
        let mut found = (0..self.schema.tables.len()).filter_map(|t| self.schema.find_column(t, name));
        // Without a table the first one that has the column is meant, as people write it.
        found.next().ok_or_else(|| format!("no column `{name}` in the space"))
    }

    fn replace(&mut self, parts: &[Ident]) -> Option<Vec<Ident>> {
        match self.resolve(parts) {
            Ok(id) => {
                self.columns.push(id);
                let table = &self.schema.tables[id.table].alias;
                Some(vec![ident(table), ident(&self.schema.column(id).name)])
            }
            Err(problem) => {
                self.problem.get_or_insert(problem);
                None
            }
        }
    }
}

fn ident(name: &str) -> Ident {
    if quoted(name) == name { Ident::new(name) } else { Ident::with_quote('`', name) }
}

impl VisitorMut for Names<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(name) if is_constant(&name.value) && self.bare(&name.value).is_err() => {}
            Expr::Identifier(name) => {
                if let Some(new) = self.replace(std::slice::from_ref(&name.clone())) {
                    *expr = Expr::CompoundIdentifier(new);
                }
            }
            Expr::CompoundIdentifier(parts) => {
                // What was replaced comes by again in its new form, which resolves to itself.
                let parts = parts.clone();
                if let Some(new) = self.replace(&parts) {
                    *expr = Expr::CompoundIdentifier(new);
                }
            }
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                self.problem.get_or_insert_with(|| "subqueries are not read here".to_owned());
                return ControlFlow::Break(());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Words that stand for values and units, not columns.
pub fn is_constant(name: &str) -> bool {
    const CONSTANTS: [&str; 14] = [
        "current_date",
        "current_timestamp",
        "day",
        "week",
        "month",
        "quarter",
        "year",
        "hour",
        "minute",
        "second",
        "days",
        "months",
        "now",
        "true",
    ];
    CONSTANTS.contains(&name.to_lowercase().as_str())
}

fn pairs(schema: &Schema, expr: &Expr) -> Vec<(ColumnId, ColumnId)> {
    let column = |e: &Expr| match e {
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [table, name] => schema.find_table(&table.value).and_then(|t| schema.find_column(t, &name.value)),
            _ => None,
        },
        _ => None,
    };
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => [pairs(schema, left), pairs(schema, right)].concat(),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => column(left).zip(column(right)).into_iter().collect(),
        Expr::Nested(inner) => pairs(schema, inner),
        _ => Vec::new(),
    }
}
