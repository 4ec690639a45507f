//! Every operation of the client, each with what must be true when it says that it went well. The
//! same list runs against the embedded workspace and against a real one.

use super::*;
use crate::databricks::{AskFailure, Asked, ClientError, LiveSpace, SqlOptions, SqlRunError};
use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::json;

/// A prepared place to work in.
#[derive(Clone)]
pub(super) struct Ground {
    pub client: Client,
    pub warehouse: String,
    /// A table that is there, with its catalog and schema.
    pub table: String,
    /// A space over that table, with one benchmark question.
    pub space: LiveSpace,
    /// A question it can answer.
    pub question: String,
    /// An answer in that space.
    pub asked: Asked,
    /// A chat endpoint, where there is one.
    pub endpoint: Option<String>,
    /// A folder in a volume, where there is one.
    pub volume: Option<String>,
}

/// How an operation ended: well, or with words that say why not.
pub(super) type Ended = Result<(), String>;

pub(super) struct Operation {
    pub name: &'static str,
    pub run: for<'a> fn(&'a Ground) -> BoxFuture<'a, Ended>,
}

macro_rules! operations {
    ($($name:ident),* $(,)?) => {
        &[$(Operation { name: stringify!($name), run: |ground| $name(ground).boxed() }),*]
    };
}

pub(super) const OPERATIONS: &[Operation] = operations![
    sign_in,
    list_spaces,
    read_space,
    create_space,
    change_space,
    trash_space,
    ask_question,
    resume_answer,
    answer_rows,
    run_statement,
    run_through_links,
    read_table,
    list_tables,
    set_permissions,
    ask_model,
    run_benchmarks,
    keep_files,
];

fn words(error: ClientError) -> String {
    error.to_string()
}

fn ensure(truth: bool, what: &str) -> Ended {
    assert!(truth, "said to have gone well, but: {what}");
    Ok(())
}

async fn sign_in(ground: &Ground) -> Ended {
    // A client of its own, so that tokens are obtained anew.
    let client = Client::new(ground.client.settings().clone()).map_err(words)?;
    let user = client.current_user().await.map_err(words)?;
    client.clock_skew().await.map_err(words)?;
    ensure(!user.is_empty(), "the user has no name")
}

async fn list_spaces(ground: &Ground) -> Ended {
    let spaces = ground.client.list_spaces().await.map_err(words)?;
    ensure(spaces.iter().any(|space| space.id == ground.space.id), "the space is not listed")
}

async fn read_space(ground: &Ground) -> Ended {
    let read = ground.client.get_space(&ground.space.id).await.map_err(words)?;
    ensure(read.space.digest() == ground.space.space.digest() && read.etag.is_some(), "another space came back")
}

/// The content of a space of its own.
fn fresh(ground: &Ground, title: &str) -> Space {
    let sidecar =
        Sidecar { title: format!("contract {title} {}", uuid::Uuid::now_v7()), ..ground.space.space.sidecar.clone() };
    ground.space.space.clone().with_sidecar(sidecar)
}

async fn create_space(ground: &Ground) -> Ended {
    let wanted = fresh(ground, "create");
    let made = ground.client.create_space(&wanted).await;
    // Whatever came back, what is there decides.
    let listed = ground.client.list_spaces().await.map_err(words)?;
    let there: Vec<_> = listed.iter().filter(|space| space.title == wanted.sidecar.title).collect();
    for space in &there {
        ground.client.trash_space(&space.id).await.map_err(words)?;
    }
    assert!(there.len() <= 1, "made {} times", there.len());
    let made = made.map_err(words)?;
    ensure(there.iter().any(|space| space.id == made.id), "the new space is not listed")
}

async fn change_space(ground: &Ground) -> Ended {
    let made = ground.client.create_space(&fresh(ground, "change")).await.map_err(words)?;
    let mut changed = made.space.clone();
    changed.document_mut()["config"] = json!({"sample_questions": [{"id": ID, "question": ["how many?"]}]});
    let written = ground.client.update_space(&made.id, &changed, made.etag.as_deref()).await;
    let after = ground.client.get_space(&made.id).await.map_err(words)?;
    let stale = match &written {
        Ok(_) => Some(ground.client.update_space(&made.id, &made.space, made.etag.as_deref()).await),
        Err(_) => None,
    };
    ground.client.trash_space(&made.id).await.map_err(words)?;
    let written = written.map_err(words)?;
    assert!(written.etag != made.etag, "the etag stayed");
    if let Some(Err(error)) = &stale
        && !error.is_conflict()
    {
        return Err(error.to_string());
    }
    assert!(stale.is_none_or(|outcome| outcome.is_err()), "a stale etag was taken");
    ensure(after.space.digest() == changed.digest(), "another content stands there")
}

async fn trash_space(ground: &Ground) -> Ended {
    let made = ground.client.create_space(&fresh(ground, "trash")).await.map_err(words)?;
    ground.client.trash_space(&made.id).await.map_err(words)
}

/// Asks as a careful caller does: again only where that cannot ask twice.
async fn asked_once(ground: &Ground, question: &str) -> Result<Asked, AskFailure> {
    let mut failure = None;
    for _ in 0..3 {
        match ground.client.ask(&ground.space.id, question, &patience()).await {
            Err(again) if again.retryable && again.attempts == 0 => failure = Some(again),
            other => return other,
        }
    }
    Err(failure.expect("three failures"))
}

