//! Literals of a query as slots, and `:name` parameters in their place.

use super::parse::{SqlError, parse_query};
use sqlparser::ast::{
    BinaryOperator, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, LimitClause, ObjectName, Query, UnaryOperator, Value, VisitMut, VisitorMut,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiteralKind {
    Text,
    Number,
    Date,
    /// The number of an interval; the unit is in the literal's column.
    Interval,
    Limit,
}

/// A literal of a query, in order of appearance; the limit comes last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    pub value: String,
    pub kind: LiteralKind,
    /// The column named last before it, without its table.
    pub column: Option<String>,
}

/// What stands in a literal's place: `:days`, or `2 * :days`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    pub name: String,
    pub factor: u64,
}

impl Marker {
    pub fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), factor: 1 }
    }
}

/// The literals of a query.
pub fn literals(sql: &str) -> Result<Vec<Literal>, SqlError> {
    Ok(literals_of(&mut parse_query(sql)?))
}

/// The literals of a query as it was written; it stays as it is.
pub(super) fn literals_of(query: &mut Query) -> Vec<Literal> {
    walk(query, None).0
}

/// The query with parameters in place of the literals with these numbers. A parameter in an
/// interval becomes a call, since an interval takes none. In one statement over several lines.
pub fn with_parameters(sql: &str, slots: &BTreeMap<usize, Marker>) -> Result<String, SqlError> {
    let mut query = parse_query(sql)?;
    let (_, failed) = walk(&mut query, Some(slots));
    if failed {
        return Err(SqlError::Syntax("a parameter cannot stand in this interval".to_owned()));
    }
    Ok(format!("{query:#}"))
}

/// The names of the `:name` parameters of a query.
pub fn placeholders(sql: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Ok(query) = parse_query(sql) {
        let _ = sqlparser::ast::visit_expressions(&query, |expr| {
            if let Expr::Value(value) = expr
                && let Value::Placeholder(name) = &value.value
            {
                found.insert(name.trim_start_matches(':').to_owned());
            }
            ControlFlow::<()>::Continue(())
        });
    }
    found
}

fn walk(query: &mut Query, slots: Option<&BTreeMap<usize, Marker>>) -> (Vec<Literal>, bool) {
    let mut limit = query.limit_clause.take();
    let mut walker = Walker { slots, found: Vec::new(), column: None, units: Vec::new(), failed: false };
    let _ = query.visit(&mut walker);
    if let Some(LimitClause::LimitOffset { limit: Some(limit), .. }) = &mut limit
        && matches!(limit, Expr::Value(_))
    {
        walker.column = None;
        walker.literal(limit, LiteralKind::Limit);
    }
    query.limit_clause = limit;
    (walker.found, walker.failed)
}

struct Walker<'s> {
    /// What the literals are replaced by; nothing where they are only read.
    slots: Option<&'s BTreeMap<usize, Marker>>,
    found: Vec<Literal>,
    column: Option<String>,
    /// Units of the intervals around.
    units: Vec<String>,
    failed: bool,
}

impl Walker<'_> {
    fn literal(&mut self, expr: &mut Expr, kind: LiteralKind) {
        let value = match &*expr {
            Expr::Value(value) => value.value.clone(),
            Expr::TypedString(typed) => typed.value.value.clone(),
            _ => return,
        };
        let kind = match (&value, kind) {
            (Value::Null | Value::Boolean(_) | Value::Placeholder(_), _) => return,
            (Value::Number(..), LiteralKind::Text) => LiteralKind::Number,
            (_, kind) => kind,
        };
        let text = value.clone().into_string().unwrap_or_else(|| value.to_string());
        let column = self.units.last().cloned().or_else(|| self.column.clone());
        if let Some(marker) = self.slots.and_then(|slots| slots.get(&self.found.len())) {
            *expr = placeholder(marker);
        }
        self.found.push(Literal { value: text, kind, column });
    }
}

