//! Gold SQL: run once each, and checked before anything is asked.

use super::known::KnownResults;
use super::meter::Meter;
use super::workspace::Workspace;
use crate::compare::Side;
use crate::databricks::{SqlOptions, SqlRunError};
use crate::model::{Question, ResultSet};
use crate::sql::{ResultFacts, parse_query, result_facts, without_limit};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell, Semaphore};
use tokio::time::Instant;

/// Databricks compares at most this many rows of a result; so do we.
pub const ROW_LIMIT: u64 = 5_000;

/// Runs statements, each text once: results are kept for the run, since the data of a run is
/// taken to stand still (gold SQL that proves otherwise is reported as unstable).
pub struct Statements {
    places: Semaphore,
    options: SqlOptions,
    done: Mutex<BTreeMap<String, Arc<OnceCell<Side>>>>,
    meter: Arc<Meter>,
    known: Option<Arc<KnownResults>>,
}

impl Statements {
    pub fn new(concurrency: usize, timeout: std::time::Duration, meter: Arc<Meter>) -> Self {
        let options = SqlOptions { timeout, row_limit: Some(ROW_LIMIT), ..SqlOptions::default() };
        Self { places: Semaphore::new(concurrency.max(1)), options, done: Mutex::default(), meter, known: None }
    }

    /// Goes on from what earlier runs got.
    pub fn after(self, known: Option<Arc<KnownResults>>) -> Self {
        Self { known, ..self }
    }

    /// True if an earlier run got the very same twice.
    pub fn was_steady(&self, sql: &str) -> bool {
        self.known.as_ref().is_some_and(|known| known.was_steady(sql))
    }

    pub fn remember_steady(&self, sql: &str) {
        self.known.iter().for_each(|known| known.remember_steady(sql));
    }

    /// The result of a statement. What the service could not do is not kept, so that it is
    /// tried again the next time.
    pub async fn run(&self, workspace: &Workspace, sql: &str) -> Side {
        let cell = self.done.lock().await.entry(sql.to_owned()).or_default().clone();
        let get = async || match self.known.as_ref().and_then(|known| known.side(sql)) {
            Some(side) => side,
            None => {
                let side = self.run_now(workspace, sql).await;
                self.known.iter().for_each(|known| known.keep_side(sql, &side));
                side
            }
        };
        let side = cell.get_or_init(get).await.clone();
        if matches!(side, Side::Transport(_)) {
            self.done.lock().await.remove(sql);
        }
        side
    }

    /// Runs a statement even if its result is known.
    pub async fn run_now(&self, workspace: &Workspace, sql: &str) -> Side {
        if let Err(error) = parse_query(sql)
            && !matches!(error, crate::sql::SqlError::Syntax(_))
        {
            return Side::SqlError(error.to_string());
        }
        let Ok(_place) = self.places.acquire().await else { return Side::Transport("the run was stopped".to_owned()) };
        let began = Instant::now();
        let result = workspace.run_sql(sql, &self.options).await;
        self.meter.add_statement(began.elapsed());
        match result {
            Ok(rows) => Side::Rows(rows),
            Err(SqlRunError::Sql { message, .. }) => Side::SqlError(message),
            Err(error) => Side::Transport(error.to_string()),
        }
    }
}

/// A question with what its gold SQL gives.
#[derive(Clone, Debug)]
pub struct Gold {
    /// The gold SQL and the accepted alternatives, in this order.
    pub accepted: Vec<GoldSql>,
    /// Why the benchmark itself is at fault, as a stable code and a sentence.
    pub fault: Option<(String, String)>,
    /// Whether it gave the same when run again, once that was tried: why not, if it did not.
    pub steady: OnceCell<Option<(String, String)>>,
}

#[derive(Clone, Debug)]
pub struct GoldSql {
    pub sql: String,
    pub side: Side,
    pub facts: ResultFacts,
}

/// Runs a question's gold SQL and checks its health.
pub async fn run_gold(workspace: &Workspace, statements: &Statements, question: &Question) -> Gold {
    let mut accepted = Vec::new();
    for sql in std::iter::once(&question.sql).chain(&question.accepted) {
        let side = statements.run(workspace, sql).await;
        accepted.push(GoldSql { sql: sql.clone(), side, facts: result_facts(sql) });
    }
    let fault = accepted.first().and_then(|gold| fault(&gold.side));
    // An alternative that does not run is no alternative; the first one is the benchmark.
    let mut index = 0;
    accepted.retain(|gold| {
        index += 1;
        index == 1 || matches!(gold.side, Side::Rows(_))
    });
    Gold { accepted, fault, steady: OnceCell::new() }
}

fn fault(side: &Side) -> Option<(String, String)> {
    let of = |code: &str, text: String| Some((code.to_owned(), text));
    match side {
        Side::Rows(rows) if rows.is_empty() => {
            of("GOLD_EMPTY", "the gold SQL gives no rows, so a wrong answer could look right".to_owned())
        }
        Side::Rows(_) => None,
        Side::SqlError(message) => of("GOLD_FAILED", format!("the gold SQL does not run: {message}")),
        Side::Transport(message) => of("GOLD_NOT_RUN", format!("the gold SQL could not be run: {message}")),
        Side::NoSql | Side::TextOnly(_) => of("GOLD_MISSING", "there is no gold SQL".to_owned()),
    }
}

/// The rows without the outermost LIMIT, to decide ties at it; none if there is no such limit.
pub async fn unlimited(workspace: &Workspace, statements: &Statements, sql: &str) -> Option<ResultSet> {
    match statements.run(workspace, &without_limit(sql)?).await {
        Side::Rows(rows) if !rows.truncated => Some(rows),
        _ => None,
    }
}
