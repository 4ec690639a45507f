//! The HTTP server of the embedded workspace: the part of the Databricks REST API that this
//! program and the official SDKs use, over a folder of spaces, an SQL engine and an analyst.

mod answering;
mod app;
mod catalog;
mod comments;
mod conversations;
mod engine;
mod eval_rating;
mod eval_runs;
mod files;
mod gate;
mod listener;
mod oidc;
mod permissions;
mod propagation;
mod reply;
mod results;
mod routes;
mod serving;
mod spaces;
mod start;
mod statement_wire;
mod statements;

pub use engine::{Analyst, Parameter, Reply, SqlEngine, SqlFailure, StatementOptions, Thought};
pub use start::{RunningServer, ServerOptions, StartError, start};

/// The one numeric user id of the embedded workspace.
pub(crate) const USER_ID: i64 = 1_000;
/// Its workspace id.
pub(crate) const WORKSPACE_ID: &str = "900800700600";
/// Its administrator.
pub(crate) const ADMIN: &str = "admin@embedded.local";
/// Its warehouse.
pub const WAREHOUSE_ID: &str = "embedded";

#[cfg(test)]
mod tests;
