//! What is returned and what groups: aggregates, columns, grains.

use super::cues::{Aggregate, Cue};

use super::frame::Expr;
use super::lexicon::Target;
use super::parse::{Parser, Zone};
use super::scan::Kind;
use super::schema::{ColumnId, TableId};
use super::snippets::raw;
use crate::model::{SnippetKind, TypeFamily};

/// Column-name words of ready counts.
const COUNT_WORDS: [&str; 10] = ["num", "number", "count", "total", "qty", "quantity", "cnt", "anzahl", "수", "건수"];

impl Parser<'_> {
    /// An aggregate word, in the asked part or in a condition.
    pub fn aggregate(&mut self, at: usize) -> usize {
        if let Some(desc) = self.ranks(at) {
            return self.superlative(at, desc, super::cues::Scale::Any);
        }
        let Some((exprs, next)) = self.operand(at) else {
            self.frame.distinct |= self.cue(at) == Some(Cue::Distinct);
            return self.lonely_aggregate(at);
        };
        let condition = self.zone == Zone::Condition && self.compares_next(next - 1);
        self.frame.distinct |= self.cue(at) == Some(Cue::Distinct) && !condition;
        for expr in exprs {
            if !condition {
                self.output_aggregate(&expr);
            }
            self.subject = Some(expr);
        }
        if !condition {
            self.subject = None;
        }
        next
    }

    /// `which model has the minimum weight`: the extreme picks rows, it is not asked for.
    fn ranks(&self, at: usize) -> Option<bool> {
        let Some(Cue::Agg(function @ (Aggregate::Max | Aggregate::Min))) = self.cue(at) else { return None };
        let mut back = at;
        while back > 0 && matches!(self.nodes[back - 1].element.text.as_str(), "the" | "a" | "an") {
            back -= 1;
        }
        let verb = back > 0
            && matches!(
                self.nodes[back - 1].element.text.to_lowercase().as_str(),
                "has" | "have" | "had" | "with" | "having"
            );
        let column = matches!(self.target(at + 1), Some(Target::Column(c)) if self.schema().family(*c).is_numeric());
        let asked = self.frame.entity.is_some() || !self.frame.outputs.is_empty();
        (verb && column && asked && !self.frame.has_aggregate()).then_some(function == Aggregate::Max)
    }

    fn output_aggregate(&mut self, expr: &Expr) {
        match expr {
            Expr::Count(table) => {
                self.named.push(*table);
                if self.frame.entity.is_none() && self.frame.outputs.is_empty() {
                    self.frame.entity = Some(*table);
                }
            }
            Expr::Column(c) => {
                self.frame.entity = self.frame.entity.or(Some(c.table));
            }
            _ => {}
        }
        self.output(expr.clone());
    }

    /// `how many are there`, `the total`: what is counted stands elsewhere.
    fn lonely_aggregate(&mut self, at: usize) -> usize {
        self.lonely |= self.returned.is_some();
        if self.cue(at) == Some(Cue::Agg(Aggregate::Count)) && (self.zone == Zone::Output || self.is_korean()) {
            // `반응 수는 총 몇 개인가요`: the number that is named is what is counted.
            let named = self.frame.outputs.last().is_some_and(|o| match o.expr {
                Expr::Column(column) => self.additive(column),
                _ => o.expr.is_aggregate(),
            });
            if named && self.is_korean() {
                return at + 1;
            }
            self.counts_rows = true;
            if let Some(entity) = self.frame.entity {
                self.output(Expr::Count(entity));
            }
        }
        at + 1
    }

    /// Reads aggregates and the name they are of, as one or more expressions.
    pub fn operand(&mut self, at: usize) -> Option<(Vec<Expr>, usize)> {
        let (mut functions, mut distinct, mut next) = (Vec::new(), false, at);
        loop {
            match (&self.nodes.get(next)?.element.kind, self.cue(next)) {
                (_, Some(Cue::Agg(function))) => {
                    let text = self.nodes[next].element.text.to_lowercase();
                    if function == Aggregate::Count && (text.starts_with("total") || text.starts_with('총')) {
                        functions.push(Aggregate::Sum);
                    }
                    functions.push(function);
                }
                (_, Some(Cue::Distinct)) => distinct = true,
                (_, Some(Cue::Super(desc, _))) if !functions.is_empty() || self.comparing => {
                    functions.push(if desc { Aggregate::Max } else { Aggregate::Min })
                }
                (_, Some(Cue::Filler | Cue::Of | Cue::Pronoun)) => {}
                (_, Some(Cue::And)) | (Kind::Comma, _) if !functions.is_empty() && self.more_functions(next) => {}
                (Kind::Name(_), _) => break,
                (Kind::Number(_), _) => return None,
                (Kind::Word, _) if next < at + 3 => drop(self.word(next)),
                _ => return None,
            }
            next += 1;
        }
        // `official languages` counts languages.
        if let Some(Target::Column(flag)) = self.target(next).cloned() {
            let is = self.schema().column(flag).core.first().is_some_and(|w| w == "is" || w == "has");
            if is && self.nodes.get(next + 1).is_some_and(|n| n.element.is_name()) {
                self.flag(next, flag);
                next += 1;
            }
        }
        let target = self.target(next)?.clone();
        let mut exprs = Vec::new();
        let mut used = next + 1;
        match target {
            Target::Column(column) => self.of_column(&functions, distinct, column, &mut exprs),
            Target::Table(table) => {
                // `number of customer names` means the column.
                if let (Some(Target::Column(c)), true) = (self.target(next + 1), functions != [Aggregate::Count])
                    && c.table == table
                {
                    self.of_column(&functions, distinct, *c, &mut exprs);
                    used += 1;
                }
                if exprs.is_empty() {
                    exprs.push(self.of_table(&functions, table));
                }
            }
            Target::Snippet(_) | Target::Rule(_) if self.restricts(next) => {
                // `how many late orders`: the filter restricts what is counted.
                let table = self.name_restriction(next)?;
                match self.target(next + 1).cloned() {
                    Some(Target::Table(t)) => {
                        exprs.push(self.of_table(&functions, t));
                        used += 1;
                    }
                    Some(Target::Column(c)) => {
                        self.of_column(&functions, distinct, c, &mut exprs);
                        used += 1;
                    }
                    _ => exprs.push(self.of_table(&functions, table)),
                }
            }
            Target::Snippet(place) => exprs.push(self.of_snippet(&functions, distinct, place)?),
            Target::Rule(place) => exprs.push(raw(self
                .world
                .rules
                .definition(place)
                .filter(|f| !super::instructions::is_predicate(&f.sql))?)),
            Target::Value(..) => {
                // `number of French singers`: the value restricts what is counted.
                let (inner, after) = self.value_then(next, &functions, distinct)?;
                exprs = inner;
                used = after;
            }
        }
        Some((exprs, used))
    }

    /// True if behind this comma or `and` another aggregate of the same name follows.
    fn more_functions(&self, at: usize) -> bool {
        let mut next = at + 1;
        while matches!(self.cue(next), Some(Cue::Filler | Cue::And)) {
            next += 1;
        }
        matches!(self.cue(next), Some(Cue::Agg(f)) if f != Aggregate::Count)
            || matches!(self.cue(next), Some(Cue::Super(..)))
    }

    pub fn of_column(&self, functions: &[Aggregate], distinct: bool, column: ColumnId, exprs: &mut Vec<Expr>) {
        let info = self.schema().column(column);
        let counts = info.core.iter().any(|w| COUNT_WORDS.contains(&w.as_str())) && info.family.is_numeric();
        let ready = functions.contains(&Aggregate::Count) && counts;
        let countable = functions.contains(&Aggregate::Count);
        let also = functions.iter().any(|f| !matches!(f, Aggregate::Count | Aggregate::Sum));
        // `number of` before a ready count, or between `average` and a number, adds nothing.
        let skip = |f: &Aggregate| match f {
            Aggregate::Count => ready || also && info.family.is_numeric(),
            Aggregate::Sum => countable && !ready,
            _ => false,
        };
        let rest: Vec<Aggregate> = functions.iter().copied().filter(|f| !skip(f)).collect();
        if rest.is_empty() {
            exprs.push(Expr::Column(column));
        }
        for function in rest {
            let key = self.schema().is_unique(column.table, &[column.column]);
            let function =
                if function == Aggregate::Sum && !info.family.is_numeric() { Aggregate::Count } else { function };
            if function == Aggregate::Count && key {
                exprs.push(Expr::Count(column.table));
                continue;
            }
            let distinct = distinct || function == Aggregate::Count && info.family == TypeFamily::Text;
            exprs.push(Expr::Agg { function, of: Box::new(Expr::Column(column)), distinct });
        }
    }

    pub fn of_table(&self, functions: &[Aggregate], table: TableId) -> Expr {
        let counted = functions.is_empty() || functions.contains(&Aggregate::Count);
        // `전체 사용자`, `총 사용자`: all of them, not a sum of something.
        let all = functions == [Aggregate::Sum] && self.is_korean();
        if !counted
            && !all
            && let Some(only) = self.only_measure(table)
        {
            return Expr::Agg { function: functions[0], of: Box::new(Expr::Column(only)), distinct: false };
        }
        Expr::Count(table)
    }

    /// The one number of a table that is neither key nor year.
    pub fn only_measure(&self, table: TableId) -> Option<ColumnId> {
        let info = &self.schema().tables[table];
        let number = |c: &usize| {
            let column = &info.columns[*c];
            let id = column
                .words
                .last()
                .is_some_and(|w| w.ends_with("id") || w == "code" || w == "year" || w == "number" || w == "no");
            column.family.is_numeric() && !id && !info.primary_key.contains(c)
        };
        let found: Vec<usize> = (0..info.columns.len()).filter(number).collect();
        let decimal =
            found.iter().copied().filter(|c| info.columns[*c].family == TypeFamily::Decimal).collect::<Vec<_>>();
        match (found.as_slice(), decimal.as_slice()) {
            ([only], _) | (_, [only]) => Some(ColumnId { table, column: *only }),
            _ => None,
        }
    }

    pub fn of_snippet(&self, functions: &[Aggregate], distinct: bool, place: usize) -> Option<Expr> {
        let snippet = self.world.snippets.get(place)?;
        let expr = raw(snippet.fragment.as_ref()?);
        match (snippet.kind, functions.first()) {
            (SnippetKind::Measure, _) | (SnippetKind::Expression, None) => Some(expr),
            (SnippetKind::Expression, Some(function)) => {
                Some(Expr::Agg { function: *function, of: Box::new(expr), distinct })
            }
            (SnippetKind::Filter, _) => None,
        }
    }

    /// `나이 평균`, `유저 수`.
    pub fn postfix_aggregate(&mut self, at: usize, column: ColumnId) -> Option<usize> {
        let korean = self.nodes[at].element.text.chars().any(crate::text::is_hangul);
        let Some(Cue::Agg(function)) = self.cue(at + 1).filter(|_| korean) else { return None };
        // `평균 나이` of the next name belongs to that one.
        if self.nodes.get(at + 2).is_some_and(|n| n.element.is_name()) {
            return None;
        }
        let mut exprs = Vec::new();
        self.of_column(&[function], false, column, &mut exprs);
        for expr in exprs {
            self.output_aggregate(&expr);
            self.subject = Some(expr);
        }
        Some(at + 2)
    }
}
