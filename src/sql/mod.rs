//! Databricks SQL as a syntax tree: parsing, read-only check, normal form.

mod dialect;
mod parse;

pub use dialect::DatabricksSql;
pub use parse::{SqlError, parse_expression, parse_query, parse_statements};
pub(crate) use parse::{parser_over, tokens};
