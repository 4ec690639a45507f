//! Function calls, by the table of functions.

use super::super::failure::SqlFailure;
use super::super::function::table::{Entry, Meaning, find};
use super::super::show::{date_text, timestamp_text};
use super::Rewriter;
use super::build::*;
use super::templates::expand;
use sqlparser::ast::*;

/// Calls whose first argument may be a bare unit word: `dateadd(DAY, 1, d)`.
const WITH_UNIT: [&str; 6] = ["dateadd", "date_add", "timestampadd", "datediff", "date_diff", "timestampdiff"];

/// Calls whose arguments after the first are numbers, not values of a column's type.
const PLAIN_ARGUMENTS: [&str; 7] = ["round", "bround", "ceil", "floor", "lag", "lead", "nth_value"];

impl Rewriter<'_> {
    pub(super) fn before_call(&mut self, function: &mut Function) -> Result<(), SqlFailure> {
        let name = function_name(function);
        if WITH_UNIT.contains(&name.as_str())
            && let FunctionArguments::List(list) = &mut function.args
            && list.args.len() == 3
            && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(unit))) = list.args.first_mut()
            && let Expr::Identifier(word) = unit
        {
            *unit = text(word.value.clone());
        }
        Ok(())
    }

    pub(super) fn after_call(&mut self, function: &mut Function) -> Result<Option<Expr>, SqlFailure> {
        if let Some(WindowType::WindowSpec(window)) = &mut function.over {
            plain_frame(window);
        }
        let name = function_name(function);
        let written = function.name.to_string().replace('`', "");
        if name.starts_with("spark_") && self.scope.catalog.is_empty() {
            return Ok(None);
        }
        let entry = find(&name).ok_or_else(|| SqlFailure::routine_not_found(&written))?;
        check_arity(&name, entry, function)?;
        match entry.meaning {
            Meaning::Call(target) => {
                rename(function, target);
                if PLAIN_ARGUMENTS.contains(&target) {
                    plain_arguments(function);
                }
                if matches!(target, "array_transform" | "array_filter" | "array_any_match") {
                    return Ok(None);
                }
                Ok(None)
            }
            Meaning::Template(template) => self.template(function, template),
            Meaning::Aggregate(target) => self.aggregate(function, &name, target),
            Meaning::Counting(target) => {
                rename(function, target);
                if let FunctionArguments::List(list) = &mut function.args {
                    list.args.iter_mut().for_each(plain_argument);
                }
                Ok(Some(Expr::Cast {
                    kind: CastKind::Cast,
                    expr: Box::new(Expr::Function(function.clone())),
                    data_type: DataType::Int(None),
                    array: false,
                    format: None,
                }))
            }
            Meaning::Special => self.special(function, &name),
            Meaning::Unavailable => Err(SqlFailure::unsupported(format!("The function `{name}`"))),
        }
    }

    fn template(&self, function: &Function, template: &'static str) -> Result<Option<Expr>, SqlFailure> {
        let values = arguments(function).unwrap_or_default();
        let mut expr = expand(template, &values)
            .ok_or_else(|| SqlFailure::internal(format!("the template `{template}` cannot be read")))?;
        if let Expr::Nested(inner) = &mut expr
            && let Expr::Function(call) = inner.as_mut()
        {
            call.over = function.over.clone();
            call.filter = function.filter.clone();
            call.null_treatment = function.null_treatment;
        }
        Ok(Some(expr))
    }

    fn aggregate(&self, function: &mut Function, name: &str, target: &'static str) -> Result<Option<Expr>, SqlFailure> {
        rename(function, target);
        match name {
            "first" | "first_value" | "last" | "last_value" | "any_value" => {
                if let Some([value, flag]) = arguments(function).as_deref() {
                    let ignore = matches!(flag, Expr::Value(v) if v.value == Value::Boolean(true));
                    function.null_treatment = ignore.then_some(NullTreatment::IgnoreNulls);
                    set_arguments(function, vec![value.clone()]);
                }
            }
            "string_agg" | "listagg" => {
                let mut values = arguments(function).unwrap_or_default();
                if values.len() == 1 {
                    values.push(text(""));
                }
                if let Some(value) = values.first_mut() {
                    *value = cast(std::mem::replace(value, null()), "STRING");
                }
                set_arguments(function, values);
                if !function.within_group.is_empty() {
                    let order = std::mem::take(&mut function.within_group);
                    if let FunctionArguments::List(list) = &mut function.args {
                        list.clauses.push(FunctionArgumentClause::OrderBy(order));
                    }
                }
            }
            "nth_value" => plain_arguments(function),
            "mode" => {
                let first: Vec<Expr> = arguments(function).unwrap_or_default().into_iter().take(1).collect();
                set_arguments(function, first);
            }
            "count" if arguments(function).is_some_and(|values| values.len() > 1) => {
                return Ok(Some(count_many(function)));
            }
            _ => {}
        }
        Ok(None)
    }

    fn special(&self, function: &mut Function, name: &str) -> Result<Option<Expr>, SqlFailure> {
        let mut values = arguments(function).unwrap_or_default();
        let now = || cast(text(timestamp_text(self.scope.now)), "TIMESTAMP");
        let unit_call = |to: &str, values: Vec<Expr>| Ok(Some(call(to, values)));
        match (name, values.len()) {
            ("current_timestamp" | "now" | "getdate" | "localtimestamp", _) => Ok(Some(now())),
            ("current_date" | "curdate", _) => {
                Ok(Some(cast(text(date_text(super::super::calendar::day_of(self.scope.now))), "DATE")))
            }
            ("unix_timestamp", 0) => Ok(Some(call("to_unix_timestamp", vec![now()]))),
            ("unix_timestamp", _) => Ok(Some(call("to_unix_timestamp", values))),
            ("current_catalog", _) => Ok(Some(text(self.scope.catalog))),
            ("current_schema" | "current_database", _) => Ok(Some(text(self.scope.schema))),
            ("date_add" | "dateadd" | "timestampadd", 3) => unit_call("spark_unit_add", values),
            ("date_add" | "dateadd", _) => Ok(Some(call("date_add", values))),
            ("date_sub", _) => Ok(Some(call("date_sub", values))),
            ("datediff" | "date_diff" | "timestampdiff", 3) => unit_call("spark_unit_diff", values),
            ("datediff" | "date_diff", _) => Ok(Some(call("datediff", values))),
            ("extract" | "date_part" | "datepart", _) => Ok(Some(call("extract", values))),
            ("trim" | "ltrim" | "rtrim" | "btrim", count) => {
                let side = match name {
                    "ltrim" => "LEADING",
                    "rtrim" => "TRAILING",
                    _ => "BOTH",
                };
                // Spark's two-argument ltrim and rtrim name the characters first.
                if count == 2 && name != "btrim" && name != "trim" {
                    values.swap(0, 1);
                }
                if count == 1 {
                    values.push(text(" "));
                }
                values.push(text(side));
                Ok(Some(call("trim_set", values)))
            }
            ("to_char", _) => {
                let numeric = values.get(1).and_then(literal_text).is_some_and(is_number_format);
                Ok(Some(call(if numeric { "spark_number_text" } else { "date_format" }, values)))
            }
            ("decode", _) => Ok(Some(decode(values))),
            ("explode" | "explode_outer", _) => Ok(Some(call("unnest", values))),
            ("count_if", _) => {
                let condition = values.pop().unwrap_or_else(null);
                rename(function, "count");
                set_arguments(function, vec![case(vec![(condition, int_literal("1"))], None)]);
                Ok(None)
            }
            ("grouping_id", _) => {
                rename(function, "grouping");
                Ok(None)
            }
            _ => percentile(function, name, values),
        }
    }
}

