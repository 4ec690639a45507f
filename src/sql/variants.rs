//! Other forms of a query that show something about it: over a part of its tables, with its sort
//! keys visible, and the difference of two queries.

use super::parse::{parse_query, tokens};
use sqlparser::ast::{
    GroupByExpr, Ident, ObjectName, OrderByKind, Query, Select, SelectItem, SetExpr, TableFactor, VisitMut, VisitorMut,
};
use sqlparser::tokenizer::Token;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// The query with every table replaced by three quarters of its rows; `instance` (0 to 3) says
/// which quarter is left out. `columns` gives the columns of a table. None where a table is not
/// known, or columns are named with the table's full name, which a subquery does not have.
pub fn on_instance(sql: &str, instance: u8, columns: &dyn Fn(&str) -> Option<Vec<String>>) -> Option<String> {
    let mut query = parse_query(sql).ok()?;
    let mut filter = Filter { instance, columns, own: ctes(&query), is_possible: true };
    let _ = query.visit(&mut filter);
    filter.is_possible.then(|| query.to_string())
}

struct Filter<'a> {
    instance: u8,
    columns: &'a dyn Fn(&str) -> Option<Vec<String>>,
    own: BTreeSet<String>,
    is_possible: bool,
}

impl VisitorMut for Filter<'_> {
    type Break = ();

    // After the visit, so that the table inside is not replaced again.
    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, alias, args: None, .. } = factor else { return ControlFlow::Continue(()) };
        let full = plain_name(name);
        if self.own.contains(&full.to_lowercase()) {
            return ControlFlow::Continue(());
        }
        let alias =
            alias.as_ref().map_or_else(|| quoted(full.rsplit('.').next().unwrap_or(&full)), ToString::to_string);
        let part = (self.columns)(&full).filter(|columns| !columns.is_empty()).and_then(|columns| {
            let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
            let text = format!(
                "SELECT 1 FROM (SELECT * FROM {name} WHERE pmod(xxhash64({}), 4) <> {}) AS {}",
                columns.join(", "),
                self.instance,
                alias.trim_start_matches("AS ")
            );
            first_table(parse_query(&text).ok()?)
        });
        match part {
            Some(part) => *factor = part,
            None => self.is_possible = false,
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut sqlparser::ast::Expr) -> ControlFlow<()> {
        if let sqlparser::ast::Expr::CompoundIdentifier(parts) = expr
            && parts.len() > 2
        {
            self.is_possible = false;
        }
        ControlFlow::Continue(())
    }
}

fn first_table(query: Query) -> Option<TableFactor> {
    match *query.body {
        SetExpr::Select(select) => select.from.into_iter().next().map(|table| table.relation),
        _ => None,
    }
}

fn ctes(query: &Query) -> BTreeSet<String> {
    let mut names = Names::default();
    let _ = query.clone().visit(&mut names);
    names.0
}

#[derive(Default)]
struct Names(BTreeSet<String>);

impl VisitorMut for Names {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.0.extend(ctes.map(|cte| cte.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }
}

fn plain_name(name: &ObjectName) -> String {
    name.to_string().split('.').map(|part| part.trim_matches('`').to_owned()).collect::<Vec<_>>().join(".")
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The query without its outermost LIMIT and with its sort keys as further columns at the end,
/// to see which rows are tied at the limit. None where that is not the same query: without a
/// plain LIMIT and ORDER BY, with DISTINCT, or over a set operation.
pub fn with_sort_keys(sql: &str) -> Option<String> {
    let unlimited = super::facts::without_limit(sql)?;
    let mut query = parse_query(&unlimited).ok()?;
    let Some(OrderByKind::Expressions(keys)) = query.order_by.as_ref().map(|order| order.kind.clone()) else {
        return None;
    };
    let SetExpr::Select(select) = query.body.as_mut() else { return None };
    if select.distinct.is_some() || keys.is_empty() {
        return None;
    }
    for (at, key) in keys.iter().enumerate() {
        let expr = key_expression(select, &key.expr)?;
        let alias = Ident::new(format!("sort_key_{at}"));
        select.projection.push(SelectItem::ExprWithAlias { expr, alias });
    }
    Some(query.to_string())
}

/// What a sort key stands for, as an expression that may stand in the projection.
fn key_expression(select: &Select, key: &sqlparser::ast::Expr) -> Option<sqlparser::ast::Expr> {
    use sqlparser::ast::{Expr, Value};
    let own = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr) => Some(expr.clone()),
        _ => None,
    };
    match key {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => own(select.projection.get(text.parse::<usize>().ok()?.checked_sub(1)?)?),
            _ => None,
        },
        Expr::Identifier(name) => {
            let aliased = select.projection.iter().find_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias } if alias.value.eq_ignore_ascii_case(&name.value) => {
                    Some(expr.clone())
                }
                _ => None,
            });
            Some(aliased.unwrap_or_else(|| key.clone()))
        }
        // An alias inside a larger expression is not seen here; the engine will say if so.
        _ => Some(key.clone()),
    }
    .filter(|_| !matches!(select.group_by, GroupByExpr::All(_)))
}

/// Statements that compare two queries of the same width inside the warehouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settling {
    /// One row: rows of each, rows of each that the other does not have (as multisets), and the
    /// same as sets.
    pub counts: String,
    /// The rows that only the first has, each as often as it has more of them.
    pub only_first: String,
    pub only_second: String,
}

