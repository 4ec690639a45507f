//! Text → syntax tree, in the Databricks dialect.

use super::dialect::DatabricksSql;
use sqlparser::ast::{Expr, Query, Statement, Value, ValueWithSpan, VisitMut, VisitorMut};
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The longest text that is read, in bytes. Databricks takes 16 MiB; no query people write
/// comes near either.
const MAX_BYTES: usize = 1 << 20;

/// How deep parentheses, calls and subqueries may nest.
const MAX_NESTING: usize = 200;

/// How many operators one expression may chain (`a + b + c …`): a chain is a tree as deep as it
/// is long, and walking one must not overflow a small stack.
const MAX_CHAIN: usize = 250;

/// Why a text is not usable SQL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    #[error("the SQL does not parse: {0}")]
    Syntax(String),
    #[error("the SQL is too large: {0}")]
    TooLarge(String),
    #[error("expected one statement, found {0}")]
    NotOneStatement(usize),
    #[error("only a query may stand here, not {0}")]
    NotAQuery(String),
}

impl From<ParserError> for SqlError {
    fn from(error: ParserError) -> Self {
        let text = error.to_string();
        Self::Syntax(text.strip_prefix("sql parser error: ").unwrap_or(&text).to_owned())
    }
}

/// All statements of a text; a trailing `;` is fine.
///
/// The tree prints back as it was read: a string literal with a backslash keeps its escapes as
/// written, every other literal holds its plain text.
pub fn parse_statements(sql: &str) -> Result<Vec<Statement>, SqlError> {
    if let Some(read) = READ.lock().unwrap_or_else(PoisonError::into_inner).texts.get(sql).cloned() {
        return Ok(Vec::clone(&read));
    }
    let mut statements = parser(sql, false)?.parse_statements()?;
    let _ = statements.visit(&mut PlainQuotes);
    READ.lock().unwrap_or_else(PoisonError::into_inner).keep(sql, &statements);
    Ok(statements)
}

/// What was read before. Learners, guards and the comparison all look at the same few hundred
/// queries, each of them more than once, and to read one costs more than all that follows.
static READ: LazyLock<Mutex<Read>> = LazyLock::new(Mutex::default);

/// Bytes of text whose trees are kept; a tree takes some thirty times as much.
const MOST_READ: usize = 256 << 10;

#[derive(Default)]
struct Read {
    texts: HashMap<String, Arc<Vec<Statement>>>,
    bytes: usize,
}

impl Read {
    fn keep(&mut self, sql: &str, statements: &[Statement]) {
        if sql.len() > MOST_READ / 8 {
            return;
        }
        if self.bytes + sql.len() > MOST_READ {
            *self = Self::default();
        }
        if self.texts.insert(sql.to_owned(), Arc::new(statements.to_vec())).is_none() {
            self.bytes += sql.len();
        }
    }
}

/// A parser over a text whose size is checked. With `unescape`, string literals hold the text
/// they stand for, and the tree does not print back as it was read.
pub(crate) fn parser(sql: &str, unescape: bool) -> Result<Parser<'static>, SqlError> {
    let tokens = tokens(sql, unescape)?;
    Ok(parser_over(tokens))
}

/// The tokens of a text whose size is checked.
pub(crate) fn tokens(sql: &str, unescape: bool) -> Result<Vec<TokenWithSpan>, SqlError> {
    if sql.len() > MAX_BYTES {
        return Err(SqlError::TooLarge(format!("{} bytes, at most {MAX_BYTES} are read", sql.len())));
    }
    let tokens = Tokenizer::new(&DatabricksSql, sql)
        .with_unescape(unescape)
        .tokenize_with_location()
        .map_err(|error| SqlError::Syntax(error.to_string()))?;
    check_chains(&tokens)?;
    Ok(tokens)
}

/// A parser over tokens, perhaps changed ones.
pub(crate) fn parser_over(tokens: Vec<TokenWithSpan>) -> Parser<'static> {
    Parser::new(&DatabricksSql)
        .with_options(ParserOptions::new().with_unescape(true))
        .with_recursion_limit(MAX_NESTING)
        .with_tokens_with_locations(tokens)
}

/// Counts operators per parenthesis level since the last comma or clause.
fn check_chains(tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    let mut levels = vec![0_usize];
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket => levels.push(0),
            Token::RParen | Token::RBracket if levels.len() > 1 => {
                levels.pop();
            }
            Token::Comma | Token::SemiColon => set_last(&mut levels, 0),
            Token::Word(word) if matches!(word.value.to_ascii_uppercase().as_str(), "SELECT" | "FROM" | "WHERE") => {
                set_last(&mut levels, 0);
            }
            token if is_operator(token) => {
                let count = levels.last().map_or(0, |count| count + 1);
                if count > MAX_CHAIN {
                    return Err(SqlError::TooLarge(format!("an expression chains more than {MAX_CHAIN} operators")));
                }
                set_last(&mut levels, count);
            }
            _ => {}
        }
    }
    Ok(())
}