async fn ask_question(ground: &Ground) -> Ended {
    let asked = asked_once(ground, &ground.question).await.map_err(|failure| failure.to_string())?;
    ensure(asked.answer.sql().is_some(), "no SQL came back")
}

async fn resume_answer(ground: &Ground) -> Ended {
    let (conversation, message) = (&ground.asked.conversation_id, &ground.asked.message_id);
    let again = ground.client.resume(&ground.space.id, conversation, message, &patience()).await;
    let again = again.map_err(|failure| failure.to_string())?;
    ensure(again.answer == ground.asked.answer, "another answer came back")
}

async fn answer_rows(ground: &Ground) -> Ended {
    let limit = Duration::from_secs(60);
    let rows = ground.client.answer_rows(&ground.space.id, &ground.asked, limit).await.map_err(|e| e.to_string())?;
    ensure(!rows.is_empty(), "no rows came back")
}

/// SQL for a real warehouse, with the words that the fake engine looks for.
async fn rows(ground: &Ground, options: SqlOptions) -> Result<ResultSet, SqlRunError> {
    ground.client.run_sql(&ground.warehouse, "SELECT id FROM range(10) /* ROWS 10 */", &options).await
}

async fn run_statement(ground: &Ground) -> Ended {
    let result = rows(ground, SqlOptions::default()).await.map_err(|error| error.to_string())?;
    ensure(result.rows.len() == 10 && !result.truncated, "other rows came back")
}

async fn run_through_links(ground: &Ground) -> Ended {
    let options = SqlOptions { external_links: true, row_limit: Some(7), ..SqlOptions::default() };
    let result = rows(ground, options).await.map_err(|error| error.to_string())?;
    ensure(result.rows.len() == 7 && result.truncated, "other rows came back")
}

async fn read_table(ground: &Ground) -> Ended {
    let table = ground.client.table(&ground.table).await.map_err(words)?;
    ensure(!table.columns.is_empty(), "the table has no columns")
}

async fn list_tables(ground: &Ground) -> Ended {
    let mut parts = ground.table.split('.');
    let (catalog, schema) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let tables = ground.client.list_tables(catalog, schema).await.map_err(words)?;
    ensure(tables.iter().any(|table| table.full_name == ground.table), "the table is not listed")
}

async fn set_permissions(ground: &Ground) -> Ended {
    let grants = ground.client.space_permissions(&ground.space.id).await.map_err(words)?;
    let none = crate::wire::PermissionsRequest::default();
    ground.client.set_space_permissions(&ground.space.id, &none).await.map_err(words)?;
    ensure(!grants.access_control_list.is_empty(), "nobody may do anything")
}

async fn ask_model(ground: &Ground) -> Ended {
    let Some(endpoint) = &ground.endpoint else { return Ok(()) };
    let known = ground.client.chat_endpoints().await.map_err(words)?;
    let body = json!({"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 16});
    let answer = ground.client.invoke_endpoint(endpoint, &body).await.map_err(words)?;
    ensure(known.contains(endpoint) && answer["choices"][0]["message"].is_object(), "no answer came back")
}

async fn run_benchmarks(ground: &Ground) -> Ended {
    let run = ground.client.start_eval_run(&ground.space.id, &[]).await.map_err(words)?;
    let done = loop {
        let run = ground.client.eval_run(&ground.space.id, &run.eval_run_id).await.map_err(words)?;
        if !matches!(run.eval_run_status.as_str(), "RUNNING" | "NOT_STARTED") {
            break run;
        }
        tokio::time::sleep(Duration::from_millis(if ground.client.settings().is_local() { 2 } else { 5_000 })).await;
    };
    let results = ground.client.eval_results(&ground.space.id, &done.eval_run_id).await.map_err(words)?;
    let first = results.first().map(|result| result.result_id.clone()).unwrap_or_default();
    let details = ground.client.eval_result(&ground.space.id, &done.eval_run_id, &first).await.map_err(words)?;
    ensure(done.num_done == Some(1) && details.assessment.is_some(), "the run is not complete")
}

async fn keep_files(ground: &Ground) -> Ended {
    let Some(volume) = &ground.volume else { return Ok(()) };
    let client = &ground.client;
    let folder = format!("{volume}/contract-{}", uuid::Uuid::now_v7());
    let path = format!("{folder}/a file.json");
    client.create_directory(&folder).await.map_err(words)?;
    let first = client.write_file(&path, Bytes::from_static(b"one"), false).await;
    // The write whose answer was lost is decided by reading.
    let there = match client.read_file(&path).await {
        Ok(bytes) => Some(bytes),
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(words(error)),
    };
    match &first {
        Ok(()) => assert_eq!(there.as_deref(), Some(&b"one"[..])),
        Err(error) if !error.outcome_unknown() && error.kind != crate::databricks::ErrorKind::NotApi => {
            return Err(error.to_string());
        }
        Err(_) => {}
    }
    client.write_file(&path, Bytes::from_static(b"two"), true).await.map_err(words)?;
    let second = client.write_file(&path, Bytes::from_static(b"three"), false).await;
    assert!(second.is_err(), "an existing file was overwritten");
    let entries = client.list_directory(&folder).await.map_err(words)?;
    let kept = client.read_file(&path).await.map_err(words)?;
    client.delete_file(&path).await.map_err(words)?;
    first.map_err(words)?;
    ensure(entries.len() == 1 && kept == "two", "another file stands there")
}
