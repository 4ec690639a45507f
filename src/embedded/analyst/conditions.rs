//! Which rows: comparisons, values, texts, times.

use super::cues::{Aggregate, Cue, Match, Op, Scale};
use super::dates::{Period, Time};
use super::frame::{Expr, Pred};
use super::lexicon::Target;
use super::parse::{Parser, Zone};
use super::scan::Kind;
use super::schema::{ColumnId, TableId};
use super::values::quote;
use crate::model::TypeFamily;

impl Parser<'_> {
    fn kind(&self, at: usize) -> Option<&Kind> {
        self.nodes.get(at).map(|n| &n.element.kind)
    }

    fn skip(&self, mut at: usize, what: impl Fn(Cue) -> bool) -> usize {
        while self.cue(at).is_some_and(&what) {
            at += 1;
        }
        at
    }

    fn op(&mut self, op: Op) -> &'static str {
        if std::mem::take(&mut self.negated) { op.negated() } else { op.sql() }
    }

    /// A number without a comparison before it.
    pub fn number(&mut self, at: usize, digits: &str) -> usize {
        let trailing = (at + 1..=at + 2).find_map(|i| match self.cue(i) {
            Some(Cue::Trailing(op)) => Some((op, i)),
            _ => None,
        });
        let unit = at + 2 > self.nodes.len() || matches!(self.kind(at + 1), Some(Kind::Word));
        if let Some((op, used)) = trailing.filter(|(_, i)| *i == at + 1 || unit) {
            return self.compare_number(used + 1, op, Scale::Any, digits);
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
        let old = self
            .nodes
            .iter()
            .skip(at + 1)
            .take(2)
            .any(|n| matches!(n.element.text.as_str(), "old" | "세" | "살" | "alt"));
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

    fn number_literal(&self, column: ColumnId, digits: &str) -> String {
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
    fn near_subject(&self, at: usize) -> bool {
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

    /// What an adjective measures, of the table named last that has it.
    pub fn measured(&self, scale: Scale) -> Option<ColumnId> {
        let mut tables = self.named.iter().rev().copied().chain(self.frame.entity);
        tables.find_map(|t| self.intrinsic(t, scale)).map(|(c, _)| c)
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
    fn forget_output(&mut self, column: ColumnId) {
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

    fn last_number(&self) -> Option<Expr> {
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
        let Some(left) = self.subject.clone().or_else(|| self.last_number()) else { return low + 3 };
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

    fn number_at(&self, at: usize) -> Option<String> {
        match self.kind(at) {
            Some(Kind::Number(n)) => Some(n.clone()),
            Some(Kind::Time(Time::Period(Period { year: Some(y), .. }))) => Some(y.to_string()),
            _ => None,
        }
    }

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
        let (low, high) = (period.low.as_deref().map(date), period.high.as_deref().map(date));
        let bounds = match op {
            None | Some(Op::Equal) => [low.map(|l| (">=", l)), high.map(|h| ("<", h))],
            Some(Op::Greater) => [high.or(low).map(|h| (">=", h)), None],
            Some(Op::AtLeast) => [low.map(|l| (">=", l)), None],
            Some(Op::Less) => [low.map(|l| ("<", l)), None],
            Some(Op::AtMost) => [high.map(|h| ("<", h)), None],
        };
        for (op, right) in bounds.into_iter().flatten() {
            self.add_filter(Pred::Compare { left: Expr::Column(column), op, right });
        }
        used
    }

    /// `in 2014`, `in 2014 and 2015`, `in both 2014 and 2015`.
    fn one_year(&mut self, used: usize, column: ColumnId, literal: String) -> usize {
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

    /// A text in quotes, or a proper name.
    pub fn literal(&mut self, at: usize) -> usize {
        let text = self.nodes[at].element.text.clone();
        if let Some(used) = self.inside(at, &text) {
            return used;
        }
        let acronym = text.chars().count() <= 6 && text.chars().all(|c| c.is_uppercase() || c.is_ascii_digit());
        let placed = at > 0 && matches!(self.cue(at - 1), Some(Cue::Place | Cue::Named | Cue::Or | Cue::Compare(..)));
        let quoted = matches!(self.nodes[at].element.kind, Kind::Literal { quoted: true });
        if acronym
            && !quoted
            && !placed
            && self.zone == Zone::Output
            && !self.is_korean()
            && !self.target(at + 1).is_some_and(|t| matches!(t, Target::Table(_) | Target::Column(_)))
        {
            self.frame.unknown.push(text);
            return at + 1;
        }
        let Some(column) = self.literal_column(at) else { return at + 1 };
        self.frame.entity = self.frame.entity.or(Some(column.table));
        let mut values = vec![text];
        let mut next = at + 1;
        while let (true, Some(Kind::Literal { .. })) = (
            matches!(self.cue(next), Some(Cue::Or | Cue::And)) || matches!(self.kind(next), Some(Kind::Comma)),
            self.kind(next + 1),
        ) {
            values.push(self.nodes[next + 1].element.text.clone());
            next += 2;
        }
        let negated = std::mem::take(&mut self.negated);
        let both = self.both;
        let texts: Vec<Pred> = values.into_iter().map(|value| self.text_equals(column, value, negated)).collect();
        self.add_texts(column, texts, negated, both);
        next
    }

    /// `have 'Ford' in their name`.
    fn inside(&mut self, at: usize, text: &str) -> Option<usize> {
        if !matches!(self.nodes.get(at + 1), Some(n) if n.element.text == "in") {
            return None;
        }
        let next = self.skip(at + 2, |c| matches!(c, Cue::Filler | Cue::Pronoun));
        let Some(Target::Column(column)) = self.target(next).filter(|_| next > at + 2) else { return None };
        let column = *column;
        (self.schema().family(column) == TypeFamily::Text).then_some(())?;
        let negated = std::mem::take(&mut self.negated);
        self.add_filter(Pred::Like { column, pattern: format!("%{text}%"), negated });
        Some(next + 1)
    }

    fn text_equals(&self, column: ColumnId, value: String, negated: bool) -> Pred {
        let info = self.schema().column(column);
        let known =
            info.values.iter().find(|(v, name)| v.eq_ignore_ascii_case(&value) || name.eq_ignore_ascii_case(&value));
        match known {
            Some((stored, _)) => Pred::In { column, values: vec![quote(stored)], negated },
            None if info.family != TypeFamily::Text => {
                Pred::Compare { left: Expr::Column(column), op: if negated { "<>" } else { "=" }, right: quote(&value) }
            }
            None => Pred::Text { column, value, negated },
        }
    }

    fn add_texts(&mut self, column: ColumnId, texts: Vec<Pred>, negated: bool, both: bool) {
        if both {
            for pred in texts {
                self.frame.filters.push(Pred::Has { table: column.table, when: vec![pred], negated });
            }
        } else if negated {
            texts.into_iter().for_each(|pred| self.add_filter(pred));
        } else {
            match <[Pred; 1]>::try_from(texts) {
                Ok([one]) => self.add_filter(one),
                Err(many) => self.add_filter(Pred::Any(many)),
            }
        }
    }

    fn literal_column(&self, at: usize) -> Option<ColumnId> {
        let text = |c: ColumnId| matches!(self.schema().family(c), TypeFamily::Text | TypeFamily::Other);
        let label = |t: TableId| self.schema().labels(t).first().copied().filter(|c| text(*c));
        let before = at.checked_sub(1);
        if let Some(column) = self.subject_column().filter(|c| text(*c) && self.near_subject(at)) {
            return Some(column);
        }
        match before.and_then(|i| self.target(i)) {
            Some(Target::Table(t)) => return label(*t),
            Some(Target::Column(c)) if text(*c) => return Some(*c),
            _ => {}
        }
        match self.target(at + 1) {
            Some(Target::Column(c)) if text(*c) => return Some(*c),
            Some(Target::Table(t)) => return label(*t),
            _ => {}
        }
        if before.and_then(|i| self.cue(i)) == Some(Cue::Place)
            && let Some(place) = self.place_column()
        {
            return Some(place);
        }
        let last = self.named.last().copied();
        last.or(self.frame.entity).and_then(label)
    }

    /// Where the rows are: a column of the tables in use that names a place.
    pub fn place_column(&self) -> Option<ColumnId> {
        const PLACES: [&str; 14] = [
            "country",
            "city",
            "state",
            "region",
            "location",
            "place",
            "nation",
            "district",
            "address",
            "continent",
            "국가",
            "지역",
            "도시",
            "land",
        ];
        let outputs = self.frame.outputs.iter().filter_map(|o| o.expr.column()).map(|c| c.table);
        let used: Vec<TableId> =
            self.named.iter().copied().chain(self.frame.entity).chain(outputs).chain(self.later_tables()).collect();
        let text = |id: &ColumnId| self.schema().family(*id) == TypeFamily::Text;
        let column = |place: &str| {
            let named = |core: &[String]| core == [place] || core == [place, "name"];
            let fits = |(id, c): &(ColumnId, &super::schema::ColumnInfo)| {
                used.contains(&id.table) && named(&c.core) && text(id)
            };
            self.schema().columns().find(fits).map(|(id, _)| id)
        };
        let table = |place: &str, any: bool| {
            let fits = |t: &TableId| self.schema().tables[*t].words == [place] && (any || used.contains(t));
            let found = (0..self.schema().tables.len()).find(fits)?;
            self.schema().labels(found).first().copied().filter(text)
        };
        let near = PLACES.iter().find_map(|place| table(place, false).or_else(|| column(place)));
        near.or_else(|| PLACES.iter().find_map(|place| table(place, true)))
    }

    /// A value that the space knows.
    pub fn value(&mut self, at: usize, column: ColumnId, value: &str) -> usize {
        let literal = if self.schema().family(column).is_numeric() { value.to_owned() } else { quote(value) };
        let negated = std::mem::take(&mut self.negated);
        self.conditions += 1;
        if self.both {
            self.frame.filters.push(Pred::Has {
                table: column.table,
                when: vec![Pred::In { column, values: vec![literal], negated }],
                negated: false,
            });
            return at + 1;
        }
        let listed = self.frame.filters.iter_mut().rev().find_map(|p| match p {
            Pred::In { column: known, values, negated: n } if *known == column && *n == negated => Some(values),
            _ => None,
        });
        if let Some(values) = listed {
            if !values.contains(&literal) {
                values.push(literal);
            }
            self.or = false;
            return at + 1;
        }
        let elsewhere = negated
            && self
                .frame
                .entity
                .is_some_and(|e| e != column.table && !self.schema().is_unique(column.table, &[column.column]));
        let pred = Pred::In { column, values: vec![literal], negated: negated && !elsewhere };
        if elsewhere && self.absent.is_none() {
            self.frame.filters.push(Pred::Has { table: column.table, when: vec![pred], negated: true });
        } else {
            self.add_filter(pred);
        }
        at + 1
    }

    /// `starts with J`, `contains the letter 'a'`.
    pub fn pattern(&mut self, at: usize, kind: Match) -> usize {
        let mut kind = kind;
        let mut next = at + 1;
        while let Some(cue) = self.cue(next).filter(|c| matches!(c, Cue::Filler | Cue::Pattern(_) | Cue::Place)) {
            if let Cue::Pattern(Match::Starts | Match::Ends) = cue {
                if let Cue::Pattern(inner) = cue {
                    kind = inner;
                }
            }
            next += 1;
        }
        let Some(text) = self.nodes.get(next).map(|n| n.element.text.clone()).filter(|t| t.chars().count() <= 60)
        else {
            return at + 1;
        };
        let fallback = || self.frame.entity.and_then(|t| self.schema().labels(t).first().copied());
        let Some(column) =
            self.subject_column().filter(|c| self.schema().family(*c) == TypeFamily::Text).or_else(fallback)
        else {
            return next + 1;
        };
        self.forget_output(column);
        let safe = text.replace('%', "\\%");
        let pattern = match kind {
            Match::Starts => format!("{safe}%"),
            Match::Ends => format!("%{safe}"),
            Match::Contains => format!("%{safe}%"),
        };
        let negated = std::mem::take(&mut self.negated);
        self.add_filter(Pred::Like { column, pattern, negated });
        next + 1
    }

    pub fn null(&mut self, at: usize) -> usize {
        let next = match self.target(at + 1) {
            Some(Target::Column(c)) => Some(*c),
            _ => None,
        };
        if let Some(column) = self.subject_column().or(next) {
            let negated = std::mem::take(&mut self.negated);
            self.add_filter(Pred::Null { column, negated });
        }
        at + 1
    }
}

fn year_in(sql: &str) -> Option<i32> {
    sql.strip_prefix("DATE '")?.get(..4)?.parse().ok()
}