impl VisitorMut for Walker<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.column = Some(ident.value.clone()),
            Expr::CompoundIdentifier(parts) => self.column = parts.last().map(|ident| ident.value.clone()),
            Expr::Interval(interval) => {
                let unit = interval.leading_field.as_ref().map(ToString::to_string).unwrap_or_default();
                self.units.push(unit.to_lowercase());
            }
            Expr::TypedString(_) => self.literal(expr, LiteralKind::Date),
            Expr::Value(_) if !self.units.is_empty() => self.literal(expr, LiteralKind::Interval),
            Expr::Value(_) => self.literal(expr, LiteralKind::Text),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if matches!(expr, Expr::Interval(_)) {
            self.units.pop();
        }
        if self.slots.is_some()
            && let Expr::BinaryOp { left, op, right } = expr
            && let Expr::Interval(interval) = right.as_ref()
            && is_placeholder(&interval.value)
        {
            match shifted(left, op, &interval.value, interval.leading_field.as_ref()) {
                Some(call) => *expr = call,
                None => self.failed = true,
            }
        }
        ControlFlow::Continue(())
    }
}

/// A product is written as one placeholder too: the walk would count its factor as a literal.
fn placeholder(marker: &Marker) -> Expr {
    let Marker { name, factor } = marker;
    let text = if *factor == 1 { format!(":{name}") } else { format!("{factor} * :{name}") };
    Expr::Value(Value::Placeholder(text).into())
}

fn is_placeholder(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Placeholder(_)))
}

/// `x - INTERVAL n DAYS` as `DATE_SUB(x, n)`, months as `ADD_MONTHS(x, -n)`, and so on.
fn shifted(base: &Expr, op: &BinaryOperator, n: &Expr, unit: Option<&DateTimeField>) -> Option<Expr> {
    let unit = unit?.to_string().to_uppercase();
    let (by_months, factor) = match unit.trim_end_matches('S') {
        "DAY" => (false, 1),
        "WEEK" => (false, 7),
        "MONTH" => (true, 1),
        "QUARTER" => (true, 3),
        "YEAR" => (true, 12),
        _ => return None,
    };
    let back = *op == BinaryOperator::Minus;
    let n = match factor {
        1 => n.clone(),
        factor => Expr::BinaryOp {
            left: Box::new(n.clone()),
            op: BinaryOperator::Multiply,
            right: Box::new(Expr::Value(Value::Number(factor.to_string(), false).into())),
        },
    };
    let negative = |n: Expr| Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(n) };
    Some(match (by_months, back) {
        (false, true) => call("DATE_SUB", base.clone(), n),
        (false, false) => call("DATE_ADD", base.clone(), n),
        (true, true) => call("ADD_MONTHS", base.clone(), negative(n)),
        (true, false) => call("ADD_MONTHS", base.clone(), n),
    })
}

fn call(name: &str, one: Expr, two: Expr) -> Expr {
    let args = [one, two].into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    Expr::Function(Function {
        name: ObjectName::from(Ident::new(name)),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_become_parameters() {
        let sql = "SELECT a, SUM(b) FROM t WHERE c = 'x' AND d >= CURRENT_DATE - INTERVAL 7 DAYS \
                   AND e >= DATE '2025-01-01' GROUP BY a ORDER BY 2 LIMIT 5";
        let found = literals(sql).expect("parses");
        let at = |kind: LiteralKind| found.iter().position(|literal| literal.kind == kind).expect("there");
        assert_eq!(found[at(LiteralKind::Text)].column.as_deref(), Some("c"));
        assert_eq!(found[at(LiteralKind::Interval)].column.as_deref(), Some("days"));
        let slots = BTreeMap::from([
            (at(LiteralKind::Text), Marker::plain("c")),
            (at(LiteralKind::Interval), Marker { name: "days".to_owned(), factor: 2 }),
            (at(LiteralKind::Limit), Marker::plain("top")),
        ]);
        let text = with_parameters(sql, &slots).expect("parses");
        assert!(text.contains("DATE_SUB(CURRENT_DATE, 2 * :days)") && text.contains(":top"), "{text}");
        assert_eq!(placeholders(&text), ["c", "days", "top"].map(str::to_owned).into());
    }
}
