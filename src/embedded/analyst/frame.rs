//! The logical query: what to return, about which entity, under which conditions.

use super::cues::Aggregate;
use super::dates::Unit;
use super::schema::{ColumnId, TableId};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Column(ColumnId),
    /// SQL of the space, with its columns already named as in the query.
    Raw {
        sql: String,
        tables: BTreeSet<TableId>,
        aggregate: bool,
    },
    Agg {
        function: Aggregate,
        of: Box<Expr>,
        distinct: bool,
    },
    /// The rows of a table, each once.
    Count(TableId),
    Grain(Unit, Box<Expr>),
    Ratio {
        part: Box<Expr>,
        whole: Box<Expr>,
    },
    Minus(Box<Expr>, Box<Expr>),
    /// Rows that meet all conditions, as a percentage or share of all.
    Share {
        when: Vec<Pred>,
        percent: bool,
    },
    /// How many rows meet all conditions.
    CountIf(Vec<Pred>),
    Rounded(Box<Expr>, u32),
    /// An aggregate over the rows that meet the conditions.
    During(Box<Expr>, Vec<Pred>),
    /// A total that grows over the time by which the rows are grouped.
    Running(Box<Expr>),
    /// A group's percentage of the total over all groups.
    Portion(Box<Expr>),
}

impl Expr {
    pub fn is_aggregate(&self) -> bool {
        match self {
            Self::Agg { .. } | Self::Count(_) | Self::Share { .. } | Self::CountIf(_) => true,
            Self::Raw { aggregate, .. } => *aggregate,
            Self::Ratio { part, .. } => part.is_aggregate(),
            Self::Minus(left, _)
            | Self::Rounded(left, _)
            | Self::Portion(left)
            | Self::Running(left)
            | Self::During(left, _) => left.is_aggregate(),
            Self::Column(_) | Self::Grain(..) => false,
        }
    }

    pub fn tables(&self, into: &mut BTreeSet<TableId>) {
        match self {
            Self::Column(c) => drop(into.insert(c.table)),
            Self::Raw { tables, .. } => into.extend(tables),
            Self::Agg { of, .. }
            | Self::Grain(_, of)
            | Self::Rounded(of, _)
            | Self::Portion(of)
            | Self::Running(of) => of.tables(into),
            Self::During(of, when) => {
                of.tables(into);
                when.iter().for_each(|pred| pred.tables(into));
            }
            Self::Count(table) => drop(into.insert(*table)),
            Self::Ratio { part: a, whole: b } | Self::Minus(a, b) => {
                a.tables(into);
                b.tables(into);
            }
            Self::Share { when, .. } | Self::CountIf(when) => when.iter().for_each(|pred| pred.tables(into)),
        }
    }

    pub fn column(&self) -> Option<ColumnId> {
        match self {
            Self::Column(c) => Some(*c),
            Self::Grain(_, of) => of.column(),
            _ => None,
        }
    }
}

/// Which end of a relation between two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Source,
    Target,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pred {
    /// `right` is SQL without columns.
    Compare {
        left: Expr,
        op: &'static str,
        right: String,
    },
    Columns {
        left: ColumnId,
        op: &'static str,
        right: ColumnId,
    },
    /// Against an aggregate over all rows of the column's table.
    Overall {
        left: Expr,
        op: &'static str,
        function: Aggregate,
        of: Expr,
        within: Vec<Pred>,
    },
    In {
        column: ColumnId,
        values: Vec<String>,
        negated: bool,
    },
    /// A text without regard to case: the question's spelling is not the data's.
    Text {
        column: ColumnId,
        value: String,
        negated: bool,
    },
    /// A text stands in one of these columns, in one of these forms each.
    Mentioned {
        places: Vec<(ColumnId, Vec<String>)>,
        role: Option<Role>,
        negated: bool,
    },
    Like {
        column: ColumnId,
        pattern: String,
        negated: bool,
    },
    Null {
        column: ColumnId,
        negated: bool,
    },
    Raw {
        sql: String,
        tables: BTreeSet<TableId>,
    },
    /// A row of the entity has (or has no) row there that meets the conditions.
    Has {
        table: TableId,
        when: Vec<Pred>,
        negated: bool,
    },
    Any(Vec<Pred>),
    All(Vec<Pred>),
    /// How many rows there belong to a row of the entity.
    HasCount {
        table: TableId,
        op: &'static str,
        right: String,
    },
}

impl Pred {
    pub fn tables(&self, into: &mut BTreeSet<TableId>) {
        match self {
            Self::Compare { left, .. } | Self::Overall { left, .. } => left.tables(into),
            Self::Columns { left, right, .. } => into.extend([left.table, right.table]),
            Self::In { column, .. }
            | Self::Text { column, .. }
            | Self::Like { column, .. }
            | Self::Null { column, .. } => {
                into.insert(column.table);
            }
            Self::Raw { tables, .. } => into.extend(tables),
            Self::Mentioned { .. } | Self::Has { .. } | Self::HasCount { .. } => {}
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|p| p.tables(into)),
        }
    }

    pub fn column(&self) -> Option<ColumnId> {
        match self {
            Self::Compare { left, .. } => left.column(),
            Self::In { column, .. }
            | Self::Text { column, .. }
            | Self::Like { column, .. }
            | Self::Null { column, .. } => Some(*column),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Frame {
    pub entity: Option<TableId>,
    pub outputs: Vec<Output>,
    pub everything: bool,
    pub distinct: bool,
    pub filters: Vec<Pred>,
    pub groups: Vec<Expr>,
    /// Group by the rows of this table.
    pub group_rows: Option<TableId>,
    pub having: Vec<Pred>,
    pub order: Vec<(Expr, bool)>,
    pub limit: Option<u64>,
    /// Names that the question asks for and the space does not know.
    pub unknown: Vec<String>,
    pub needs: BTreeSet<TableId>,
    /// Columns whose values must be found in both tables (INTERSECT) or not in the second (EXCEPT).
    pub common: Option<(ColumnId, ColumnId, &'static str)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    pub expr: Expr,
    pub alias: String,
}

impl Frame {
    pub fn has_aggregate(&self) -> bool {
        self.outputs.iter().any(|o| o.expr.is_aggregate())
    }

    /// All tables that the query must read.
    pub fn tables(&self) -> BTreeSet<TableId> {
        let mut all = self.needs.clone();
        let exprs = self.outputs.iter().map(|o| &o.expr).chain(&self.groups).chain(self.order.iter().map(|(e, _)| e));
        exprs.for_each(|e| e.tables(&mut all));
        self.filters.iter().chain(&self.having).for_each(|p| p.tables(&mut all));
        all.extend(self.group_rows);
        all
    }
}
