//! The embedded workspace: a local HTTP server that speaks the Databricks REST API.

pub mod warehouse;
