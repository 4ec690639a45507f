//! Dates in queries: windows relative to today, and the grain a query groups by.

use super::names::ColumnRef;
use super::normalise::{arguments, columns_of};
use sqlparser::ast::{BinaryOperator, Expr, Function, Interval, Value};

/// A bound on a date column relative to the current date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateWindow {
    pub column: ColumnRef,
    /// `>=`, `>`, `<`, `<=`, `=` or `BETWEEN`.
    pub operator: String,
    /// The bound with `{n}` where the number stands: `CURRENT_DATE - INTERVAL {n} DAYS`.
    pub shape: String,
    pub n: Option<i64>,
    /// Singular, upper case: `DAY`, `WEEK`, `MONTH` …; empty if there is no interval.
    pub unit: String,
}

impl DateWindow {
    /// True if the bound itself lies in the window.
    pub fn inclusive(&self) -> bool {
        !matches!(self.operator.as_str(), ">" | "<")
    }

    /// The bound for another number.
    pub fn bound(&self, n: &str) -> String {
        self.shape.replace("{n}", n)
    }
}

/// A date that a query groups by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grain {
    pub column: ColumnRef,
    /// Singular, upper case; empty where the column itself is the key.
    pub unit: String,
}

/// A bound relative to the current date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Relative {
    pub shape: String,
    pub n: Option<i64>,
    pub unit: String,
}

/// Reads a normalised predicate as bounds relative to the current date.
pub(super) fn windows(predicate: &Expr) -> Vec<DateWindow> {
    match predicate {
        Expr::BinaryOp { left, op, right } => {
            let operator = op.to_string();
            let known = [">", ">=", "<", "<=", "="].contains(&operator.as_str());
            let sides = [(left, right, operator.clone()), (right, left, flipped(&operator))];
            let found = sides
                .into_iter()
                .filter(|_| known)
                .find_map(|(column, bound, operator)| Some(window(single_column(column)?, operator, relative(bound)?)));
            found.into_iter().collect()
        }
        Expr::Between { expr, negated: false, low, high } => {
            let Some(column) = single_column(expr) else { return Vec::new() };
            let bounds = [relative(low), relative(high)].into_iter().flatten();
            bounds.map(|bound| window(column.clone(), "BETWEEN".to_owned(), bound)).collect()
        }
        _ => Vec::new(),
    }
}

fn window(column: ColumnRef, operator: String, bound: Relative) -> DateWindow {
    DateWindow { column, operator, shape: bound.shape, n: bound.n, unit: bound.unit }
}

fn flipped(operator: &str) -> String {
    match operator {
        ">" => "<",
        ">=" => "<=",
        "<" => ">",
        "<=" => ">=",
        other => other,
    }
    .to_owned()
}

/// The one column of an expression that reads as a date: the column itself or its truncation.
fn single_column(expr: &Expr) -> Option<ColumnRef> {
    let (columns, closed) = columns_of(expr);
    let one = columns.len() == 1 && closed;
    one.then(|| columns.into_iter().next()).flatten()
}

pub(super) fn relative(expr: &Expr) -> Option<Relative> {
    match expr {
        Expr::Nested(inner) => relative(inner),
        Expr::Cast { expr: inner, data_type, .. } => {
            let text = data_type.to_string();
            let date = text.starts_with("DATE") || text.starts_with("TIMESTAMP");
            relative(inner).filter(|_| date)
        }
        Expr::BinaryOp { left, op: op @ (BinaryOperator::Minus | BinaryOperator::Plus), right } => {
            let base = relative(left)?;
            match right.as_ref() {
                Expr::Interval(interval) => {
                    let (n, unit) = interval_of(interval)?;
                    Some(shifted(base, &op.to_string(), n, &unit))
                }
                Expr::Value(value) => {
                    let n = value.to_string().parse().ok()?;
                    Some(shifted(base, &op.to_string(), n, "DAY"))
                }
                _ => None,
            }
        }
        Expr::Function(function) => relative_call(function),
        Expr::Identifier(ident) if ident.value.eq_ignore_ascii_case("current_date") => Some(today()),
        _ => None,
    }
}

fn today() -> Relative {
    Relative { shape: "CURRENT_DATE".to_owned(), n: None, unit: String::new() }
}

