//! Why the history cannot be read or written: what, where, why, what to do.

use crate::databricks::SqlRunError;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("cannot {action} `{path}` of the history: {source}")]
    Io { action: &'static str, path: String, source: std::io::Error },
    #[error("cannot {action} `{path}` of the history: {source}")]
    Shared { action: &'static str, path: String, source: StoreError },
    #[error("the history table `{table}` cannot be used: {why}")]
    Table { table: String, why: String },
    #[error(
        "the history table `{table}` needs {what}, which this program does not know; use a newer release, or set \
         `history:` to another place"
    )]
    Unsupported { table: String, what: String },
    #[error("the warehouse did not {action}: {source}")]
    Warehouse { action: String, source: SqlRunError },
    #[error("there is no run `{wanted}` in the history{known}")]
    NoSuchRun { wanted: String, known: String },
    #[error("`{wanted}` names more than one run: {found}")]
    Ambiguous { wanted: String, found: String },
}

impl HistoryError {
    pub(super) fn table(table: &str) -> impl FnOnce(String) -> Self + '_ {
        move |why| Self::Table { table: table.to_owned(), why }
    }
}
