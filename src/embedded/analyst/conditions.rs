//! Which rows: comparisons, values, texts, times.

use super::cues::{Aggregate, Cue, Op, Scale};
use super::dates::{Period, Time};
use super::frame::{Expr, Pred};
use super::lexicon::Target;
use super::parse::{Parser, Zone};
use super::scan::Kind;
use super::schema::{ColumnId, TableId};
use super::values::quote;
use crate::model::TypeFamily;

impl Parser<'_> {
    pub fn kind(&self, at: usize) -> Option<&Kind> {
        self.nodes.get(at).map(|n| &n.element.kind)
    }

    pub fn skip(&self, mut at: usize, what: impl Fn(Cue) -> bool) -> usize {
        while self.cue(at).is_some_and(&what) {
            at += 1;
        }
        at
    }

    pub fn op(&mut self, op: Op) -> &'static str {
        if std::mem::take(&mut self.negated) { op.negated() } else { op.sql() }
    }

    /// A number without a comparison before it.
    pub fn number(&mut self, at: usize, digits: &str) -> usize {
        let trailing = (at + 1..=at + 2).find_map(|i| match self.cue(i) {
            Some(Cue::Trailing(op)) => Some((op, i)),
            _ => None,
        });
        let counter = |n: &super::link::Node| super::korean::is_counter(&n.element.kind, &n.element.text);
        let unit = at + 2 > self.nodes.len()
            || matches!(self.kind(at + 1), Some(Kind::Word))
            || self.nodes.get(at + 1).is_some_and(counter);
        if let Some((op, used)) = trailing.filter(|(_, i)| *i == at + 1 || unit) {
            let aged = self.nodes[at + 1..used].iter().any(|n| is_old(&n.element.text));
            if let Some(age) = self.measured(Scale::Age).filter(|_| aged) {
                let op = self.op(op);
                self.add_filter(Pred::Compare { left: Expr::Column(age), op, right: digits.to_owned() });
                return used + 1;
            }
            if let Some(next) = self.korean_having(at, used, op, digits) {
                return next;
            }
            return self.compare_number(used + 1, op, Scale::Any, digits);
        }
        if let Some(next) = self.korean_limit(at, digits) {
            return next;
        }
        if matches!(self.cue(at + 1), Some(Cue::Super(..) | Cue::Top(_)))
            || self.ranking.is_some() && self.wanted.is_none()
        {
            self.wanted = digits.parse().ok();
            return at + 1;
        }
        if self.korean_between(at, digits) {
            return at + 4;
        }
        let old = self.nodes.iter().skip(at + 1).take(2).any(|n| is_old(&n.element.text));
        if old && let Some(column) = self.measured(Scale::Age) {
            self.add_filter(Pred::Compare { left: Expr::Column(column), op: "=", right: digits.to_owned() });
            return at + 1;
        }
        if let Some(column) = self.subject_column().filter(|_| at > 0 && self.near_subject(at)) {
            return self.equal_number(at, column, digits);
        }
        if let Some(Target::Column(column)) = self.target(at + 1).filter(|_| self.zone == Zone::Condition) {
            let column = *column;
            return self.equal_number(at, column, digits) + 1;
        }
        if matches!(self.target(at + 1), Some(Target::Table(_)))
            && self.zone == Zone::Output
            && self.frame.outputs.is_empty()
        {
            self.frame.limit = digits.parse().ok();
        }
        at + 1
    }

    fn equal_number(&mut self, at: usize, column: ColumnId, digits: &str) -> usize {
        let mut values = vec![self.number_literal(column, digits)];
        let mut next = at + 1;
        while let (Some(Cue::Or | Cue::And), Some(Kind::Number(more))) = (self.cue(next), self.kind(next + 1)) {
            values.push(self.number_literal(column, more));
            next += 2;
        }
        let negated = std::mem::take(&mut self.negated);
        self.add_filter(Pred::In { column, values, negated });
        next
    }

    pub fn number_literal(&self, column: ColumnId, digits: &str) -> String {
        if self.schema().family(column) == TypeFamily::Text { quote(digits) } else { digits.to_owned() }
    }

    /// `100과 200 사이`.
    fn korean_between(&mut self, at: usize, low: &str) -> bool {
        let (Some(Kind::Number(high)), Some(Cue::Between)) = (self.kind(at + 2), self.cue(at + 3)) else {
            return false;
        };
        let Some(left) = self.subject.clone() else { return false };
        let right = format!("{low} AND {high}");
        self.add_filter(Pred::Compare { left, op: "BETWEEN", right });
        true
    }

    /// True if only small words stand between the subject and this place.
    pub fn near_subject(&self, at: usize) -> bool {
        let mut back = at;
        for _ in 0..4 {
            let Some(i) = back.checked_sub(1) else { return false };
            back = i;
            match (self.kind(back), self.cue(back)) {
                (Some(Kind::Name(_)), _) => return matches!(self.target(back), Some(Target::Column(_))),
                (_, Some(Cue::Filler)) if matches!(self.nodes[back].element.text.as_str(), "do" | "does" | "did") => {
                    return false;
                }
                (_, Some(Cue::Filler | Cue::Of | Cue::Not | Cue::Place | Cue::Named)) => {}
                (Some(Kind::Word), _) => {}
                _ => return false,
            }
        }
        false
    }

    pub fn subject_column(&self) -> Option<ColumnId> {
        match self.subject {
            Some(Expr::Column(c)) => Some(c),
            _ => None,
        }
    }

    pub fn compare(&mut self, at: usize, op: Op, scale: Scale) -> usize {
        let next = self.skip(at + 1, |c| matches!(c, Cue::Filler | Cue::Pronoun));
        if let Some(used) = self.against_aggregate(next, op, scale) {
            return used;
        }
        if let Some(used) = self.than_any(next, op) {
            return used;
        }
        match self.kind(next) {
            Some(Kind::Number(digits)) => {
                let digits = digits.clone();
                self.compare_number(next + 1, op, scale, &digits)
            }
            Some(Kind::Time(Time::Period(period))) => {
                let period = period.clone();
                self.period(next, &period, Some(op))
            }
            Some(Kind::Literal { .. }) if op == Op::Equal => self.literal(next),
            Some(Kind::Name(_)) => match (self.target(next).cloned(), self.subject_column()) {
                (Some(Target::Column(left)), _)
                    if matches!(self.kind(self.skip(next + 1, |c| c == Cue::Filler)), Some(Kind::Number(_))) =>
                {
                    // `above age 20`.
                    self.subject = Some(Expr::Column(left));
                    let number = self.skip(next + 1, |c| c == Cue::Filler);
                    let digits = self.number_at(number).unwrap_or_default();
                    self.compare_number(number + 1, op, Scale::Any, &digits)
                }
                (Some(Target::Column(right)), Some(left))
                    if left != right
                        && self.schema().family(left).is_numeric() == self.schema().family(right).is_numeric() =>
                {
                    let op = self.op(op);
                    self.add_filter(Pred::Columns { left, op, right });
                    next + 1
                }
                _ => at + 1,
            },
            _ => at + 1,
        }
    }

    /// `above the average age`, `larger than the average`, `than any country in Europe`.
    fn against_aggregate(&mut self, at: usize, op: Op, scale: Scale) -> Option<usize> {
        let function = match self.cue(at) {
            Some(Cue::Agg(f @ (Aggregate::Avg | Aggregate::Max | Aggregate::Min))) => f,
            _ => return None,
        };
        let mut next = self.skip(at + 1, |c| matches!(c, Cue::Filler | Cue::Of));
        let named = match self.target(next) {
            Some(Target::Column(c)) => {
                next += 1;
                Some(*c)
            }
            _ => None,
        };
        let left = self.subject_column().filter(|c| self.schema().family(*c).is_numeric());
        let column = named.or(left).or_else(|| self.measured(scale))?;
        let left = left
            .filter(|l| named.is_none_or(|n| self.schema().column(n).words == self.schema().column(*l).words))
            .unwrap_or(column);
        self.forget_output(left);
        let op = self.op(op);
        self.add_filter(Pred::Overall {
            left: Expr::Column(left),
            op,
            function,
            of: Expr::Column(column),
            within: Vec::new(),
        });
        // `… of all X`: the rest of the phrase says nothing new.
        Some(self.skip(next, |c| matches!(c, Cue::Filler | Cue::Of)))
    }

    /// `평균보다 조회수가 높은`: the comparison stands behind the average that it is with.
    pub fn above_aggregate(&mut self, at: usize, op: Op) -> usize {
        let overall = self.frame.outputs.iter().rposition(|o| {
            matches!(&o.expr, Expr::Agg { function: Aggregate::Avg | Aggregate::Max | Aggregate::Min, of, .. } if of.column().is_some())
        });
        let Some(place) = overall.filter(|_| self.is_korean()) else { return at + 1 };
        let Expr::Agg { function, of, .. } = self.frame.outputs.remove(place).expr else { return at + 1 };
        self.frame.outputs.retain(|o| o.expr != *of);
        let op = self.op(op);
        self.subject = None;
        self.add_filter(Pred::Overall { left: (*of).clone(), op, function, of: *of, within: Vec::new() });
        at + 1
    }

    /// `larger than any country in Europe`: than the largest of them.
    fn than_any(&mut self, at: usize, op: Op) -> Option<usize> {
        let left = self
            .subject_column()
            .or_else(|| self.last_number().and_then(|e| e.column()))
            .filter(|c| self.schema().family(*c).is_numeric())?;
        let Some(Target::Table(table)) = self.target(at) else { return None };
        let (place, column, value) = (at + 1..at + 4).find_map(|i| match self.target(i) {
            Some(Target::Value(c, v)) => Some((i, *c, v.clone())),
            _ => None,
        })?;
        (*table == left.table).then_some(())?;
        let greater = matches!(op, Op::Greater | Op::AtLeast);
        let function = if greater { Aggregate::Max } else { Aggregate::Min };
        self.forget_output(left);
        let op = self.op(op);
        let within = vec![Pred::In { column, values: vec![quote(&value)], negated: false }];
        self.add_filter(Pred::Overall { left: Expr::Column(left), op, function, of: Expr::Column(left), within });
        Some(place + 1)
    }

    /// What was compared in the asked part was not asked for.
    pub fn forget_output(&mut self, column: ColumnId) {
        let last_is = self.frame.outputs.last().is_some_and(|o| o.expr == Expr::Column(column));
        if last_is && self.zone == Zone::Output && self.frame.outputs.len() > 1 {
            self.frame.outputs.pop();
        }
    }

    /// `next` is the place behind the number.
    fn compare_number(&mut self, next: usize, op: Op, scale: Scale, digits: &str) -> usize {
        let op = match self.cue(next) {
            Some(Cue::Trailing(op)) => op,
            _ => op,
        };
        let mut after = self.skip(next, |c| matches!(c, Cue::Trailing(_) | Cue::Distinct | Cue::Of | Cue::Filler));
        let value = digits.to_owned();
        if matches!(self.kind(after), Some(Kind::Word))
            && self.nodes.get(after + 1).is_some_and(|n| n.element.is_name())
            && self.subject.is_none()
        {
            after += 1;
        }
        let numeric = |p: &Self| matches!(&p.subject, Some(e) if e.column().is_none_or(|c| p.schema().family(c).is_numeric() || p.schema().family(c) == TypeFamily::Text && p.number_like(c)));
        if !numeric(self)
            && let Some(target) = self.target(after).cloned()
        {
            match target {
                Target::Table(table) => return self.having_count(after, table, op, &value),
                Target::Column(c) if self.schema().family(c).is_numeric() && !self.is_key(c) => {
                    let op = self.op(op);
                    self.add_filter(Pred::Compare { left: Expr::Column(c), op, right: value });
                    return after + 1;
                }
                Target::Column(c) => return self.having_distinct(after, c, op, &value),
                _ => {}
            }
        }
        let hinted = (scale != Scale::Any && !numeric(self)).then(|| self.measured(scale)).flatten();
        let left = match hinted {
            Some(column) => Some(Expr::Column(column)),
            None => self.subject.clone().or_else(|| self.last_number()),
        };
        let Some(left) = left else { return next };
        if let Expr::Column(c) = left {
            self.forget_output(c);
        }
        let op = self.op(op);
        let pred = Pred::Compare { left: left.clone(), op, right: value };
        if left.is_aggregate() {
            self.frame.having.push(pred)
        } else {
            self.add_filter(pred)
        }
        self.skip(next, |c| matches!(c, Cue::Trailing(_)))
    }

    fn number_like(&self, column: ColumnId) -> bool {
        let words = &self.schema().column(column).core;
        words
            .iter()
            .any(|w| matches!(w.as_str(), "year" | "age" | "number" | "amount" | "jahr" | "alter" | "weight" | "price"))
    }

    pub fn is_key(&self, column: ColumnId) -> bool {
        self.schema().tables[column.table].primary_key == [column.column]
    }

    pub fn last_number(&self) -> Option<Expr> {
        let numeric = |e: &Expr| matches!(e, Expr::Column(c) if self.schema().family(*c).is_numeric());
        self.frame.outputs.iter().rev().map(|o| o.expr.clone()).find(numeric)
    }

    /// `with at least 3 orders`.
    fn having_count(&mut self, at: usize, table: TableId, op: Op, value: &str) -> usize {
        let op = self.op(op);
        self.frame.needs.insert(table);
        // `more than one pet type`: another name follows, which is what differs.
        if let Some(Target::Column(c)) = self.target(at + 1)
            && c.table == table
        {
            let left = Expr::Agg { function: Aggregate::Count, of: Box::new(Expr::Column(*c)), distinct: true };
            self.frame.having.push(Pred::Compare { left, op, right: value.to_owned() });
            return at + 2;
        }
        if self.frame.entity != Some(table) || !self.frame.groups.is_empty() {
            self.frame.having.push(Pred::Compare { left: Expr::Count(table), op, right: value.to_owned() });
        }
        at + 1
    }

    fn having_distinct(&mut self, at: usize, column: ColumnId, op: Op, value: &str) -> usize {
        let op = self.op(op);
        let left = Expr::Agg { function: Aggregate::Count, of: Box::new(Expr::Column(column)), distinct: true };
        self.frame.having.push(Pred::Compare { left, op, right: value.to_owned() });
        at + 1
    }

    pub fn between(&mut self, at: usize) -> usize {
        let low = self.skip(at + 1, |c| matches!(c, Cue::Filler));
        if let Some(Kind::Time(Time::Period(period))) = self.kind(low) {
            let period = period.clone();
            if let (Some(year), Some(column)) = (
                period.low.as_deref().and_then(year_in),
                self.subject_column().filter(|c| !self.schema().family(*c).is_temporal()),
            ) {
                let last = period.high.as_deref().and_then(year_in).map_or(year, |y| y - 1);
                let right = format!("{year} AND {last}");
                self.add_filter(Pred::Compare { left: Expr::Column(column), op: "BETWEEN", right });
                return low + 1;
            }
            return self.period(low, &period, None);
        }
        let (Some(Kind::Number(a)), Some(Cue::And | Cue::Place | Cue::Filler), Some(b)) =
            (self.kind(low), self.cue(low + 1), self.number_at(low + 2))
        else {
            return at + 1;
        };
        let right = format!("{a} AND {b}");
        let aged = (low + 3..low + 6).any(|i| self.nodes.get(i).is_some_and(|n| is_old(&n.element.text)));
        let age = self.measured(Scale::Age).filter(|_| aged).map(Expr::Column);
        let Some(left) = age.or_else(|| self.subject.clone()).or_else(|| self.last_number()) else { return low + 3 };
        if let Expr::Column(c) = left {
            self.forget_output(c);
        }
        let op = if std::mem::take(&mut self.negated) { "NOT BETWEEN" } else { "BETWEEN" };
        let pred = Pred::Compare { left: left.clone(), op, right };
        if left.is_aggregate() {
            self.frame.having.push(pred)
        } else {
            self.add_filter(pred)
        }
        low + 3
    }

    pub fn number_at(&self, at: usize) -> Option<String> {
        match self.kind(at) {
            Some(Kind::Number(n)) => Some(n.clone()),
            Some(Kind::Time(Time::Period(Period { year: Some(y), .. }))) => Some(y.to_string()),
            _ => None,
        }
    }
}

/// `30 years old`, `30세`.
fn is_old(text: &str) -> bool {
    matches!(text, "old" | "세" | "살" | "alt")
}

fn year_in(sql: &str) -> Option<i32> {
    sql.strip_prefix("DATE '")?.get(..4)?.parse().ok()
}
