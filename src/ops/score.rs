//! Scoring: ask, run both SQLs, compare. Without barriers: each question goes its own way, held
//! up only by places at Genie and at the warehouse.

use super::events::Events;
use super::gate::Gate;
use super::gold::{Gold, GoldSql, Statements, run_gold, unlimited};
use super::model::Model;
use super::workspace::Workspace;
use crate::compare::{GoldFacts, Side, compare, policy_of, predicted_native};
use crate::databricks::AskOptions;
use crate::judge::{Item, Sample};
use crate::model::{
    Answer, Cell, Comparison, Decision, Digest, Event, NotRun, Outcome, Question, ResultSet, Scorecard, ScoredQuestion,
    Verdict,
};
use crate::sql::{result_facts, same_query};
use crate::store::{AnswerKey, Cache};
use futures::stream::{FuturesUnordered, StreamExt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// All that scoring needs and shares over a run.
pub struct Scorer {
    pub workspace: Arc<Workspace>,
    pub gate: Gate,
    pub statements: Statements,
    pub cache: Cache,
    pub ask: AskOptions,
    /// The frozen date, as part of the cache key.
    pub as_of: Option<String>,
    /// Ask again even if the answer is known.
    pub fresh: bool,
    pub events: Events,
    /// Answers of this run: what was asked in it is never asked again, even with `fresh`.
    pub seen: RwLock<BTreeMap<Digest, Kept>>,
    pub golds: tokio::sync::Mutex<BTreeMap<String, Arc<Gold>>>,
    /// Judges what the rules leave open; none where none is configured.
    pub model: Option<Model>,
}

/// Which content is asked, and where it stands.
#[derive(Clone, Debug)]
pub struct Target {
    pub space_id: String,
    pub content: Digest,
}

/// An answer as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub answer: Answer,
    pub seconds: f64,
}

impl Scorer {
    /// Scores `questions` on one content. `attempt` counts from 1; another attempt is another
    /// sample of a noisy service.
    pub async fn score(&self, target: &Target, questions: &[&Question], attempt: u32, what: &str) -> Scorecard {
        let total = questions.len();
        self.events.emit(Event::ScoringStarted { what: what.to_owned(), total });
        let done = AtomicUsize::new(0);
        let mut running: FuturesUnordered<_> = questions
            .iter()
            .enumerate()
            .map(|(index, question)| {
                let done = &done;
                async move {
                    let (scored, cached, item) = self.score_one(target, question, attempt).await;
                    self.events.emit(Event::QuestionScored {
                        id: question.id.clone(),
                        outcome: scored.verdict.outcome,
                        reason: scored.verdict.reason.clone(),
                        cached,
                        done: done.fetch_add(1, Ordering::Relaxed) + 1,
                        total,
                    });
                    (index, scored, item)
                }
            })
            .collect();
        let mut scored: Vec<(usize, ScoredQuestion)> = Vec::with_capacity(total);
        let mut undecided = Vec::new();
        while let Some((index, question, item)) = running.next().await {
            scored.push((index, question));
            undecided.extend(item);
        }
        drop(running);
        self.judge_undecided(undecided, &mut scored).await;
        scored.sort_by_key(|(index, _)| *index);
        let card = Scorecard {
            space: target.content.clone(),
            questions: scored.into_iter().map(|(_, question)| question).collect(),
        };
        self.events.emit(Event::ScoringFinished {
            what: what.to_owned(),
            correct: card.correct(),
            total: card.total(),
        });
        card
    }

    /// The gold of a question, run once.
    pub async fn gold(&self, question: &Question) -> Arc<Gold> {
        if let Some(gold) = self.golds.lock().await.get(&question.id) {
            return gold.clone();
        }
        let gold = Arc::new(run_gold(&self.workspace, &self.statements, question).await);
        self.golds.lock().await.insert(question.id.clone(), gold.clone());
        gold
    }

    async fn score_one(
        &self,
        target: &Target,
        question: &Question,
        attempt: u32,
    ) -> (ScoredQuestion, bool, Option<Item>) {
        let left_out =
            |verdict: Verdict| ScoredQuestion { id: question.id.clone(), answer: None, verdict, seconds: None };
        if let Some(why) = &question.skip {
            return (left_out(not_run(&NotRun::Skipped { why: why.clone() })), false, None);
        }
        let (gold, answered) = tokio::join!(self.gold(question), self.answer(target, question, attempt));
        if let Some((code, detail)) = &gold.fault {
            let outcome = if code == "GOLD_NOT_RUN" { Outcome::NotRun } else { Outcome::BadGold };
            return (left_out(verdict(outcome, code, detail)), false, None);
        }
        match answered {
            Ok((kept, cached)) => {
                let (verdict, item) = self.judge(question, &gold, &kept.answer).await;
                let seconds = (!cached).then_some(kept.seconds);
                (ScoredQuestion { id: question.id.clone(), answer: Some(kept.answer), verdict, seconds }, cached, item)
            }
            Err(why) => (left_out(not_run(&why)), false, None),
        }
    }

