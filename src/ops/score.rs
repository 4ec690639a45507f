//! Scoring: ask, run both SQLs, compare. Without barriers: each question goes its own way, held
//! up only by places at Genie and at the warehouse.

use super::events::Events;
use super::gate::Gate;
use super::gold::{Gold, GoldSql, Statements, run_gold, unlimited};
use super::workspace::Workspace;
use crate::compare::{GoldFacts, Side, compare, policy_of, predicted_native};
use crate::databricks::AskOptions;
use crate::model::{
    Answer, Comparison, Decision, Digest, Event, NotRun, Outcome, Question, Scorecard, ScoredQuestion, Verdict,
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
                    let (scored, cached) = self.score_one(target, question, attempt).await;
                    self.events.emit(Event::QuestionScored {
                        id: question.id.clone(),
                        outcome: scored.verdict.outcome,
                        reason: scored.verdict.reason.clone(),
                        cached,
                        done: done.fetch_add(1, Ordering::Relaxed) + 1,
                        total,
                    });
                    (index, scored)
                }
            })
            .collect();
        let mut scored: Vec<(usize, ScoredQuestion)> = Vec::with_capacity(total);
        while let Some(one) = running.next().await {
            scored.push(one);
        }
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

    async fn score_one(&self, target: &Target, question: &Question, attempt: u32) -> (ScoredQuestion, bool) {
        let left_out =
            |verdict: Verdict| ScoredQuestion { id: question.id.clone(), answer: None, verdict, seconds: None };
        if let Some(why) = &question.skip {
            return (left_out(not_run(&NotRun::Skipped { why: why.clone() })), false);
        }
        let (gold, answered) = tokio::join!(self.gold(question), self.answer(target, question, attempt));
        if let Some((code, detail)) = &gold.fault {
            let outcome = if code == "GOLD_NOT_RUN" { Outcome::NotRun } else { Outcome::BadGold };
            return (left_out(verdict(outcome, code, detail)), false);
        }
        match answered {
            Ok((kept, cached)) => {
                let verdict = self.judge(question, &gold, &kept.answer).await;
                let seconds = (!cached).then_some(kept.seconds);
                (ScoredQuestion { id: question.id.clone(), answer: Some(kept.answer), verdict, seconds }, cached)
            }
            Err(why) => (left_out(not_run(&why)), false),
        }
    }

    /// The answer to a question, from the cache or from Genie.
    async fn answer(&self, target: &Target, question: &Question, attempt: u32) -> Result<(Kept, bool), NotRun> {
        let key = self.key(target, question, attempt);
        if let Some(kept) = self.known(&key) {
            return Ok((kept, true));
        }
        self.events.emit(Event::QuestionAsked { id: question.id.clone(), question: question.question.clone() });
        let asked =
            self.gate.ask(|| self.workspace.client.ask(&target.space_id, &question.question, &self.ask)).await?;
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

    /// Compares the answer with every accepted SQL; the best verdict counts.
    async fn judge(&self, question: &Question, gold: &Gold, answer: &Answer) -> Verdict {
        let actual = match answer {
            Answer::Sql { sql, .. } => self.statements.run(&self.workspace, sql).await,
            Answer::Text { asks_back: true, .. } => Side::NoSql,
            Answer::Text { text, .. } => Side::TextOnly(text.clone()),
            Answer::Failed { message, .. } => Side::SqlError(message.clone()),
        };
        let mut best: Option<Verdict> = None;
        for accepted in &gold.accepted {
            let comparison = self.compare_with(question, accepted, &actual, answer.sql()).await;
            let identical = answer.sql().is_some_and(|sql| same_query(sql, &accepted.sql));
            let native = predicted_native(&accepted.side, &actual, identical).0.to_owned();
            let found = verdict_of(comparison, &actual, native);
            let better = best.as_ref().is_none_or(|best| rank(found.outcome) < rank(best.outcome));
            if better {
                best = Some(found);
            }
        }
        best.unwrap_or_else(|| verdict(Outcome::BadGold, "GOLD_MISSING", "there is no gold SQL"))
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
