//! What a query says about its result: limit, sort keys, rounding, names of the columns.

use super::parse::parse_query;
use sqlparser::ast::{
    DataType, ExactNumberInfo, Expr, Fetch, Function, FunctionArg, FunctionArgExpr, FunctionArguments, LimitClause,
    OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor, UnaryOperator, Value,
};
use std::collections::BTreeMap;

/// Facts about a query's result. Nothing is known of a text that does not parse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultFacts {
    /// The outermost LIMIT, in rows, where it is a number.
    pub limit: Option<u64>,
    /// The output column, from 0, of every sort key, outermost first; none for a key that is not
    /// selected.
    pub order_by: Vec<Option<usize>>,
    /// Decimals each output column is rounded to. Ends before a `*` that cannot be expanded.
    pub round_digits: Vec<Option<u8>>,
    /// Names of the output columns, as far as `round_digits`; empty for expressions without alias.
    pub output_names: Vec<String>,
}

/// One output column.
#[derive(Clone, Debug, Default)]
struct Output {
    name: String,
    /// The expression in a form to compare; empty for columns out of a `*`.
    text: String,
    digits: Option<u8>,
}

/// Outputs of CTEs and derived tables by name, in lower case. A result whose columns are not all
/// known is none.
type Sources = BTreeMap<String, Option<Vec<Output>>>;

/// Reads the facts of one query.
pub fn result_facts(sql: &str) -> ResultFacts {
    let Ok(query) = parse_query(sql) else { return ResultFacts::default() };
    let query = unwrapped(&query);
    let (outputs, _) = outputs_of(query, &Sources::new());
    ResultFacts {
        limit: limit_of(query),
        order_by: order_keys(query, &outputs),
        round_digits: outputs.iter().map(|output| output.digits).collect(),
        output_names: outputs.into_iter().map(|output| output.name).collect(),
    }
}

/// The query without its outermost LIMIT, to see which rows were tied at it. None if there is no
/// such limit, or an OFFSET that cuts the other end too.
pub fn without_limit(sql: &str) -> Option<String> {
    let mut query = parse_query(sql).ok()?;
    let inner = unwrapped(&query);
    limit_of(inner)?;
    let offset = matches!(
        inner.limit_clause,
        Some(LimitClause::LimitOffset { offset: Some(_), .. } | LimitClause::OffsetCommaLimit { .. })
    );
    if offset {
        return None;
    }
    drop_limit(&mut query);
    Some(query.to_string())
}

/// The query inside parentheses that add nothing.
fn unwrapped(query: &Query) -> &Query {
    match query.body.as_ref() {
        SetExpr::Query(inner) if adds_nothing(query) => unwrapped(inner),
        _ => query,
    }
}

fn drop_limit(query: &mut Query) {
    if adds_nothing(query)
        && let SetExpr::Query(inner) = query.body.as_mut()
    {
        return drop_limit(inner);
    }
    query.limit_clause = None;
    query.fetch = None;
}

fn adds_nothing(query: &Query) -> bool {
    query.with.is_none() && query.order_by.is_none() && query.limit_clause.is_none() && query.fetch.is_none()
}

fn limit_of(query: &Query) -> Option<u64> {
    let limit = match (&query.limit_clause, &query.fetch) {
        (Some(LimitClause::LimitOffset { limit, .. }), _) => limit.as_ref()?,
        (Some(LimitClause::OffsetCommaLimit { limit, .. }), _) => limit,
        (None, Some(Fetch { percent: false, with_ties: false, quantity: Some(quantity) })) => quantity,
        _ => return None,
    };
    number(limit)
}

fn number(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => text.parse().ok(),
            _ => None,
        },
        Expr::Nested(inner) => number(inner),
        _ => None,
    }
}

fn order_keys(query: &Query, outputs: &[Output]) -> Vec<Option<usize>> {
    let Some(order_by) = &query.order_by else { return Vec::new() };
    match &order_by.kind {
        OrderByKind::All(_) => (0..outputs.len()).map(Some).collect(),
        OrderByKind::Expressions(keys) => keys.iter().map(|key| position(&key.expr, outputs)).collect(),
    }
}

/// The output column a sort key stands for: by number, by alias, or by the same expression.
fn position(key: &Expr, outputs: &[Output]) -> Option<usize> {
    if let Some(number) = number(key) {
        return usize::try_from(number).ok()?.checked_sub(1).filter(|at| *at < outputs.len());
    }
    let name = match key {
        Expr::Identifier(name) => name.value.to_lowercase(),
        _ => String::new(),
    };
    let by_name = outputs.iter().position(|output| !name.is_empty() && output.name.to_lowercase() == name);
    let text = comparable(key);
    by_name.or_else(|| outputs.iter().position(|output| !output.text.is_empty() && output.text == text)).or_else(|| {
        // `t.total` may name an output column that came out of a `*` or of the same table.
        let Expr::CompoundIdentifier(parts) = key else { return None };
        let last = parts.last()?.value.to_lowercase();
        outputs.iter().position(|output| output.text.is_empty() && output.name.to_lowercase() == last)
    })
}