    /// The answer to a question, from the cache or from Genie.
    async fn answer(&self, target: &Target, question: &Question, attempt: u32) -> Result<(Kept, bool), NotRun> {
        let key = self.key(target, question, attempt);
        if let Some(kept) = self.known(&key) {
            return Ok((kept, true));
        }
        let ask = || {
            // Here, because only now it has its place among the questions at the same time.
            self.events.emit(Event::QuestionAsked { id: question.id.clone(), question: question.question.clone() });
            self.workspace.client.ask(&target.space_id, &question.question, &self.ask)
        };
        let asked = self.gate.ask(ask).await?;
        let kept = Kept { answer: asked.answer, seconds: asked.seconds };
        if let Err(error) = self.cache.put(&key, &kept) {
            self.events.warn(format!("an answer could not be kept for the next run: {error}"));
        }
        self.seen.write().unwrap_or_else(PoisonError::into_inner).insert(key, kept.clone());
        Ok((kept, false))
    }

    fn known(&self, key: &Digest) -> Option<Kept> {
        if let Some(kept) = self.seen.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Some(kept.clone());
        }
        if self.fresh {
            return None;
        }
        self.cache.get(key)
    }

    fn key(&self, target: &Target, question: &Question, attempt: u32) -> Digest {
        let key = AnswerKey {
            space: target.content.clone(),
            question: question.question.clone(),
            attempt,
            as_of: self.as_of.clone(),
            workspace: self.workspace.host.clone(),
        };
        key.digest()
    }

    /// Compares the answer with every accepted SQL; the best verdict counts. What stays open comes
    /// with what a judge needs to see.
    async fn judge(&self, question: &Question, gold: &Gold, answer: &Answer) -> (Verdict, Option<Item>) {
        let actual = match answer {
            Answer::Sql { sql, .. } => self.statements.run(&self.workspace, sql).await,
            Answer::Text { asks_back: true, .. } => Side::NoSql,
            Answer::Text { text, .. } => Side::TextOnly(text.clone()),
            Answer::Failed { message, .. } => Side::SqlError(message.clone()),
        };
        let mut best: Option<(Verdict, &GoldSql)> = None;
        for accepted in &gold.accepted {
            let comparison = self.compare_with(question, accepted, &actual, answer.sql()).await;
            let identical = answer.sql().is_some_and(|sql| same_query(sql, &accepted.sql));
            let native = predicted_native(&accepted.side, &actual, identical).0.to_owned();
            let found = verdict_of(comparison, &actual, native);
            if best.as_ref().is_none_or(|(best, _)| rank(found.outcome) < rank(best.outcome)) {
                best = Some((found, accepted));
            }
        }
        match best {
            Some((verdict, accepted)) if verdict.outcome == Outcome::NeedsReview => {
                let item = item(question, accepted, answer.sql().unwrap_or_default(), &actual, &verdict.reason);
                (verdict, Some(item))
            }
            Some((verdict, _)) => (verdict, None),
            None => (verdict(Outcome::BadGold, "GOLD_MISSING", "there is no gold SQL"), None),
        }
    }

    /// Lets the judge decide what the rules left open, where there is one.
    async fn judge_undecided(&self, items: Vec<Item>, scored: &mut [(usize, ScoredQuestion)]) {
        let Some(model) = self.model.as_ref().filter(|model| model.options.judges && !items.is_empty()) else { return };
        let judgements = model.judge(items).await;
        for (_, question) in scored {
            if let Some(judgement) = judgements.get(&question.id) {
                question.verdict.notes.push(question.verdict.reason.clone());
                question.verdict.outcome = judgement.outcome;
                question.verdict.reason.clone_from(&judgement.reason);
                question.verdict.detail.clone_from(&judgement.detail);
            }
        }
    }

    async fn compare_with(
        &self,
        question: &Question,
        accepted: &GoldSql,
        actual: &Side,
        sql: Option<&str>,
    ) -> Comparison {
        let mut facts = GoldFacts {
            sql_identical: sql.is_some_and(|sql| same_query(sql, &accepted.sql)),
            limit: accepted.facts.limit,
            order_by: accepted.facts.order_by.clone(),
            round_digits: accepted.facts.round_digits.clone(),
            answer_limit: sql.and_then(|sql| result_facts(sql).limit),
            expected_full: None,
        };
        let first = compare(&accepted.side, actual, &policy_of(question, &facts));
        if first.verdict != Decision::Undecided || facts.limit.is_none() {
            return first;
        }
        facts.expected_full = unlimited(&self.workspace, &self.statements, &accepted.sql).await;
        compare(&accepted.side, actual, &policy_of(question, &facts))
    }
}

