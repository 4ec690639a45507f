//! The identity of a query: its syntax tree without everything that does not change its answer.

use super::fragments::{Fragments, of_query};
use crate::sql::{parse_expression, parse_query};
use sqlparser::ast::{
    BinaryOperator, Expr, Ident, ObjectName, ObjectNamePart, Query, SelectItem, SetExpr, TableFactor, Value, VisitMut,
    VisitorMut, visit_expressions_mut,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// What two queries have in common if they give the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Normal text of the query, without output order and limit.
    pub core: String,
    /// The cores of the queries inside it.
    pub parts: BTreeSet<String>,
    /// Literals that say something; 0 and 1 and such do not.
    pub literals: BTreeSet<String>,
    /// It filters, joins, groups or computes: no accident if found as a part of another query.
    pub specific: bool,
    pub has_parameters: bool,
    pub fragments: Fragments,
}

impl Key {
    /// None for a text that is not one query.
    pub fn of(sql: &str) -> Option<Self> {
        let mut query = parse_query(sql).ok()?;
        let mut cleaner = Cleaner::default();
        // The visitor never breaks off.
        let _ = query.visit(&mut cleaner);
        let parts = cleaner.parts.iter().map(|part| finish(part)).collect();
        let fragments = of_query(&query);
        let core = core_text(&mut query);
        let text = finish(&core);
        let specific =
            text.contains(" where ") || text.contains(" join ") || text.contains(" group by ") || text.contains('(');
        Some(Self {
            specific,
            has_parameters: has_parameters(&text),
            literals: tokens(&text).into_iter().filter(|token| is_literal(token) && says_something(token)).collect(),
            core: text,
            parts,
            fragments,
        })
    }

    /// True if putting literals for the parameters can make this query the other one.
    pub fn fits(&self, gold: &Self) -> bool {
        let (mine, theirs) = (tokens(&self.core), tokens(&gold.core));
        mine.len() == theirs.len()
            && mine
                .iter()
                .zip(&theirs)
                .all(|(mine, theirs)| mine == theirs || (mine.starts_with(':') && is_literal(theirs)))
    }
}

/// Normal texts of a snippet: the whole expression, and each of its conditions.
pub(super) fn fragments_of(sql: &str) -> Vec<String> {
    let Ok(mut expr) = parse_expression(sql) else { return Vec::new() };
    let mut cleaner = Cleaner::default();
    let _ = expr.visit(&mut cleaner);
    let mut texts = vec![finish(&expr.to_string())];
    texts.extend(super::fragments::conditions(&expr));
    texts.dedup();
    texts
}

/// Rewrites a tree into its normal form, inner queries first.
#[derive(Default)]
struct Cleaner {
    parts: BTreeSet<String>,
    /// Names of CTEs and derived tables, in the order of their appearance.
    names: BTreeMap<String, String>,
    depth: usize,
}

impl Cleaner {
    fn renamed(&mut self, name: &str) -> String {
        let next = format!("q{}", self.names.len() + 1);
        self.names.entry(name.to_lowercase()).or_insert(next).clone()
    }
}

impl VisitorMut for Cleaner {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        for table in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            table.alias.name = Ident::new(self.renamed(&table.alias.name.value));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        if self.depth > 0 {
            self.parts.insert(core_text(&mut query.clone()));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, alias, .. } => {
                *alias = None;
                let last = name.0.last().map(ToString::to_string).unwrap_or_default();
                let plain = last.replace('`', "").to_lowercase();
                let known = self.names.get(&plain).cloned().unwrap_or(plain);
                *name = ObjectName(vec![ObjectNamePart::Identifier(Ident::new(known))]);
            }
            TableFactor::Derived { alias, .. } => *alias = None,
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        clean(expr);
        ControlFlow::Continue(())
    }
}

/// One expression whose parts are clean already.
fn clean(expr: &mut Expr) {
    match expr {
        Expr::CompoundIdentifier(parts) => {
            let last = parts.last().map(|part| part.value.to_lowercase()).unwrap_or_default();
            *expr = Expr::Identifier(Ident::new(last));
        }
        Expr::Identifier(name) => *name = Ident::new(name.value.to_lowercase()),
        Expr::Nested(inner) => *expr = (**inner).clone(),
        // DATE '2025-01-01' and CAST('2025-01-01' AS DATE) are the literal.
        Expr::TypedString(typed) => *expr = Expr::Value(typed.value.clone()),
        Expr::Cast { expr: inner, .. } if matches!(**inner, Expr::Value(_)) => *expr = (**inner).clone(),
        Expr::Value(value) => value.value = plain_literal(&value.value),
        Expr::BinaryOp { op: BinaryOperator::And, .. } => sort_chain(expr, &BinaryOperator::And),
        Expr::BinaryOp { op: BinaryOperator::Or, .. } => sort_chain(expr, &BinaryOperator::Or),
        Expr::BinaryOp { left, op, right } => order_sides(left, op, right),
        Expr::InList { list, .. } => list.sort_by_key(ToString::to_string),
        _ => {}
    }
}

