//! What all handlers share.

use super::ADMIN;
use super::engine::{Analyst, SqlEngine};
use super::propagation::Propagation;
use super::reply::{ApiError, ApiResult};
use super::statements::Statements;
use crate::embedded::spaces::{SpaceRecord, Store, is_id};
use crate::embedded::world::{EditBook, FaultBook, World};
use crate::model::{Catalog, ColumnProfile};
use jiff::civil::Date;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The state of a running server.
pub(super) struct App {
    pub engine: Arc<dyn SqlEngine>,
    pub analyst: Arc<dyn Analyst>,
    pub store: Store,
    pub world: World,
    pub as_of: Option<Date>,
    /// The administrator's token.
    pub token: String,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    pub faults: FaultBook,
    pub edits: EditBook,
    pub propagation: Propagation,
    pub statements: Statements,
    /// Status of the messages that this process is answering.
    pub progress: Mutex<HashMap<String, crate::wire::MessageStatus>>,
    pub profiles: Mutex<HashMap<(String, String), Option<ColumnProfile>>>,
    /// When the last questions were asked, for the quota.
    pub asked: Mutex<VecDeque<Instant>>,
    pub script_uses: Mutex<HashMap<(String, usize), u64>>,
    requests: AtomicU64,
    /// Requests under way.
    open: AtomicU64,
    tasks: Mutex<tokio::task::JoinSet<()>>,
}

/// A request under way.
pub(super) struct OpenRequest(Arc<App>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub name: String,
    pub admin: bool,
}

/// What a user may do with a space, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    None,
    Read,
    Run,
    Edit,
    Manage,
}

impl Level {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "CAN_READ" | "CAN_VIEW" => Self::Read,
            "CAN_RUN" => Self::Run,
            "CAN_EDIT" => Self::Edit,
            "CAN_MANAGE" => Self::Manage,
            _ => return None,
        })
    }
}

/// A lock whose holder panicked still protects usable data: all values here are replaced whole.
pub(super) fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

impl App {
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        engine: Arc<dyn SqlEngine>,
        analyst: Arc<dyn Analyst>,
        store: Store,
        world: World,
        as_of: Option<Date>,
        token: String,
        url: String,
    ) -> Self {
        Self {
            engine,
            analyst,
            store,
            as_of,
            token,
            url,
            faults: FaultBook::new(world.faults.clone(), world.seed),
            edits: EditBook::new(world.edits.clone()),
            propagation: Propagation::of(world.scaled(world.propagation)),
            statements: Statements::default(),
            progress: Mutex::default(),
            profiles: Mutex::default(),
            asked: Mutex::default(),
            script_uses: Mutex::default(),
            requests: AtomicU64::new(0),
            open: AtomicU64::new(0),
            tasks: Mutex::default(),
            world,
        }
    }

    /// Number of this request, for drawn delays.
    pub fn request_number(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a request as under way until the guard is dropped: answered, or given up.
    pub fn open(self: &Arc<Self>) -> OpenRequest {
        self.open.fetch_add(1, Ordering::SeqCst);
        OpenRequest(self.clone())
    }

    pub fn open_requests(&self) -> u64 {
        self.open.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Runs work that outlives its request; it ends with the server.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = guard(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work);
    }

    /// Work under way that outlives its request.
    pub fn tasks_under_way(&self) -> usize {
        let mut tasks = guard(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.len()
    }

    pub fn stop_tasks(&self) {
        guard(&self.tasks).abort_all();
    }

    /// Who holds a bearer token.
    pub fn caller(&self, token: &str) -> Option<Caller> {
        if token == self.token || self.is_oauth_token(token) {
            return Some(Caller { name: ADMIN.to_owned(), admin: true });
        }
        let mut users = self.world.users.iter().filter(|user| !user.token.is_empty());
        users.find(|user| user.token == token).map(|user| Caller { name: user.name.clone(), admin: user.admin })
    }

    /// As [`App::space`], as readers see it: a write may not have arrived yet.
    pub fn seen_space(&self, id: &str, caller: &Caller, level: Level) -> ApiResult<SpaceRecord> {
        let record = self.space(id, caller, level)?;
        self.propagation.seen(record).ok_or_else(|| does_not_exist(id))
    }

    /// A space that is there for the caller at this level, or the API's refusal.
    pub fn space(&self, id: &str, caller: &Caller, level: Level) -> ApiResult<SpaceRecord> {
        let record = self.any_space(id)?;
        if self.level_of(&record, caller) < level {
            return Err(ApiError::permission(format!(
                "User {} does not have the permission for this operation on Genie space {id}.",
                caller.name
            )));
        }
        Ok(record)
    }

    /// A space that exists and is not gone with the trash.
    pub fn any_space(&self, id: &str) -> ApiResult<SpaceRecord> {
        let record: Option<SpaceRecord> = if is_id(id) { self.store.read(&format!("spaces/{id}.json"))? } else { None };
        let record = record.ok_or_else(|| does_not_exist(id))?;
        if self.is_gone(&record) {
            let message = format!("Genie space {id} has been trashed.");
            return Err(ApiError::not_found("RESOURCE_DOES_NOT_EXIST", message));
        }
        Ok(record)
    }

    /// Trash takes effect late where the world says so.
    pub fn is_gone(&self, record: &SpaceRecord) -> bool {
        let delay = i64::try_from(self.world.scaled(self.world.trash_delay).as_millis()).unwrap_or(i64::MAX);
        record.trashed_at.is_some_and(|at| now_ms() >= at.saturating_add(delay))
    }

    pub fn level_of(&self, record: &SpaceRecord, caller: &Caller) -> Level {
        if caller.admin {
            return Level::Manage;
        }
        let mine = record.grants.iter().filter(|grant| {
            (grant.kind == "user" && grant.name == caller.name) || (grant.kind == "group" && grant.name == "users")
        });
        mine.filter_map(|grant| Level::parse(&grant.level)).max().unwrap_or(Level::None)
    }

    /// Counts one question against the quota; refused if the last minute is full.
    pub fn take_quota(&self) -> ApiResult<()> {
        let Some(limit) = self.world.quota_per_minute else { return Ok(()) };
        let window = self.world.scaled(Duration::from_secs(60));
        let mut asked = guard(&self.asked);
        let now = Instant::now();
        while asked.front().is_some_and(|at| now.duration_since(*at) >= window) {
            asked.pop_front();
        }
        match asked.front() {
            Some(first) if asked.len() >= limit as usize => {
                let left = window.saturating_sub(now.duration_since(*first));
                let message = format!("Exceeded {limit} questions per minute for this workspace.");
                Err(ApiError::new(429, "RESOURCE_EXHAUSTED", message).retry_after(left.as_secs_f64().ceil() as u64))
            }
            _ => {
                asked.push_back(now);
                Ok(())
            }
        }
    }

    /// Tables of the catalog that a space names.
    pub fn tables_of(&self, names: &[String]) -> Catalog {
        let catalog = self.engine.catalog();
        Catalog::new(names.iter().filter_map(|name| catalog.table(name)).cloned())
    }
}

fn does_not_exist(id: &str) -> ApiError {
    ApiError::not_found("RESOURCE_DOES_NOT_EXIST", format!("Unable to get space [{id}]. It does not exist."))
}
