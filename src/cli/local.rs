//! The embedded workspace, put together: the warehouse as its engine, the analyst as its Genie.

use crate::embedded::analyst::{self, Prepared};
use crate::embedded::server::{
    self, Analyst, Parameter, Reply, RunningServer, ServerOptions, SqlEngine, SqlFailure, StatementOptions, Thought,
};
use crate::embedded::warehouse::{self, Warehouse};
use crate::embedded::world::World;
use crate::model::{Catalog, ColumnProfile, Digest, ResultSet, Space, SpaceView};
use crate::ops::OpsError;
use futures::future::{BoxFuture, FutureExt};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What to start.
pub struct LocalOptions {
    pub data: PathBuf,
    pub as_of: Option<jiff::civil::Date>,
    pub world: Option<PathBuf>,
    /// Where spaces, conversations and etags are kept.
    pub state: PathBuf,
    pub port: Option<u16>,
}

/// Starts the embedded workspace over a folder of tables.
pub async fn start(options: LocalOptions) -> Result<RunningServer, OpsError> {
    let kept = options.state.join("tables");
    let engine = Warehouse::open_keeping(&options.data, options.as_of, Some(kept))
        .await
        .map_err(|error| OpsError::usage(format!("the embedded warehouse does not open: {error}")))?;
    let world = match &options.world {
        Some(path) => World::read(path).map_err(OpsError::Declared)?,
        None => World::default(),
    };
    server::start(ServerOptions {
        engine: Arc::new(Engine::new(engine)),
        analyst: Arc::new(SpaceAnalyst::default()),
        state_folder: Some(options.state),
        world,
        port: options.port,
        as_of: options.as_of,
    })
    .await
    .map_err(|error| OpsError::other(format!("the embedded workspace does not start: {error}")))
}

/// Folders of more bytes have no version: reading them all would cost more than it saves.
const VERSIONED_BYTES: u64 = 64 << 20;

/// The version of a folder of tables: a digest over all files in it. None where there are too many
/// bytes, or a file cannot be read.
pub fn version(folder: &Path) -> Option<Digest> {
    let root = folder;
    let (mut hash, mut bytes, mut folders) = (Sha256::new(), 0, vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).ok()?.map(|entry| entry.ok().map(|entry| entry.path()));
        let mut paths = entries.collect::<Option<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            let about = std::fs::metadata(&path).ok()?;
            if about.is_dir() {
                folders.push(path);
                continue;
            }
            bytes += about.len();
            if bytes > VERSIONED_BYTES {
                return None;
            }
            // From the folder on: a copy of a project has the same data.
            hash.update(path.strip_prefix(root).unwrap_or(&path).to_string_lossy().as_bytes());
            hash.update([0]);
            hash.update(about.len().to_le_bytes());
            hash.update(std::fs::read(&path).ok()?);
        }
    }
    Some(Digest(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// The warehouse of a local workspace, for several servers at once.
pub fn engine(warehouse: Warehouse) -> Arc<dyn SqlEngine> {
    Arc::new(Engine::new(warehouse))
}

/// The analyst of a local workspace.
pub fn analyst() -> Arc<dyn Analyst> {
    Arc::new(SpaceAnalyst::default())
}

/// The warehouse with a result cache, as real warehouses have one: only statements change tables
/// while the server runs, and the same one comes once from Genie and once from the scorer.
struct Engine {
    warehouse: Warehouse,
    results: Mutex<BTreeMap<String, Result<ResultSet, SqlFailure>>>,
}

/// Results are kept up to this many; then the cache starts over.
const KEPT_RESULTS: usize = 4_000;

/// What statements begin with that change a table.
const CHANGING: [&str; 3] = ["CREATE", "ALTER", "INSERT"];

/// Larger results are not kept.
const KEPT_CELLS: usize = 50_000;

impl Engine {
    fn new(warehouse: Warehouse) -> Self {
        Self { warehouse, results: Mutex::default() }
    }

    fn known(&self, key: &str) -> Option<Result<ResultSet, SqlFailure>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: String, result: &Result<ResultSet, SqlFailure>) {
        let small = result.as_ref().is_ok_and(|rows| rows.rows.len() * rows.columns.len().max(1) <= KEPT_CELLS);
        if !small {
            return;
        }
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        if results.len() >= KEPT_RESULTS {
            results.clear();
        }
        results.insert(key, result.clone());
    }
}

impl SqlEngine for Engine {
    fn catalog(&self) -> &Catalog {
        self.warehouse.catalog()
    }

    fn execute(&self, sql: &str, options: StatementOptions) -> BoxFuture<'_, Result<ResultSet, SqlFailure>> {
        let sql = sql.to_owned();
        async move {
            let key = format!("{options:?}\u{1f}{sql}");
            if let Some(known) = self.known(&key) {
                return known;
            }
            let changes = CHANGING
                .iter()
                .any(|word| sql.trim_start().get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word)));
            let parameter = |p: Parameter| warehouse::Parameter { name: p.name, value: p.value, sql_type: p.sql_type };
            let options = warehouse::StatementOptions {
                parameters: options.parameters.into_iter().map(parameter).collect(),
                catalog: options.catalog,
                schema: options.schema,
                row_limit: options.row_limit.map(size),
                byte_limit: options.byte_limit.map(size),
            };
            let result = self.warehouse.execute(&sql, &options).await.map_err(failure);
            if changes {
                self.results.lock().unwrap_or_else(PoisonError::into_inner).clear();
            } else {
                self.keep(key, &result);
            }
            result
        }
        .boxed()
    }

    fn profile(&self, table: &str, column: &str) -> BoxFuture<'_, Result<ColumnProfile, SqlFailure>> {
        let (table, column) = (table.to_owned(), column.to_owned());
        async move { self.warehouse.profile(&table, &column).await.map_err(failure) }.boxed()
    }
}

fn size(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn failure(failure: warehouse::SqlFailure) -> SqlFailure {
    SqlFailure { error_code: failure.error_code, sql_state: failure.sql_state, message: failure.message }
}

/// The analyst, with the spaces it read last: reading a space costs more than answering from it.
#[derive(Default)]
struct SpaceAnalyst {
    read: Mutex<Vec<(String, Arc<Prepared>)>>,
}

/// Spaces kept read; trials ask many questions of one content before the next.
const KEPT_SPACES: usize = 4;

impl SpaceAnalyst {
    /// The space as read for questions. What the analyst may know of the catalog follows from the
    /// space, so the space alone is the key.
    fn read(&self, space: &Space, catalog: &Catalog, as_of: Option<jiff::civil::Date>) -> Arc<Prepared> {
        let key = space.document().to_string();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = read.iter().find(|(known, _)| *known == key) {
            return known.clone();
        }
        let prepared = Arc::new(Prepared::of(&SpaceView::of(space), catalog, as_of));
        if read.len() >= KEPT_SPACES {
            read.remove(0);
        }
        read.push((key, prepared.clone()));
        prepared
    }
}

impl Analyst for SpaceAnalyst {
    fn answer(&self, space: &Space, catalog: &Catalog, question: &str, as_of: Option<jiff::civil::Date>) -> Reply {
        let thought = |t: analyst::Thought| Thought { kind: t.kind, text: t.text };
        match self.read(space, catalog, as_of).answer(question) {
            analyst::Reply::Sql { sql, description, thoughts } => {
                Reply::Sql { sql, description, thoughts: thoughts.into_iter().map(thought).collect() }
            }
            analyst::Reply::Ask { text, thoughts } => {
                Reply::Ask { text, thoughts: thoughts.into_iter().map(thought).collect() }
            }
        }
    }
}
