//! One-edit mutants of a query: each differs from it in one place, as a wrong answer would.

use genie_enhance::sql::parse_query;
use sqlparser::ast::{
    BinaryOperator, Distinct, DuplicateTreatment, Expr, FunctionArguments, Ident, JoinOperator, LimitClause,
    ObjectName, OrderByKind, Query, SetExpr, SetOperator, SetQuantifier, Value, VisitMut, VisitorMut,
};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// All mutants with what was edited, each text once, and never the query itself.
pub fn mutants(sql: &str) -> Vec<(&'static str, String)> {
    let Ok(query) = parse_query(sql) else { return Vec::new() };
    let mut seen = BTreeSet::from([query.to_string()]);
    let mut found = Vec::new();
    for kind in KINDS {
        for site in 0.. {
            let mut mutant = query.clone();
            let mut edit = Edit { kind, left: site, is_done: false };
            let _ = mutant.visit(&mut edit);
            if !edit.is_done {
                break;
            }
            let text = mutant.to_string();
            if parse_query(&text).is_ok() && seen.insert(text.clone()) {
                let same = kind == "number" && unrounded(mutant) == unrounded(query.clone());
                found.push((if same { DIGITS } else { kind }, text));
            }
        }
    }
    found
}

/// Of an edit that only shows more digits of the same numbers: no wrong answer.
pub const DIGITS: &str = "digits";

/// The query with all ROUND to the same digits.
fn unrounded(mut query: Query) -> String {
    struct Unround;
    impl VisitorMut for Unround {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::Function(function) = expr
                && function.name.to_string().eq_ignore_ascii_case("round")
                && let FunctionArguments::List(list) = &mut function.args
            {
                list.args.truncate(1);
            }
            ControlFlow::Continue(())
        }
    }
    let _ = query.visit(&mut Unround);
    query.to_string()
}

const KINDS: [&str; 16] = [
    "comparison",
    "connective",
    "left-conjunct",
    "right-conjunct",
    "arithmetic",
    "number",
    "text",
    "aggregate",
    "count-distinct",
    "distinct",
    "where",
    "having",
    "limit-other",
    "limit-gone",
    "order",
    "set-operation",
];

struct Edit {
    kind: &'static str,
    /// Sites to pass by.
    left: usize,
    is_done: bool,
}

impl Edit {
    /// True at the site that is to be edited.
    fn here(&mut self, kind: &str) -> bool {
        if self.is_done || self.kind != kind {
            return false;
        }
        self.is_done = self.left == 0;
        self.left = self.left.saturating_sub(1);
        self.is_done
    }

    fn binary(&mut self, expr: &mut Expr) {
        let Expr::BinaryOp { left, op, right } = expr else { return };
        use BinaryOperator::{And, Divide, Eq, Gt, GtEq, Lt, LtEq, Minus, Multiply, NotEq, Or, Plus};
        let flipped = match op {
            Eq => Some(("comparison", NotEq)),
            NotEq => Some(("comparison", Eq)),
            Lt => Some(("comparison", LtEq)),
            LtEq => Some(("comparison", Lt)),
            Gt => Some(("comparison", GtEq)),
            GtEq => Some(("comparison", Gt)),
            And => Some(("connective", Or)),
            Or => Some(("connective", And)),
            Plus => Some(("arithmetic", Minus)),
            Minus => Some(("arithmetic", Plus)),
            Multiply => Some(("arithmetic", Divide)),
            Divide => Some(("arithmetic", Multiply)),
            _ => None,
        };
        let is_and = *op == And;
        if let Some((kind, other)) = flipped
            && self.here(kind)
        {
            *op = other;
            return;
        }
        if is_and && self.here("left-conjunct") {
            *expr = (**left).clone();
        } else if is_and && self.here("right-conjunct") {
            *expr = (**right).clone();
        }
    }

    fn literal(&mut self, expr: &mut Expr) {
        let Expr::Value(value) = expr else { return };
        match &mut value.value {
            Value::Number(text, _) if self.kind == "number" => {
                if let Ok(number) = text.parse::<i64>()
                    && self.here("number")
                {
                    *text = (number + 1).to_string();
                }
            }
            Value::SingleQuotedString(text) if self.here("text") => text.push('x'),
            _ => {}
        }
    }

    fn function(&mut self, expr: &mut Expr) {
        let Expr::Function(function) = expr else { return };
        let other = match function.name.to_string().to_lowercase().as_str() {
            "sum" => "AVG",
            "avg" => "SUM",
            "min" => "MAX",
            "max" => "MIN",
            "count" => {
                if let FunctionArguments::List(list) = &mut function.args
                    && list.args.iter().all(|argument| argument.to_string() != "*")
                    && self.here("count-distinct")
                {
                    list.duplicate_treatment = match list.duplicate_treatment {
                        Some(DuplicateTreatment::Distinct) => None,
                        _ => Some(DuplicateTreatment::Distinct),
                    };
                }
                return;
            }
            _ => return,
        };
        if self.here("aggregate") {
            function.name = ObjectName::from(vec![Ident::new(other)]);
        }
    }
}

impl VisitorMut for Edit {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        self.binary(expr);
        self.literal(expr);
        self.function(expr);
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        body(self, &mut query.body);
        if let Some(LimitClause::LimitOffset { limit: Some(limit), .. }) = &mut query.limit_clause {
            if let Expr::Value(value) = limit
                && let Value::Number(text, _) = &mut value.value
                && let Ok(number) = text.parse::<u64>()
                && self.here("limit-other")
            {
                *text = (number + 1).to_string();
            } else if self.here("limit-gone") {
                query.limit_clause = None;
            }
        }
        if let Some(OrderByKind::Expressions(keys)) = query.order_by.as_mut().map(|order| &mut order.kind) {
            for key in keys {
                if self.here("order") {
                    key.options.asc = Some(key.options.asc == Some(false));
                }
            }
        }
        ControlFlow::Continue(())
    }
}

fn body(edit: &mut Edit, set: &mut SetExpr) {
    match set {
        SetExpr::Select(select) => {
            if edit.here("distinct") {
                select.distinct = if select.distinct.is_some() { None } else { Some(Distinct::Distinct) };
            }
            if select.selection.is_some() && edit.here("where") {
                select.selection = None;
            }
            if select.having.is_some() && edit.here("having") {
                select.having = None;
            }
            for join in select.from.iter_mut().flat_map(|table| &mut table.joins) {
                let constraint = match &join.join_operator {
                    JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => Some(constraint.clone()),
                    _ => None,
                };
                if let Some(constraint) = constraint
                    && edit.here("set-operation")
                {
                    join.join_operator = JoinOperator::Left(constraint);
                }
            }
        }
        SetExpr::SetOperation { op, set_quantifier, left, right } => {
            if edit.here("set-operation") {
                match op {
                    SetOperator::Union if *set_quantifier == SetQuantifier::All => {
                        *set_quantifier = SetQuantifier::None
                    }
                    SetOperator::Union => *op = SetOperator::Intersect,
                    _ => *op = SetOperator::Union,
                }
            }
            body(edit, left);
            body(edit, right);
        }
        _ => {}
    }
}
