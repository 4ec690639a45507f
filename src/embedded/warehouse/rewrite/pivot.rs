//! PIVOT and UNPIVOT, written with what the engine has.

use super::super::failure::SqlFailure;
use super::super::labels::label;
use super::Rewriter;
use super::build::*;
use super::query::{derived, empty_select, query_of, table_alias};
use sqlparser::ast::*;
use std::collections::BTreeSet;

impl Rewriter<'_> {
    /// Replaces a PIVOT by grouped conditional aggregates, an UNPIVOT by a union.
    pub(super) fn pivot(&mut self, factor: &mut TableFactor) -> Result<(), SqlFailure> {
        self.made += 1;
        let new = match factor {
            TableFactor::Pivot { table, aggregate_functions, value_column, value_source, alias, .. } => {
                let source = self.factor_columns(table).ok_or_else(|| SqlFailure::unsupported("This PIVOT"))?;
                let name = alias.as_ref().map_or_else(|| format!("pivot_{}", self.made), |a| a.name.value.clone());
                let PivotValueSource::List(values) = value_source else {
                    return Err(SqlFailure::unsupported("PIVOT without a list of values"));
                };
                let select = pivoted(table, aggregate_functions, value_column, values, &source);
                derived(select, &name)
            }
            TableFactor::Unpivot { table, value, name, columns, null_inclusion, alias } => {
                let source = self.factor_columns(table).ok_or_else(|| SqlFailure::unsupported("This UNPIVOT"))?;
                let label = alias.as_ref().map_or_else(|| format!("unpivot_{}", self.made), |a| a.name.value.clone());
                let keep_nulls = matches!(null_inclusion, Some(NullInclusion::IncludeNulls));
                let body = unpivoted(table, value, name, columns, &source, keep_nulls);
                TableFactor::Derived {
                    lateral: false,
                    subquery: Box::new(query_of(body)),
                    alias: Some(super::query::plain_alias(&label)),
                    sample: None,
                }
            }
            _ => return Ok(()),
        };
        *factor = new;
        Ok(())
    }

    /// The column names of a table, lower case; nothing if they cannot be told.
    fn factor_columns(&self, factor: &TableFactor) -> Option<Vec<String>> {
        match factor {
            TableFactor::Table { name, .. } => {
                let cte = match name.0.as_slice() {
                    [part] => part.as_ident().and_then(|name| self.ctes.get(&name.value.to_lowercase())),
                    _ => None,
                };
                cte.cloned().or_else(|| (self.scope.columns)(name))
            }
            TableFactor::Derived { alias: Some(alias), .. } if !alias.columns.is_empty() => {
                Some(alias.columns.iter().map(|column| column.name.value.to_lowercase()).collect())
            }
            TableFactor::Derived { subquery, .. } => self.query_columns(subquery),
            _ => None,
        }
    }

    /// The column names of a query, lower case.
    pub(super) fn query_columns(&self, query: &Query) -> Option<Vec<String>> {
        let mut body = query.body.as_ref();
        while let SetExpr::SetOperation { left, .. } = body {
            body = left;
        }
        match body {
            SetExpr::Select(select) => self.select_columns(select),
            SetExpr::Query(query) => self.query_columns(query),
            SetExpr::Values(values) => {
                Some((1..=values.rows.first()?.content.len()).map(|at| format!("col{at}")).collect())
            }
            _ => None,
        }
    }

    fn select_columns(&self, select: &Select) -> Option<Vec<String>> {
        let mut names = Vec::new();
        for item in &select.projection {
            match item {
                SelectItem::UnnamedExpr(expr) => names.push(label(expr).to_lowercase()),
                SelectItem::ExprWithAlias { alias, .. } => names.push(alias.value.to_lowercase()),
                SelectItem::Wildcard(options) if options.opt_except.is_none() => {
                    for factor in factors(select) {
                        names.extend(self.factor_columns(factor)?);
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    let wanted = name.to_string().replace('`', "");
                    let named = |factor: &&TableFactor| {
                        table_alias(factor).is_some_and(|alias| alias.eq_ignore_ascii_case(&wanted))
                    };
                    names.extend(self.factor_columns(factors(select).find(named)?)?);
                }
                _ => return None,
            }
        }
        Some(names)
    }
}

fn factors(select: &Select) -> impl Iterator<Item = &TableFactor> {
    select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)))
}