/// Without qualifiers, quotes, case and blanks: equal for the same expression over one table, and
/// for expressions over two tables only if they differ in nothing but the table's name.
fn comparable(expr: &Expr) -> String {
    let text = expr.to_string().to_lowercase().replace(['`', ' '], "");
    let mut result = String::new();
    let mut word = String::new();
    for c in text.chars() {
        match c {
            '.' if !word.is_empty() && !word.chars().all(|c| c.is_ascii_digit()) => word.clear(),
            c if c.is_alphanumeric() || c == '_' => word.push(c),
            c => {
                result.push_str(&std::mem::take(&mut word));
                result.push(c);
            }
        }
    }
    result + &word
}

/// The output columns of a query, and whether these are all.
fn outputs_of(query: &Query, outer: &Sources) -> (Vec<Output>, bool) {
    let mut sources = outer.clone();
    for table in query.with.iter().flat_map(|with| &with.cte_tables) {
        let (mut outputs, complete) = outputs_of(&table.query, &sources);
        for (output, column) in outputs.iter_mut().zip(&table.alias.columns) {
            output.name.clone_from(&column.name.value);
        }
        sources.insert(table.alias.name.value.to_lowercase(), complete.then_some(outputs));
    }
    body_outputs(&query.body, &sources)
}

fn body_outputs(body: &SetExpr, sources: &Sources) -> (Vec<Output>, bool) {
    match body {
        SetExpr::Select(select) => select_outputs(select, sources),
        SetExpr::Query(query) => outputs_of(query, sources),
        // The first branch names the columns; digits hold only where both branches round.
        SetExpr::SetOperation { left, right, .. } => {
            let (mut outputs, complete) = body_outputs(left, sources);
            let (others, _) = body_outputs(right, sources);
            for (at, output) in outputs.iter_mut().enumerate() {
                let other = others.get(at).and_then(|other| other.digits);
                output.digits = output.digits.zip(other).map(|(a, b)| a.min(b));
            }
            (outputs, complete)
        }
        _ => (Vec::new(), false),
    }
}

fn select_outputs(select: &Select, sources: &Sources) -> (Vec<Output>, bool) {
    let from = from_outputs(select, sources);
    let mut outputs = Vec::new();
    for item in &select.projection {
        let (expr, alias) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, column_name(expr)),
            SelectItem::ExprWithAlias { expr, alias } => (expr, alias.value.clone()),
            SelectItem::ExprWithAliases { .. } => return (outputs, false),
            SelectItem::QualifiedWildcard(..) if from.len() != 1 => return (outputs, false),
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {
                for source in &from {
                    let Some(columns) = source else { return (outputs, false) };
                    outputs.extend(columns.iter().map(|column| Output { text: String::new(), ..column.clone() }));
                }
                continue;
            }
        };
        outputs.push(Output { name: alias, text: comparable(expr), digits: digits_of(expr, &from) });
    }
    (outputs, true)
}

/// The outputs of every table in FROM; none for a real table.
fn from_outputs(select: &Select, sources: &Sources) -> Vec<Option<Vec<Output>>> {
    let tables = select
        .from
        .iter()
        .flat_map(|item| std::iter::once(&item.relation).chain(item.joins.iter().map(|join| &join.relation)));
    tables
        .map(|table| match table {
            TableFactor::Derived { subquery, .. } => {
                let (outputs, complete) = outputs_of(subquery, sources);
                complete.then_some(outputs)
            }
            TableFactor::Table { name, .. } => {
                sources.get(&name.to_string().replace('`', "").to_lowercase()).cloned().flatten()
            }
            _ => None,
        })
        .collect()
}

fn column_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => parts.last().map(|part| part.value.clone()).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The decimals that an expression's value is rounded to.
fn digits_of(expr: &Expr, from: &[Option<Vec<Output>>]) -> Option<u8> {
    match expr {
        Expr::Nested(inner) => digits_of(inner, from),
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => digits_of(expr, from),
        Expr::Cast { data_type, expr, .. } => match data_type {
            DataType::Decimal(info) | DataType::Numeric(info) | DataType::Dec(info) => match info {
                ExactNumberInfo::PrecisionAndScale(_, scale) => u8::try_from(*scale).ok(),
                // DECIMAL without a scale has none.
                ExactNumberInfo::Precision(_) | ExactNumberInfo::None => Some(0),
            },
            DataType::Double(_) | DataType::Float(_) | DataType::DoublePrecision | DataType::Real => {
                digits_of(expr, from)
            }
            _ => None,
        },
        Expr::Case { conditions, else_result, .. } => {
            let results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
            least(results.map(|result| rounded_or_constant(result, from)))
        }
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
            let name = column_name(expr).to_lowercase();
            let columns = from.iter().flatten().flatten();
            columns.filter(|column| column.name.to_lowercase() == name).find_map(|column| column.digits)
        }
        Expr::Function(function) => function_digits(function, from),
        _ => None,
    }
}

