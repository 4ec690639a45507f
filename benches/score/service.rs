//! A simulated workspace over HTTP whose every duration is known: Genie, the SQL warehouse and a
//! model that judges. Answers are right by construction, but for those that are made doubtful.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How the model answers the items of one prompt; the count is that of all requests before.
pub type Judge = dyn Fn(&[Value], usize) -> Reply + Send + Sync;

/// One answer of the model.
pub enum Reply {
    Text(String),
    Status(u16),
    /// A text that comes late.
    Late(Duration, String),
}

/// How long things take, in real time.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Of Genie, by question.
    pub answers: Vec<Duration>,
    pub statement: Duration,
    pub judge: Duration,
    /// Questions in any window of this length.
    pub quota: Option<(usize, Duration)>,
}

pub struct Service {
    pub host: String,
    pub sim: Arc<Sim>,
    task: tokio::task::JoinHandle<()>,
}

pub struct Sim {
    pace: Pace,
    /// Every so manieth question gets an answer with a row too many.
    doubtful: usize,
    /// Seed of a noise: each question has a chance of its own to be answered right.
    noise: Option<u64>,
    judge: Box<Judge>,
    /// Questions that are always refused.
    failing: BTreeSet<usize>,
    asked: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    started: BTreeMap<usize, Instant>,
    /// How often each question was asked.
    times: BTreeMap<usize, u64>,
    window: VecDeque<Instant>,
    /// Requests that would begin a conversation.
    attempts: usize,
    refused: usize,
    judged: usize,
}

/// The words of the n-th question, and its gold SQL.
pub fn question(number: usize) -> (String, String) {
    (format!("question {number}"), format!("SELECT v FROM t WHERE q = {number}"))
}

impl Service {
    pub async fn start(pace: Pace, doubtful: usize, judge: Box<Judge>) -> Self {
        Self::serve(Sim { doubtful, ..Sim::new(pace, judge) }).await
    }

    /// A service at once that cannot take these questions.
    pub async fn failing(questions: impl IntoIterator<Item = usize>) -> Self {
        Self::serve(Sim { failing: questions.into_iter().collect(), ..Sim::at_once() }).await
    }

    /// A service whose answers are right by chance.
    pub async fn noisy(seed: u64) -> Self {
        Self::serve(Sim { noise: Some(seed), ..Sim::at_once() }).await
    }

    async fn serve(sim: Sim) -> Self {
        let sim = Arc::new(sim);
        let spaces = "/api/2.0/genie/spaces/{space}";
        let app = Router::new()
            .route(&format!("{spaces}/start-conversation"), post(start))
            .route(&format!("{spaces}/conversations/{{conversation}}/messages/{{message}}"), get(message))
            // Nobody may see which conversations there are.
            .route(&format!("{spaces}/conversations"), get(|| async { StatusCode::FORBIDDEN }))
            .route("/api/2.0/sql/statements", post(statement))
            .route("/serving-endpoints/{name}/invocations", post(invoke))
            .with_state(sim.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let host = format!("http://{}", listener.local_addr().expect("an address"));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("served") });
        Self { host, sim, task }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sim {
    fn new(pace: Pace, judge: Box<Judge>) -> Self {
        Self { pace, doubtful: 0, noise: None, judge, failing: BTreeSet::new(), asked: Mutex::default() }
    }

    /// Everything takes no time, and nobody judges.
    fn at_once() -> Self {
        let none = Duration::ZERO;
        let pace = Pace { answers: vec![none], statement: none, judge: none, quota: None };
        Self::new(pace, Box::new(|_: &[Value], _| Reply::Status(500)))
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().expect("nothing panics here")
    }

    /// Questions that were started, refusals, and requests to the model.
    pub fn counts(&self) -> (usize, usize, usize) {
        let asked = self.asked();
        (asked.started.len(), asked.refused, asked.judged)
    }

    /// Requests that would have begun a conversation.
    pub fn attempts(&self) -> usize {
        self.asked().attempts
    }

    /// Forgets what was asked.
    pub fn reset(&self) {
        *self.asked() = Asked::default();
    }
}

fn ok(value: Value) -> Response {
    axum::Json(value).into_response()
}

fn body(bytes: &Bytes) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}

async fn start(State(sim): State<Arc<Sim>>, bytes: Bytes) -> Response {
    let content = body(&bytes)["content"].as_str().unwrap_or_default().to_owned();
    let number: usize = content.rsplit(' ').next().and_then(|text| text.parse().ok()).unwrap_or_default();
    let now = Instant::now();
    let mut asked = sim.asked();
    asked.attempts += 1;
    if sim.failing.contains(&number) {
        let refusal = json!({"error_code": "TEMPORARILY_UNAVAILABLE", "message": "down"});
        return (StatusCode::SERVICE_UNAVAILABLE, axum::Json(refusal)).into_response();
    }
    if let Some((limit, window)) = sim.pace.quota {
        while asked.window.front().is_some_and(|first| now.duration_since(*first) >= window) {
            asked.window.pop_front();
        }
        if asked.window.len() >= limit {
            asked.refused += 1;
            let refusal = json!({"error_code": "RESOURCE_EXHAUSTED", "message": "too many questions"});
            return (StatusCode::TOO_MANY_REQUESTS, axum::Json(refusal)).into_response();
        }
        asked.window.push_back(now);
    }
    asked.started.insert(number, now);
    let times = asked.times.entry(number).or_default();
    *times += 1;
    ok(json!({"conversation_id": format!("c{number}-{times}"), "message_id": format!("m{number}-{times}")}))
}