fn pivoted(
    table: &TableFactor,
    aggregates: &[ExprWithAlias],
    value_column: &[Expr],
    values: &[ExprWithAlias],
    source: &[String],
) -> Select {
    let mut used = BTreeSet::new();
    aggregates.iter().for_each(|aggregate| collect_names(&aggregate.expr, &mut used));
    value_column.iter().for_each(|expr| collect_names(expr, &mut used));
    let groups: Vec<&String> = source.iter().filter(|name| !used.contains(*name)).collect();
    let mut select = empty_select();
    select.from = vec![TableWithJoins { relation: table.clone(), joins: Vec::new() }];
    select.projection = groups.iter().map(|name| SelectItem::UnnamedExpr(column(name))).collect();
    for value in values {
        for aggregate in aggregates {
            let shown = value.alias.as_ref().map_or_else(|| label(&value.expr), |alias| alias.value.clone());
            let name = match (&aggregate.alias, aggregates.len()) {
                (_, 1) => shown,
                (Some(alias), _) => format!("{shown}_{}", alias.value),
                (None, _) => format!("{shown}_{}", label(&aggregate.expr)),
            };
            let expr = conditional(&aggregate.expr, value_column, &value.expr);
            select.projection.push(SelectItem::ExprWithAlias { expr, alias: Ident::new(name) });
        }
    }
    select.group_by = GroupByExpr::Expressions(groups.iter().map(|name| column(name)).collect(), Vec::new());
    select
}

/// `sum(x)` → `sum(x) FILTER (WHERE k <=> v)`; a count of none is NULL in a pivot, as in Spark.
fn conditional(aggregate: &Expr, keys: &[Expr], value: &Expr) -> Expr {
    let parts: Vec<Expr> = match value {
        Expr::Tuple(parts) if keys.len() > 1 => parts.clone(),
        other => vec![other.clone()],
    };
    let condition = keys
        .iter()
        .zip(parts)
        .map(|(key, part)| binary(nested(key.clone()), BinaryOperator::Spaceship, nested(part)))
        .reduce(|all, next| binary(all, BinaryOperator::And, next))
        .unwrap_or_else(null);
    let Expr::Function(function) = aggregate else { return aggregate.clone() };
    let mut function = function.clone();
    let is_count = function.name.to_string().eq_ignore_ascii_case("count");
    function.filter = Some(Box::new(condition));
    let filtered = Expr::Function(function);
    if is_count { call("nullif", vec![filtered, number(0)]) } else { filtered }
}

fn collect_names(expr: &Expr, names: &mut BTreeSet<String>) {
    let _ = visit_expressions(expr, |part| {
        match part {
            Expr::Identifier(name) => {
                names.insert(name.value.to_lowercase());
            }
            Expr::CompoundIdentifier(parts) => names.extend(parts.last().map(|name| name.value.to_lowercase())),
            _ => {}
        }
        std::ops::ControlFlow::<()>::Continue(())
    });
}

fn unpivoted(
    table: &TableFactor,
    value: &Expr,
    name: &Ident,
    columns: &[ExprWithAlias],
    source: &[String],
    keep_nulls: bool,
) -> SetExpr {
    let mut used = BTreeSet::new();
    columns.iter().for_each(|item| collect_names(&item.expr, &mut used));
    let value = label(value);
    let branch = |item: &ExprWithAlias| {
        let shown = item.alias.as_ref().map_or_else(|| label(&item.expr), |alias| alias.value.clone());
        let mut select = empty_select();
        let kept = source.iter().filter(|name| !used.contains(*name));
        select.projection = kept.map(|name| SelectItem::UnnamedExpr(column(name))).collect();
        select.projection.push(SelectItem::ExprWithAlias { expr: text(shown), alias: name.clone() });
        select.projection.push(SelectItem::ExprWithAlias { expr: item.expr.clone(), alias: Ident::new(&value) });
        select.from = vec![TableWithJoins { relation: table.clone(), joins: Vec::new() }];
        if !keep_nulls {
            select.selection = Some(Expr::IsNotNull(Box::new(item.expr.clone())));
        }
        SetExpr::Select(Box::new(select))
    };
    let union = |left: SetExpr, right: SetExpr| SetExpr::SetOperation {
        op: SetOperator::Union,
        set_quantifier: SetQuantifier::All,
        left: Box::new(left),
        right: Box::new(right),
    };
    columns.iter().map(branch).reduce(union).unwrap_or_else(|| SetExpr::Select(Box::new(empty_select())))
}
