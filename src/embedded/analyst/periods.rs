//! Times as conditions on the date column they are about.

use super::cues::{Cue, Op};
use super::dates::Period;
use super::frame::{Expr, Pred};

use super::parse::Parser;

use super::schema::ColumnId;

use crate::model::TypeFamily;

/// True for words that set two stretches of time side by side.
pub fn compares(text: &str) -> bool {
    const WORDS: [&str; 9] =
        ["vs", "versus", "compared", "compare", "comparison", "대비", "비교", "verglichen", "than"];
    let text = text.to_lowercase();
    text.split(' ').any(|w| WORDS.contains(&w)) || text.starts_with("비교")
}

impl Parser<'_> {
    /// A stretch of time on the column it is about.
    pub fn period(&mut self, at: usize, period: &Period, op: Option<Op>) -> usize {
        let trailing = match self.cue(at + 1) {
            Some(Cue::Trailing(op)) => Some(op),
            _ => None,
        };
        let used = at + 1 + usize::from(trailing.is_some());
        let op = trailing.or(op);
        let aside = self.nodes[at.saturating_sub(4)..at].iter().any(|n| {
            let text = n.element.text.to_lowercase();
            ["inclusive", "exclusive", "including", "excluding"].contains(&text.as_str())
        });
        if aside && op.is_none() {
            return used;
        }
        let subject = self.subject_column().filter(|c| self.is_time(*c));
        let Some(column) = subject.or_else(|| self.time_column(at)) else { return used };
        if subject == Some(column) {
            self.forget_output(column);
        }
        let family = self.schema().family(column);
        if let (Some(year), false) = (period.year, family.is_temporal()) {
            let literal = self.number_literal(column, &year.to_string());
            if op.is_none() {
                return self.one_year(used, column, literal);
            }
            let sql_op = self.op(op.unwrap_or(Op::Equal));
            let right = self.number_literal(column, &year.to_string());
            self.add_filter(Pred::Compare { left: Expr::Column(column), op: sql_op, right });
            return used;
        }
        let text = family == TypeFamily::Text;
        let date = |sql: &str| if text { sql.trim_start_matches("DATE ").to_owned() } else { sql.to_owned() };
        let (low, mut high) = (period.low.as_deref().map(date), period.high.as_deref().map(date));
        let open = high.is_none() && low.as_ref().is_some_and(|l| l.starts_with("CURRENT_DATE -"));
        if open && op.is_none() && self.world.rules.without_today() {
            high = Some("CURRENT_DATE".to_owned());
        }
        let bounds = match op {
            None | Some(Op::Equal) => [low.map(|l| (">=", l)), high.map(|h| ("<", h))],
            Some(Op::Greater) => [high.or(low).map(|h| (">=", h)), None],
            Some(Op::AtLeast) => [low.map(|l| (">=", l)), None],
            Some(Op::Less) => [low.map(|l| ("<", l)), None],
            Some(Op::AtMost) => [high.map(|h| ("<", h)), None],
        };
        let preds: Vec<Pred> = bounds
            .into_iter()
            .flatten()
            .map(|(op, right)| Pred::Compare { left: Expr::Column(column), op, right })
            .collect();
        preds.iter().for_each(|pred| self.add_filter(pred.clone()));
        self.stretches.push(preds);
        used
    }

    /// `this week vs last week`: both stretches in one row, and what lies between.
    pub fn versus(&mut self) {
        let compares = |n: &super::link::Node| compares(&n.element.text);
        let [first, second] = self.stretches.as_slice() else { return };
        let column = |preds: &[Pred]| preds.first().and_then(Pred::column);
        let timed = column(first).is_some() && column(first) == column(second) && first != second;
        if !timed || !self.nodes.iter().any(compares) {
            return;
        }
        let (first, second) = (first.clone(), second.clone());
        let outputs: Vec<super::frame::Output> =
            self.frame.outputs.iter().filter(|o| o.expr.is_aggregate()).cloned().collect();
        if outputs.is_empty() {
            return;
        }
        self.frame.filters.retain(|p| !first.contains(p) && !second.contains(p));
        self.frame.filters.push(Pred::Any(vec![Pred::All(first.clone()), Pred::All(second.clone())]));
        self.frame.outputs.retain(|o| !o.expr.is_aggregate());
        for output in outputs {
            let during = |when: &[Pred]| Expr::During(Box::new(output.expr.clone()), when.to_vec());
            let (a, b) = (during(&first), during(&second));
            let between = Expr::Minus(Box::new(a.clone()), Box::new(b.clone()));
            for (expr, end) in [(a, "first"), (b, "second"), (between, "difference")] {
                let alias = format!("{}_{end}", output.alias);
                self.frame.outputs.push(super::frame::Output { expr, alias });
            }
        }
    }

    /// `in 2014`, `in 2014 and 2015`, `in both 2014 and 2015`.
    pub fn one_year(&mut self, used: usize, column: ColumnId, literal: String) -> usize {
        let negated = std::mem::take(&mut self.negated);
        if self.both {
            let pred = Pred::In { column, values: vec![literal], negated };
            self.frame.filters.push(Pred::Has { table: column.table, when: vec![pred], negated: false });
            return used;
        }
        let listed = self.frame.filters.last_mut().and_then(|p| match p {
            Pred::In { column: known, values, negated: n } if *known == column && *n == negated => Some(values),
            _ => None,
        });
        match listed {
            Some(values) => values.push(literal),
            None => self.add_filter(Pred::In { column, values: vec![literal], negated }),
        }
        used
    }
}
