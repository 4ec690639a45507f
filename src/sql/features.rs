//! What a query is about, in parts that can be counted and compared: tables, columns, predicates,
//! joins, calculations, grains, windows, order, output columns.

use super::calls::conjuncts;
use super::dates::{self, DateWindow, Grain};
use super::names::{ColumnRef, Names};
use super::normalise::{
    arguments, columns_of, comparison_form, full_names, holds_aggregate, holds_window, is_literal, normalise, peel,
    render,
};
use super::parameters::{Literal, literals_of};
use super::parse::{SqlError, parse_expression, parse_query};
use super::resolve::{Block, JoinKind, Resolved, resolve, resolve_expr};
use super::skeleton;
use crate::model::TypeFamily;
use sqlparser::ast::{BinaryOperator, Expr, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// A piece of SQL over catalog columns.
#[derive(Clone, Debug)]
pub struct Fragment {
    /// Equal for pieces that mean the same; casts and rounding do not count.
    pub key: String,
    /// Runnable, with full table names.
    pub sql: String,
    pub columns: BTreeSet<ColumnRef>,
    /// True if it means something outside its query: nothing in it comes from an inner query.
    pub closed: bool,
    expr: Expr,
}

impl Fragment {
    fn of(expr: &Expr) -> Self {
        let expr = normalise(expr.clone());
        let (columns, closed) = columns_of(&expr);
        let key = render(&comparison_form(&expr), &full_names);
        Self { key, sql: render(&expr, &full_names), columns, closed, expr }
    }

    /// The piece with aliases, or whatever `prefix` makes of a table's full name.
    pub fn with_prefix(&self, prefix: &dyn Fn(&str) -> String) -> String {
        render(&self.expr, prefix)
    }

    pub fn tables(&self) -> BTreeSet<&str> {
        self.columns.iter().map(|column| column.table.as_str()).collect()
    }

    /// True if it computes over many rows.
    pub fn is_aggregate(&self) -> bool {
        holds_aggregate(&self.expr)
    }

    /// The same with every aggregate over the rows that meet all conditions.
    pub fn filtered(&self, conditions: &[&Fragment]) -> Self {
        let all = conditions.iter().map(|condition| condition.expr.clone()).reduce(|left, right| Expr::BinaryOp {
            left: Box::new(left),
            op: BinaryOperator::And,
            right: Box::new(right),
        });
        self.with_filter(&|_| all.clone().map(Box::new))
    }

    /// The same over all rows, where some aggregate counts only part of them.
    pub fn unfiltered(&self) -> Option<Self> {
        let plain = self.with_filter(&|_| None);
        (plain.key != self.key).then_some(plain)
    }

    fn with_filter(&self, filter: &dyn Fn(&sqlparser::ast::Function) -> Option<Box<Expr>>) -> Self {
        let mut expr = self.expr.clone();
        let _ = sqlparser::ast::visit_expressions_mut(&mut expr, |part| {
            if let Expr::Function(function) = part
                && function.over.is_none()
                && super::calls::is_aggregate(function)
            {
                function.filter = filter(function);
            }
            ControlFlow::<()>::Continue(())
        });
        Self::of(&expr)
    }
}

impl PartialEq for Fragment {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

/// A literal that a column is compared with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnValue {
    pub column: ColumnRef,
    /// Without quotes.
    pub value: String,
    pub is_text: bool,
}

impl std::fmt::Display for ColumnValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.is_text {
            true => write!(f, "{} = '{}'", self.column, self.value.replace('\'', "''")),
            false => write!(f, "{} = {}", self.column, self.value),
        }
    }
}

/// One conjunct of `WHERE`, or of `ON` where it is no join condition.
#[derive(Clone, Debug)]
pub struct Predicate {
    pub fragment: Fragment,
    /// The column, if it is about one only.
    pub column: Option<ColumnRef>,
    /// `=`, `<>`, `>` …, `IN`, `BETWEEN`, `LIKE`, `IS NULL` …; empty for anything else.
    pub operator: String,
    /// Literals in it, as written but without quotes.
    pub values: Vec<String>,
    pub windows: Vec<DateWindow>,
}

/// The columns on which two tables are joined; the left name is the smaller one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JoinUse {
    pub left: String,
    pub right: String,
    /// (left column, right column), sorted.
    pub pairs: Vec<(String, String)>,
    pub kind: JoinKind,
}