/// `percentile*`: value first, then the share.
fn percentile(function: &mut Function, name: &str, mut values: Vec<Expr>) -> Result<Option<Expr>, SqlFailure> {
    let target = match name {
        "percentile" | "percentile_cont" => "spark_percentile",
        "percentile_disc" => "spark_percentile_disc",
        _ => "spark_percentile_approx",
    };
    if let Some(order) = std::mem::take(&mut function.within_group).pop() {
        if order.options.asc == Some(false)
            && let Some(share) = values.pop()
        {
            values.push(binary(int_literal("1"), BinaryOperator::Minus, nested(share)));
        }
        values.insert(0, order.expr);
    }
    values.truncate(2);
    rename(function, target);
    set_arguments(function, values);
    Ok(None)
}

/// `count(a, b)` counts rows in which none is NULL; with DISTINCT, different ones.
fn count_many(function: &Function) -> Expr {
    let mut function = function.clone();
    let values = arguments(&function).unwrap_or_default();
    let present = values
        .iter()
        .map(|value| Expr::IsNotNull(Box::new(nested(value.clone()))))
        .reduce(|all, next| binary(all, BinaryOperator::And, next))
        .unwrap_or_else(null);
    let counted = case(vec![(present, call("struct", values))], None);
    set_arguments(&mut function, vec![counted]);
    Expr::Function(function)
}