fn function_digits(function: &Function, from: &[Option<Vec<Output>>]) -> Option<u8> {
    let arguments = arguments(function);
    match function.name.to_string().to_lowercase().as_str() {
        "round" | "bround" => match arguments.as_slice() {
            [_] => Some(0),
            [_, digits] => u8::try_from(number(digits)?).ok(),
            _ => None,
        },
        "coalesce" | "nvl" | "ifnull" => least(arguments.iter().map(|argument| rounded_or_constant(argument, from))),
        "if" | "iff" => least(arguments.iter().skip(1).map(|argument| rounded_or_constant(argument, from))),
        "nullif" | "max" | "min" => digits_of(arguments.first()?, from),
        _ => None,
    }
}

/// What one branch says: digits, nothing against them (a constant), or that it is not rounded.
fn rounded_or_constant(expr: &Expr, from: &[Option<Vec<Output>>]) -> Option<Option<u8>> {
    match expr {
        Expr::Value(_) => Some(None),
        _ => digits_of(expr, from).map(Some),
    }
}

/// The least digits of all branches; none if some branch is not rounded.
fn least(branches: impl Iterator<Item = Option<Option<u8>>>) -> Option<u8> {
    let all: Option<Vec<Option<u8>>> = branches.collect();
    all?.into_iter().flatten().min()
}

fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let plain = |argument| match argument {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Some(expr),
        _ => None,
    };
    list.args.iter().filter_map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_keys_rounding_and_names() {
        let facts = result_facts(
            "SELECT c.name AS who, ROUND(SUM(o.amount), 2) total, CAST(AVG(x) AS DECIMAL(10,1)), COUNT(*) n \
             FROM o JOIN c ON o.c = c.id GROUP BY 1 ORDER BY total DESC, COUNT(*), `c`.name, c.age LIMIT 5",
        );
        assert_eq!(facts.limit, Some(5));
        assert_eq!(facts.order_by, [Some(1), Some(3), Some(0), None]);
        assert_eq!(facts.round_digits, [None, Some(2), Some(1), None]);
        assert_eq!(facts.output_names, ["who", "total", "", "n"]);
    }

    #[test]
    fn facts_come_through_ctes_and_derived_tables() {
        let facts = result_facts(
            "WITH a AS (SELECT k, ROUND(v, 3) AS v FROM t) SELECT * FROM (SELECT k, v FROM a) x ORDER BY 2, x.k",
        );
        assert_eq!(facts.round_digits, [None, Some(3)]);
        assert_eq!(facts.order_by, [Some(1), Some(0)]);
        let facts = result_facts(
            "SELECT COALESCE(ROUND(v, 2), 0), IF(b, ROUND(v), v), CASE WHEN b THEN 0 ELSE round(v, 1) END FROM t",
        );
        assert_eq!(facts.round_digits, [Some(2), None, Some(1)]);
        assert_eq!(result_facts("SELECT ROUND(v, 2) * 100 FROM t").round_digits, [None]);
        assert_eq!(result_facts("SELECT * FROM t ORDER BY x LIMIT 3").order_by, [None]);
    }

    #[test]
    fn odd_queries_are_no_trouble() {
        assert_eq!(result_facts("SELEC"), ResultFacts::default());
        assert_eq!(result_facts("SELECT 1 ORDER BY 9 LIMIT 1 + 1").order_by, [None]);
        assert_eq!(result_facts("(SELECT a FROM t LIMIT 2)").limit, Some(2));
        assert_eq!(result_facts("SELECT ROUND(a, 1) x FROM t UNION ALL SELECT b FROM u").round_digits, [None]);
    }

    #[test]
    fn the_outer_limit_comes_off() {
        let bare = without_limit("SELECT a FROM (SELECT a FROM t LIMIT 9) ORDER BY a LIMIT 3").expect("limit");
        assert!(bare.contains("LIMIT 9") && !bare.contains("LIMIT 3") && bare.contains("ORDER BY a"), "{bare}");
        for sql in
            ["SELECT a FROM t", "SELECT a FROM (SELECT a FROM t LIMIT 9)", "SELECT a FROM t LIMIT 3 OFFSET 2", "x"]
        {
            assert_eq!(without_limit(sql), None, "{sql}");
        }
    }

    /// Limits as the publishers' own tools have read them.
    #[test]
    fn limits_of_real_queries() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/text2sql");
        for place in ["kpi_ko", "spider/world_1", "spider/dog_kennels", "defog/broker", "defog/academic"] {
            // The data are not part of the package; without them there is nothing to test.
            let Ok(text) = std::fs::read_to_string(format!("{root}/{place}/questions.json")) else { continue };
            let list: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
            for item in &list {
                let sql = item.pointer("/gold/sql_databricks").and_then(|sql| sql.as_str()).unwrap_or_default();
                let limit = item.pointer("/gold/limit").and_then(|limit| limit.as_u64());
                let facts = result_facts(sql);
                assert_eq!(facts.limit, limit, "{sql}");
                assert_eq!(without_limit(sql).is_some(), limit.is_some(), "{sql}");
                let width = item.pointer("/gold/columns").and_then(|columns| columns.as_array()).map_or(0, Vec::len);
                assert!(facts.output_names.len() <= width.max(1), "{sql}");
            }
        }
    }
}
