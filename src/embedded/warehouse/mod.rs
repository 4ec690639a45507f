//! The SQL warehouse of the embedded workspace: Databricks SQL over a folder of CSV and Parquet
//! tables. The one place that touches the query engine.

mod aggregate;
mod calendar;
mod cast;
mod commands;
mod csv;
mod decimal;
mod engine;
mod failure;
mod faults;
mod function;
mod information;
mod kept;
mod labels;
mod load;
mod operators;
mod profile;
mod rewrite;
mod rules;
mod run;
mod schema;
mod shortcut;
mod show;
mod types;
mod value;
mod wire;

#[cfg(test)]
mod tests;

pub use failure::SqlFailure;
pub use load::WarehouseError;
pub use schema::DeclaredJoin;

use crate::model::{Catalog, ColumnProfile, ResultSet};
use run::Statement;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

/// The stack of a thread that plans and runs queries, in bytes. Only touched pages cost memory.
const STACK: usize = 256 << 20;

/// A named parameter of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    /// Nothing is NULL.
    pub value: Option<String>,
    /// A Databricks type; empty is STRING.
    pub sql_type: String,
}

/// What a statement is run with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementOptions {
    pub parameters: Vec<Parameter>,
    /// Where unqualified names live; `main` and `default` if not said.
    pub catalog: Option<String>,
    pub schema: Option<String>,
    /// More rows are cut, and the result says so.
    pub row_limit: Option<usize>,
    /// Rows beyond so many bytes of cell text are cut, and the result says so.
    pub byte_limit: Option<usize>,
}

/// An open warehouse. Queries run on threads of its own; dropping a query's future stops it.
pub struct Warehouse {
    core: Arc<run::Core>,
    joins: Vec<DeclaredJoin>,
    profiles: Mutex<HashMap<(String, String), ColumnProfile>>,
    /// Taken when the warehouse is dropped.
    runtime: Option<Runtime>,
}

impl Warehouse {
    /// Opens a folder: `schema.json` if there is one, else every `*.csv` and `*.parquet` is a
    /// table with inferred types. `as_of` (else the schema's `as_of_date`) is the day
    /// `current_date` gives, and its noon in UTC what `now()` gives.
    pub async fn open(folder: &Path, as_of: Option<jiff::civil::Date>) -> Result<Self, WarehouseError> {
        Self::open_keeping(folder, as_of, None).await
    }

    /// As [`Warehouse::open`], with a folder for the tables of a history, the only ones that
    /// statements may make and fill.
    pub async fn open_keeping(
        folder: &Path,
        as_of: Option<jiff::civil::Date>,
        kept: Option<PathBuf>,
    ) -> Result<Self, WarehouseError> {
        let engine_failed = |error: &dyn std::fmt::Display| WarehouseError::Engine(error.to_string());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("warehouse")
            .thread_stack_size(STACK)
            .enable_all()
            .build()
            .map_err(|error| engine_failed(&error))?;
        let folder: PathBuf = folder.to_owned();
        let opened = runtime.spawn_blocking(move || run::Core::open(&folder, as_of, kept)).await;
        let (core, joins) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => {
                runtime.shutdown_background();
                return Err(error);
            }
            Err(error) => {
                runtime.shutdown_background();
                return Err(engine_failed(&error));
            }
        };
        Ok(Self { core: Arc::new(core), joins, profiles: Mutex::default(), runtime: Some(runtime) })
    }

    /// The tables, without profiles of their values.
    pub fn catalog(&self) -> &Catalog {
        &self.core.catalog
    }

    /// What the publisher of the data joins. These are hints, not declared keys.
    pub fn declared_joins(&self) -> &[DeclaredJoin] {
        &self.joins
    }

    /// Runs one statement. Dropping the future stops the work.
    pub async fn execute(&self, sql: &str, options: &StatementOptions) -> Result<ResultSet, SqlFailure> {
        let Some(runtime) = &self.runtime else { return Err(SqlFailure::internal("the warehouse is closed")) };
        let core = Arc::clone(&self.core);
        let statement = Statement { sql: sql.to_owned(), options: options.clone() };
        let task = AbortOnDrop(runtime.spawn(async move { core.run(statement).await }));
        task.finish().await
    }

    /// Counts, extremes and (if there are few) the distinct values of a column. Computed once.
    pub async fn profile(&self, table: &str, column: &str) -> Result<ColumnProfile, SqlFailure> {
        let key = (table.replace('`', "").to_lowercase(), column.replace('`', "").to_lowercase());
        let known = self.profiles.lock().ok().and_then(|profiles| profiles.get(&key).cloned());
        if let Some(profile) = known {
            return Ok(profile);
        }
        let profile = profile::profile(self, table, column).await?;
        if let Ok(mut profiles) = self.profiles.lock() {
            profiles.insert(key, profile.clone());
        }
        Ok(profile)
    }
}

impl Drop for Warehouse {
    fn drop(&mut self) {
        // Waiting for the threads is forbidden where async code may drop this.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for Warehouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Warehouse").field("tables", &self.core.catalog.tables().count()).finish()
    }
}

/// A task that ends with the future that waits for it.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> AbortOnDrop<Result<T, SqlFailure>> {
    async fn finish(mut self) -> Result<T, SqlFailure> {
        match (&mut self.0).await {
            Ok(result) => result,
            Err(error) => Err(SqlFailure::internal(format!("the query broke off: {error}"))),
        }
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