/// One output of a `SELECT`.
#[derive(Clone, Debug)]
pub struct Output {
    pub name: String,
    pub fragment: Fragment,
    /// Casts and rounding taken off.
    pub core: Fragment,
    /// Decimal places that a cast or `ROUND` brings it to.
    pub digits: Option<i64>,
    pub is_aggregate: bool,
    pub has_window: bool,
    /// In the outermost `SELECT`.
    pub top: bool,
}

/// One sort key of the outermost query.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderKey {
    pub fragment: Fragment,
    pub descending: bool,
}

/// Everything learning and gap analysis know of a query.
#[derive(Clone, Debug, Default)]
pub struct Features {
    pub tables: BTreeSet<String>,
    pub unknown_tables: BTreeSet<String>,
    pub unknown_columns: BTreeSet<String>,
    /// All columns used, those of join conditions included.
    pub columns: BTreeSet<ColumnRef>,
    /// Columns selected, grouped or filtered by.
    pub spoken_columns: BTreeSet<ColumnRef>,
    pub predicates: Vec<Predicate>,
    pub having: Vec<Fragment>,
    pub joins: BTreeSet<JoinUse>,
    pub outputs: Vec<Output>,
    /// Literals that columns are equal to, in filters, `CASE` and `FILTER` alike.
    pub values: BTreeSet<ColumnValue>,
    /// What its `COUNT(*)` counts, as a count of the key of the counted table, where that is known.
    pub counted: Option<Fragment>,
    /// Keys of the aggregates inside other outputs: of a ratio, of a share.
    pub inner: BTreeSet<String>,
    pub group_keys: Vec<Fragment>,
    pub grains: BTreeSet<Grain>,
    pub order: Vec<OrderKey>,
    pub limit: Option<u64>,
    pub distinct: bool,
    /// `CASE` expressions over columns that are no aggregate.
    pub cases: Vec<Fragment>,
    /// One `SELECT` only: no CTE, subquery or union.
    pub is_flat: bool,
    /// As written, in order of appearance.
    pub literals: Vec<Literal>,
    /// The query with names and literals masked.
    pub skeleton: String,
    /// The query with literals masked only.
    pub masked: String,
    /// The query as it was given.
    pub source: String,
    /// The query in normal form with full names, for equality.
    pub normal: String,
}

impl Features {
    /// Reads a query. Tables that the catalog does not have are listed, not an error.
    pub fn of(sql: &str, names: &Names) -> Result<Self, SqlError> {
        let mut query = parse_query(sql)?;
        let literals = literals_of(&mut query);
        let resolved = resolve(&mut query, names);
        let mut features = Self {
            tables: resolved.tables.clone(),
            unknown_tables: resolved.unknown_tables.clone(),
            unknown_columns: resolved.unknown_columns.clone(),
            is_flat: resolved.blocks.len() == 1,
            literals,
            source: sql.to_owned(),
            ..Self::default()
        };
        for block in &resolved.blocks {
            features.add(block, names);
        }
        let texts = skeleton::of(&query);
        features.counted = super::counting::counted(&features, names);
        (features.skeleton, features.masked, features.normal) = (texts.skeleton, texts.masked, texts.normal);
        Ok(features)
    }

    pub fn windows(&self) -> impl Iterator<Item = &DateWindow> {
        self.predicates.iter().flat_map(|predicate| &predicate.windows)
    }

    /// Outputs that are aggregates and mean something on their own.
    pub fn calculations(&self) -> impl Iterator<Item = &Output> {
        self.outputs.iter().filter(|output| output.is_aggregate && output.core.closed && !output.has_window)
    }

