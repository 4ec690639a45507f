//! From linked elements to the logical query: one walk over the question, left to right.

use super::cues::{Aggregate, Cue};
use super::dates::Time;
use super::frame::{Expr, Frame, Pred};
use super::instructions::Rules;
use super::joins::Graph;
use super::lexicon::Target;
use super::link::Node;
use super::scan::Kind;
use super::schema::{ColumnId, Schema, TableId};
use super::snippets::Usable;

/// Where the walk is: naming what to return, or saying which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    Output,
    Condition,
}

pub struct World<'a> {
    pub schema: &'a Schema,
    pub graph: &'a Graph,
    pub snippets: &'a [Usable],
    pub rules: &'a Rules,
    /// The question says that texts are compared by parts.
    pub partial: bool,
}

pub struct Parser<'a> {
    pub world: &'a World<'a>,
    pub nodes: &'a [Node],
    pub frame: Frame,
    pub zone: Zone,
    /// What a comparison or value that follows is about.
    pub subject: Option<Expr>,
    pub negated: bool,
    pub both: bool,
    /// Two tables are named behind `both`.
    pub both_tables: bool,
    pub or: bool,
    /// A number before a superlative or after `top`.
    pub wanted: Option<u64>,
    /// `top` was read, and what it ranks by is still open: true for the greatest first.
    pub ranking: Option<bool>,
    /// Tables named, in order.
    pub named: Vec<TableId>,
    /// Index of the first output that a later sentence asks for.
    pub returned: Option<usize>,
    pub share: Option<bool>,
    /// How many conditions stood before the `to` of a ratio.
    pub split: Option<usize>,
    pub grouped_by_each: bool,
    pub when: bool,
    pub place: bool,
    /// The negation that later conditions of the clause belong to: a table that has no such row.
    pub absent: Option<usize>,
    pub conditions: usize,
    /// The last sentence asks for an aggregate of something that it does not name.
    pub lonely: bool,
    pub weak: Vec<ColumnId>,
    /// Two extremes are compared: `the difference between the largest and the smallest`.
    pub comparing: bool,
    /// How many conditions stood before `out of all`.
    pub outer: Option<usize>,
    /// What the number that is asked for is divided by.
    pub divisor: Option<Expr>,
    /// Tables whose rows must be there: `orders with a coupon`.
    pub kept: Vec<TableId>,
    /// A count is asked for, and nothing that is known is named as counted.
    pub counts_rows: bool,
    /// The stretches of time named, each with its conditions.
    pub stretches: Vec<Vec<Pred>>,
}

impl<'a> Parser<'a> {
    pub fn new(world: &'a World<'a>, nodes: &'a [Node]) -> Self {
        Self {
            world,
            nodes,
            frame: Frame::default(),
            zone: Zone::Output,
            subject: None,
            negated: false,
            both: false,
            both_tables: false,
            or: false,
            wanted: None,
            ranking: None,
            named: Vec::new(),
            returned: None,
            share: None,
            split: None,
            grouped_by_each: false,
            when: false,
            place: false,
            absent: None,
            conditions: 0,
            lonely: false,
            weak: Vec::new(),
            comparing: false,
            outer: None,
            divisor: None,
            kept: Vec::new(),
            counts_rows: false,
            stretches: Vec::new(),
        }
    }

    pub fn run(mut self) -> Frame {
        let mut at = 0;
        while at < self.nodes.len() {
            at = self.step(at).max(at + 1);
        }
        self.finish();
        self.frame
    }

