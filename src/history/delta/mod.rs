//! A Delta table of one kind of row: append, read, and merge small files.
//!
//! Why not the `deltalake` crate: even its smallest feature set brings the whole cloud stack (a
//! second `reqwest`, `aws-lc-rs`, some 60 crates) and has DataFusion built anew with other
//! features, more than ten minutes of a first build that takes eight. What a history needs of the
//! protocol is small: Parquet files, which the engine's own `parquet` crate writes, and a log of
//! numbered JSON files of which each may be made only once. That other readers and writers agree
//! is tested with the official Python package, both ways.
//!
//! * Written: protocol 1/2, no partitions, no deletion vectors. A new column is added by a
//!   `metaData` action in the commit that first needs it. Every twentieth commit leaves a
//!   checkpoint, so that a reader goes through that and at most nineteen commits, however many
//!   runs there were. Where small files have become many by then, they are merged ([`compact`]).
//! * Read: the whole log, also removals, columns and checkpoints of other writers. A table that
//!   needs more (deletion vectors, column mapping) is refused, never read wrongly.
//! * Writers at once: a commit is a file that is made only if it is not there; who finds its
//!   number taken reads what was written meanwhile and takes the next one. Appends of rows do not
//!   conflict with one another, so nothing is lost and nobody waits.
//! * A kill leaves at most a data file that no commit names, which readers do not see.

mod action;
mod checkpoint;
mod compact;
mod log;
mod rows;

use super::error::HistoryError;
use super::place::Place;
use super::tables::{Row, Table};
pub use compact::Compacted;

use action::{Action, Add, Metadata, Protocol};
use futures::{StreamExt, TryStreamExt, stream};
use log::Snapshot;
use serde_json::{Value, json};

/// Attempts to commit; each one that fails means that another writer succeeded.
const MOST_ATTEMPTS: usize = 1000;

/// Data files that are read at once: most of the time of a far one is waiting for it.
const READ_AT_ONCE: usize = 16;

/// One table in its folder.
pub struct DeltaTable {
    place: Place,
    table: Table,
}

impl DeltaTable {
    pub fn new(place: Place, table: Table) -> Self {
        Self { place, table }
    }

    /// Appends rows in one commit, and makes the table if it is not there.
    pub async fn append(&self, rows: &[Row]) -> Result<(), HistoryError> {
        if rows.is_empty() {
            return Ok(());
        }
        let name = new_file();
        let bytes = rows::to_parquet(&self.table, rows).map_err(HistoryError::table(self.table.name))?;
        let add = Add::of(&name, bytes.len(), rows.len(), now());
        // First the data, then the commit that names it.
        self.place.join(&name).create(&bytes).await?;
        let mut snapshot = Snapshot::read(&self.place, self.table.name).await?;
        for _ in 0..MOST_ATTEMPTS {
            let actions = self.commit(&snapshot, &add)?;
            if self.put(&snapshot, &actions).await? {
                if snapshot.version.is_some() && snapshot.next().is_multiple_of(checkpoint::EVERY) {
                    // The rows are safe without it.
                    if let Err(error) = Box::pin(self.compact(compact::MANY)).await {
                        tracing::debug!(%error, table = self.table.name, "small files were not merged");
                    }
                }
                return Ok(());
            }
            snapshot.read_on(&self.place, self.table.name).await?;
        }
        Err(HistoryError::Table {
            table: self.table.name.to_owned(),
            why: format!("other writers took {MOST_ATTEMPTS} versions before this one could be written; try again"),
        })
    }

    /// Makes the next commit; false if another writer was first.
    async fn put(&self, snapshot: &Snapshot, actions: &[Action]) -> Result<bool, HistoryError> {
        let text: String = actions.iter().map(|action| format!("{action}\n")).collect();
        let version = snapshot.next();
        let made = log::file(&self.place, version).create(text.as_bytes()).await?;
        if made && version > 0 && version.is_multiple_of(checkpoint::EVERY) {
            self.checkpoint(snapshot.clone(), version, &text).await;
        }
        Ok(made)
    }

    /// Leaves a checkpoint at the version just written. The rows are safe without it.
    async fn checkpoint(&self, mut snapshot: Snapshot, version: u64, commit: &str) {
        let made = async {
            snapshot.replay(self.table.name, version, commit.as_bytes())?;
            let bytes = checkpoint::of(&snapshot, now()).map_err(HistoryError::table(self.table.name))?;
            log::checkpoint_file(&self.place, version).create(&bytes).await
        };
        if let Err(error) = made.await {
            tracing::debug!(%error, table = self.table.name, "no checkpoint was made");
        }
    }

    /// All rows, in no promised order.
    pub async fn read(&self) -> Result<Vec<Row>, HistoryError> {
        let snapshot = Snapshot::read(&self.place, self.table.name).await?;
        let files: Vec<_> = snapshot.files.into_keys().map(|path| self.file(path)).collect();
        stream::iter(files).buffered(READ_AT_ONCE).try_concat().await
    }

    /// The rows of one data file.
    async fn file(&self, path: String) -> Result<Vec<Row>, HistoryError> {
        let missing = || format!("its data file `{path}` is missing");
        let bytes = self.place.join(&path).read().await?;
        let bytes = bytes.ok_or_else(missing).map_err(HistoryError::table(self.table.name))?;
        rows::from_parquet(bytes).map_err(HistoryError::table(self.table.name))
    }

    /// The actions of one commit on top of what stands there.
    fn commit(&self, snapshot: &Snapshot, add: &Add) -> Result<Vec<Action>, HistoryError> {
        snapshot.check_writable(self.table.name)?;
        let mut actions = vec![self.info(snapshot)];
        if snapshot.protocol.is_none() {
            actions.push(Action::Protocol(Protocol::ours()));
        }
        let metadata = match &snapshot.metadata {
            None => Some(Metadata::of(&self.table, now())),
            Some(metadata) => metadata.with_columns_of(&self.table).map_err(HistoryError::table(self.table.name))?,
        };
        actions.extend(metadata.map(Action::MetaData));
        actions.push(Action::Add(add.clone()));
        Ok(actions)
    }

    fn info(&self, snapshot: &Snapshot) -> Action {
        let operation = if snapshot.metadata.is_none() { "CREATE TABLE" } else { "WRITE" };
        Action::CommitInfo(json!({
            "timestamp": now(),
            "operation": operation,
            "operationParameters": {"mode": "Append", "partitionBy": "[]"},
            "isBlindAppend": true,
            "engineInfo": concat!("genie-enhance/", env!("CARGO_PKG_VERSION")),
            // Tells this commit from every other one, should it be unclear whose it is.
            "txnId": uuid::Uuid::now_v7().to_string(),
        }))
    }
}

/// A name for a data file that no other has.
fn new_file() -> String {
    format!("part-00000-{}-c000.parquet", uuid::Uuid::now_v7())
}

/// Milliseconds since 1970.
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// A member of an object as text, or nothing.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
