//! What the server needs from a warehouse and from an analyst.

use crate::model::{Catalog, ColumnProfile, ResultSet, Space};
use futures::future::BoxFuture;
use jiff::civil::Date;

/// Runs SQL over the workspace's tables.
pub trait SqlEngine: Send + Sync {
    /// All tables, without profiles.
    fn catalog(&self) -> &Catalog;

    /// Runs one statement. Dropping the future cancels it.
    fn execute<'a>(&'a self, sql: &'a str, options: StatementOptions) -> BoxFuture<'a, Result<ResultSet, SqlFailure>>;

    /// Profiles the values of one column.
    fn profile<'a>(&'a self, table: &'a str, column: &'a str) -> BoxFuture<'a, Result<ColumnProfile, SqlFailure>>;
}

/// How to run a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementOptions {
    pub parameters: Vec<Parameter>,
    pub catalog: Option<String>,
    pub schema: Option<String>,
    /// More rows are cut, and the result says so.
    pub row_limit: Option<u64>,
    pub byte_limit: Option<u64>,
}

/// A `:name` marker's value; no value is NULL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub value: Option<String>,
    /// `STRING` unless the caller said otherwise.
    pub sql_type: String,
}

/// A statement that failed, in Databricks' words.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlFailure {
    /// `BAD_REQUEST`, `NOT_FOUND` …
    pub error_code: String,
    /// `42P01` …; empty if there is none.
    pub sql_state: String,
    /// Begins with the error class: `[TABLE_OR_VIEW_NOT_FOUND] …`.
    pub message: String,
}

/// Answers questions from what a space says.
pub trait Analyst: Send + Sync {
    /// `catalog` holds the space's tables only, with profiles only for columns whose dictionary
    /// (`enable_entity_matching`) or samples (`enable_format_assistance`) the space switched on.
    /// May take long; it is called on a thread of its own.
    fn answer(&self, space: &Space, catalog: &Catalog, question: &str, as_of: Option<Date>) -> Reply;
}

/// What an analyst says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Sql {
        sql: String,
        description: String,
        thoughts: Vec<Thought>,
    },
    /// Asks back.
    Ask {
        text: String,
        thoughts: Vec<Thought>,
    },
}

/// Why the analyst answered so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thought {
    /// `DESCRIPTION`, `UNDERSTANDING`, `DATA_SOURCING`, `INSTRUCTIONS` or `STEPS`.
    pub kind: &'static str,
    pub text: String,
}
