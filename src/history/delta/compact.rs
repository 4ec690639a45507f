//! Few large files in place of many small ones: every run leaves a small file in each table, and a
//! reader opens them all.
//!
//! A compaction is a commit like any other that removes files and adds one with the same rows; it
//! says of both that no data changed, so that readers of changes see none. Rows appended meanwhile
//! do not concern it. If a file that it replaces went away meanwhile, or the table got another
//! schema, it gives up: nothing is lost, and a later one merges what is there then.

use super::action::{Action, Add, Remove};
use super::log::Snapshot;
use super::rows::{batches, written_all};
use super::{DeltaTable, now};
use crate::history::error::HistoryError;
use arrow_array::RecordBatch;
use arrow_schema::DataType;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

/// A file of fewer bytes is merged with its like.
const SMALL: u64 = 1 << 20;

/// So many small files are merged by themselves.
pub const MANY: usize = 20;

/// Attempts to commit between appends of others.
const MOST_ATTEMPTS: usize = 20;

/// For so long the files of an earlier version stay, for who reads it still.
const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Data files before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    pub before: usize,
    pub after: usize,
}

/// Files of one shape, and what is in them.
struct Group {
    shape: Vec<(String, DataType)>,
    files: Vec<String>,
    batches: Vec<RecordBatch>,
    rows: usize,
}

impl DeltaTable {
    /// Merges the small files, if there are at least so many that fit together.
    pub async fn compact(&self, at_least: usize) -> Result<Compacted, HistoryError> {
        let snapshot = Snapshot::read(&self.place, self.table.name).await?;
        let before = snapshot.files.len();
        let unchanged = Compacted { before, after: before };
        if snapshot.small().count() < at_least.max(2) {
            return Ok(unchanged);
        }
        snapshot.check_writable(self.table.name)?;
        let groups: Vec<Group> = self.groups(&snapshot).await?.into_iter().filter(|g| g.files.len() > 1).collect();
        if groups.is_empty() {
            return Ok(unchanged);
        }
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for group in groups {
            let bytes = written_all(&group.batches).map_err(HistoryError::table(self.table.name))?;
            let add = Add::of(&super::new_file(), bytes.len(), group.rows, now());
            self.place.join(&add.path).create(&bytes).await?;
            added.push(add);
            removed.extend(group.files);
        }
        match self.replace(snapshot, &removed, &added).await {
            Ok(true) => {
                self.clear().await;
                Ok(Compacted { before, after: before + added.len() - removed.len() })
            }
            Ok(false) => {
                // No commit names them.
                for add in added {
                    let _ = self.place.join(&add.path).delete().await;
                }
                Ok(unchanged)
            }
            // The commit may be there all the same, with its answer lost: what it would name stays.
            Err(error) => Err(error),
        }
    }

    /// The small files, those of one shape together: whatever columns they have are kept.
    async fn groups(&self, snapshot: &Snapshot) -> Result<Vec<Group>, HistoryError> {
        let paths: Vec<String> = snapshot.small().cloned().collect();
        let read = paths.into_iter().map(async |path| {
            let missing = || format!("its data file `{path}` is missing");
            let bytes = self.place.join(&path).read().await?;
            let bytes = bytes.ok_or_else(missing).map_err(HistoryError::table(self.table.name))?;
            Ok((path, batches(bytes).map_err(HistoryError::table(self.table.name))?))
        });
        let read: Vec<(String, Vec<RecordBatch>)> =
            stream::iter(read).buffered(super::READ_AT_ONCE).try_collect().await?;
        let mut groups: Vec<Group> = Vec::new();
        // One without rows has no batch, and says nothing of its columns.
        for (path, batches) in read.into_iter().filter(|(_, batches)| !batches.is_empty()) {
            let shape = shape(&batches[0]);
            let at = groups.iter().position(|group| group.shape == shape).unwrap_or(groups.len());
            if at == groups.len() {
                groups.push(Group { shape, files: Vec::new(), batches: Vec::new(), rows: 0 });
            }
            let group = &mut groups[at];
            group.rows += batches.iter().map(RecordBatch::num_rows).sum::<usize>();
            // Of one shape, but each with details of its own writer.
            let schema = group.batches.first().map_or_else(|| batches[0].schema(), RecordBatch::schema);
            for batch in batches {
                let same = RecordBatch::try_new(schema.clone(), batch.columns().to_vec());
                let same = same.map_err(|error| HistoryError::table(self.table.name)(error.to_string()))?;
                group.batches.push(same);
            }
            group.files.push(path);
        }
        Ok(groups)
    }

    /// One commit that puts files in place of others. False if it was given up.
    pub(super) async fn replace(
        &self,
        mut snapshot: Snapshot,
        removed: &[String],
        added: &[Add],
    ) -> Result<bool, HistoryError> {
        let began_with = snapshot.metadata.clone();
        for _ in 0..MOST_ATTEMPTS {
            let mut actions = vec![info(&snapshot, removed.len(), added.len())];
            for path in removed {
                let Some(file) = snapshot.files.get(path) else { return Ok(false) };
                actions.push(Action::Remove(Remove::of(file, now())));
            }
            actions.extend(added.iter().cloned().map(|add| Action::Add(add.unchanged())));
            if self.put(&snapshot, &actions).await? {
                return Ok(true);
            }
            snapshot.read_on(&self.place, self.table.name).await?;
            // The commit that is there may be this one, written by an attempt whose answer was lost.
            if added.iter().all(|add| snapshot.files.contains_key(&add.path)) {
                return Ok(true);
            }
            if snapshot.metadata != began_with {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Deletes what was removed long ago. What cannot be deleted costs only its place.
    async fn clear(&self) {
        let Ok(snapshot) = Snapshot::read(&self.place, self.table.name).await else { return };
        for path in snapshot.removed_before(now() - KEPT_MS) {
            let _ = self.place.join(path).delete().await;
        }
    }
}

impl Snapshot {
    /// Paths of the files that may be merged.
    fn small(&self) -> impl Iterator<Item = &String> {
        let is_small = |add: &Add| add.json.get("size").and_then(Value::as_u64).is_some_and(|size| size < SMALL);
        self.files.iter().filter(move |(_, add)| is_small(add)).map(|(path, _)| path)
    }
}

/// Names and types of the columns, in their order.
fn shape(batch: &RecordBatch) -> Vec<(String, DataType)> {
    let schema = batch.schema();
    schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
}

fn info(snapshot: &Snapshot, removed: usize, added: usize) -> Action {
    Action::CommitInfo(json!({
        "timestamp": now(),
        "operation": "OPTIMIZE",
        "operationParameters": {"predicate": "[]"},
        "operationMetrics": {"numRemovedFiles": removed.to_string(), "numAddedFiles": added.to_string()},
        "readVersion": snapshot.version,
        "isBlindAppend": false,
        "engineInfo": concat!("genie-enhance/", env!("CARGO_PKG_VERSION")),
        "txnId": uuid::Uuid::now_v7().to_string(),
    }))
}