    fn add(&mut self, block: &Block, names: &Names) {
        self.add_joins(block);
        for (expr, name) in &block.outputs {
            let output = output(expr, name, block.top);
            self.inner.extend(inner_aggregates(&output.core));
            self.spoken_columns.extend(output.fragment.columns.iter().cloned());
            self.outputs.push(output);
        }
        for condition in &block.filters {
            match join_pair(condition) {
                Some(_) => {}
                None => self.predicates.push(predicate(condition)),
            }
        }
        self.having.extend(block.having.iter().map(Fragment::of));
        let is_date = |column: &ColumnRef| column_family(column, names).is_some_and(TypeFamily::is_temporal);
        for key in &block.group {
            let fragment = Fragment::of(key);
            self.spoken_columns.extend(fragment.columns.iter().cloned());
            self.grains.extend(dates::grain(&fragment.expr, &is_date));
            self.group_keys.push(fragment);
        }
        for predicate in &self.predicates {
            self.spoken_columns.extend(predicate.fragment.columns.iter().cloned());
        }
        if block.top {
            self.order = block
                .order
                .iter()
                .map(|(expr, descending)| OrderKey { fragment: Fragment::of(expr), descending: *descending })
                .collect();
            self.limit = block.limit;
            self.distinct = block.distinct;
        }
        for expr in block_expressions(block) {
            self.scan(expr);
        }
        self.columns.extend(self.spoken_columns.iter().cloned());
    }

    fn add_joins(&mut self, block: &Block) {
        let mut pairs: BTreeMap<(String, String, JoinKind), BTreeSet<(String, String)>> = BTreeMap::new();
        let in_where = block.filters.iter().filter_map(join_pair).map(|pair| (pair, JoinKind::Inner));
        let in_on = block.joins.iter().filter_map(|part| Some((join_pair(&part.condition)?, part.kind)));
        for ((a, b), kind) in in_on.chain(in_where) {
            self.columns.extend([a.clone(), b.clone()]);
            let swapped = b < a;
            let (left, right) = if swapped { (b, a) } else { (a, b) };
            let kind = match kind {
                // A left join keeps its rows whichever name is the smaller.
                JoinKind::Right => JoinKind::Left,
                other => other,
            };
            pairs.entry((left.table, right.table, kind)).or_default().insert((left.column, right.column));
        }
        let uses = pairs.into_iter().map(|((left, right, kind), pairs)| JoinUse {
            left,
            right,
            pairs: pairs.into_iter().collect(),
            kind,
        });
        self.joins.extend(uses);
        let rest = block.joins.iter().filter(|part| join_pair(&part.condition).is_none());
        self.predicates.extend(rest.map(|part| predicate(&part.condition)));
    }

    /// Collects compared literals and `CASE` maps anywhere in an expression.
    fn scan(&mut self, expr: &Expr) {
        let _ = sqlparser::ast::visit_expressions(expr, |part| {
            self.values.extend(column_values(part));
            if matches!(part, Expr::Case { .. }) && !holds_aggregate(part) {
                let fragment = Fragment::of(part);
                if fragment.closed && !fragment.columns.is_empty() && !self.cases.contains(&fragment) {
                    self.cases.push(fragment);
                }
            }
            if matches!(part, Expr::CompoundIdentifier(_)) {
                self.columns.extend(columns_of(part).0);
            }
            ControlFlow::<()>::Continue(())
        });
    }
}

/// Reads a snippet's SQL, a join condition or another lone expression; `aliases` are (alias,
/// table) pairs under which tables are known in it.
pub fn read_expression(
    sql: &str,
    aliases: &[(String, String)],
    names: &Names,
) -> Result<(Fragment, BTreeSet<String>), SqlError> {
    let mut expr = parse_expression(sql)?;
    let Resolved { unknown_columns, .. } = resolve_expr(&mut expr, aliases, names);
    Ok((Fragment::of(&expr), unknown_columns))
}

fn block_expressions(block: &Block) -> impl Iterator<Item = &Expr> {
    let outputs = block.outputs.iter().map(|(expr, _)| expr);
    outputs.chain(&block.filters).chain(&block.having).chain(block.joins.iter().map(|part| &part.condition))
}

/// The aggregates within a piece that is more than one aggregate.
fn inner_aggregates(core: &Fragment) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let _ = sqlparser::ast::visit_expressions(&core.expr, |part| {
        if let Expr::Function(function) = part
            && function.over.is_none()
            && super::calls::is_aggregate(function)
        {
            found.insert(Fragment::of(part).key);
        }
        ControlFlow::<()>::Continue(())
    });
    found.remove(&core.key);
    found
}

fn output(expr: &Expr, name: &str, top: bool) -> Output {
    let fragment = Fragment::of(expr);
    let (digits, core) = peel(&fragment.expr);
    let core = Fragment::of(core);
    Output {
        name: name.to_owned(),
        digits,
        is_aggregate: holds_aggregate(&core.expr),
        has_window: holds_window(&core.expr),
        core,
        fragment,
        top,
    }
}

