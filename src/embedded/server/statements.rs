//! `/api/2.0/sql/statements` (reference 5).

use super::WAREHOUSE_ID;
use super::app::{App, guard};
use super::engine::{Parameter, SqlFailure, StatementOptions};
use super::reply::{ApiError, ApiResult, body, empty, json};
use super::statement_wire::{byte_count, data, int, manifest};
use crate::model::{ResultSet, short_id};
use crate::wire::{
    ExternalLink, ResultData, StatementError, StatementRequest, StatementResponse, StatementState, StatementStatus,
};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// Statements this process knows; the oldest are forgotten.
#[derive(Default)]
pub(super) struct Statements {
    kept: Mutex<Kept>,
    number: AtomicU64,
}

#[derive(Default)]
struct Kept {
    by_id: HashMap<String, Statement>,
    order: VecDeque<String>,
    bytes: usize,
}

#[derive(Clone)]
struct Statement {
    state: watch::Receiver<Phase>,
    cancel: Arc<tokio::sync::Notify>,
    links: bool,
    bytes: usize,
}

/// Where a statement stands.
#[derive(Clone, Debug)]
enum Phase {
    Running,
    Done(Arc<ResultSet>),
    Failed(SqlFailure),
    Canceled,
}

/// Results are kept up to these bounds, newest first, so that memory stays bounded.
const MAX_STATEMENTS: usize = 500;
const MAX_BYTES: usize = 256 << 20;
/// An inline result may be this large.
const INLINE_BYTES: usize = 25 << 20;
const MAX_STATEMENT: usize = 16 << 20;

pub(super) async fn execute(State(app): State<Arc<App>>, bytes: Bytes) -> ApiResult<Response> {
    let request: StatementRequest = body(&bytes)?;
    let wait = wait_timeout(request.wait_timeout.as_deref())?;
    if request.warehouse_id != WAREHOUSE_ID {
        return Err(ApiError::invalid(format!("{} is not a valid endpoint id.", request.warehouse_id)));
    }
    if request.statement.trim().is_empty() || request.statement.len() > MAX_STATEMENT {
        return Err(ApiError::invalid("The statement must not be empty or longer than 16 MiB."));
    }
    let links = match request.disposition.as_deref() {
        None | Some("INLINE") => false,
        Some("EXTERNAL_LINKS") => true,
        Some(other) => return Err(ApiError::invalid(format!("Unknown disposition: {other}"))),
    };
    if !matches!(request.format.as_deref(), None | Some("JSON_ARRAY")) {
        return Err(ApiError::invalid("The embedded workspace gives results as JSON_ARRAY only."));
    }
    let cancel_on_timeout = request.on_wait_timeout.as_deref() == Some("CANCEL") && !wait.is_zero();
    let options = options(&request);
    let (id, mut state) = app.begin(request.statement, options, links);
    let finished = tokio::time::timeout(wait, state.wait_for(|state| !matches!(state, Phase::Running))).await.is_ok();
    if !finished && cancel_on_timeout {
        app.statements.cancel(&id);
    }
    Ok(json(&app.statement(&id)?))
}

