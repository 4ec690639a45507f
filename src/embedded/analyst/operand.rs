//! What is returned and what groups: aggregates, columns, grains.

use super::cues::{Aggregate, Cue};
use super::dates::Unit;
use super::frame::{Expr, Pred};
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
        if self.cue(at) == Some(Cue::Agg(Aggregate::Count)) && self.zone == Zone::Output {
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
                (_, Some(Cue::Super(desc, _))) if !functions.is_empty() => {
                    functions.push(if desc { Aggregate::Max } else { Aggregate::Min })
                }
                (_, Some(Cue::Filler | Cue::Of | Cue::Pronoun)) => {}
                (_, Some(Cue::And)) | (Kind::Comma, _) if !functions.is_empty() && self.more_functions(next) => {}
                (Kind::Name(_), _) => break,
                (Kind::Number(_), _) => return None,
                (Kind::Word, _) if next < at + 3 => {}
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
                if let (Some(Target::Column(c)), true) = (self.target(next + 1), functions != [Aggregate::Count]) {
                    if c.table == table {
                        self.of_column(&functions, distinct, *c, &mut exprs);
                        used += 1;
                    }
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

    /// True for a filter snippet, or a rule that is a condition.
    fn restricts(&self, at: usize) -> bool {
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
    fn name_restriction(&mut self, at: usize) -> Option<TableId> {
        let fragment = match self.target(at)? {
            Target::Snippet(place) => self.world.snippets.get(*place)?.fragment.as_ref()?,
            Target::Rule(place) => self.world.rules.definition(*place)?,
            _ => return None,
        };
        self.add_filter(Pred::Raw { sql: fragment.sql.clone(), tables: fragment.tables.clone() });
        fragment.columns.first().map(|c| c.table)
    }

    fn value_then(&mut self, at: usize, functions: &[Aggregate], distinct: bool) -> Option<(Vec<Expr>, usize)> {
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

    /// True if behind this comma or `and` another aggregate of the same name follows.
    fn more_functions(&self, at: usize) -> bool {
        let mut next = at + 1;
        while matches!(self.cue(next), Some(Cue::Filler | Cue::And)) {
            next += 1;
        }
        matches!(self.cue(next), Some(Cue::Agg(f)) if f != Aggregate::Count)
            || matches!(self.cue(next), Some(Cue::Super(..)))
    }

    fn of_column(&self, functions: &[Aggregate], distinct: bool, column: ColumnId, exprs: &mut Vec<Expr>) {
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

    fn of_table(&self, functions: &[Aggregate], table: TableId) -> Expr {
        let counted = functions.is_empty() || functions.contains(&Aggregate::Count);
        if !counted && let Some(only) = self.only_measure(table) {
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

    fn of_snippet(&self, functions: &[Aggregate], distinct: bool, place: usize) -> Option<Expr> {
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
    fn more_groups(&mut self, at: usize) -> usize {
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
        let verb = at > 0 && matches!(self.nodes[at - 1].element.kind, Kind::Word);
        let aggregated = self.frame.has_aggregate();
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

    /// `percentage of X that …`, `ratio of X with … to …`.
    pub fn ratio(&mut self, at: usize, percent: bool) -> usize {
        self.share = Some(percent);
        at + 1
    }

    /// `difference between A and B`, of two names.
    pub fn difference(&mut self, at: usize) -> usize {
        let mut next = at + 1;
        while matches!(self.cue(next), Some(Cue::Filler | Cue::Between | Cue::Of | Cue::Place)) {
            next += 1;
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

    /// What stands for yes in a text column of flags, where its values are known.
    fn yes_value(&self, column: ColumnId) -> Option<String> {
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
}