/// `decode(x, a, 1, b, 2, 3)` → CASE; NULL equals NULL here.
fn decode(values: Vec<Expr>) -> Expr {
    if values.len() == 2 {
        return cast(values.into_iter().next().unwrap_or_else(null), "STRING");
    }
    let mut values = values.into_iter();
    let value = values.next().unwrap_or_else(null);
    let rest: Vec<Expr> = values.collect();
    let pairs = rest.chunks_exact(2);
    let otherwise = pairs.remainder().first().cloned();
    let conditions = pairs.map(|pair| {
        let same = binary(nested(value.clone()), BinaryOperator::Spaceship, nested(pair[0].clone()));
        (same, pair[1].clone())
    });
    case(conditions.collect(), otherwise)
}

/// A `to_char` format for numbers, not for dates.
fn is_number_format(form: &str) -> bool {
    form.contains(['0', '9']) && !form.contains(['y', 'd', 'H', 'm', 'E'])
}

pub(super) fn function_name(function: &Function) -> String {
    function.name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.to_lowercase()).unwrap_or_default()
}

fn rename(function: &mut Function, name: &str) {
    function.name = ObjectName::from(vec![Ident::new(name)]);
}

fn plain_argument(argument: &mut FunctionArg) {
    if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = argument {
        plain_number(expr);
    }
}

/// All but the first.
fn plain_arguments(function: &mut Function) {
    if let FunctionArguments::List(list) = &mut function.args {
        list.args.iter_mut().skip(1).take(1).for_each(plain_argument);
    }
}

fn plain_frame(window: &mut WindowSpec) {
    let Some(frame) = &mut window.window_frame else { return };
    for bound in [Some(&mut frame.start_bound), frame.end_bound.as_mut()].into_iter().flatten() {
        if let WindowFrameBound::Preceding(Some(expr)) | WindowFrameBound::Following(Some(expr)) = bound {
            plain_number(expr);
            plain_interval(expr);
        }
    }
}

/// A frame of days or months is an interval literal to the engine: `'6 DAY'`.
fn plain_interval(expr: &mut Expr) {
    let Expr::Function(function) = expr else { return };
    if function_name(function) != "spark_interval" {
        return;
    }
    if let Some([value, unit]) = arguments(function).as_deref() {
        let value = match value {
            Expr::Value(value) => value.to_string(),
            _ => return,
        };
        let unit = literal_text(unit).unwrap_or_default();
        let words = format!("{} {unit}", value.trim_matches('\''));
        *expr = Expr::Interval(Interval {
            value: Box::new(text(words.trim())),
            leading_field: None,
            leading_precision: None,
            last_field: None,
            fractional_seconds_precision: None,
        });
    }
}

fn check_arity(name: &str, entry: Entry, function: &Function) -> Result<(), SqlFailure> {
    let count = match &function.args {
        FunctionArguments::List(list) => list.args.len(),
        FunctionArguments::Subquery(_) => 1,
        FunctionArguments::None => 0,
    };
    let (fewest, most) = entry.arity;
    if (fewest..=most).contains(&count) {
        return Ok(());
    }
    let wanted = match (fewest, most) {
        (fewest, most) if fewest == most => fewest.to_string(),
        (fewest, usize::MAX) => format!("> {}", fewest.saturating_sub(1)),
        (fewest, most) => format!("[{fewest}, {most}]"),
    };
    Err(SqlFailure::wrong_argument_count(name, &wanted, count))
}