pub(super) async fn get(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<Response> {
    Ok(json(&app.statement(&id)?))
}

pub(super) async fn chunk(
    State(app): State<Arc<App>>,
    Path((id, index)): Path<(String, usize)>,
) -> ApiResult<Response> {
    let (result, links) = app.statements.result(&id)?;
    Ok(json(&app.chunk_of(&id, &result, index, links)?))
}

pub(super) async fn cancel(State(app): State<Arc<App>>, Path(id): Path<String>) -> ApiResult<Response> {
    app.statements.find(&id)?;
    app.statements.cancel(&id);
    Ok(empty())
}

/// Rows behind a signed link.
pub(super) async fn external(
    State(app): State<Arc<App>>,
    Path((id, index, signature)): Path<(String, usize, String)>,
) -> ApiResult<Response> {
    if signature != app.signature(&id, index) {
        return Err(ApiError::permission("The link's signature is not valid."));
    }
    let (result, _) = app.statements.result(&id)?;
    let rows = rows_of(&result, index, app.world.chunk_rows);
    Ok(json(&data(rows)))
}

fn wait_timeout(text: Option<&str>) -> ApiResult<Duration> {
    let seconds = text.unwrap_or("10s").strip_suffix('s').and_then(|number| number.parse::<u64>().ok());
    match seconds {
        Some(seconds @ (0 | 5..=50)) => Ok(Duration::from_secs(seconds)),
        _ => Err(ApiError::invalid("wait_timeout must be 0s, or between 5s and 50s.")),
    }
}

fn options(request: &StatementRequest) -> StatementOptions {
    let limit = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let parameters = request.parameters.iter().map(|parameter| Parameter {
        name: parameter.name.clone(),
        value: parameter.value.clone(),
        sql_type: parameter.sql_type.clone().unwrap_or_else(|| "STRING".to_owned()),
    });
    StatementOptions {
        parameters: parameters.collect(),
        catalog: request.catalog.clone(),
        schema: request.schema.clone(),
        row_limit: limit(request.row_limit),
        byte_limit: limit(request.byte_limit),
    }
}

fn rows_of(result: &ResultSet, index: usize, chunk_rows: usize) -> &[Vec<crate::model::Cell>] {
    result.rows.chunks(chunk_rows.max(1)).nth(index).unwrap_or_default()
}

impl Statements {
    fn find(&self, id: &str) -> ApiResult<Statement> {
        guard(&self.kept).by_id.get(id).cloned().ok_or_else(|| {
            ApiError::not_found("NOT_FOUND", format!("The statement {id} was not found; it may have expired."))
        })
    }

    fn cancel(&self, id: &str) {
        if let Ok(statement) = self.find(id) {
            statement.cancel.notify_one();
        }
    }

    fn result(&self, id: &str) -> ApiResult<(Arc<ResultSet>, bool)> {
        let statement = self.find(id)?;
        match &*statement.state.borrow() {
            Phase::Done(result) => Ok((result.clone(), statement.links)),
            _ => Err(ApiError::new(400, "BAD_REQUEST", format!("The statement {id} has no result."))),
        }
    }

    fn keep(&self, id: &str, statement: Statement) {
        let mut kept = guard(&self.kept);
        kept.bytes += statement.bytes;
        if kept.by_id.insert(id.to_owned(), statement).is_none() {
            kept.order.push_back(id.to_owned());
        }
        while kept.order.len() > MAX_STATEMENTS || kept.bytes > MAX_BYTES {
            // The newest one stays, however large.
            if kept.order.len() <= 1 {
                break;
            }
            let Some(oldest) = kept.order.pop_front() else { break };
            let freed = kept.by_id.remove(&oldest).map_or(0, |statement| statement.bytes);
            kept.bytes = kept.bytes.saturating_sub(freed);
        }
    }

    /// Counts a result that has arrived.
    fn grow(&self, id: &str, bytes: usize) {
        let statement = guard(&self.kept).by_id.get(id).cloned();
        if let Some(statement) = statement {
            self.keep(id, Statement { bytes, ..statement });
        }
    }
}

impl App {
    /// Starts a statement that runs on after the request.
    fn begin(
        self: &Arc<Self>,
        sql: String,
        options: StatementOptions,
        links: bool,
    ) -> (String, watch::Receiver<Phase>) {
        let number = self.statements.number.fetch_add(1, Ordering::Relaxed);
        let id = statement_id(&self.token, number);
        let (sender, receiver) = watch::channel(Phase::Running);
        let cancel = Arc::new(tokio::sync::Notify::new());
        let statement = Statement { state: receiver.clone(), cancel: cancel.clone(), links, bytes: 0 };
        self.statements.keep(&id, statement);
        let (app, own) = (self.clone(), id.clone());
        self.spawn(async move {
            let delay = app.world.delay(&app.world.latency.statement, "statement", number);
            let run = async {
                tokio::time::sleep(delay).await;
                app.engine.execute(&sql, options).await
            };
            let outcome = tokio::select! {
                outcome = run => outcome,
                () = cancel.notified() => {
                    sender.send_replace(Phase::Canceled);
                    return;
                }
            };
            let state = match outcome {
                Ok(result) if !links && byte_count(&result.rows) > INLINE_BYTES => Phase::Failed(SqlFailure {
                    error_code: "BAD_REQUEST".to_owned(),
                    sql_state: String::new(),
                    message: format!(
                        "Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result \
                         size of at most {INLINE_BYTES} bytes. Please execute the statement with \
                         disposition=EXTERNAL_LINKS if you want to download the full result."
                    ),
                }),
                Ok(result) => {
                    app.statements.grow(&own, byte_count(&result.rows));
                    Phase::Done(Arc::new(result))
                }
                Err(failure) => Phase::Failed(failure),
            };
            sender.send_replace(state);
        });
        (id, receiver)
    }

    /// Runs a statement whose whole result will be fetched through links; gives its id.
    pub fn start_download(self: &Arc<Self>, sql: &str) -> String {
        self.begin(sql.to_owned(), StatementOptions::default(), true).0
    }

    /// Runs a statement to its end and keeps its result, as Genie does for an answer.
    pub async fn run_statement(self: &Arc<Self>, sql: &str, options: StatementOptions) -> (String, Outcome) {
        let (id, mut state) = self.begin(sql.to_owned(), options, false);
        let state = state.wait_for(|state| !matches!(state, Phase::Running)).await.map(|state| state.clone());
        let outcome = match state {
            Ok(Phase::Done(result)) => Ok(result),
            Ok(Phase::Failed(failure)) => Err(failure),
            Ok(Phase::Canceled | Phase::Running) | Err(_) => Err(SqlFailure {
                error_code: "CANCELLED".to_owned(),
                sql_state: String::new(),
                message: "The statement was cancelled.".to_owned(),
            }),
        };
        (id, outcome)
    }

    /// A statement with its first chunk.
    pub fn statement(&self, id: &str) -> ApiResult<StatementResponse> {
        let statement = self.statements.find(id)?;
        let state = statement.state.borrow().clone();
        let status = |state| StatementStatus { state, ..StatementStatus::default() };
        let mut answer = StatementResponse { statement_id: id.to_owned(), ..StatementResponse::default() };
        match state {
            Phase::Running => answer.status = status(StatementState::Running),
            Phase::Canceled => answer.status = status(StatementState::Canceled),
            Phase::Failed(failure) => {
                answer.status = StatementStatus {
                    state: StatementState::Failed,
                    error: Some(StatementError { error_code: failure.error_code, message: failure.message }),
                    sql_state: Some(failure.sql_state).filter(|text| !text.is_empty()),
                };
            }
            Phase::Done(result) => {
                answer.status = status(StatementState::Succeeded);
                answer.manifest = Some(manifest(&result, self.world.chunk_rows));
                answer.result = Some(self.chunk_of(id, &result, 0, statement.links)?);
            }
        }
        Ok(answer)
    }

    fn chunk_of(&self, id: &str, result: &ResultSet, index: usize, links: bool) -> ApiResult<ResultData> {
        let size = self.world.chunk_rows.max(1);
        let count = result.rows.len().div_ceil(size);
        if count == 0 && index == 0 {
            return Ok(ResultData::default());
        }
        if index >= count {
            return Err(ApiError::invalid(format!("Chunk index {index} is out of range; there are {count} chunks.")));
        }
        let rows = rows_of(result, index, size);
        let next = Some(index + 1).filter(|next| *next < count);
        let next_link =
            next.map(|next| format!("/api/2.0/sql/statements/{id}/result/chunks/{next}?row_offset={}", next * size));
        let mut chunk = ResultData {
            chunk_index: int(index),
            row_offset: int(index * size),
            row_count: int(rows.len()),
            next_chunk_index: next.and_then(int),
            next_chunk_internal_link: next_link,
            ..ResultData::default()
        };
        if !links {
            chunk.data_array = Some(data(rows));
            return Ok(chunk);
        }
        let in_15_minutes = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(15);
        let link = ExternalLink {
            external_link: format!("{}/external/{id}/{index}/{}", self.url, self.signature(id, index)),
            expiration: Some(format!("{in_15_minutes:.3}")),
            chunk_index: chunk.chunk_index,
            row_offset: chunk.row_offset,
            row_count: chunk.row_count,
            byte_count: int(byte_count(rows)),
            next_chunk_index: chunk.next_chunk_index,
            next_chunk_internal_link: chunk.next_chunk_internal_link,
            ..ExternalLink::default()
        };
        Ok(ResultData { external_links: Some(vec![link]), ..ResultData::default() })
    }

    pub fn signature(&self, id: &str, index: usize) -> String {
        short_id(&["link", &self.token, id, &index.to_string()])
    }
}

/// How a statement ended.
pub(super) type Outcome = Result<Arc<ResultSet>, SqlFailure>;

/// `01f0xxxx-xxxx-…`, not guessable from outside.
fn statement_id(token: &str, number: u64) -> String {
    let hex = short_id(&["statement", token, &number.to_string()]);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("01f0{}-{}-{}-{}-{}", part(4, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
