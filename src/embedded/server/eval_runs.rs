//! Eval runs: a space's own benchmark questions, asked and rated (reference 4).

use super::USER_ID;
use super::app::{App, Caller, Level, guard, now_ms};
use super::engine::StatementOptions;
use super::eval_rating::rate;
use super::gate::{LogNote, note};
use super::reply::{ApiError, ApiResult, body, json, page};
use super::results::MAX_ROWS;
use super::spaces::id;
use super::statements::Outcome;
use crate::embedded::spaces::{MessageRecord, SpaceRecord, content_name, is_id};
use crate::model::{SpaceView, digest_json};
use crate::wire::{
    EvalResponse, EvalResult, EvalResultDetails, EvalResultList, EvalRun, EvalRunList, EvalRunRequest, Message,
};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A run with its results, as kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct RunRecord {
    run: EvalRun,
    questions: Vec<QuestionRecord>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct QuestionRecord {
    listed: EvalResult,
    details: EvalResultDetails,
}

/// Paging of the lists.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EvalQuery {
    page_size: Option<i64>,
    page_token: Option<String>,
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(space): Path<String>,
    bytes: Bytes,
) -> ApiResult<Response> {
    let record = app.space(&space, &caller, Level::Edit)?;
    let request: EvalRunRequest = body(&bytes)?;
    let number = app.store.locked(|locked| -> ApiResult<u64> {
        let content = content_name(&digest_json(&record.document).to_string());
        locked.write(&content, &record.document)?;
        Ok(locked.next("eval-runs")?)
    })?;
    let kept = plan(&record, &request, number)?;
    app.keep_run(&space, &kept)?;
    let content = digest_json(&record.document).to_string();
    let (worker, run, digest) = (app.clone(), kept.clone(), content.clone());
    app.spawn(async move { worker.run_eval(space, digest, run, number).await });
    Ok(note(json(&kept.run), LogNote { question: None, content: Some(content) }))
}

pub(super) async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, run)): Path<(String, String)>,
) -> ApiResult<Response> {
    Ok(json(&find(&app, &caller, &space, &run)?.run))
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(space): Path<String>,
    Query(query): Query<EvalQuery>,
) -> ApiResult<Response> {
    app.space(&space, &caller, Level::Edit)?;
    let mut runs = Vec::new();
    for id in app.store.names(&format!("eval-runs/{space}"))?.iter().rev() {
        runs.push(find(&app, &caller, &space, id)?.run);
    }
    let (eval_runs, next_page_token) = page(&runs, query.page_size, query.page_token.as_deref(), 20)?;
    Ok(json(&EvalRunList { eval_runs, next_page_token }))
}

/// Without assessments: those are only in the details.
pub(super) async fn results(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, run)): Path<(String, String)>,
    Query(query): Query<EvalQuery>,
) -> ApiResult<Response> {
    let record = find(&app, &caller, &space, &run)?;
    let all: Vec<EvalResult> = record.questions.into_iter().map(|question| question.listed).collect();
    let (eval_results, next_page_token) = page(&all, query.page_size, query.page_token.as_deref(), 100)?;
    Ok(json(&EvalResultList { eval_results, next_page_token }))
}

pub(super) async fn details(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((space, run, result)): Path<(String, String, String)>,
) -> ApiResult<Response> {
    let record = find(&app, &caller, &space, &run)?;
    let found = record.questions.into_iter().map(|question| question.details).find(|d| d.result_id == result);
    let found = found.ok_or_else(|| missing(&format!("Eval result {result}")))?;
    Ok(json(&found))
}

fn missing(what: &str) -> ApiError {
    ApiError::not_found("RESOURCE_DOES_NOT_EXIST", format!("{what} does not exist."))
}

fn find(app: &App, caller: &Caller, space: &str, run: &str) -> ApiResult<RunRecord> {
    app.space(space, caller, Level::Edit)?;
    let record = if is_id(run) { app.store.read(&format!("eval-runs/{space}/{run}.json"))? } else { None };
    record.ok_or_else(|| missing(&format!("Eval run {run}")))
}

