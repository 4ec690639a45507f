//! Databricks SQL as a syntax tree: parsing, read-only check, normal form, features.

mod calls;
mod dates;
mod features;
#[cfg(test)]
mod features_tests;
mod names;
mod normalise;
mod parameters;
mod parse;
mod resolve;
mod resolve_scope;
mod skeleton;

pub use dates::{DateWindow, Grain};
pub use features::{ColumnValue, Features, Fragment, JoinUse, OrderKey, Output, Predicate, read_expression};
pub use names::{ColumnRef, Names, is_plain, quote, quote_name};
pub use parameters::{Literal, LiteralKind, literals, placeholders, with_parameters};
pub use parse::{DatabricksSql, SqlError, parse_expression, parse_query, parse_statements};
pub use resolve::JoinKind;