fn relative_call(function: &Function) -> Option<Relative> {
    let args = arguments(function);
    let name = function.name.to_string().to_uppercase();
    match (name.as_str(), args.as_slice()) {
        ("CURRENT_DATE" | "CURRENT_TIMESTAMP" | "NOW" | "CURDATE" | "GETDATE", []) => Some(today()),
        ("TO_DATE" | "DATE", [inner]) => relative(inner),
        ("DATE_SUB", [inner, n]) => Some(shifted(relative(inner)?, "-", number(n)?, "DAY")),
        ("DATE_ADD", [inner, n]) => Some(shifted(relative(inner)?, "+", number(n)?, "DAY")),
        ("ADD_MONTHS", [inner, n]) => Some(shifted(relative(inner)?, "+", number(n)?, "MONTH")),
        ("DATEADD" | "TIMESTAMPADD", [unit, n, inner]) => {
            Some(shifted(relative(inner)?, "+", number(n)?, &singular(&unit.to_string())))
        }
        ("DATE_TRUNC", [unit, inner]) => wrapped(relative(inner)?, &format!("DATE_TRUNC('{}', ", text_of(unit)?)),
        ("TRUNC", [inner, unit]) => wrapped(relative(inner)?, &format!("DATE_TRUNC('{}', ", unit_of_format(unit)?)),
        ("LAST_DAY", [inner]) => wrapped(relative(inner)?, "LAST_DAY("),
        _ => None,
    }
}

fn wrapped(base: Relative, opening: &str) -> Option<Relative> {
    Some(Relative { shape: format!("{opening}{})", base.shape), ..base })
}

fn shifted(base: Relative, sign: &str, n: i64, unit: &str) -> Relative {
    let back = (sign == "-") == (n >= 0);
    let sign = if back { '-' } else { '+' };
    if base.n.is_some() {
        // A second shift is part of the shape; only the first number varies.
        return Relative { shape: format!("{} {sign} INTERVAL {} {unit}S", base.shape, n.abs()), ..base };
    }
    Relative { shape: format!("{} {sign} INTERVAL {{n}} {unit}S", base.shape), n: Some(n.abs()), unit: unit.to_owned() }
}

fn interval_of(interval: &Interval) -> Option<(i64, String)> {
    let text = match interval.value.as_ref() {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => text.clone(),
            other => other.to_string(),
        },
        Expr::UnaryOp { .. } => interval.value.to_string(),
        _ => return None,
    };
    let mut words = text.split_whitespace();
    let n = words.next()?.parse().ok()?;
    let unit = match (&interval.leading_field, words.next()) {
        (Some(field), _) => field.to_string(),
        (None, Some(word)) => word.to_owned(),
        (None, None) => return None,
    };
    Some((n, singular(&unit)))
}

fn number(expr: &Expr) -> Option<i64> {
    expr.to_string().replace(' ', "").parse().ok()
}

fn text_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => value.value.clone().into_string().map(|text| text.to_uppercase()),
        _ => None,
    }
}

fn singular(unit: &str) -> String {
    let upper = unit.to_uppercase();
    upper.strip_suffix('S').unwrap_or(&upper).to_owned()
}

/// The unit of `TRUNC(x, 'MM')` and of `DATE_FORMAT(x, 'yyyy-MM')`.
fn unit_of_format(expr: &Expr) -> Option<&'static str> {
    match text_of(expr)?.as_str() {
        "YYYY" | "YEAR" | "YY" => Some("YEAR"),
        "MM" | "MON" | "MONTH" | "YYYY-MM" | "YYYYMM" => Some("MONTH"),
        "Q" | "QUARTER" => Some("QUARTER"),
        "WEEK" => Some("WEEK"),
        "DD" | "YYYY-MM-DD" | "YYYYMMDD" => Some("DAY"),
        _ => None,
    }
}

/// The grain of a group key; a plain column has one only if `is_date` says that it is a date.
pub(super) fn grain(key: &Expr, is_date: &dyn Fn(&ColumnRef) -> bool) -> Option<Grain> {
    let unit = match key {
        Expr::CompoundIdentifier(_) => {
            let column = single_column(key).filter(|column| is_date(column))?;
            return Some(Grain { column, unit: String::new() });
        }
        Expr::Cast { expr, data_type, .. } if data_type.to_string() == "DATE" => {
            let inner = grain(expr, is_date)?;
            let unit = if inner.unit.is_empty() { "DAY".to_owned() } else { inner.unit };
            return Some(Grain { unit, ..inner });
        }
        Expr::Extract { field, .. } => singular(&field.to_string()),
        Expr::Function(function) => unit_of_call(function)?,
        Expr::Nested(inner) => return grain(inner, is_date),
        _ => return None,
    };
    Some(Grain { column: single_column(key)?, unit })
}

fn unit_of_call(function: &Function) -> Option<String> {
    let args = arguments(function);
    let name = function.name.to_string().to_uppercase();
    match (name.as_str(), args.as_slice()) {
        ("DATE_TRUNC", [unit, _]) => text_of(unit),
        ("TRUNC" | "DATE_FORMAT", [_, format]) => unit_of_format(format).map(str::to_owned),
        ("YEAR" | "QUARTER" | "MONTH" | "HOUR", [_]) => Some(name),
        ("WEEKOFYEAR", [_]) => Some("WEEK".to_owned()),
        ("DATE" | "TO_DATE", [_]) => Some("DAY".to_owned()),
        _ => None,
    }
}