fn set_last(levels: &mut [usize], count: usize) {
    if let Some(last) = levels.last_mut() {
        *last = count;
    }
}

/// Operators and words that deepen the tree of one expression or set operation.
fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.value.to_ascii_uppercase().as_str(),
            "AND" | "OR" | "NOT" | "UNION" | "EXCEPT" | "MINUS" | "INTERSECT" | "JOIN" | "IS" | "DIV" | "BETWEEN"
        ),
        Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::Whitespace(_) => false,
        Token::Period | Token::Colon | Token::EOF | Token::Placeholder(_) => false,
        _ => true,
    }
}

/// Turns doubled quotes into plain ones, where printing doubles them again.
struct PlainQuotes;

impl VisitorMut for PlainQuotes {
    type Break = ();

    fn post_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Value::SingleQuotedString(text) = &mut value.value
            && text.contains("''")
            && !text.contains('\\')
        {
            *text = text.replace("''", "'");
        }
        ControlFlow::Continue(())
    }
}

/// The one query of a text. Anything that could change data is refused, since only queries
/// parse as [`Query`] and none of the dialect's queries writes.
pub fn parse_query(sql: &str) -> Result<Query, SqlError> {
    let mut statements = parse_statements(sql)?;
    if statements.len() != 1 {
        return Err(SqlError::NotOneStatement(statements.len()));
    }
    match statements.remove(0) {
        Statement::Query(query) => Ok(*query),
        other => {
            let words: Vec<String> = other.to_string().split_whitespace().take(2).map(str::to_owned).collect();
            Err(SqlError::NotAQuery(format!("`{} …`", words.join(" "))))
        }
    }
}

/// One expression, such as a snippet's SQL.
pub fn parse_expression(sql: &str) -> Result<Expr, SqlError> {
    let mut parser = parser(sql, false)?;
    let mut expr = parser.parse_expr()?;
    let _ = expr.visit(&mut PlainQuotes);
    match parser.peek_token().token {
        sqlparser::tokenizer::Token::EOF => Ok(expr),
        other => Err(SqlError::Syntax(format!("unexpected `{other}` after the expression"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_queries_pass() {
        assert!(parse_query("SELECT 1;").is_ok());
        assert!(parse_query("WITH a AS (SELECT 1 x) SELECT x FROM a").is_ok());
        for sql in ["DROP TABLE a", "DELETE FROM a", "INSERT INTO a VALUES (1)", "SELECT 1; SELECT 2", "", "SELEC 1"] {
            assert!(parse_query(sql).is_err(), "{sql}");
        }
    }

    #[test]
    fn a_text_that_was_read_before_reads_the_same() {
        let sql = "SELECT 'it''s' AS a FROM t -- once";
        let first = parse_statements(sql).expect("parses");
        assert_eq!(parse_statements(sql).expect("parses"), first);
        // However many texts come by.
        let mut read = Read::default();
        for n in 0..200 {
            read.keep(&format!("SELECT {n} -- {}", "x".repeat(4_000)), &first);
            assert!(read.bytes <= MOST_READ && read.texts.keys().map(String::len).sum::<usize>() == read.bytes);
        }
        read.keep(&"x".repeat(MOST_READ), &first);
        assert!(read.bytes <= MOST_READ);
    }

    #[test]
    fn expressions_end_where_the_text_ends() {
        assert!(parse_expression("SUM(`orders`.`amount`) / 100").is_ok());
        assert!(parse_expression("a = 1; DROP TABLE b").is_err());
    }

    #[test]
    fn a_tree_prints_back_as_read() {
        for sql in [
            r"SELECT regexp_like(a, '^\\d+$')",
            "SELECT 'it''s'",
            r"SELECT 'it\'s'",
            "SELECT a DIV 2 + 1 FROM t WHERE b LIKE '50\\%'",
            "SELECT `내 값` FROM t",
        ] {
            let query = parse_query(sql).expect(sql);
            assert_eq!(query.to_string(), sql);
            assert_eq!(parse_query(&query.to_string()).expect(sql), query);
        }
        let quoted = parse_query("SELECT 'it''s'").expect("parses");
        assert!(format!("{quoted:?}").contains("it's"));
    }

    #[test]
    fn hostile_text_is_refused_on_a_small_stack() {
        let deep = format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000));
        let long = format!("SELECT 1{}", " + 1".repeat(100_000));
        let chain = format!("SELECT 1{}", " + 1".repeat(240));
        let nots = format!("SELECT {} true", "NOT ".repeat(5_000));
        let huge = format!("SELECT '{}'", "a".repeat(10 << 20));
        for sql in [deep, long, nots, huge] {
            assert!(parse_query(&sql).is_err());
        }
        let query = parse_query(&chain).expect("a chain below the limit");
        assert_eq!(query.clone(), query);
    }
}
