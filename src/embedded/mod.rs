//! The embedded workspace: a local HTTP server that speaks the Databricks REST API, with a real
//! SQL engine as its warehouse and a deterministic analyst in the place of Genie.

pub mod analyst;
pub mod server;
pub mod spaces;
pub mod warehouse;
pub mod world;
