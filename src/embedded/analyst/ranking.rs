//! Order and limits: superlatives, top-n, sorting.

use super::cues::{Aggregate, Cue, Scale};
use super::frame::Expr;
use super::lexicon::Target;
use super::parse::{Parser, Zone};
use super::scan::Kind;
use super::schema::{ColumnId, TableId};
use crate::model::TypeFamily;

impl Parser<'_> {
    /// `the youngest singer`, `the highest capacity`, `the most concerts`.
    pub fn superlative(&mut self, at: usize, desc: bool, scale: Scale) -> usize {
        let text = self.nodes[at].element.text.to_lowercase();
        // `from the best to the lowest` is an order, no rank.
        if self.nodes[at.saturating_sub(2)..at].iter().any(|n| n.element.text == "to" || n.element.text == "to the") {
            if let Some(last) = self.frame.order.last_mut() {
                last.1 = !desc;
            } else if let Some(key) = self.subject.clone() {
                self.frame.order.push((key, !desc));
            }
            return at + 1;
        }
        if let Some(used) = self.korean_rank(at, desc).or_else(|| self.korean_most(at, desc)) {
            return used;
        }
        let mut next = at + 1;
        let mut counted = text.contains("number")
            || ["most", "the most", "least", "fewest", "the least", "meisten", "wenigsten"].contains(&text.as_str())
            || text.contains("많");
        let mut function = None;
        while let Some(cue) = self.cue(next) {
            match cue {
                Cue::Filler | Cue::Of | Cue::Distinct | Cue::Place => {}
                Cue::Agg(Aggregate::Count) => counted = true,
                Cue::Agg(f) => function = Some(f),
                _ => break,
            }
            next += 1;
        }
        if let Some(Kind::Number(digits)) = self.nodes.get(next).map(|n| &n.element.kind) {
            self.wanted = digits.parse().ok();
            next += 1;
        }
        if matches!(self.nodes.get(next).map(|n| &n.element.kind), Some(Kind::Word))
            && self.nodes.get(next + 1).is_some_and(|n| n.element.is_name())
        {
            next += 1;
        }
        match self.target(next).cloned() {
            Some(Target::Column(column)) => self.by_column(next, column, desc, scale, function, counted),
            Some(Target::Table(table)) => self.by_table(next, table, desc, scale, counted),
            Some(Target::Snippet(_) | Target::Rule(_)) => match self.operand(next) {
                Some((exprs, used)) => {
                    exprs.into_iter().take(1).for_each(|e| self.rank(e, desc));
                    used
                }
                None => next + 1,
            },
            _ => {
                self.by_nothing(desc, scale);
                at + 1
            }
        }
    }

    /// `유저 수가 가장 많은 국가`: what ranks stands before, what is asked for behind.
    fn korean_rank(&mut self, at: usize, desc: bool) -> Option<usize> {
        let last = self.frame.outputs.last().map(|o| o.expr.clone()).filter(|_| self.is_korean())?;
        let number = last.is_aggregate() || last.column().is_some_and(|c| self.schema().family(c).is_numeric());
        let target = self.target(at + 1).filter(|_| number)?.clone();
        match target {
            Target::Column(c) if !self.schema().family(c).is_numeric() => {
                self.frame.outputs.pop();
                self.output(Expr::Column(c));
                let expr = if last.is_aggregate() {
                    last
                } else {
                    Expr::Agg { function: Aggregate::Sum, of: Box::new(last), distinct: false }
                };
                self.rank(expr, desc);
            }
            Target::Table(t) => {
                self.frame.outputs.pop();
                self.named.push(t);
                self.frame.entity = Some(t);
                self.rank(last, desc);
            }
            _ => return None,
        }
        Some(at + 2)
    }

    fn by_column(
        &mut self,
        at: usize,
        column: ColumnId,
        desc: bool,
        scale: Scale,
        function: Option<Aggregate>,
        counted: bool,
    ) -> usize {
        let family = self.schema().family(column);
        let asks_value = self.zone == Zone::Output
            && self.frame.outputs.is_empty()
            && self.frame.entity.is_none()
            && self.wanted.is_none();
        if scale == Scale::Frequency || family == TypeFamily::Text && counted && self.frame.outputs.is_empty() {
            self.frequency(column, desc);
            return at + 1;
        }
        if let Some(function) = function {
            self.rank(Expr::Agg { function, of: Box::new(Expr::Column(column)), distinct: false }, desc);
            return at + 1;
        }
        if family == TypeFamily::Text && !self.looks_numeric(column) {
            if self.frame.entity.is_some_and(|e| e != column.table) || counted {
                self.rank(
                    Expr::Agg { function: Aggregate::Count, of: Box::new(Expr::Column(column)), distinct: true },
                    desc,
                );
                return at + 1;
            }
            // `the largest city name`: the column is asked for, the scale says by what.
            if self.zone == Zone::Output && self.frame.outputs.is_empty() {
                self.output(Expr::Column(column));
            }
            self.frame.entity = self.frame.entity.or(Some(column.table));
            self.by_nothing(desc, scale);
            return at + 1;
        }
        if asks_value && !self.names_follow(at) {
            let function = if desc { Aggregate::Max } else { Aggregate::Min };
            self.output(Expr::Agg { function, of: Box::new(Expr::Column(column)), distinct: false });
            return at + 1;
        }
        self.rank(Expr::Column(column), desc);
        self.subject = Some(Expr::Column(column));
        at + 1
    }

    fn looks_numeric(&self, column: ColumnId) -> bool {
        self.schema().column(column).core.iter().any(|w| {
            matches!(
                w.as_str(),
                "age" | "year" | "weight" | "price" | "date" | "number" | "amount" | "rating" | "score"
            )
        })
    }

    /// `highest capacity stadium`.
    fn names_follow(&self, at: usize) -> bool {
        matches!(self.target(at + 1), Some(Target::Table(_)))
    }

    fn by_table(&mut self, at: usize, table: TableId, desc: bool, scale: Scale, counted: bool) -> usize {
        if scale == Scale::Frequency {
            self.frame.entity = self.frame.entity.or(Some(table));
            self.ranking = Some(desc);
            self.group_table(table);
            let fact = self.fact_of(table).unwrap_or(table);
            self.frame.needs.insert(fact);
            self.rank(Expr::Count(fact), desc);
            self.named.push(table);
            return at + 1;
        }
        // `the highest population city`, `the most expensive product`.
        if let Some(Target::Column(column)) = self.target(at + 1).filter(|_| !counted) {
            let column = *column;
            let own = !matches!(scale, Scale::Any | Scale::Size) && self.intrinsic(table, scale).is_some();
            if column.table == table && !own && self.schema().family(column).is_numeric() {
                return self.by_column(at + 1, column, desc, scale, None, counted);
            }
        }
        // `which city has the most employees`: values of a column of the table itself are ranked.
        let valued = !self.frame.outputs.is_empty()
            && self.frame.outputs.iter().all(|o| {
                o.expr
                    .column()
                    .is_some_and(|c| c.table == table && !self.is_key(c) && !self.schema().labels(table).contains(&c))
            });
        if counted && (self.frame.entity != Some(table) || valued && !self.named.contains(&table)) {
            self.rank(Expr::Count(table), desc);
            self.frame.needs.insert(table);
            return at + 1;
        }
        self.named.push(table);
        if self.frame.entity.is_none() {
            self.frame.entity = Some(table);
        } else {
            self.frame.needs.insert(table);
        }
        if let Some((column, flip)) = self.intrinsic(table, scale) {
            self.rank(Expr::Column(column), desc != flip);
        }
        at + 1
    }

    fn by_nothing(&mut self, desc: bool, scale: Scale) {
        // `whose weight is the largest`: the subject ranks.
        let numeric =
            |e: &Expr| e.is_aggregate() || e.column().is_some_and(|c| self.schema().family(c) != TypeFamily::Text);
        if self.zone == Zone::Condition
            && scale != Scale::Frequency
            && let Some(expr) = self.subject.clone().filter(numeric)
        {
            self.rank(expr, desc);
            return;
        }
        let entity = self.named.last().copied().or(self.frame.entity);
        let own = entity.and_then(|t| self.intrinsic(t, scale));
        if scale == Scale::Frequency || scale == Scale::Any {
            if let Some(column) =
                self.frame.outputs.last().and_then(|o| o.expr.column()).filter(|_| scale == Scale::Frequency)
            {
                self.frequency(column, desc);
            } else if let Some(expr) = self.frame.outputs.iter().rev().map(|o| o.expr.clone()).find(Expr::is_aggregate)
            {
                self.rank(expr, desc);
            } else if let Some(expr) = self.subject.clone() {
                self.rank(expr, desc);
            } else {
                self.ranking = Some(desc);
            }
            return;
        }
        match own {
            Some((column, flip)) => self.rank(Expr::Column(column), desc != flip),
            None => self.ranking = Some(desc),
        }
    }

    /// The most frequent value of a column.
    fn frequency(&mut self, column: ColumnId, desc: bool) {
        self.output(Expr::Column(column));
        self.group(Expr::Column(column));
        self.frame.entity = self.frame.entity.or(Some(column.table));
        self.rank(Expr::Count(column.table), desc);
    }

    /// A table that refers to this one: what makes its rows frequent.
    fn fact_of(&self, table: TableId) -> Option<TableId> {
        let near = |t: &TableId| *t != table && self.world.graph.distance(table, *t) == Some(1);
        let edges = self.world.graph.edges.iter();
        let child = edges.filter_map(|e| match (e.left == table, e.right == table) {
            (true, _) if !e.one_right => Some(e.right),
            (_, true) if !e.one_left => Some(e.left),
            _ => None,
        });
        self.nodes
            .iter()
            .filter_map(|n| match n.target {
                Some(Target::Table(t)) => Some(t),
                _ => None,
            })
            .find(near)
            .or_else(|| child.min())
    }

    pub fn rank(&mut self, expr: Expr, desc: bool) {
        self.frame.order.retain(|(e, _)| *e != expr);
        self.frame.order.push((expr, desc));
        self.frame.limit = Some(self.wanted.take().or(self.frame.limit).unwrap_or(1));
        self.ranking = None;
    }

    pub fn top(&mut self, at: usize, desc: bool) -> usize {
        self.ranking = Some(desc);
        if let Some(Kind::Number(digits)) = self.nodes.get(at + 1).map(|n| &n.element.kind) {
            self.wanted = digits.parse().ok();
            let next = at + 2;
            let behind =
                self.nodes.get(next).is_some_and(|n| super::korean::is_counter(&n.element.kind, &n.element.text));
            let next = next + usize::from(behind);
            return self.korean_top(next, desc).unwrap_or(next);
        }
        at + 1
    }

    /// `top 5 X by Y`.
    pub fn rank_by(&mut self, at: usize) -> usize {
        let Some((exprs, used)) = self.operand(at + 1) else { return at + 1 };
        let desc = self.ranking.unwrap_or(true);
        if let Some(expr) = exprs.into_iter().next() {
            let expr = self.summed(expr);
            if self.frame.outputs.is_empty()
                && let Some(entity) = self.frame.entity
            {
                self.schema().labels(entity).into_iter().for_each(|label| self.output(Expr::Column(label)));
            }
            if self.wanted.unwrap_or(1) > 1 && self.zone == Zone::Output {
                self.output(expr.clone());
            }
            self.rank(expr, desc);
        }
        self.zone = Zone::Condition;
        used
    }

    /// A plain number by which groups are ranked is their sum.
    fn summed(&self, expr: Expr) -> Expr {
        let entity = self.frame.entity;
        match expr {
            Expr::Column(c) if self.schema().family(c).is_numeric() && entity.is_some_and(|e| e != c.table) => {
                Expr::Agg { function: Aggregate::Sum, of: Box::new(Expr::Column(c)), distinct: false }
            }
            other => other,
        }
    }

    pub fn order_by(&mut self, at: usize) -> usize {
        let korean = self.nodes[at].element.text.chars().any(crate::text::is_hangul);
        if korean {
            // The name stands before: `나이순`.
            if let Some(expr) = self.subject.clone() {
                self.forget_last(&expr);
                self.frame.order.push((expr, false));
            }
            return at + 1;
        }
        let before = self.frame.order.len();
        let mut next = at + 1;
        while next < self.nodes.len() {
            match (&self.nodes[next].element.kind, self.cue(next)) {
                (_, Some(Cue::Desc | Cue::Asc)) => {
                    let desc = self.cue(next) == Some(Cue::Desc);
                    if let Some((_, known)) = self.frame.order.last_mut().filter(|_| before < usize::MAX) {
                        *known = desc;
                    }
                    next += 1;
                }
                (_, Some(Cue::Filler | Cue::And | Cue::Alphabetical | Cue::Pronoun | Cue::Of))
                | (Kind::Comma | Kind::Word, _) => next += 1,
                (_, Some(Cue::Agg(_) | Cue::Distinct)) | (Kind::Name(_), None) => match self.operand(next) {
                    Some((exprs, used)) => {
                        self.frame.order.extend(exprs.into_iter().map(|e| (e, false)));
                        next = used;
                    }
                    None => break,
                },
                _ => break,
            }
        }
        let desc = self.nodes[at].element.text.to_lowercase();
        if desc.contains("descending") || desc.contains("decreasing") {
            self.frame.order.iter_mut().skip(before).for_each(|o| o.1 = true);
        }
        if self.frame.order.len() == before { at + 1 } else { next }
    }

    fn forget_last(&mut self, expr: &Expr) {
        if self.frame.outputs.len() > 1
            && self.frame.outputs.last().is_some_and(|o| o.expr == *expr)
            && matches!(expr, Expr::Column(_))
        {
            self.frame.outputs.pop();
        }
    }

    /// `in descending order` behind, or before the key.
    pub fn direction(&mut self, at: usize, desc: bool) -> usize {
        if matches!(self.cue(at + 1), Some(Cue::Of)) {
            let used = self.order_by(at + 1);
            if let Some(last) = self.frame.order.last_mut() {
                last.1 = desc;
            }
            return used;
        }
        if let Some(last) = self.frame.order.last_mut() {
            last.1 = desc;
            return at + 1;
        }
        let numeric = |e: &Expr| {
            e.is_aggregate() || e.column().is_some_and(|c| !matches!(self.schema().family(c), TypeFamily::Text))
        };
        let key = self
            .subject
            .clone()
            .filter(&numeric)
            .or_else(|| self.frame.outputs.iter().rev().map(|o| o.expr.clone()).find(&numeric));
        if let Some(key) = key.or_else(|| self.frame.outputs.first().map(|o| o.expr.clone())) {
            self.frame.order.push((key, desc));
        }
        at + 1
    }

    pub fn alphabetical(&mut self, at: usize) -> usize {
        if self.frame.order.is_empty()
            && let Some(first) = self.frame.outputs.first()
        {
            let key = first.expr.clone();
            self.frame.order.push((key, false));
        }
        at + 1
    }
}
