//! Databricks SQL as a syntax tree: parsing, read-only check, normal form.

mod parse;

pub use parse::{DatabricksSql, SqlError, parse_expression, parse_query, parse_statements};