/// None for texts that do not parse. `order` gives the second query's column for each column of
/// the first.
pub fn settling(first: &str, second: &str, width: usize, order: &[usize]) -> Option<Settling> {
    let (first, second) = (parse_query(first).ok()?.to_string(), parse_query(second).ok()?.to_string());
    let names = |count: usize| (0..count).map(|at| format!("c{at}")).collect::<Vec<_>>().join(", ");
    let a = format!("SELECT {} FROM ({first}) AS a({})", names(order.len()), names(order.len()));
    let picked: Vec<String> = order.iter().enumerate().map(|(at, from)| format!("c{from} AS c{at}")).collect();
    let b = format!("SELECT {} FROM ({second}) AS b({})", picked.join(", "), names(width));
    let minus = |x: &str, y: &str, all: &str| format!("({x}) EXCEPT {all} ({y})");
    let count = |query: &str| format!("(SELECT COUNT(*) FROM ({query}) AS t)");
    let counts = [
        count(&a),
        count(&b),
        count(&minus(&a, &b, "ALL")),
        count(&minus(&b, &a, "ALL")),
        count(&minus(&a, &b, "DISTINCT")),
        count(&minus(&b, &a, "DISTINCT")),
    ];
    Some(Settling {
        counts: format!("SELECT {}", counts.join(", ")),
        only_first: minus(&a, &b, "ALL"),
        only_second: minus(&b, &a, "ALL"),
    })
}

/// True if the query reads the clock, so that it means another thing tomorrow.
pub fn reads_clock(sql: &str) -> bool {
    const CLOCKS: [&str; 9] = [
        "current_date",
        "current_timestamp",
        "curdate",
        "getdate",
        "localtimestamp",
        "now",
        "sysdate",
        "today",
        "unix_timestamp",
    ];
    // Those two need no parentheses; the others without them are columns.
    uses(sql, |name, called| CLOCKS.contains(&name) && (called || name.starts_with("current_")))
}

/// True if the query draws lots, so that it gives another result each time.
pub fn is_random(sql: &str) -> bool {
    const LOTS: [&str; 9] = [
        "rand",
        "randn",
        "random",
        "randstr",
        "uniform",
        "uuid",
        "shuffle",
        "monotonically_increasing_id",
        "tablesample",
    ];
    uses(sql, |name, called| LOTS.contains(&name) && (called || name == "tablesample"))
}

/// True if a plain word of the query is what `wanted` says of it, in lower case, and of whether a
/// parenthesis follows. Words after a dot are somebody's columns.
fn uses(sql: &str, wanted: impl Fn(&str, bool) -> bool) -> bool {
    let tokens = tokens(sql, false).unwrap_or_default();
    let words: Vec<&Token> =
        tokens.iter().map(|token| &token.token).filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    words.iter().enumerate().any(|(at, token)| match token {
        Token::Word(word) if word.quote_style.is_none() => {
            let called = matches!(words.get(at + 1), Some(Token::LParen));
            let own = at > 0 && matches!(words[at - 1], Token::Period);
            !own && wanted(&word.value.to_lowercase(), called)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_cut_and_nothing_else() {
        let columns = |name: &str| (name != "unknown").then(|| vec!["a".to_owned(), "b c".to_owned()]);
        let cut = |sql: &str| on_instance(sql, 1, &columns);
        let part = "(SELECT * FROM m.s.t WHERE pmod(xxhash64(`a`, `b c`), 4) <> 1)";
        let found = cut("WITH x AS (SELECT a FROM m.s.t) SELECT * FROM x JOIN m.s.t u ON u.a = x.a").expect("cut");
        assert_eq!(
            found,
            format!("WITH x AS (SELECT a FROM {part} AS `t`) SELECT * FROM x JOIN {part} AS u ON u.a = x.a")
        );
        assert!(
            cut("SELECT 1 FROM y WHERE EXISTS (SELECT 1 FROM z)").is_some_and(|sql| sql.matches("pmod").count() == 2)
        );
        assert_eq!(cut("SELECT a FROM unknown"), None);
        assert_eq!(cut("SELECT m.s.t.a FROM m.s.t"), None);
    }

    #[test]
    fn sort_keys_come_behind_the_columns() {
        let keys = |sql: &str| with_sort_keys(sql);
        assert_eq!(
            keys("SELECT a FROM t GROUP BY a ORDER BY count(*) DESC, 1 LIMIT 3").as_deref(),
            Some("SELECT a, count(*) AS sort_key_0, a AS sort_key_1 FROM t GROUP BY a ORDER BY count(*) DESC, 1")
        );
        assert_eq!(
            keys("SELECT a, sum(b) AS total FROM t GROUP BY a ORDER BY total LIMIT 1").as_deref(),
            Some("SELECT a, sum(b) AS total, sum(b) AS sort_key_0 FROM t GROUP BY a ORDER BY total")
        );
        for sql in
            ["SELECT DISTINCT a FROM t ORDER BY b LIMIT 1", "SELECT a FROM t LIMIT 1", "SELECT a FROM t ORDER BY a"]
        {
            assert_eq!(keys(sql), None, "{sql}");
        }
    }

    #[test]
    fn settling_parses_and_picks_columns() {
        let found = settling("SELECT a, b FROM t;", "SELECT b, x, a FROM u -- end", 3, &[2, 0]).expect("settling");
        for sql in [&found.counts, &found.only_first, &found.only_second] {
            assert!(parse_query(sql).is_ok(), "{sql}");
        }
        assert!(found.only_second.contains("SELECT c2 AS c0, c0 AS c1 FROM (SELECT b, x, a FROM u) AS b(c0, c1, c2)"));
    }

    #[test]
    fn clocks_are_told_from_columns_and_texts() {
        for sql in ["SELECT CURRENT_DATE - 7", "SELECT now()", "SELECT x FROM t WHERE d > current_timestamp()"] {
            assert!(reads_clock(sql), "{sql}");
        }
        for sql in ["SELECT 'current_date'", "SELECT t.current_date FROM t", "SELECT today FROM t", "SELECT `now`()"] {
            assert!(!reads_clock(sql), "{sql}");
        }
    }
}