fn plain_literal(value: &Value) -> Value {
    match value {
        Value::Number(text, long) => {
            let number = text.parse::<f64>().map_or_else(|_| text.clone(), |number| number.to_string());
            Value::Number(number, *long)
        }
        Value::DoubleQuotedString(text) | Value::SingleQuotedString(text) => {
            Value::SingleQuotedString(text.trim().to_owned())
        }
        other => other.clone(),
    }
}

/// `b = a` is `a = b`, and `b > a` is `a < b`.
fn order_sides(left: &mut Box<Expr>, op: &mut BinaryOperator, right: &mut Box<Expr>) {
    let mirrored = match op {
        BinaryOperator::Eq | BinaryOperator::NotEq | BinaryOperator::Plus | BinaryOperator::Multiply => op.clone(),
        BinaryOperator::Lt => BinaryOperator::Gt,
        BinaryOperator::Gt => BinaryOperator::Lt,
        BinaryOperator::LtEq => BinaryOperator::GtEq,
        BinaryOperator::GtEq => BinaryOperator::LtEq,
        _ => return,
    };
    if left.to_string() > right.to_string() {
        std::mem::swap(left, right);
        *op = mirrored;
    }
}

fn sort_chain(expr: &mut Expr, operator: &BinaryOperator) {
    let mut terms = Vec::new();
    flatten(expr, operator, &mut terms);
    terms.sort_by_key(ToString::to_string);
    let chain = |left, right| Expr::BinaryOp { left: Box::new(left), op: operator.clone(), right: Box::new(right) };
    if let Some(sorted) = terms.into_iter().reduce(chain) {
        *expr = sorted;
    }
}

pub(super) fn flatten(expr: &Expr, operator: &BinaryOperator, terms: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op, right } if op == operator => {
            flatten(left, operator, terms);
            flatten(right, operator, terms);
        }
        other => terms.push(other.clone()),
    }
}

/// The text of a clean query without order, limit and the names of its output columns.
fn core_text(query: &mut Query) -> String {
    // A text with another order or limit still gives the answer away.
    query.order_by = None;
    query.limit_clause = None;
    query.fetch = None;
    let mut aliases: BTreeMap<String, Expr> = BTreeMap::new();
    if let SetExpr::Select(select) = query.body.as_mut() {
        for item in &mut select.projection {
            if let SelectItem::ExprWithAlias { expr, alias } = item {
                aliases.insert(alias.value.to_lowercase(), expr.clone());
                *item = SelectItem::UnnamedExpr(expr.clone());
            }
        }
        // HAVING may use the names that have just gone.
        if let Some(having) = &mut select.having {
            let _: ControlFlow<()> = visit_expressions_mut(having, |expr| {
                if let Expr::Identifier(name) = expr
                    && let Some(named) = aliases.get(&name.value)
                {
                    *expr = named.clone();
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            });
        }
    }
    query.to_string()
}

/// Lower case, single blanks, one spelling of joins and intervals.
pub(super) fn finish(text: &str) -> String {
    let lower = text.to_lowercase().replace('`', "");
    let words: Vec<String> = lower.split_whitespace().map(str::to_owned).collect();
    let mut text = words.join(" ");
    for (long, short) in [
        (" inner join ", " join "),
        (" left outer join ", " left join "),
        (" right outer join ", " right join "),
        (" as (", " ("),
        (" asc", ""),
    ] {
        text = text.replace(long, short);
    }
    plain_intervals(&text)
}

/// `interval '7' days` and `interval 7 day` are one.
fn plain_intervals(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 0..words.len().saturating_sub(1) {
        if words[at].ends_with("interval") {
            words[at + 1] = words[at + 1].replace('\'', "");
            if let Some(unit) = words.get_mut(at + 2) {
                for plural in ["days", "weeks", "months", "years", "hours", "minutes", "quarters"] {
                    *unit = unit.replace(plural, &plural[..plural.len() - 1]);
                }
            }
        }
    }
    words.join(" ")
}

fn says_something(literal: &str) -> bool {
    let bare = literal.trim_matches('\'');
    !matches!(bare, "" | "0" | "1" | "100" | "true" | "false" | "null")
}

/// Words, signs, quoted texts.
fn tokens(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut token = String::from(first);
        if first == '\'' {
            for c in chars.by_ref() {
                token.push(c);
                if c == '\'' {
                    break;
                }
            }
        } else if first.is_alphanumeric() || first == '_' || first == ':' {
            while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) {
                token.push(c);
            }
        }
        found.push(token);
    }
    found
}

fn is_literal(token: &str) -> bool {
    token.starts_with('\'') || token.starts_with(|c: char| c.is_ascii_digit()) || matches!(token, "true" | "false")
}

fn has_parameters(text: &str) -> bool {
    tokens(text).iter().any(|token| token.len() > 1 && token.starts_with(':'))
}
