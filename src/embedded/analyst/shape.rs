//! Queries of another shape: shares, common values, rows picked by a rank, EXISTS.

use super::cues::Aggregate;
use super::frame::{Expr, Output, Pred};

use super::parse::Parser;
use super::schema::TableId;

use std::collections::BTreeSet;

impl Parser<'_> {
    pub fn share_of(&mut self) {
        let Some(percent) = self.share else { return };
        let numbers: Vec<Expr> = self.frame.outputs.iter().map(|o| o.expr.clone()).filter(Expr::is_aggregate).collect();
        if let ([part, whole], false) = (numbers.as_slice(), percent) {
            let expr = Expr::Ratio { part: Box::new(part.clone()), whole: Box::new(whole.clone()) };
            self.output(expr);
            return;
        }
        if !percent && self.rows_to_rows() {
            return;
        }
        if percent && self.of_total() {
            if !self.frame.outputs.iter().any(|o| o.expr.is_aggregate()) && !self.sums_up() {
                let column = self.frame.groups.iter().find_map(|e| e.column()).map(|c| c.table);
                if let Some(table) = self.frame.entity.or(column).or(self.frame.group_rows) {
                    self.output(Expr::Count(table));
                }
            }
            return;
        }
        let schema = self.schema();
        let timed = |p: &Pred| p.column().is_some_and(|c| schema.family(c).is_temporal());
        // `out of all X in Y`: what stands behind restricts both.
        let outer = self.frame.filters.split_off(self.outer.unwrap_or(usize::MAX).min(self.frame.filters.len()));
        let (mut keep, when): (Vec<Pred>, Vec<Pred>) =
            std::mem::take(&mut self.frame.filters).into_iter().partition(timed);
        keep.extend(outer);
        if when.is_empty() {
            self.frame.filters = keep;
            return;
        }
        self.frame.filters = keep;
        if let Some(split) = self.split.filter(|_| when.len() > 1) {
            self.ratio_of_two(when, split);
            return;
        }
        self.frame.outputs.retain(|o| !o.expr.is_aggregate() && self.frame.groups.contains(&o.expr));
        self.output(Expr::Share { when, percent });
    }

    /// True where groups share a total: `the share of each X`.
    fn of_total(&self) -> bool {
        let grouped = !self.frame.groups.is_empty() || self.frame.group_rows.is_some();
        let schema = self.schema();
        let free = self.frame.filters.iter().all(|p| p.column().is_some_and(|c| schema.family(c).is_temporal()));
        let measured = self.frame.outputs.iter().any(|o| match &o.expr {
            Expr::Count(_) | Expr::CountIf(_) => false,
            Expr::Column(c) => self.additive(*c),
            other => other.is_aggregate(),
        });
        grouped && (free || measured)
    }

    /// `the ratio of authors to papers`: rows of two tables, where nothing restricts either.
    fn rows_to_rows(&mut self) -> bool {
        let timed = |p: &Pred| p.column().is_some_and(|c| self.schema().family(c).is_temporal());
        let mut tables: Vec<TableId> = Vec::new();
        for table in &self.named {
            if !tables.contains(table) && self.frame.group_rows != Some(*table) {
                tables.push(*table);
            }
        }
        let [part, whole] = tables.as_slice() else { return false };
        if !self.frame.filters.iter().all(timed) {
            return false;
        }
        let (part, whole) = (*part, *whole);
        self.frame.entity = Some(part);
        self.frame.outputs.retain(|o| self.frame.groups.contains(&o.expr));
        self.output(Expr::Ratio { part: Box::new(Expr::Count(part)), whole: Box::new(Expr::Count(whole)) });
        true
    }

    /// True if a number that can be added up is asked for.
    fn sums_up(&self) -> bool {
        self.frame.outputs.iter().any(|o| matches!(o.expr, Expr::Column(c) if self.additive(c)))
    }

    /// What the groups have of the total, beside what they have.
    pub fn portion(&mut self) {
        if self.share != Some(true) || !self.of_total() {
            return;
        }
        let parts: Vec<Expr> = self.frame.outputs.iter().map(|o| o.expr.clone()).filter(Expr::is_aggregate).collect();
        if parts.iter().any(|e| matches!(e, Expr::Share { .. } | Expr::Ratio { .. })) {
            return;
        }
        if parts.is_empty() {
            let column = self.frame.groups.iter().find_map(|e| e.column()).map(|c| c.table);
            let Some(table) = self.frame.entity.or(column).or(self.frame.group_rows) else { return };
            self.output(Expr::Count(table));
            self.output(Expr::Portion(Box::new(Expr::Count(table))));
            return;
        }
        for part in parts {
            self.output(Expr::Portion(Box::new(part)));
        }
    }

    /// Tables that were named, and change nothing beside a sum, are not joined.
    pub fn without_idle_tables(&mut self) {
        let sums = |e: &Expr| match e {
            Expr::Raw { aggregate, .. } => *aggregate,
            Expr::Agg { function: Aggregate::Sum | Aggregate::Avg, .. } | Expr::Portion(_) => true,
            _ => false,
        };
        if self.frame.outputs.iter().any(|o| sums(&o.expr)) {
            let rows = self.frame.group_rows;
            let graph = self.world.graph;
            let mut facts = BTreeSet::new();
            self.frame.outputs.iter().filter(|o| sums(&o.expr)).for_each(|o| o.expr.tables(&mut facts));
            let idle = |t: &TableId| {
                let path = |f: &TableId| graph.tree(*f, &[*t].into());
                facts.iter().any(|f| path(f).is_none_or(|steps| steps.iter().all(|s| !s.many)))
            };
            let kept = self.kept.clone();
            self.frame.needs.retain(|t| rows == Some(*t) || kept.contains(t) || !idle(t));
        }
    }

    /// Series over time come in the order of time.
    pub fn in_time_order(&mut self) {
        if !self.frame.order.is_empty() {
            return;
        }
        let schema = self.schema();
        let timed =
            |e: &&Expr| matches!(e, Expr::Grain(..)) || e.column().is_some_and(|c| schema.family(c).is_temporal());
        let shown = |e: &&Expr| self.frame.outputs.iter().any(|o| o.expr == **e);
        let keys: Vec<Expr> = self.frame.groups.iter().filter(timed).filter(shown).cloned().collect();
        self.frame.order.extend(keys.into_iter().map(|e| (e, false)));
    }

    /// What orders several rows is shown with them.
    pub fn show_order(&mut self) {
        let single = self.frame.limit == Some(1);
        // What is ranked by a sum over rows stands for groups of them.
        let by_sum = self.frame.order.iter().any(|(e, _)| e.is_aggregate());
        let grouped = by_sum || !self.frame.groups.is_empty() || self.frame.group_rows.is_some();
        if single || self.frame.limit.is_none() || self.frame.outputs.is_empty() || self.frame.distinct {
            return;
        }
        let unseen: Vec<Expr> = self
            .frame
            .order
            .iter()
            .map(|(e, _)| e.clone())
            .filter(|e| !self.frame.outputs.iter().any(|o| o.expr == *e))
            .filter(|e| grouped == e.is_aggregate() || !grouped && e.column().is_some())
            .collect();
        unseen.into_iter().for_each(|e| self.output(e));
    }

    /// `ratio of X with A to X with B`.
    pub fn ratio_of_two(&mut self, mut when: Vec<Pred>, split: usize) {
        let rest = when.split_off(split.min(when.len()).max(1));
        let column = when.first().and_then(Pred::column);
        let (second, others): (Vec<Pred>, Vec<Pred>) = rest.into_iter().partition(|p| p.column() == column);
        self.frame.filters.extend(others);
        self.frame.outputs.retain(|o| !o.expr.is_aggregate());
        let whole = if second.is_empty() { Expr::CountIf(Vec::new()) } else { Expr::CountIf(second) };
        self.output(Expr::Ratio { part: Box::new(Expr::CountIf(when)), whole: Box::new(whole) });
    }

    /// `the number of X in the Y with the highest Z`: the rank picks rows, it does not group.
    pub fn picked(&mut self) {
        let plain = self.frame.groups.is_empty() && self.frame.group_rows.is_none();
        let all = !self.frame.outputs.is_empty() && self.frame.outputs.iter().all(|o| o.expr.is_aggregate());
        let [(Expr::Column(column), desc)] = self.frame.order.as_slice() else { return };
        if plain && all && self.frame.limit == Some(1) {
            let (column, function) = (*column, if *desc { Aggregate::Max } else { Aggregate::Min });
            self.frame.filters.push(Pred::Overall {
                left: Expr::Column(column),
                op: "=",
                function,
                of: Expr::Column(column),
                within: Vec::new(),
            });
            self.frame.order.clear();
            self.frame.limit = None;
        }
    }

    /// Sums and averages must not see a row twice: tables joined only to filter become EXISTS.
    pub fn semijoins(&mut self) {
        let Some(entity) = self.frame.entity else { return };
        let adds = |e: &Expr| matches!(e, Expr::Agg { function: Aggregate::Sum | Aggregate::Avg, .. });
        if !self.frame.outputs.iter().any(|o| adds(&o.expr)) {
            return;
        }
        let mut shown = BTreeSet::new();
        self.frame
            .outputs
            .iter()
            .map(|o| &o.expr)
            .chain(&self.frame.groups)
            .chain(self.frame.order.iter().map(|(e, _)| e))
            .for_each(|e| e.tables(&mut shown));
        self.frame.having.iter().for_each(|p| p.tables(&mut shown));
        shown.extend(self.frame.group_rows);
        if !shown.iter().all(|t| *t == entity) {
            return;
        }
        let hidden: Vec<TableId> = self
            .frame
            .tables()
            .into_iter()
            .filter(|t| *t != entity)
            .filter(|t| self.world.graph.tree(entity, &[*t].into()).is_some_and(|steps| steps.iter().any(|s| s.many)))
            .collect();
        let Some(table) = self.named.iter().rev().copied().find(|t| hidden.contains(t)).or(hidden.first().copied())
        else {
            return;
        };
        let inside = |p: &Pred| {
            let mut tables = BTreeSet::new();
            p.tables(&mut tables);
            !tables.is_empty() && tables.iter().all(|t| hidden.contains(t))
        };
        let (when, keep): (Vec<Pred>, Vec<Pred>) =
            std::mem::take(&mut self.frame.filters).into_iter().partition(inside);
        self.frame.filters = keep;
        self.frame.needs.retain(|t| !hidden.contains(t));
        self.frame.filters.push(Pred::Has { table, when, negated: false });
    }

    /// `states with both owners and professionals`: one column that two tables have.
    pub fn common_values(&mut self) {
        let [Output { expr: Expr::Column(column), .. }] = self.frame.outputs.as_slice() else { return };
        let column = *column;
        let twin = |table: TableId| {
            self.schema().find_column(table, &self.schema().column(column).name).filter(|c| c.table != column.table)
        };
        if self.both_tables && self.frame.filters.is_empty() {
            let second = self.named.iter().find_map(|t| twin(*t));
            if let Some(second) = second.filter(|_| !self.is_key(column)) {
                self.frame.common = Some((column, second, "INTERSECT"));
            }
        } else if let [Pred::Has { table, when, negated: true }] = self.frame.filters.as_slice() {
            let reference = self.world.graph.edges.iter().any(|e| e.condition.contains(&self.schema().sql(column)));
            if let Some(second) = twin(*table)
                .filter(|_| when.is_empty() && !reference && !self.schema().labels(column.table).contains(&column))
            {
                self.frame.common = Some((column, second, "EXCEPT"));
            }
        }
    }
}
