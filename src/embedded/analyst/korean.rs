//! What Korean says behind the name that it is about: absence, ranks, counts of groups, rates.

use super::cues::{Aggregate, Cue, Op};
use super::frame::{Expr, Pred};
use super::lexicon::Target;
use super::parse::Parser;
use super::scan::Kind;
use super::schema::TableId;

/// Counters behind a number.
const COUNTERS: [&str; 10] = ["명", "개", "건", "곳", "위", "가지", "종", "대", "회", "번"];

impl Parser<'_> {
    /// The next name, past words that name nothing.
    fn next_name(&self, at: usize) -> Option<usize> {
        (at..self.nodes.len().min(at + 4)).find(|i| self.target(*i).is_some())
    }

    /// The table that was named last, with nothing but small words since.
    fn table_before(&self, at: usize) -> Option<TableId> {
        let back = (at.saturating_sub(3)..at).rev().find(|i| self.target(*i).is_some())?;
        match self.target(back) {
            Some(Target::Table(table)) => Some(*table),
            _ => None,
        }
    }

    /// `게시글이 없는 사용자`: what is absent stands before.
    pub fn korean_absence(&mut self, at: usize) -> Option<usize> {
        let absent = self.is_korean().then(|| self.table_before(at)).flatten()?;
        let next = self.next_name(at + 1)?;
        let entity = match self.target(next)? {
            Target::Table(t) if *t != absent => *t,
            Target::Column(c) if c.table != absent => c.table,
            _ => return None,
        };
        self.frame.outputs.retain(|o| !matches!(o.expr, Expr::Count(t) if t == absent));
        self.frame.needs.remove(&absent);
        self.frame.entity = Some(entity);
        self.frame.filters.push(Pred::Has { table: absent, when: Vec::new(), negated: true });
        self.negated = false;
        Some(at + 1)
    }

    /// `게시글을 가장 많이 작성한 사용자`: rows of the second table, by how many of the first.
    pub fn korean_most(&mut self, at: usize, desc: bool) -> Option<usize> {
        let counted = self.is_korean().then(|| self.table_before(at)).flatten()?;
        let next = self.next_name(at + 1)?;
        let entity = match self.target(next)? {
            Target::Table(t) if *t != counted => *t,
            Target::Column(c) if c.table != counted => c.table,
            _ => return None,
        };
        self.frame.outputs.retain(|o| !matches!(o.expr, Expr::Count(t) if t == counted));
        self.frame.entity = Some(entity);
        self.frame.needs.insert(counted);
        self.group_table(entity);
        self.rank(Expr::Count(counted), desc);
        Some(at + 1)
    }

    /// `좋아요 수 상위 10개 게시글`: the count before ranks the rows behind.
    pub fn korean_top(&mut self, at: usize, desc: bool) -> Option<usize> {
        let key = self.frame.outputs.last().map(|o| o.expr.clone()).filter(|e| e.is_aggregate() && self.is_korean())?;
        let next = self.next_name(at)?;
        let entity = match self.target(next)? {
            Target::Table(t) => *t,
            Target::Column(c) => c.table,
            _ => return None,
        };
        let mut counted = std::collections::BTreeSet::new();
        key.tables(&mut counted);
        if counted.contains(&entity) {
            return None;
        }
        self.frame.entity = Some(entity);
        self.group_table(entity);
        self.rank(key, desc);
        Some(at)
    }

    /// `사용자가 10명 이상인 지역`: groups with so many rows.
    pub fn korean_having(&mut self, at: usize, used: usize, op: Op, digits: &str) -> Option<usize> {
        let counted = self.is_korean().then(|| self.table_before(at)).flatten()?;
        let next = self.next_name(used + 1)?;
        match self.target(next)? {
            Target::Column(c) => {
                let group = Expr::Column(*c);
                self.output(group.clone());
                self.group(group);
            }
            Target::Table(t) if *t != counted => {
                let table = *t;
                self.frame.entity = Some(table);
                self.group_table(table);
            }
            _ => return None,
        }
        self.frame.needs.insert(counted);
        let op = self.op(op);
        self.frame.having.push(Pred::Compare { left: Expr::Count(counted), op, right: digits.to_owned() });
        Some(used + 1)
    }

    /// `사용자 5명`: how many of the ranked rows.
    pub fn korean_limit(&mut self, at: usize, digits: &str) -> Option<usize> {
        let counter = self.nodes.get(at + 1).is_some_and(|n| COUNTERS.iter().any(|c| n.element.text.starts_with(c)));
        if !counter || !self.is_korean() || self.frame.order.is_empty() || self.frame.limit != Some(1) {
            return None;
        }
        self.frame.limit = digits.parse().ok();
        Some(at + 2)
    }

    /// `유저당 매출`: the name before is what the next one is divided by.
    pub fn per(&mut self, at: usize) -> usize {
        let Some(last) = self.frame.outputs.last().map(|o| o.expr.clone()) else {
            if let Some(Target::Table(table)) = at.checked_sub(1).and_then(|i| self.target(i)).cloned() {
                self.divisor = Some(Expr::Count(table));
            }
            return at + 1;
        };
        let number = last.is_aggregate() || last.column().is_some_and(|c| self.additive(c));
        if number {
            self.frame.outputs.pop();
            self.divisor = Some(self.total(last));
        }
        at + 1
    }

    /// A number as its sum over rows.
    fn total(&self, expr: Expr) -> Expr {
        if expr.is_aggregate() {
            return expr;
        }
        Expr::Agg { function: Aggregate::Sum, of: Box::new(expr), distinct: false }
    }

    /// `A / B` of two numbers.
    pub fn divided(&mut self, at: usize) -> usize {
        let Some(part) = self.frame.outputs.last().map(|o| o.expr.clone()) else { return at + 1 };
        let number = part.is_aggregate() || part.column().is_some_and(|c| self.additive(c));
        let Some((exprs, used)) = self.operand(at + 1).filter(|_| number) else { return at + 1 };
        let Some(whole) = exprs.into_iter().next() else { return at + 1 };
        if !whole.is_aggregate() && !whole.column().is_some_and(|c| self.additive(c)) {
            return at + 1;
        }
        self.frame.outputs.pop();
        let expr = Expr::Ratio { part: Box::new(self.total(part)), whole: Box::new(self.total(whole)) };
        self.output(expr);
        let counts = matches!(self.cue(used), Some(Cue::Agg(Aggregate::Count)));
        used + usize::from(counts)
    }

    /// Divides the one number that is asked for.
    pub fn divide(&mut self) {
        let Some(whole) = self.divisor.take() else { return };
        let number = |e: &Expr| e.is_aggregate() || e.column().is_some_and(|c| self.additive(c));
        let Some(place) = self.frame.outputs.iter().rposition(|o| number(&o.expr)) else { return };
        let part = self.frame.outputs.remove(place).expr;
        let part = match part {
            Expr::Agg { function: Aggregate::Avg, of, .. } => *of,
            other => other,
        };
        let expr = Expr::Ratio { part: Box::new(self.total(part)), whole: Box::new(whole) };
        self.output(expr);
    }
}

