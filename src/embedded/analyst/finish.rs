//! What the question leaves open: default outputs, the date column, grouping, the rules of the
//! space that always hold.

use super::cues::Aggregate;
use super::frame::{Expr, Output, Pred};

use super::parse::Parser;
use super::schema::{ColumnId, TableId};

use crate::model::TypeFamily;
use std::collections::BTreeSet;

impl Parser<'_> {
    pub fn finish(&mut self) {
        self.keep_returned();
        self.fill_grains();
        self.divide();
        self.open_ranking();
        self.show_ranked();
        self.share_of();
        self.common_values();
        self.count_unnamed();
        self.default_outputs();
        self.habitual_dates();
        self.name_groups();
        self.sum_numbers();
        self.companions();
        self.group_plain();
        self.versus();
        self.portion();
        self.without_idle_tables();
        self.in_time_order();
        self.show_order();
        self.picked();
        self.semijoins();
        self.always();
        self.round();
        self.singles();
    }

    /// What the last sentence asks to return replaces what stood before, if it names anything.
    fn keep_returned(&mut self) {
        let Some(from) = self.returned.filter(|from| *from < self.frame.outputs.len()) else { return };
        let keep =
            (self.grouped_by_each || self.lonely) && !self.frame.outputs[from..].iter().any(|o| o.expr.is_aggregate());
        let mut place = 0;
        self.frame.outputs.retain(|o| {
            place += 1;
            place > from || keep && o.expr.is_aggregate()
        });
    }

    fn fill_grains(&mut self) {
        let column = self.time_column(self.nodes.len());
        let mut grains = Vec::new();
        self.frame.groups.retain_mut(|group| match (&mut *group, column) {
            (Expr::Grain(unit, of), Some(column)) => {
                **of = Expr::Column(column);
                grains.push(Expr::Grain(*unit, of.clone()));
                true
            }
            (Expr::Grain(..), None) => false,
            _ => true,
        });
        for grain in grains {
            let alias = self.alias(&grain);
            // The date itself was named: its grain stands for it.
            self.frame.outputs.retain(|o| o.expr.column() != grain.column() || o.expr.column().is_none());
            self.frame.outputs.insert(0, Output { expr: grain, alias });
        }
    }

    /// `top 5 products` without `by`: by the number that is asked for.
    fn open_ranking(&mut self) {
        let Some(desc) = self.ranking.take() else { return };
        let key = self.frame.outputs.iter().rev().map(|o| o.expr.clone()).find(Expr::is_aggregate);
        let number = || {
            self.frame
                .outputs
                .iter()
                .rev()
                .map(|o| o.expr.clone())
                .find(|e| e.column().is_some_and(|c| self.schema().family(c).is_numeric() && !self.is_key(c)))
        };
        if let Some(expr) = key.or_else(number) {
            self.rank(expr, desc);
        } else if let Some(wanted) = self.wanted.take() {
            self.frame.limit = Some(wanted);
        }
    }

    /// `which author has the most books, and how many`: the author is shown too.
    fn show_ranked(&mut self) {
        let Some(first) = self.named.first().copied() else { return };
        let ranked = self.frame.limit.is_some()
            && self.frame.order.iter().any(|(e, _)| matches!(e, Expr::Count(t) if *t != first));
        let counted = !self.frame.outputs.is_empty() && self.frame.outputs.iter().all(|o| o.expr.is_aggregate());
        if ranked && counted && self.frame.groups.is_empty() && self.frame.group_rows.is_none() {
            self.frame.entity = Some(first);
            self.group_table(first);
        }
    }

    /// `how many … per X`, where what is counted has no name here: the rows of the table in question.
    fn count_unnamed(&mut self) {
        if !self.counts_rows || self.frame.has_aggregate() || self.frame.common.is_some() {
            return;
        }
        let grouped = self.frame.groups.iter().find_map(|e| e.column()).map(|c| c.table);
        let table = self.frame.entity.or(grouped).or(self.frame.group_rows);
        let only = || (self.schema().tables.len() == 1).then_some(0);
        if let Some(table) = table.or_else(|| self.frame.tables().into_iter().next()).or_else(only) {
            let groups = self.frame.groups.clone();
            let number = |e: &Expr| e.column().is_some_and(|c| self.schema().family(c).is_numeric());
            // Half-understood names beside the count group it; numbers do not.
            let keep: Vec<bool> =
                self.frame.outputs.iter().map(|o| groups.contains(&o.expr) || !number(&o.expr)).collect();
            let mut kept = keep.into_iter();
            if groups.is_empty() && self.frame.group_rows.is_none() {
                self.frame.outputs.clear();
            } else {
                self.frame.outputs.retain(|_| kept.next().unwrap_or(true));
            }
            self.output(Expr::Count(table));
        }
    }

    fn default_outputs(&mut self) {
        if !self.frame.outputs.is_empty() || self.frame.everything || self.frame.common.is_some() {
            return;
        }
        if let Some(column) = self.weak.first().copied().filter(|_| self.named.is_empty()) {
            self.frame.entity = self.frame.entity.or(Some(column.table));
            self.output(Expr::Column(column));
            return;
        }
        let Some(entity) =
            self.frame.entity.or(self.frame.group_rows).or_else(|| self.frame.tables().into_iter().next())
        else {
            return;
        };
        if self.when
            && let Some(date) = self.date_column(entity)
        {
            self.output(Expr::Column(date));
            return;
        }
        if self.place
            && let Some(place) = self.place_column()
        {
            self.output(Expr::Column(place));
            return;
        }
        for label in self.schema().labels(entity) {
            self.output(Expr::Column(label));
        }
    }

    /// What groups is shown.
    fn name_groups(&mut self) {
        let explicit: Vec<Expr> = self.frame.groups.clone();
        for (place, expr) in explicit.into_iter().enumerate() {
            if !self.frame.outputs.iter().any(|o| o.expr == expr) {
                let alias = self.alias(&expr);
                self.frame.outputs.insert(place.min(self.frame.outputs.len()), Output { expr, alias });
            }
        }
        let Some(table) = self.frame.group_rows else { return };
        let shown = self
            .frame
            .outputs
            .iter()
            .any(|o| !o.expr.is_aggregate() && o.expr.column().is_some_and(|c| c.table == table));
        let ranks = self.frame.order.iter().any(|(e, _)| e.is_aggregate());
        let sums = self.frame.outputs.iter().any(|o| matches!(o.expr, Expr::Column(c) if self.additive(c)));
        if !shown && (self.frame.has_aggregate() || ranks || sums) {
            for (place, label) in self.schema().labels(table).into_iter().enumerate() {
                let alias = self.alias(&Expr::Column(label));
                self.frame.outputs.insert(place, Output { expr: Expr::Column(label), alias });
            }
        }
    }

    /// Numbers per group, or over a stretch of time, are sums.
    fn sum_numbers(&mut self) {
        let rows = self.frame.group_rows;
        let number = |e: &Expr| matches!(e, Expr::Column(c) if self.additive(*c));
        let facts = |e: &Expr| number(e) && e.column().is_some_and(|c| rows.is_some_and(|t| t != c.table));
        let grouped = !self.frame.groups.is_empty() || self.frame.outputs.iter().any(|o| facts(&o.expr));
        let korean = self.nodes.iter().any(|n| n.element.text.chars().any(crate::text::is_hangul));
        let timed =
            self.frame.filters.iter().any(|p| p.column().is_some_and(|c| self.schema().family(c).is_temporal()));
        let all_numbers = !self.frame.outputs.is_empty() && self.frame.outputs.iter().all(|o| number(&o.expr));
        let whole = all_numbers && self.named.is_empty() && self.frame.order.is_empty() && (korean || timed);
        if !grouped && !whole {
            return;
        }
        let sums: Vec<bool> =
            self.frame.outputs.iter().map(|o| number(&o.expr) && !self.frame.groups.contains(&o.expr)).collect();
        for (at, sum) in sums.into_iter().enumerate() {
            if sum {
                let expr = Expr::Agg {
                    function: Aggregate::Sum,
                    of: Box::new(self.frame.outputs[at].expr.clone()),
                    distinct: false,
                };
                let plain = self.frame.outputs[at].expr.clone();
                self.frame.order.iter_mut().filter(|(e, _)| *e == plain).for_each(|(e, _)| *e = expr.clone());
                self.frame.outputs[at] = Output { alias: self.alias(&expr), expr };
            }
        }
    }

    /// True for numbers that can be added up: no keys, years, codes.
    pub fn additive(&self, column: ColumnId) -> bool {
        let info = self.schema().column(column);
        let last = info.core.last().map_or("", String::as_str);
        let referred =
            self.schema().tables[column.table].foreign_keys.iter().any(|(own, _, _)| own.contains(&column.column));
        info.family.is_numeric()
            && !self.is_key(column)
            && !referred
            && !matches!(last, "id" | "code" | "year" | "month" | "number" | "no" | "day" | "age" | "rank")
    }

    /// Plain columns beside aggregates group; a name of rows groups by the rows.
    fn group_plain(&mut self) {
        let ranked: Vec<&Expr> = self.frame.order.iter().map(|(e, _)| e).filter(|e| e.is_aggregate()).collect();
        let held: Vec<&Expr> = self
            .frame
            .having
            .iter()
            .filter_map(|p| if let Pred::Compare { left, .. } = p { Some(left) } else { None })
            .collect();
        let aggregates =
            self.frame.outputs.iter().map(|o| &o.expr).filter(|e| e.is_aggregate()).chain(ranked).chain(held);
        let mut counted = BTreeSet::new();
        let mut any = false;
        for expr in aggregates {
            any = true;
            expr.tables(&mut counted);
        }
        if !any {
            // Nothing is aggregated: `every student who …` lists students.
            self.frame.group_rows = None;
            self.frame.groups.clear();
        }
        if !any || self.frame.group_rows.is_some() {
            return;
        }
        let plain: Vec<ColumnId> =
            self.frame.outputs.iter().filter(|o| !o.expr.is_aggregate()).filter_map(|o| o.expr.column()).collect();
        let rows = plain
            .iter()
            .find(|c| !counted.contains(&c.table) && (self.schema().labels(c.table).contains(c) || self.is_key(**c)));
        self.frame.group_rows = rows.map(|c| c.table);
        if plain.is_empty() && !self.frame.having.is_empty() && self.frame.has_aggregate() {
            self.count_of_groups();
        }
    }

    /// `how many X have at least 3 Y`: the count picks rows of X, it does not group the answer.
    fn count_of_groups(&mut self) {
        let Some(entity) = self.frame.entity else { return };
        let mut moved = Vec::new();
        self.frame.having.retain(|p| match p {
            Pred::Compare { left: Expr::Count(table), op, right } if *table != entity => {
                moved.push(Pred::HasCount { table: *table, op, right: right.clone() });
                self.frame.needs.remove(table);
                false
            }
            _ => true,
        });
        self.frame.filters.extend(moved);
    }

    /// Filters that the space says always hold, for the tables in use.
    fn always(&mut self) {
        let tables: BTreeSet<TableId> = self.frame.tables().into_iter().chain(self.frame.entity).collect();
        let snippets = self
            .world
            .snippets
            .iter()
            .filter(|s| s.always && s.kind == crate::model::SnippetKind::Filter)
            .filter_map(|s| s.fragment.as_ref());
        let rules = self.world.rules.always();
        for fragment in snippets.chain(rules) {
            let known = self.frame.filters.iter().any(|p| matches!(p, Pred::Raw { sql, .. } if *sql == fragment.sql));
            let named = |sql: &str| fragment.columns.iter().any(|c| sql.contains(&self.schema().sql(*c)));
            // A stretch of time says nothing about what else holds for its dates.
            let stretch = |left: &Expr, op: &str| {
                op != "=" && left.column().is_some_and(|c| self.schema().family(c).is_temporal())
            };
            let said = self.frame.filters.iter().any(|p| match p {
                Pred::Raw { sql, .. } => named(sql),
                Pred::Compare { left, op, .. } if stretch(left, op) => false,
                _ => p.column().is_some_and(|c| fragment.columns.contains(&c)),
            });
            if !known && !said && !fragment.tables.is_empty() && fragment.tables.is_subset(&tables) {
                self.frame.filters.push(Pred::Raw { sql: fragment.sql.clone(), tables: fragment.tables.clone() });
            }
        }
    }

    fn round(&mut self) {
        for at in 0..self.frame.outputs.len() {
            let output = &self.frame.outputs[at];
            let words: Vec<String> = output.alias.split('_').map(str::to_owned).collect();
            let fractional = matches!(
                &output.expr,
                Expr::Agg { function: Aggregate::Avg, .. } | Expr::Ratio { .. } | Expr::Share { .. }
            );
            let decimal = |c: ColumnId| self.schema().family(c) == TypeFamily::Decimal;
            let sum = matches!(&output.expr, Expr::Agg { of, .. } if of.column().is_some_and(decimal));
            if let Some(digits) = self.world.rules.digits(&words, fractional, fractional || sum) {
                let expr = Expr::Rounded(Box::new(output.expr.clone()), digits);
                self.frame
                    .order
                    .iter_mut()
                    .filter(|(e, _)| *e == self.frame.outputs[at].expr)
                    .for_each(|(e, _)| *e = expr.clone());
                self.frame.outputs[at].expr = expr;
            }
        }
    }

    /// Values of a column that a filter pins down to one row need no more than their own table.
    fn singles(&mut self) {
        if self.frame.entity.is_none() {
            self.frame.entity = self.named.first().copied();
        }
        let asked: BTreeSet<TableId> = self.frame.tables();
        if self.frame.outputs.is_empty() && asked.is_empty() && !self.frame.everything {
            self.frame.entity = None;
        }
    }
}
