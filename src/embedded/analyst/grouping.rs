//! Groups, flags, and operands that carry a condition.

use super::cues::{Aggregate, Cue};
use super::dates::Unit;
use super::frame::{Expr, Pred};
use super::lexicon::Target;
use super::parse::{Parser, Zone};
use super::scan::Kind;
use super::schema::{ColumnId, TableId};

use crate::model::{SnippetKind, TypeFamily};

impl Parser<'_> {
    pub fn value_then(&mut self, at: usize, functions: &[Aggregate], distinct: bool) -> Option<(Vec<Expr>, usize)> {
        let Some(Target::Value(column, value)) = self.target(at).cloned() else { return None };
        let mut exprs = Vec::new();
        let used = match self.target(at + 1)?.clone() {
            Target::Table(table) => {
                exprs.push(self.of_table(functions, table));
                at + 2
            }
            Target::Column(c) => {
                self.of_column(functions, distinct, c, &mut exprs);
                at + 2
            }
            _ => return None,
        };
        self.value(at, column, &value);
        Some((exprs, used))
    }

    /// True for a filter snippet, or a rule that is a condition.
    pub fn restricts(&self, at: usize) -> bool {
        match self.target(at) {
            Some(Target::Snippet(place)) => {
                self.world.snippets.get(*place).is_some_and(|s| s.kind == SnippetKind::Filter)
            }
            Some(Target::Rule(place)) => {
                self.world.rules.definition(*place).is_some_and(|f| super::instructions::is_predicate(&f.sql))
            }
            _ => false,
        }
    }

    /// Applies the filter named here; the table it is about.
    pub fn name_restriction(&mut self, at: usize) -> Option<TableId> {
        let fragment = match self.target(at)? {
            Target::Snippet(place) => self.world.snippets.get(*place)?.fragment.as_ref()?,
            Target::Rule(place) => self.world.rules.definition(*place)?,
            _ => return None,
        };
        self.add_filter(Pred::Raw { sql: fragment.sql.clone(), tables: fragment.tables.clone() });
        fragment.columns.first().map(|c| c.table)
    }

    /// `percentage of X that …`, `ratio of X with … to …`.
    pub fn ratio(&mut self, at: usize, percent: bool) -> usize {
        self.share = Some(percent);
        at + 1
    }

    /// `cumulative revenue`: the total so far, at each point in time.
    pub fn running(&mut self, at: usize) -> usize {
        let Some((exprs, used)) = self.operand(at + 1) else { return at + 1 };
        for expr in exprs {
            let total = match expr {
                Expr::Column(c) => {
                    Expr::Agg { function: Aggregate::Sum, of: Box::new(Expr::Column(c)), distinct: false }
                }
                other => other,
            };
            if total.is_aggregate() {
                self.output(Expr::Running(Box::new(total)));
            }
        }
        used
    }

    /// `difference between A and B`, of two names.
    pub fn difference(&mut self, at: usize) -> usize {
        let mut next = at + 1;
        while matches!(self.cue(next), Some(Cue::Filler | Cue::Between | Cue::Of | Cue::Place)) {
            next += 1;
        }
        if let Some(used) = self.between_extremes(next) {
            return used;
        }
        let Some((first, after)) = self.operand(next) else { return at + 1 };
        if self.cue(after) != Some(Cue::And) {
            return at + 1;
        }
        match (first.as_slice(), self.operand(after + 1)) {
            ([a, b], _) => {
                self.output(Expr::Minus(Box::new(a.clone()), Box::new(b.clone())));
                after
            }
            ([a], Some((second, end))) if second.len() == 1 => {
                self.output(Expr::Minus(Box::new(a.clone()), Box::new(second[0].clone())));
                end
            }
            _ => at + 1,
        }
    }

    /// `the largest and the smallest X`: what lies between the two.
    fn between_extremes(&mut self, at: usize) -> Option<usize> {
        let extreme = |p: &Self, i: usize| match p.cue(i) {
            Some(Cue::Super(desc, _)) => Some(desc),
            Some(Cue::Agg(Aggregate::Max)) => Some(true),
            Some(Cue::Agg(Aggregate::Min)) => Some(false),
            _ => None,
        };
        extreme(self, at)?;
        let second = (at + 1..at + 5).find(|i| extreme(self, *i).is_some())?;
        (at + 1..second).any(|i| self.cue(i) == Some(Cue::And)).then_some(())?;
        self.comparing = true;
        let found = self.operand(second);
        self.comparing = false;
        let (exprs, used) = found?;
        let Expr::Agg { of, .. } = exprs.first()? else { return None };
        let of = of.clone();
        let end = |function| Box::new(Expr::Agg { function, of: of.clone(), distinct: false });
        self.output(Expr::Minus(end(Aggregate::Max), end(Aggregate::Min)));
        Some(used)
    }

    /// What stands for yes in a text column of flags, where its values are known.
    pub fn yes_value(&self, column: ColumnId) -> Option<String> {
        let info = self.schema().column(column);
        let flag = info.core.first().is_some_and(|w| w == "is" || w == "has")
            || info.core.last().is_some_and(|w| w == "yn" || w == "flag");
        let yes = |v: &String| matches!(v.to_lowercase().as_str(), "t" | "y" | "yes" | "true" | "1" | "ja");
        (flag && info.family == TypeFamily::Text)
            .then(|| info.values.iter().map(|(v, _)| v).find(|v| yes(v)).map(|v| super::values::quote(v)))
            .flatten()
    }

    /// A yes-or-no column in a condition, or before a name: `active customers`.
    pub fn flag(&mut self, at: usize, column: ColumnId) -> bool {
        if let Some(yes) = self.yes_value(column) {
            let before = self.target(at + 1).is_some() || self.zone == Zone::Condition;
            let valued =
                matches!(self.nodes.get(at + 1).map(|n| &n.element.kind), Some(Kind::Literal { .. } | Kind::Number(_)));
            if before && !valued {
                let negated = std::mem::take(&mut self.negated);
                self.add_filter(Pred::In { column, values: vec![yes], negated });
                return true;
            }
        }
        let boolean = self.schema().family(column) == TypeFamily::Boolean;
        let asked = self.zone == Zone::Output && !self.target(at + 1).is_some_and(|t| matches!(t, Target::Table(_)));
        let compared = matches!(self.nodes.get(at + 1).map(|n| &n.element.kind), Some(Kind::Literal { .. }));
        if !boolean || asked || compared {
            return false;
        }
        let negated = std::mem::take(&mut self.negated);
        self.add_filter(Pred::In {
            column,
            values: vec![if negated { "FALSE" } else { "TRUE" }.to_owned()],
            negated: false,
        });
        true
    }

    /// `for each X`.
    pub fn each(&mut self, at: usize) -> usize {
        let mut next = at + 1;
        while matches!(self.cue(next), Some(Cue::Filler | Cue::Distinct | Cue::Of | Cue::Agg(_)))
            || matches!(self.nodes.get(next).map(|n| &n.element.kind), Some(Kind::Word)) && next < at + 3
        {
            next += 1;
        }
        let Some(target) = self.target(next).cloned() else { return at + 1 };
        self.grouped_by_each = true;
        let used = match target {
            Target::Table(table) => match self.target(next + 1) {
                Some(Target::Column(c)) if c.table == table && !self.frame.has_aggregate() => next,
                Some(Target::Column(c)) if c.table == table => {
                    self.group(Expr::Column(*c));
                    next + 2
                }
                _ => {
                    self.named.push(table);
                    self.group_table(table);
                    next + 1
                }
            },
            Target::Column(column) => {
                self.group(Expr::Column(column));
                self.more_groups(next + 1)
            }
            Target::Snippet(place) => {
                if let Some(expr) = self.of_snippet(&[], false, place).filter(|e| !e.is_aggregate()) {
                    let alias =
                        self.world.snippets.get(place).map_or_else(String::new, |s| super::parse::alias_of(&s.name));
                    self.frame.outputs.push(super::frame::Output { expr: expr.clone(), alias });
                    self.frame.groups.push(expr);
                }
                next + 1
            }
            _ => next,
        };
        used.max(at + 1)
    }

    /// `per make and model`.
    pub fn more_groups(&mut self, at: usize) -> usize {
        let and = matches!(self.cue(at), Some(Cue::And))
            || matches!(self.nodes.get(at).map(|n| &n.element.kind), Some(Kind::Comma));
        let ends = |p: &Self, i: usize| !matches!(p.cue(i), Some(Cue::Compare(..) | Cue::Of | Cue::Between));
        match self.target(at + 1) {
            Some(Target::Column(c)) if and && ends(self, at + 2) && !self.schema().family(*c).is_numeric() => {
                self.group(Expr::Column(*c));
                self.more_groups(at + 2)
            }
            _ => at,
        }
    }

    pub fn group(&mut self, expr: Expr) {
        if !self.frame.groups.contains(&expr) {
            self.frame.groups.push(expr);
        }
    }

    pub fn group_table(&mut self, table: TableId) {
        self.frame.needs.insert(table);
        self.frame.group_rows = self.frame.group_rows.or(Some(table));
    }

    pub fn by(&mut self, at: usize) -> usize {
        if self.ranking.is_some() && !self.frame.outputs.is_empty()
            || self.ranking.is_some() && self.frame.entity.is_some()
        {
            return self.rank_by(at);
        }
        // `received by`, `written by`: a passive says who does it.
        let passive = |n: &super::link::Node| {
            let text = n.element.text.to_lowercase();
            (text.ends_with("ed") || text.ends_with("en")) && n.score < 0.75
        };
        let verb = at > 0 && (matches!(self.nodes[at - 1].element.kind, Kind::Word) || passive(&self.nodes[at - 1]));
        let number = |e: &Expr| e.column().is_some_and(|c| self.additive(c));
        let numbers = !self.frame.outputs.is_empty() && self.frame.outputs.iter().all(|o| number(&o.expr));
        let aggregated = self.frame.has_aggregate() || numbers && self.frame.order.is_empty() && !verb;
        match self.target(at + 1) {
            Some(Target::Column(_) | Target::Snippet(_))
                if aggregated || self.frame.outputs.is_empty() && self.zone == Zone::Output =>
            {
                self.each(at)
            }
            Some(Target::Table(_)) if aggregated && !verb => self.each(at),
            Some(Target::Table(_)) => {
                self.zone = Zone::Condition;
                at + 1
            }
            _ => {
                self.zone = if verb { Zone::Condition } else { self.zone };
                at + 1
            }
        }
    }

    pub fn grain(&mut self, unit: Unit) {
        self.frame.groups.push(Expr::Grain(
            unit,
            Box::new(Expr::Raw { sql: String::new(), tables: std::collections::BTreeSet::new(), aggregate: false }),
        ));
    }
}