async fn message(State(sim): State<Arc<Sim>>, Path((_, conversation, id)): Path<(String, String, String)>) -> Response {
    let (number, times) = id.trim_start_matches('m').split_once('-').unwrap_or_default();
    let (number, times): (usize, u64) = (number.parse().unwrap_or_default(), times.parse().unwrap_or_default());
    let elapsed = sim.asked().started.get(&number).map(Instant::elapsed).unwrap_or_default();
    let takes = sim.pace.answers.get(number % sim.pace.answers.len().max(1)).copied().unwrap_or_default();
    let status = match elapsed {
        elapsed if elapsed >= takes => "COMPLETED",
        elapsed if elapsed >= takes.mul_f64(0.8) => "EXECUTING_QUERY",
        _ => "ASKING_AI",
    };
    let mut message = json!({
        "id": id, "message_id": id, "conversation_id": conversation, "status": status,
        "content": format!("question {number}"),
    });
    if status == "COMPLETED" {
        let doubtful = sim.doubtful > 0 && number % sim.doubtful == 0;
        let extra = if doubtful { " OR FALSE" } else { " AND TRUE" };
        let right = sim.noise.is_none_or(|seed| is_right(seed, number, times));
        let found = if right { number } else { number + 1 };
        let sql = format!("SELECT v FROM t WHERE q = {found}{extra}");
        message["attachments"] = json!([{"attachment_id": "a", "query": {"query": sql}}]);
    }
    ok(message)
}

/// Some questions are always answered right, some never, most now and then.
fn is_right(seed: u64, number: usize, times: u64) -> bool {
    let chance = [0.0, 0.3, 0.5, 0.7, 1.0][number % 5];
    let mix = seed.wrapping_mul(1_000_003) ^ (number as u64).wrapping_mul(7_919) ^ times.wrapping_mul(104_729);
    fastrand::Rng::with_seed(mix).f64() < chance
}

async fn statement(State(sim): State<Arc<Sim>>, bytes: Bytes) -> Response {
    let sql = body(&bytes)["statement"].as_str().unwrap_or_default().to_owned();
    tokio::time::sleep(sim.pace.statement).await;
    let number: String = sql.split("q = ").nth(1).unwrap_or("0").chars().take_while(char::is_ascii_digit).collect();
    let value = number.parse::<u64>().unwrap_or_default() + 1_000;
    let row = json!([value.to_string()]);
    let rows = if sql.ends_with("OR FALSE") { vec![row.clone(), row] } else { vec![row] };
    ok(json!({
        "statement_id": "s",
        "status": {"state": "SUCCEEDED"},
        "manifest": {
            "schema": {"column_count": 1, "columns": [{"name": "v", "type_text": "BIGINT", "type_name": "LONG", "position": 0}]},
            "total_row_count": rows.len(), "truncated": false,
        },
        "result": {"data_array": rows},
    }))
}

async fn invoke(State(sim): State<Arc<Sim>>, bytes: Bytes) -> Response {
    let number = {
        let mut asked = sim.asked();
        asked.judged += 1;
        asked.judged - 1
    };
    tokio::time::sleep(sim.pace.judge).await;
    let prompt = body(&bytes);
    let text = prompt["messages"].as_array().and_then(|list| list.last()).map(|last| last["content"].clone());
    let items = items_of(text.as_ref().and_then(Value::as_str).unwrap_or_default());
    let text = match (sim.judge)(&items, number) {
        Reply::Status(status) => {
            return StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY).into_response();
        }
        Reply::Late(wait, text) => {
            tokio::time::sleep(wait).await;
            text
        }
        Reply::Text(text) => text,
    };
    ok(json!({
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 300, "completion_tokens": 30, "total_tokens": 330},
    }))
}

/// The items of a prompt: the JSON list in its last fence.
fn items_of(prompt: &str) -> Vec<Value> {
    let fenced = prompt.rsplit("```json").next().unwrap_or_default();
    let text = fenced.split("```").next().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

/// The reply of a proper judge: one label for every item.
pub fn verdicts<'a>(items: impl IntoIterator<Item = &'a Value>, label: &str) -> String {
    let one = |item: &Value| json!({"id": item["id"], "label": label, "reason": "because"});
    json!({"verdicts": items.into_iter().map(one).collect::<Vec<_>>()}).to_string()
}