    pub fn schema(&self) -> &'a Schema {
        self.world.schema
    }

    pub fn cue(&self, at: usize) -> Option<Cue> {
        self.nodes.get(at).and_then(Node::cue)
    }

    pub fn target(&self, at: usize) -> Option<&'a Target> {
        self.nodes.get(at).and_then(|n| n.target.as_ref())
    }

    fn step(&mut self, at: usize) -> usize {
        let node = &self.nodes[at];
        match &node.element.kind {
            Kind::Stop => self.stop(at),
            Kind::Comma => {
                self.absent = None;
                at + 1
            }
            Kind::Word => self.word(at),
            Kind::Number(digits) => self.number(at, digits),
            Kind::Literal { .. } => self.literal(at),
            Kind::Time(Time::Grain(unit)) => {
                self.grain(*unit);
                at + 1
            }
            Kind::Time(Time::Period(period)) => self.period(at, period, None),
            Kind::Time(Time::Said(place, number)) => self.said(at, *place, *number),
            Kind::Cue(cue) => self.on_cue(at, *cue),
            Kind::Name(_) => self.name(at),
        }
    }

    fn on_cue(&mut self, at: usize, cue: Cue) -> usize {
        match cue {
            Cue::Imperative | Cue::Resume => self.resume(at),
            Cue::Which | Cue::Who if at == 0 || !self.nodes[at - 1].element.is_name() => self.resume(at),
            Cue::Boundary | Cue::Which | Cue::Who => self.boundary(at),
            Cue::Place => {
                self.zone = Zone::Condition;
                at + 1
            }
            Cue::Agg(_) | Cue::Distinct => self.aggregate(at),
            Cue::Each => self.each(at),
            Cue::Trailing(op) => self.above_aggregate(at, op),
            Cue::Per => self.per(at),
            Cue::Running => self.running(at),
            Cue::By => self.by(at),
            Cue::OrderBy => self.order_by(at),
            Cue::Desc | Cue::Asc => self.direction(at, cue == Cue::Desc),
            Cue::Alphabetical => self.alphabetical(at),
            Cue::Super(desc, scale) => self.superlative(at, desc, scale),
            Cue::Top(desc) => self.top(at, desc),
            Cue::Compare(op, scale) => self.compare(at, op, scale),
            Cue::Between => self.between(at),
            Cue::Not if self.korean_absence(at).is_some() => at + 1,
            Cue::Not | Cue::But => {
                self.negated = true;
                self.absent = None;
                if cue == Cue::But {
                    self.zone = Zone::Condition;
                }
                at + 1
            }
            Cue::Both => {
                let tables = self
                    .nodes
                    .iter()
                    .skip(at + 1)
                    .take(4)
                    .filter(|n| matches!(n.target, Some(Target::Table(_))))
                    .count();
                self.both = tables < 2;
                self.both_tables |= tables >= 2;
                at + 1
            }
            Cue::Or => {
                self.or = true;
                at + 1
            }
            Cue::Pattern(kind) => self.pattern(at, kind),
            Cue::Null => self.null(at),
            Cue::Percent | Cue::Ratio => self.ratio(at, cue == Cue::Percent),
            Cue::Difference => self.difference(at),
            Cue::Everything => {
                self.frame.everything = self.zone == Zone::Output;
                at + 1
            }
            Cue::When => {
                self.when = true;
                at + 1
            }
            Cue::Where => {
                self.place = true;
                at + 1
            }
            Cue::And => {
                self.after_and(at);
                at + 1
            }
            Cue::Measure(scale) => {
                if let Some(column) = self.measured(scale) {
                    self.frame.entity = self.frame.entity.or(Some(column.table));
                    self.output(Expr::Column(column));
                }
                at + 1
            }
            Cue::Filler if self.share.is_some() && self.is_whole(at) => {
                self.outer = Some(self.frame.filters.len());
                at + 1
            }
            Cue::Filler if self.share == Some(false) && self.nodes[at].element.text == "to" => {
                self.split = Some(self.frame.filters.len());
                at + 1
            }
            Cue::Filler if self.is_verb(at) => {
                self.zone = Zone::Condition;
                at + 1
            }
            _ => at + 1,
        }
    }

    /// `out of all`, `to all`, `among all`: the whole of a share begins.
    fn is_whole(&self, at: usize) -> bool {
        let text = |i: usize| self.nodes.get(i).map_or("", |n| n.element.text.as_str());
        let lead = at.checked_sub(1).map_or("", text);
        matches!(text(at), "all" | "all the")
            && matches!(lead, "of" | "to" | "among" | "out of" | "in")
            && self.outer.is_none()
            && !self.frame.filters.is_empty()
    }

    fn name(&mut self, at: usize) -> usize {
        let Some(target) = self.target(at) else { return at + 1 };
        match target {
            Target::Value(column, value) => self.value(at, *column, value),
            Target::Table(table) => self.table(at, *table),
            Target::Column(column) => self.column(at, *column),
            Target::Snippet(place) => self.snippet(at, *place),
            Target::Rule(place) => self.rule(at, *place),
        }
    }

    fn column(&mut self, at: usize, column: ColumnId) -> usize {
        if self.nodes[at].element.each {
            self.group(Expr::Column(column));
            return at + 1;
        }
        if self.only_described(at) {
            return at + 1;
        }
        // Korean says the aggregate behind the name.
        if let Some(used) = self.postfix_aggregate(at, column) {
            return used;
        }
        if self.flag(at, column) {
            return at + 1;
        }
        let expr = Expr::Column(column);
        let text = !self.schema().family(column).is_numeric();
        if self.is_korean() && self.nodes[at].score < 0.7 && text && !self.starts_condition(at) {
            // Half a name in a row of modifiers: kept in case nothing better is asked for.
            self.weak.push(column);
            return at + 1;
        }
        if self.zone == Zone::Output && !self.starts_condition(at) {
            self.frame.entity = self.frame.entity.or(Some(column.table));
            self.output(expr.clone());
        }
        self.subject = Some(expr);
        at + 1
    }

    /// A description that shares a verb with the question names nothing.
    pub fn only_described(&self, at: usize) -> bool {
        let node = &self.nodes[at];
        let word = node.element.text.to_lowercase();
        let verb = word.ends_with("ed") || word.ends_with("ing") || word.ends_with("es");
        let condition = self.zone == Zone::Condition && !self.compares_next(at);
        node.source == "description" && node.score < 0.6 && (verb || condition)
    }

    /// A name in the asked part that a value follows at once is a condition: `age 3`.
    pub fn starts_condition(&self, at: usize) -> bool {
        let mut next = at + 1;
        while matches!(self.cue(next), Some(Cue::Filler))
            && !matches!(self.nodes[next].element.text.as_str(), "do" | "does" | "did")
        {
            next += 1;
        }
        self.nodes.get(next).is_some_and(|n| {
            matches!(n.element.kind, Kind::Number(_) | Kind::Literal { .. })
                || matches!(n.cue(), Some(Cue::Compare(..) | Cue::Between | Cue::Pattern(_) | Cue::Null))
                || matches!((&n.target, self.target(at)), (Some(Target::Value(v, _)), Some(Target::Column(c))) if v == c && next == at + 1)
        })
    }

    fn table(&mut self, at: usize, table: TableId) -> usize {
        if self.only_described(at) {
            return at + 1;
        }
        self.named.push(table);
        if self.nodes[at].element.each {
            self.group_table(table);
            return at + 1;
        }
        if matches!(self.cue(at + 1), Some(Cue::Agg(Aggregate::Count))) && self.is_korean() {
            self.output(Expr::Count(table));
            return at + 2;
        }
        let adjective = self.nodes.get(at + 1).is_some_and(|n| n.element.is_name());
        match (self.zone, self.frame.entity) {
            (_, None) => self.frame.entity = Some(table),
            (_, Some(entity)) if entity == table => {}
            (Zone::Output, Some(_)) if adjective => {}
            _ if self.absent.is_some() || self.is_absent(table) => {}
            _ if self.negated => self.absence(table),
            (zone, Some(_)) => {
                self.frame.needs.insert(table);
                if zone == Zone::Condition {
                    self.kept.push(table);
                }
            }
        }
        at + 1
    }

    pub fn is_absent(&self, table: TableId) -> bool {
        self.frame.filters.iter().any(|p| matches!(p, Pred::Has { table: t, negated: true, .. } if *t == table))
    }

    pub fn is_korean(&self) -> bool {
        self.nodes.iter().any(|n| n.element.text.chars().any(crate::text::is_hangul))
    }

    /// No row of this table belongs to the entity.
    fn absence(&mut self, table: TableId) {
        self.negated = false;
        self.absent = Some(self.frame.filters.len());
        self.frame.filters.push(Pred::Has { table, when: Vec::new(), negated: true });
    }

    pub fn add_filter(&mut self, pred: Pred) {
        let entity = self.frame.entity;
        if let Some(Pred::Has { table, when, negated }) = self.absent.and_then(|i| self.frame.filters.get_mut(i)) {
            let mut tables = std::collections::BTreeSet::new();
            pred.tables(&mut tables);
            if *negated && tables.iter().all(|t| t == table || Some(*t) != entity) {
                when.push(pred);
                return;
            }
        }
        if self.frame.filters.contains(&pred) {
            return;
        }
        if let Pred::In { column, values, negated: false } = &pred
            && let Some(Pred::In { column: known, values: list, negated: false }) = self.frame.filters.last_mut()
            && known == column
        {
            let fresh: Vec<String> = values.iter().filter(|v| !list.contains(v)).cloned().collect();
            list.extend(fresh);
            self.or = false;
            return;
        }
        match (self.frame.filters.last_mut(), std::mem::take(&mut self.or)) {
            (Some(Pred::Any(parts)), true) => parts.push(pred),
            (Some(known), true) => {
                let first = known.clone();
                *known = Pred::Any(vec![first, pred]);
            }
            _ => self.frame.filters.push(pred),
        }
    }
}

/// A name that needs no quotes.
pub fn alias_of(text: &str) -> String {
    let joined = super::lexicon::words_of(text).join("_");
    joined.chars().take(60).collect()
}
