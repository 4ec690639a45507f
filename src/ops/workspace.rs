//! The workspace an operation works in, and what can go wrong there.

use super::known::KnownResults;
use crate::databricks::{Client, ClientError, SqlOptions, SqlRunError};
use crate::model::{Diagnostic, ResultSet};
use std::sync::Arc;
use tokio::sync::Mutex;

/// A connected workspace.
pub struct Workspace {
    pub client: Client,
    /// As it stands in plans: scheme and host, or `embedded` for the local one, whose port
    /// changes with every start.
    pub host: String,
    pub warehouse_id: String,
    /// Held while a space is being made, also when who asked for it has gone away: whoever cleans
    /// up after a stopped run waits for it.
    pub making: Arc<Mutex<()>>,
    /// What answers depend on beside the space: the workspace, and the version of its data where
    /// that is known.
    pub ground: String,
    /// What earlier runs got over the same data, where that is known.
    pub known: Option<Arc<KnownResults>>,
}

impl Workspace {
    /// True for the workspace on this machine.
    pub fn is_local(&self) -> bool {
        self.client.settings().is_local()
    }

    pub fn new(client: Client, host: String, warehouse_id: String) -> Self {
        Self { client, ground: host.clone(), host, warehouse_id, making: Arc::default(), known: None }
    }

    /// Over data of a known version: what was answered over other data is no answer here.
    pub fn over(self, ground: Option<String>) -> Self {
        Self { ground: ground.unwrap_or(self.ground), ..self }
    }

    /// Goes on from what earlier runs got.
    pub fn after(self, known: Option<KnownResults>) -> Self {
        Self { known: known.map(Arc::new), ..self }
    }

    /// The rows of a statement, from an earlier run where the same data gives the same.
    pub async fn rows_of(&self, sql: &str) -> Result<ResultSet, SqlRunError> {
        if let Some(rows) = self.known.as_ref().and_then(|known| known.rows(sql)) {
            return Ok(rows);
        }
        let rows = self.run_sql(sql, &SqlOptions::default()).await?;
        self.known.iter().for_each(|known| known.keep_rows(sql, &rows));
        Ok(rows)
    }

    pub async fn run_sql(&self, sql: &str, options: &SqlOptions) -> Result<ResultSet, SqlRunError> {
        self.client.run_sql(&self.warehouse_id, sql, options).await
    }
}

/// Why an operation ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("{} mistakes in the declared files", .0.len())]
    Declared(Vec<Diagnostic>),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Patch(#[from] crate::diff::PatchError),
    /// The ground moved: drift, a stale plan, a conflict.
    #[error("{message}")]
    Stale { message: String },
    /// The live space does not fit the plan any more.
    #[error(transparent)]
    Moved(Box<super::moved::Moved>),
    /// What was given is wrong: an argument, or a file named by one.
    #[error("{message}")]
    Usage { message: String },
    /// A guard or the verdict forbids it.
    #[error("{message}")]
    Blocked { message: String },
    #[error("{message}")]
    Other { message: String },
}

impl OpsError {
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into() }
    }

    pub fn other(message: impl Into<String>) -> Self {
        Self::Other { message: message.into() }
    }
}