fn predicate(condition: &Expr) -> Predicate {
    let fragment = Fragment::of(condition);
    let expr = &fragment.expr;
    let column = match fragment.columns.iter().collect::<Vec<_>>().as_slice() {
        [one] if fragment.closed => Some((*one).clone()),
        _ => None,
    };
    Predicate { column, operator: operator_of(expr), values: literals(expr), windows: dates::windows(expr), fragment }
}

fn operator_of(expr: &Expr) -> String {
    match expr {
        Expr::BinaryOp { op, .. } => op.to_string(),
        Expr::InList { negated, .. } => if *negated { "NOT IN" } else { "IN" }.to_owned(),
        Expr::Between { .. } => "BETWEEN".to_owned(),
        Expr::Like { .. } | Expr::ILike { .. } => "LIKE".to_owned(),
        Expr::IsNull(_) => "IS NULL".to_owned(),
        Expr::IsNotNull(_) => "IS NOT NULL".to_owned(),
        Expr::CompoundIdentifier(_) | Expr::IsTrue(_) => "IS TRUE".to_owned(),
        _ => String::new(),
    }
}

fn literals(expr: &Expr) -> Vec<String> {
    let mut found = Vec::new();
    let _ = sqlparser::ast::visit_expressions(expr, |part| {
        match part {
            Expr::Value(value) => found.push(plain(&value.value)),
            Expr::TypedString(typed) => found.push(plain(&typed.value.value)),
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    found
}

fn plain(value: &Value) -> String {
    value.clone().into_string().unwrap_or_else(|| value.to_string())
}

/// `column = literal` and `column IN (literals)`; what a query leaves out is none of its values.
fn column_values(expr: &Expr) -> Vec<ColumnValue> {
    let one = |column: &Expr, literal: &Expr| {
        let (columns, closed) = columns_of(column);
        let column = columns.into_iter().next().filter(|_| closed && holds_its_values(column))?;
        let Expr::Value(value) = literal else { return None };
        let is_text = matches!(value.value, Value::SingleQuotedString(_) | Value::DoubleQuotedString(_));
        let usable = is_text || matches!(value.value, Value::Number(..) | Value::Boolean(_));
        usable.then(|| ColumnValue { column, value: plain(&value.value), is_text })
    };
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } if is_literal(right) => {
            one(left, right).into_iter().collect()
        }
        Expr::InList { expr, list, negated: false } => list.iter().filter_map(|item| one(expr, item)).collect(),
        Expr::Like { expr, pattern, negated: false, .. } | Expr::ILike { expr, pattern, negated: false, .. } => {
            let whole = |value: &ColumnValue| !value.value.contains(['%', '_']);
            one(expr, pattern).filter(whole).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// True for a column as it stands or in another spelling; a year of a date is no value of it.
fn holds_its_values(expr: &Expr) -> bool {
    match expr {
        Expr::CompoundIdentifier(_) | Expr::Identifier(_) => true,
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } | Expr::Trim { expr: inner, .. } => {
            holds_its_values(inner)
        }
        Expr::Function(function) => {
            let name = function.name.to_string().to_uppercase();
            let spelling =
                ["LOWER", "UPPER", "TRIM", "INITCAP", "COALESCE", "DATE", "TO_DATE"].contains(&name.as_str());
            spelling && arguments(function).first().is_some_and(|inner| holds_its_values(inner))
        }
        _ => false,
    }
}

/// The two columns of an equality between two tables.
fn join_pair(condition: &Expr) -> Option<(ColumnRef, ColumnRef)> {
    let mut parts = Vec::new();
    conjuncts(condition, &mut parts);
    let [Expr::BinaryOp { left, op: BinaryOperator::Eq, right }] = parts.as_slice() else { return None };
    let side = |expr: &Expr| match expr {
        Expr::CompoundIdentifier(_) => columns_of(expr).0.into_iter().next(),
        _ => None,
    };
    let (left, right) = (side(left)?, side(right)?);
    (left.table != right.table).then_some((left, right))
}

fn column_family(column: &ColumnRef, names: &Names) -> Option<TypeFamily> {
    names.catalog().table(&column.table)?.column(&column.column).map(|found| found.family())
}
