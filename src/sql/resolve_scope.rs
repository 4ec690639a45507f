//! Scopes: what the names in one `SELECT` can mean.

use super::names::Names;
use crate::model::CatalogTable;
use sqlparser::ast::{BinaryOperator, Expr, Ident};

/// A column that an inner query puts out.
#[derive(Clone, Debug)]
pub(super) struct OutColumn {
    /// Lower case.
    pub name: String,
    /// Its expression, if it is computed row by row.
    pub expr: Option<Expr>,
}

#[derive(Clone, Debug)]
pub(super) enum Source<'a> {
    Table(&'a CatalogTable),
    Derived(Vec<OutColumn>),
    /// A table that is not in the catalog, or a table function.
    Unknown,
}

/// The sources of one `SELECT` by the names they go by, and the scope around it.
pub(super) struct Scope<'a, 'p> {
    pub sources: Vec<(String, Source<'a>)>,
    pub parent: Option<&'p Scope<'a, 'p>>,
}

impl<'a> Scope<'a, '_> {
    /// The resolved form of a column path, or none if no source has it.
    pub(super) fn column(&self, path: &[String], names: &Names<'a>) -> Option<Expr> {
        let (column, qualifier) = path.split_last()?;
        let found = match qualifier {
            [] => self.sources.iter().find_map(|(_, source)| source.column(column)),
            [alias] => self.by_alias(&alias.to_lowercase()).and_then(|source| source.column(column)),
            _ => None,
        };
        found
            .or_else(|| self.by_full_name(&qualifier.join("."), names).and_then(|table| table_column(table, column)))
            .or_else(|| self.parent.and_then(|parent| parent.column(path, names)))
    }

    fn by_alias(&self, alias: &str) -> Option<&Source<'a>> {
        self.sources.iter().find(|(name, _)| name == alias).map(|(_, source)| source)
    }

    fn by_full_name(&self, qualifier: &str, names: &Names<'a>) -> Option<&'a CatalogTable> {
        let wanted = names.table(qualifier).filter(|_| !qualifier.is_empty())?;
        let known = self.sources.is_empty()
            || self.sources.iter().any(|(_, s)| matches!(s, Source::Table(t) if t.full_name == wanted.full_name));
        known.then_some(wanted)
    }

    /// True if a column may come from a source that nothing is known about.
    pub(super) fn is_open(&self) -> bool {
        self.sources.iter().any(|(_, source)| matches!(source, Source::Unknown))
            || self.parent.is_some_and(Scope::is_open)
    }

    /// All columns of `*` or `alias.*`.
    pub(super) fn wildcard(&self, prefix: &str) -> Vec<OutColumn> {
        let wanted = self.sources.iter().filter(|(name, _)| prefix.is_empty() || name == prefix);
        wanted.flat_map(|(_, source)| source.all()).collect()
    }

    /// `USING (column)` as an equality of the newest sources (from `before` on) with older ones.
    pub(super) fn using(&self, column: &str, before: usize) -> Option<Expr> {
        let column = column.trim_matches('`');
        let (old, new) = self.sources.split_at_checked(before)?;
        let left = old.iter().find_map(|(_, source)| source.column(column))?;
        let right = new.iter().find_map(|(_, source)| source.column(column))?;
        Some(Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::Eq, right: Box::new(right) })
    }
}

impl Source<'_> {
    fn column(&self, name: &str) -> Option<Expr> {
        match self {
            Self::Table(table) => table_column(table, name),
            Self::Derived(columns) => {
                let found = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))?;
                Some(found.expr.clone().map_or_else(|| opaque(name), bracketed))
            }
            Self::Unknown => None,
        }
    }

    fn all(&self) -> Vec<OutColumn> {
        match self {
            Self::Table(table) => {
                let columns = table.columns.iter();
                columns.map(|c| OutColumn { name: c.name.to_lowercase(), expr: table_column(table, &c.name) }).collect()
            }
            Self::Derived(columns) => columns.clone(),
            Self::Unknown => Vec::new(),
        }
    }
}

fn table_column(table: &CatalogTable, name: &str) -> Option<Expr> {
    let column = table.column(name)?;
    Some(resolved(&table.full_name, &column.name))
}

/// An expression as an operand: in brackets unless it binds tightest anyway.
pub(super) fn bracketed(expr: Expr) -> Expr {
    match expr {
        Expr::BinaryOp { .. }
        | Expr::UnaryOp { .. }
        | Expr::Between { .. }
        | Expr::InList { .. }
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::Like { .. }
        | Expr::ILike { .. } => Expr::Nested(Box::new(expr)),
        other => other,
    }
}

/// The tree form of a resolved column.
pub(super) fn resolved(table: &str, column: &str) -> Expr {
    Expr::CompoundIdentifier(vec![Ident::new(""), Ident::new(table), Ident::new(column)])
}

fn opaque(name: &str) -> Expr {
    resolved("", &name.to_lowercase())
}
