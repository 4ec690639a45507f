//! Databricks SQL as a syntax tree: parsing, read-only check, normal form.

mod facts;
mod parse;

pub use facts::{ResultFacts, result_facts, without_limit};
pub use parse::{DatabricksSql, SqlError, parse_expression, parse_query, parse_statements};
