//! The Databricks client: authentication, requests, retries. Async.
