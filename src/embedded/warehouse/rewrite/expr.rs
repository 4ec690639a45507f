//! Expressions: literals, casts, intervals, operators and SQL's own call syntax.

use super::super::failure::SqlFailure;
use super::Rewriter;
use super::build::*;
use super::conditions::{all_like, any_like};
use sqlparser::ast::*;

impl Rewriter<'_> {
    /// What must happen before the parts of an expression are rewritten.
    pub(super) fn before_expr(&mut self, expr: &mut Expr) -> Result<(), SqlFailure> {
        match expr {
            // `typeof`, units and the like need their arguments as written.
            Expr::Function(function) => self.before_call(function),
            Expr::Case { operand, conditions, .. } => {
                if let Some(operand) = operand.take() {
                    for when in conditions {
                        let value = std::mem::replace(&mut when.condition, null());
                        when.condition = binary(nested(*operand.clone()), BinaryOperator::Eq, nested(value));
                    }
                }
                Ok(())
            }
            Expr::Like { .. } | Expr::ILike { .. } => {
                all_like(expr);
                Ok(())
            }
            Expr::InSubquery { .. } => {
                self.row_in_subquery(expr);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Rewrites one expression whose parts are done.
    pub(super) fn after_expr(&mut self, expr: &mut Expr) -> Result<(), SqlFailure> {
        match expr {
            Expr::Value(value) => {
                if let Some(new) = self.literal(&value.value)? {
                    *expr = new;
                }
            }
            Expr::Function(function) => {
                if let Some(new) = self.after_call(function)? {
                    *expr = new;
                }
            }
            Expr::Cast { expr: inner, data_type, kind, .. } => {
                let name = match kind {
                    CastKind::TryCast | CastKind::SafeCast => "spark_try_cast",
                    CastKind::Cast | CastKind::DoubleColon => "spark_cast",
                };
                let to = type_words(data_type);
                // A bare INTERVAL has no type of its own; its text says the units.
                *expr = if to.eq_ignore_ascii_case("INTERVAL") {
                    call("spark_interval", vec![take(inner), text("")])
                } else {
                    call(name, vec![take(inner), text(to)])
                };
            }
            Expr::TypedString(typed) => {
                let words = typed.value.value.clone().into_string().unwrap_or_default();
                *expr = cast(text(words), &type_words(&typed.data_type));
            }
            Expr::Interval(interval) => *expr = interval_call(interval),
            Expr::UnaryOp { op, expr: inner } => {
                if let Some(new) = unary(*op, inner) {
                    *expr = new;
                }
            }
            Expr::Between { expr: inner, negated, low, high } => {
                let (value, low, high) = (take(inner), take(low), take(high));
                let from = binary(nested(value.clone()), BinaryOperator::GtEq, nested(low));
                let to = binary(nested(value), BinaryOperator::LtEq, nested(high));
                let both = nested(binary(from, BinaryOperator::And, to));
                *expr = if *negated { not(both) } else { both };
            }
            Expr::InList { expr: inner, list, negated } => {
                if let Some(new) = in_list(inner, list, *negated) {
                    *expr = new;
                }
            }
            Expr::RLike { negated, expr: inner, pattern, .. } => {
                let matches = call("regexp_like", vec![take(inner), take(pattern)]);
                *expr = if *negated { not(matches) } else { matches };
            }
            other => self.after_syntax_call(other)?,
        }
        Ok(())
    }

    /// `EXTRACT(… FROM …)` and the other calls that have syntax of their own.
    fn after_syntax_call(&mut self, expr: &mut Expr) -> Result<(), SqlFailure> {
        match expr {
            Expr::Extract { field, expr: inner, .. } => {
                let field = field.to_string();
                *expr = call("extract", vec![text(field.trim_matches('\'')), take(inner)]);
            }
            Expr::Ceil { expr: inner, field } => *expr = call("ceil", scaled(take(inner), field)),
            Expr::Floor { expr: inner, field } => *expr = call("floor", scaled(take(inner), field)),
            Expr::Position { expr: inner, r#in } => *expr = call("locate", vec![take(inner), take(r#in)]),
            Expr::Substring { expr: inner, substring_from, substring_for, .. } => {
                let mut arguments = vec![take(inner)];
                arguments.push(substring_from.as_deref_mut().map_or_else(|| number(1), take));
                if let Some(length) = substring_for {
                    arguments.push(take(length));
                }
                *expr = call("substring", arguments);
            }
            Expr::Trim { trim_where, trim_what, expr: inner, trim_characters } => {
                let side = trim_where.map_or("BOTH".to_owned(), |side| side.to_string());
                let what = trim_what.as_deref_mut().map(take);
                let what = what.or_else(|| trim_characters.as_mut().and_then(Vec::pop));
                *expr = call("trim_set", vec![take(inner), what.unwrap_or_else(|| text(" ")), text(side)]);
            }
            Expr::Overlay { expr: inner, overlay_what, overlay_from, overlay_for } => {
                let mut arguments = vec![take(inner), take(overlay_what), take(overlay_from)];
                arguments.extend(overlay_for.as_deref_mut().map(take));
                *expr = call("overlay", arguments);
            }
            Expr::Like { any: true, .. } | Expr::ILike { any: true, .. } => any_like(expr),
            Expr::Like { expr: inner, .. } | Expr::ILike { expr: inner, .. } => {
                // Numbers are matched as text; the engine itself would refuse them.
                let is_text = literal_text(inner).is_some();
                if !is_text {
                    *inner.as_mut() = call("spark_text", vec![take(inner)]);
                }
            }
            Expr::JsonAccess { value, path } => {
                let path = path.to_string();
                let path = path.strip_prefix(':').unwrap_or(&path);
                let dot = if path.starts_with('[') { "" } else { "." };
                *expr = call("get_json_object", vec![take(value), text(format!("${dot}{path}"))]);
            }
            Expr::AtTimeZone { timestamp, time_zone } => {
                *expr = call("from_utc_timestamp", vec![take(timestamp), take(time_zone)]);
            }
            Expr::Array(array) => *expr = call("make_array", std::mem::take(&mut array.elem)),
            Expr::Tuple(items) => *expr = call("struct", std::mem::take(items)),
            Expr::Collate { expr: inner, .. } => *expr = take(inner),
            Expr::CompoundFieldAccess { access_chain, .. } => {
                for access in access_chain {
                    match access {
                        AccessExpr::Subscript(Subscript::Index { index }) => plain_number(index),
                        // The engine names a field of a struct by a text.
                        AccessExpr::Dot(Expr::Identifier(name)) => {
                            *access = AccessExpr::Dot(text(name.value.clone()));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Numbers get Spark's types, `:name` its value.
    fn literal(&self, value: &Value) -> Result<Option<Expr>, SqlFailure> {
        Ok(match value {
            Value::Number(digits, long) => number_literal(digits, *long),
            Value::DoubleQuotedString(words) => Some(text(words.clone())),
            Value::NationalStringLiteral(words) | Value::EscapedStringLiteral(words) => Some(text(words.clone())),
            Value::SingleQuotedRawStringLiteral(words) | Value::DoubleQuotedRawStringLiteral(words) => {
                Some(text(words.clone()))
            }
            // `$1` stands in templates only.
            Value::Placeholder(name) if name.starts_with('$') => None,
            Value::Placeholder(name) => {
                let key = name.trim_start_matches([':', '@']).to_lowercase();
                let Some((value, sql_type)) = self.scope.parameters.get(&key) else {
                    return Err(SqlFailure::new(
                        "UNBOUND_SQL_PARAMETER",
                        "42P02",
                        format!(
                            "Found the unbound parameter: {key}. Please, fix `args` and provide a mapping of the \
                             parameter to either a SQL literal or collection constructor functions."
                        ),
                    ));
                };
                let sql_type = if sql_type.is_empty() { "STRING" } else { sql_type };
                Some(cast(value.clone().map_or_else(null, text), sql_type))
            }
            _ => None,
        })
    }
}

fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, null())
}

/// `5` is INT, `5000000000` and `5L` BIGINT, `1e3` and `1.5D` DOUBLE, `1.5` DECIMAL.
fn number_literal(digits: &str, long: bool) -> Option<Expr> {
    if long {
        return Some(cast(text(digits), "BIGINT"));
    }
    let head = &digits[..digits.len().saturating_sub(1)];
    match digits.chars().last() {
        Some('d' | 'D') => return Some(cast(text(head), "DOUBLE")),
        Some('f' | 'F') => return Some(cast(text(head), "FLOAT")),
        Some('l' | 'L') => return Some(cast(text(head), "BIGINT")),
        _ => {}
    }
    if digits.contains(['e', 'E']) {
        return Some(cast(text(digits), "DOUBLE"));
    }
    if digits.contains('.') {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = whole.trim_start_matches('0').len();
        let precision = (whole + fraction.len()).max(fraction.len()).max(1);
        return Some(if precision > 38 {
            cast(text(digits), "DOUBLE")
        } else {
            cast(text(digits), &format!("DECIMAL({precision},{})", fraction.len()))
        });
    }
    match digits.parse::<i128>() {
        Ok(number) if number <= i128::from(i32::MAX) => Some(int_literal(digits)),
        Ok(number) if number > i128::from(i64::MAX) => {
            Some(cast(text(digits), &format!("DECIMAL({},0)", digits.len().min(38))))
        }
        _ => None,
    }
}

/// The type without what only a declaration needs.
fn type_words(data_type: &DataType) -> String {
    data_type.to_string().replace('`', "")
}

fn interval_call(interval: &mut Interval) -> Expr {
    let mut value = take(&mut interval.value);
    plain_number(&mut value);
    let mut unit = interval.leading_field.as_ref().map(ToString::to_string).unwrap_or_default();
    if let Some(last) = &interval.last_field {
        unit = format!("{unit} TO {last}");
    }
    call("spark_interval", vec![value, text(unit)])
}

fn unary(op: UnaryOperator, inner: &mut Box<Expr>) -> Option<Expr> {
    match op {
        UnaryOperator::BangNot => Some(not(take(inner))),
        UnaryOperator::Plus => Some(take(inner)),
        UnaryOperator::BitwiseNot => Some(binary(int_literal("-1"), BinaryOperator::Minus, nested(take(inner)))),
        UnaryOperator::Minus => {
            if let Expr::Cast { expr: digits, data_type: DataType::Int(None), kind: CastKind::Cast, .. } =
                inner.as_ref()
                && let Expr::Value(value) = digits.as_ref()
                && let Value::Number(digits, _) = &value.value
            {
                return Some(int_literal(&format!("-{digits}")));
            }
            Some(call("negative", vec![take(inner)]))
        }
        _ => None,
    }
}

/// Short lists become comparisons, so that each item is compared as Spark would; the engine makes
/// lists of them again. Long ones stay, as chains are deep trees.
fn in_list(value: &mut Box<Expr>, list: &mut Vec<Expr>, negated: bool) -> Option<Expr> {
    if list.len() > 100 || list.is_empty() {
        return None;
    }
    let value = take(value);
    let equal = |item: Expr| binary(nested(value.clone()), BinaryOperator::Eq, nested(item));
    let mut items = std::mem::take(list).into_iter();
    let first = equal(items.next()?);
    let any = nested(items.fold(first, |all, item| binary(all, BinaryOperator::Or, equal(item))));
    Some(if negated { not(any) } else { any })
}

fn scaled(value: Expr, field: &CeilFloorKind) -> Vec<Expr> {
    match field {
        CeilFloorKind::Scale(scale) => vec![value, number(scale.value.clone())],
        CeilFloorKind::DateTimeField(_) => vec![value],
    }
}