/// The run before it begins.
fn plan(space: &SpaceRecord, request: &EvalRunRequest, number: u64) -> ApiResult<RunRecord> {
    let view = SpaceView::of(&space.space().map_err(|error| ApiError::invalid(error.to_string()))?);
    let wanted = &request.benchmark_question_ids;
    if let Some(unknown) = wanted.iter().find(|id| !view.benchmarks.iter().any(|b| b.id == **id)) {
        return Err(missing(&format!("Benchmark question {unknown}")));
    }
    let chosen = view.benchmarks.iter().filter(|b| wanted.is_empty() || wanted.contains(&b.id));
    let questions: Vec<QuestionRecord> = chosen
        .map(|benchmark| {
            let result_id = id(&format!("eval-result {}", benchmark.id), number);
            let sql = Some(benchmark.sql.clone()).filter(|sql| !sql.trim().is_empty());
            let listed = EvalResult {
                result_id: result_id.clone(),
                space_id: space.id.clone(),
                benchmark_question_id: benchmark.id.clone(),
                question: benchmark.question.clone(),
                benchmark_answer: sql,
                status: "NOT_STARTED".to_owned(),
                created_by_user: Some(USER_ID),
            };
            let details = EvalResultDetails {
                result_id,
                space_id: space.id.clone(),
                benchmark_question_id: benchmark.id.clone(),
                eval_run_status: "NOT_STARTED".to_owned(),
                ..EvalResultDetails::default()
            };
            QuestionRecord { listed, details }
        })
        .collect();
    if questions.is_empty() {
        return Err(ApiError::invalid("The space has no benchmark questions."));
    }
    let run = EvalRun {
        eval_run_id: id("eval-run", number),
        eval_run_status: "RUNNING".to_owned(),
        num_questions: i64::try_from(questions.len()).ok(),
        num_done: Some(0),
        num_correct: Some(0),
        num_needs_review: Some(0),
        run_by_user: Some(USER_ID),
        created_timestamp: Some(now_ms()),
        last_updated_timestamp: Some(now_ms()),
    };
    Ok(RunRecord { run, questions })
}

impl App {
    fn keep_run(&self, space: &str, record: &RunRecord) -> ApiResult<()> {
        let name = format!("eval-runs/{space}/{}.json", record.run.eval_run_id);
        self.store.locked(|locked| -> ApiResult<()> { Ok(locked.write(&name, record)?) })
    }

    /// One question after the other, each as a conversation of its own.
    async fn run_eval(self: Arc<Self>, space: String, content: String, mut record: RunRecord, number: u64) {
        for index in 0..record.questions.len() {
            let Some(question) = record.questions.get(index).cloned() else { break };
            let rated = self.rate_question(question, &content, number * 1_000 + index as u64).await;
            let count = |n: Option<i64>, more: bool| Some(n.unwrap_or_default() + i64::from(more));
            let run = &mut record.run;
            run.num_done = count(run.num_done, true);
            run.num_correct = count(run.num_correct, rated.details.assessment.as_deref() == Some("GOOD"));
            run.num_needs_review =
                count(run.num_needs_review, rated.details.assessment.as_deref() == Some("NEEDS_REVIEW"));
            run.last_updated_timestamp = Some(now_ms());
            if run.num_done == run.num_questions {
                run.eval_run_status = "DONE".to_owned();
            }
            if let Some(place) = record.questions.get_mut(index) {
                *place = rated;
            }
            if let Err(error) = self.keep_run(&space, &record) {
                tracing::error!(message = error.body.message, "an eval run could not be kept");
            }
        }
    }

    async fn rate_question(self: &Arc<Self>, mut record: QuestionRecord, content: &str, number: u64) -> QuestionRecord {
        let message = Message {
            message_id: format!("eval-{number}"),
            content: record.listed.question.clone(),
            ..Message::default()
        };
        let asked = MessageRecord { message, content: content.to_owned(), count: number, number, comments: Vec::new() };
        let answered = self.answer(&asked).await;
        guard(&self.progress).remove(&asked.message.message_id);
        let sql = answered.attachments.iter().flatten().filter_map(|a| a.query.as_ref()).find_map(|q| q.query.clone());
        let gold = record.listed.benchmark_answer.clone();
        let (expected, expected_response) = self.side(gold.as_deref()).await;
        let (actual, actual_response) = self.side(sql.as_deref()).await;
        let identical = gold.is_some() && gold == sql;
        let (assessment, reason) = rate(expected.as_ref(), actual.as_ref(), identical);
        let details = &mut record.details;
        details.assessment = Some(assessment.to_owned());
        details.assessment_reasons = Some(reason).filter(|r| !r.is_empty()).map(str::to_owned).into_iter().collect();
        details.actual_response = actual_response.unwrap_or_else(|| vec![words_of(&answered)]);
        details.expected_response = expected_response.unwrap_or_default();
        details.eval_run_status = "DONE".to_owned();
        record.listed.status = "DONE".to_owned();
        record
    }

    /// Runs one side's SQL; none if it has none.
    async fn side(self: &Arc<Self>, sql: Option<&str>) -> (Option<Outcome>, Option<Vec<EvalResponse>>) {
        let Some(sql) = sql else { return (None, None) };
        let options = StatementOptions { row_limit: Some(MAX_ROWS), ..StatementOptions::default() };
        let (id, outcome) = self.run_statement(sql, options).await;
        let response = EvalResponse {
            response: sql.to_owned(),
            response_type: "SQL".to_owned(),
            sql_execution_result: self.statement(&id).ok(),
        };
        (Some(outcome), Some(vec![response]))
    }
}

fn words_of(message: &Message) -> EvalResponse {
    let texts = message.attachments.iter().flatten().filter_map(|a| a.text.as_ref()).map(|t| t.content.as_str());
    EvalResponse {
        response: texts.collect::<Vec<_>>().join("\n"),
        response_type: "TEXT".to_owned(),
        sql_execution_result: None,
    }
}