/// A word grown together with a cue before it: `총매출`, `평균나이`, `Durchschnittspreis`.
pub fn leading_cue(word: &str) -> Option<(Cue, String)> {
    const LEADS: [(&str, Aggregate); 14] = [
        ("총", Aggregate::Sum),
        ("평균", Aggregate::Avg),
        ("최대", Aggregate::Max),
        ("최소", Aggregate::Min),
        ("durchschnitts", Aggregate::Avg),
        ("durchschnitt", Aggregate::Avg),
        ("gesamt", Aggregate::Sum),
        ("höchst", Aggregate::Max),
        ("hochst", Aggregate::Max),
        ("maximal", Aggregate::Max),
        ("mindest", Aggregate::Min),
        ("minimal", Aggregate::Min),
        ("spitzen", Aggregate::Max),
        ("mittel", Aggregate::Avg),
    ];
    LEADS.iter().find_map(|(lead, function)| {
        let rest = word.strip_prefix(lead).filter(|rest| rest.chars().count() >= 2)?;
        Some((Cue::Agg(*function), rest.to_owned()))
    })
}

/// True for a node that holds only a counter.
pub fn is_counter(kind: &Kind, text: &str) -> bool {
    matches!(kind, Kind::Word | Kind::Cue(Cue::Filler)) && COUNTERS.contains(&text)
}
