//! Text → syntax tree, in the Databricks dialect.

use sqlparser::ast::{Expr, Query, Statement};
use sqlparser::dialect::DatabricksDialect;
use sqlparser::parser::{Parser, ParserError};

/// The dialect all SQL of this program is read in.
pub type DatabricksSql = DatabricksDialect;

/// Why a text is not usable SQL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    #[error("the SQL does not parse: {0}")]
    Syntax(String),
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
pub fn parse_statements(sql: &str) -> Result<Vec<Statement>, SqlError> {
    Ok(Parser::parse_sql(&DatabricksDialect {}, sql)?)
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
    let mut parser = Parser::new(&DatabricksDialect {}).try_with_sql(sql)?;
    let expr = parser.parse_expr()?;
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
    fn expressions_end_where_the_text_ends() {
        assert!(parse_expression("SUM(`orders`.`amount`) / 100").is_ok());
        assert!(parse_expression("a = 1; DROP TABLE b").is_err());
    }
}
