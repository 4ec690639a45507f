//! What the question leaves open: default outputs, the date column, grouping, the rules of the
//! space that always hold.

use super::cues::Aggregate;
use super::frame::{Expr, Output, Pred};
use super::lexicon::Target;
use super::parse::Parser;
use super::schema::{ColumnId, TableId};
use super::words::same_root;
use crate::model::TypeFamily;
use std::collections::BTreeSet;

impl Parser<'_> {
    pub fn finish(&mut self) {
        self.keep_returned();
        self.fill_grains();
        self.open_ranking();
        self.share_of();
        self.common_values();
        self.default_outputs();
        self.name_groups();
        self.sum_numbers();
        self.group_plain();
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

    fn share_of(&mut self) {
        let Some(percent) = self.share else { return };
        let numbers: Vec<Expr> = self.frame.outputs.iter().map(|o| o.expr.clone()).filter(Expr::is_aggregate).collect();
        if let ([part, whole], false) = (numbers.as_slice(), percent) {
            let expr = Expr::Ratio { part: Box::new(part.clone()), whole: Box::new(whole.clone()) };
            self.output(expr);
            return;
        }
        let schema = self.schema();
        let timed = |p: &Pred| p.column().is_some_and(|c| schema.family(c).is_temporal());
        let (keep, when): (Vec<Pred>, Vec<Pred>) = std::mem::take(&mut self.frame.filters).into_iter().partition(timed);
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

    /// `ratio of X with A to X with B`.
    fn ratio_of_two(&mut self, mut when: Vec<Pred>, split: usize) {
        let rest = when.split_off(split.min(when.len()).max(1));
        let column = when.first().and_then(Pred::column);
        let (second, others): (Vec<Pred>, Vec<Pred>) = rest.into_iter().partition(|p| p.column() == column);
        self.frame.filters.extend(others);
        self.frame.outputs.retain(|o| !o.expr.is_aggregate());
        let whole = if second.is_empty() { Expr::CountIf(Vec::new()) } else { Expr::CountIf(second) };
        self.output(Expr::Ratio { part: Box::new(Expr::CountIf(when)), whole: Box::new(whole) });
    }

    /// `the number of X in the Y with the highest Z`: the rank picks rows, it does not group.
    fn picked(&mut self) {
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
    fn semijoins(&mut self) {
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
    fn common_values(&mut self) {
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
        if !shown && (self.frame.has_aggregate() || ranks) {
            for (place, label) in self.schema().labels(table).into_iter().enumerate() {
                let alias = self.alias(&Expr::Column(label));
                self.frame.outputs.insert(place, Output { expr: Expr::Column(label), alias });
            }
        }
    }

    /// Numbers per group, or over a stretch of time, are sums.
    fn sum_numbers(&mut self) {
        let grouped = !self.frame.groups.is_empty();
        let number = |e: &Expr| matches!(e, Expr::Column(c) if self.additive(*c));
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
                self.frame.outputs[at] = Output { alias: self.alias(&expr), expr };
            }
        }
    }

    /// True for numbers that can be added up: no keys, years, codes.
    fn additive(&self, column: ColumnId) -> bool {
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
            let said = self.frame.filters.iter().any(|p| p.column().is_some_and(|c| fragment.columns.contains(&c)));
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
        if self.frame.outputs.is_empty() && asked.is_empty() {
            self.frame.entity = None;
        }
    }

    pub fn is_time(&self, column: ColumnId) -> bool {
        let info = self.schema().column(column);
        info.family.is_temporal() || info.core.iter().any(|w| matches!(w.as_str(), "year" | "date" | "jahr" | "datum"))
    }

    /// The date column that a time at this place is about.
    pub fn time_column(&self, at: usize) -> Option<ColumnId> {
        let used: BTreeSet<TableId> = self.frame.tables();
        let order: Vec<TableId> = self
            .frame
            .entity
            .into_iter()
            .chain(self.named.iter().copied())
            .chain(used)
            .chain(self.later_tables())
            .collect();
        let timed = || self.schema().columns().map(|(id, _)| id).filter(|id| self.is_time(*id));
        let mut candidates: Vec<ColumnId> = timed().filter(|id| order.contains(&id.table)).collect();
        candidates.extend(timed().filter(|id| !order.contains(&id.table)));
        // `joined in 2022`: the verb names the column.
        let near = self.nodes[at.saturating_sub(5).min(at)..at.min(self.nodes.len())].iter().rev();
        let verb = near.flat_map(|n| n.element.words.clone()).find_map(|word| {
            candidates.iter().copied().find(|id| {
                word.len() > 3
                    && self.schema().column(*id).core.iter().any(|w| same_root(&word, w) && w != "date" && w != "time")
            })
        });
        let counted = self.frame.outputs.iter().filter(|o| o.expr.is_aggregate()).find_map(|o| {
            let mut tables = BTreeSet::new();
            o.expr.tables(&mut tables);
            tables.into_iter().find_map(|t| self.date_column(t))
        });
        verb.or(counted).or_else(|| order.iter().find_map(|t| self.date_column(*t)))
    }

    /// Tables that the rest of the question names.
    pub fn later_tables(&self) -> Vec<TableId> {
        let table = |n: &super::link::Node| match &n.target {
            Some(Target::Table(t)) => Some(*t),
            Some(Target::Column(c) | Target::Value(c, _)) => Some(c.table),
            Some(Target::Snippet(s)) => self
                .world
                .snippets
                .get(*s)
                .and_then(|s| s.fragment.as_ref())
                .and_then(|f| f.tables.iter().next().copied()),
            _ => None,
        };
        self.nodes.iter().filter_map(table).collect()
    }

    /// The date of a table's rows: what a rule says, else its first date that is no bookkeeping.
    pub fn date_column(&self, table: TableId) -> Option<ColumnId> {
        if let Some(said) = self.world.rules.date_of(table) {
            return Some(said);
        }
        const BOOKKEEPING: [&str; 14] = [
            "created", "updated", "crtd", "update", "modified", "load", "loaded", "etl", "insert", "inserted",
            "create", "creation", "epoch", "ingested",
        ];
        let columns = &self.schema().tables[table].columns;
        let temporal: Vec<usize> = (0..columns.len()).filter(|c| columns[*c].family.is_temporal()).collect();
        let plain =
            temporal.iter().copied().find(|c| !columns[*c].words.iter().any(|w| BOOKKEEPING.contains(&w.as_str())));
        let by_name = |wanted: &str| {
            columns.iter().position(|c| c.core.last().is_some_and(|w| w == wanted) && c.family != TypeFamily::Decimal)
        };
        let found = plain.or_else(|| by_name("date")).or_else(|| by_name("year")).or_else(|| temporal.first().copied());
        found.map(|column| ColumnId { table, column })
    }
}
