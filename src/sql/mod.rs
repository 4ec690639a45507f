//! Databricks SQL as a syntax tree: parsing, read-only check, normal form, features.

mod calls;
mod counting;
mod dates;
mod dialect;
mod facts;
mod features;
#[cfg(test)]
mod features_tests;
mod names;
mod normalise;
mod parameters;
mod parse;
mod plain;
mod rebind;
mod resolve;
mod resolve_scope;
mod skeleton;
mod variants;

pub use counting::counts_rows;
pub use dates::{DateWindow, Grain};
pub use dialect::DatabricksSql;
pub use facts::{ResultFacts, result_facts, without_limit};
pub use features::{ColumnValue, Features, Fragment, JoinUse, OrderKey, Output, Predicate, read_expression};
pub use names::{ColumnRef, Names, is_plain, quote, quote_name};
pub use parameters::{Literal, LiteralKind, Marker, literals, placeholders, with_parameters};
pub use parse::{SqlError, parse_expression, parse_query, parse_statements};
pub(crate) use parse::{parser_over, tokens};
pub use plain::{plain_form, same_query, tables_of};
pub use rebind::{RebindError, Renames, rebind_expression, rebind_query};
pub use resolve::JoinKind;
pub use variants::{Settling, is_random, on_instance, reads_clock, settling, with_sort_keys};