/// What a judge sees of an open comparison: both queries, and the first rows that only one side
/// has.
fn item(question: &Question, gold: &GoldSql, answer_sql: &str, actual: &Side, reason: &str) -> Item {
    let rows = |side: &Side| match side {
        Side::Rows(rows) => rows.clone(),
        _ => ResultSet::default(),
    };
    let (expected, found) = (rows(&gold.side), rows(actual));
    Item {
        id: question.id.clone(),
        question: question.question.clone(),
        instructions: String::new(),
        gold_sql: gold.sql.clone(),
        answer_sql: answer_sql.to_owned(),
        reason: reason.to_owned(),
        gold: sample(&expected, &found),
        answer: sample(&found, &expected),
    }
}

fn sample(of: &ResultSet, other: &ResultSet) -> Sample {
    const SHOWN: usize = 10;
    let differing = of.rows.iter().filter(|row| !other.rows.contains(row)).take(SHOWN);
    Sample {
        columns: of.columns.iter().map(|column| column.name.clone()).collect(),
        row_count: of.rows.len(),
        differing_rows: differing.map(|row| row.iter().map(Cell::display).collect()).collect(),
    }
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Correct => 0,
        Outcome::NeedsReview => 1,
        Outcome::Incorrect => 2,
        Outcome::NoSql | Outcome::BadSql => 3,
        Outcome::NotRun | Outcome::BadGold => 4,
    }
}

fn verdict_of(comparison: Comparison, actual: &Side, native: String) -> Verdict {
    let outcome = match (comparison.verdict, actual) {
        (Decision::Match, _) => Outcome::Correct,
        (Decision::Mismatch, Side::SqlError(_)) => Outcome::BadSql,
        (Decision::Mismatch, Side::NoSql | Side::TextOnly(_)) | (Decision::Undecided, Side::TextOnly(_)) => {
            Outcome::NoSql
        }
        (Decision::Mismatch, _) => Outcome::Incorrect,
        (Decision::Undecided, _) => Outcome::NeedsReview,
        (Decision::Invalid, _) => Outcome::NotRun,
    };
    let detail = match actual {
        Side::SqlError(message) | Side::Transport(message) => message.clone(),
        Side::TextOnly(text) => format!("answered in words: {text}"),
        Side::NoSql => "asked back instead of answering".to_owned(),
        Side::Rows(_) => comparison.first_difference.as_ref().map_or_else(String::new, |difference| {
            let place = match (difference.row, &difference.column) {
                (Some(row), Some(column)) => format!("row {row}, column {column}: "),
                (Some(row), None) => format!("row {row}: "),
                (None, Some(column)) => format!("column {column}: "),
                (None, None) => String::new(),
            };
            format!("{place}expected {}, got {}", difference.expected, difference.actual)
        }),
    };
    Verdict {
        outcome,
        reason: comparison.reason,
        detail,
        notes: comparison.notes,
        first_difference: comparison.first_difference,
        native,
    }
}

fn verdict(outcome: Outcome, reason: &str, detail: &str) -> Verdict {
    Verdict {
        outcome,
        reason: reason.to_owned(),
        detail: detail.to_owned(),
        notes: Vec::new(),
        first_difference: None,
        native: "NEEDS_REVIEW".to_owned(),
    }
}

fn not_run(why: &NotRun) -> Verdict {
    let code = match why {
        NotRun::Skipped { .. } => "SKIPPED",
        NotRun::Service { .. } => "SERVICE",
        NotRun::Timeout { .. } => "TIMEOUT",
        NotRun::BreakerOpen => "BREAKER_OPEN",
        NotRun::Budget { .. } => "BUDGET",
        NotRun::Unknown { .. } => "UNKNOWN_OUTCOME",
        NotRun::Cancelled => "CANCELLED",
    };
    verdict(Outcome::NotRun, code, &why.to_string())
}
