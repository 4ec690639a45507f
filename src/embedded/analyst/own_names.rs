//! An example's query with the names that the analyst itself uses: every table under its own
//! alias, every column with its table. Then an expression of a snippet and one of the example
//! are the same text where they are the same.

use super::schema::{Schema, TableId, quoted};
use sqlparser::ast::{Expr, Ident, Query, SetExpr, TableAlias, TableFactor, visit_expressions_mut};
use std::ops::ControlFlow;

/// Rewrites the query in place. None, and the query as it was, where that is not plain: several
/// queries in one, a table twice, or something that is no table.
pub fn rename(schema: &Schema, query: &mut Query) -> Option<()> {
    let mut renamed = query.clone();
    let tables = rename_tables(schema, &mut renamed)?;
    if is_nested(&renamed) {
        return None;
    }
    let _ = visit_expressions_mut(&mut renamed, |expr| {
        if let Some(parts) = own_name(schema, &tables, expr) {
            *expr = Expr::CompoundIdentifier(parts);
        }
        ControlFlow::<()>::Continue(())
    });
    *query = renamed;
    Some(())
}

/// Gives every table its own alias; the tables with what they were called.
fn rename_tables(schema: &Schema, query: &mut Query) -> Option<Vec<(TableId, String)>> {
    let SetExpr::Select(select) = query.body.as_mut() else { return None };
    let mut found: Vec<(TableId, String)> = Vec::new();
    for from in &mut select.from {
        for factor in std::iter::once(&mut from.relation).chain(from.joins.iter_mut().map(|join| &mut join.relation)) {
            let TableFactor::Table { name, alias, .. } = factor else { return None };
            let table = schema.find_table(&name.to_string())?;
            let last = name.0.last()?.as_ident()?.value.clone();
            let called = alias.as_ref().map_or(last, |alias| alias.name.value.clone());
            if found.iter().any(|(other, _)| *other == table) {
                return None;
            }
            found.push((table, called));
            *alias = Some(TableAlias { explicit: true, name: own(schema, table), columns: Vec::new(), at: None });
        }
    }
    Some(found)
}

/// A table's own alias.
fn own(schema: &Schema, table: TableId) -> Ident {
    let alias = &schema.tables[table].alias;
    if quoted(alias).starts_with('`') { Ident::with_quote('`', alias) } else { Ident::new(alias) }
}

fn is_nested(query: &Query) -> bool {
    let mut count = 0;
    let _ = sqlparser::ast::visit_relations(query, |_| {
        count += 1;
        ControlFlow::<()>::Continue(())
    });
    let SetExpr::Select(select) = query.body.as_ref() else { return true };
    count != select.from.iter().map(|from| 1 + from.joins.len()).sum::<usize>()
}

fn own_name(schema: &Schema, tables: &[(TableId, String)], expr: &Expr) -> Option<Vec<Ident>> {
    match expr {
        Expr::CompoundIdentifier(parts) => {
            let [table, column] = parts.as_slice() else { return None };
            let (table, _) = tables.iter().find(|(_, called)| called.eq_ignore_ascii_case(&table.value))?;
            Some(vec![own(schema, *table), column.clone()])
        }
        Expr::Identifier(column) => {
            let mut homes = tables.iter().filter(|(table, _)| schema.find_column(*table, &column.value).is_some());
            let (table, _) = homes.next()?;
            homes.next().is_none().then(|| vec![own(schema, *table), column.clone()])
        }
        _ => None,
    }
}
