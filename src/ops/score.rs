//! Scoring: ask, run both SQLs, compare, judge. Without barriers: each question goes its own way,
//! held up only by places at Genie and at the warehouse; what rules leave open goes to the judge
//! as soon as a chunk is full, or nothing more can join it.

use super::events::Events;
use super::gate::Gate;
use super::gold::{Gold, GoldSql, Statements, run_gold};
use super::judging::Docket;
use super::meter::Meter;
use super::model::Model;
use super::verdicts::{item, not_run, rank, verdict, verdict_of};
use super::workspace::Workspace;
use crate::compare::{Side, predicted_native};
use crate::databricks::AskOptions;
use crate::judge::Item;
use crate::llm::Usage;
use crate::model::{
    Answer, Digest, Event, NotRun, Outcome, Question, Scorecard, ScoredQuestion, Space, SpaceView, Verdict,
};
use crate::sql::same_query;
use crate::store::{Cache, Claims};
use futures::stream::{FuturesUnordered, StreamExt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};

/// All that scoring needs and shares over a run.
pub struct Scorer {
    pub workspace: Arc<Workspace>,
    pub gate: Gate,
    pub meter: Arc<Meter>,
    pub statements: Statements,
    pub cache: Cache,
    /// What earlier runs saw: how long each question took, for the order of asking, and whether its
    /// gold was sound.
    pub durations: Cache,
    /// Which run is asking what.
    pub claims: Claims,
    pub ask: AskOptions,
    /// The frozen date, as part of the cache key.
    pub as_of: Option<String>,
    /// Ask again even if the answer is known.
    pub fresh: bool,
    /// One question after the other, from asking to verdict.
    pub sequential: bool,
    pub events: Events,
    /// Answers of this run: what was asked in it is never asked again, even with `fresh`.
    pub seen: RwLock<BTreeMap<Digest, Kept>>,
    /// Questions of the same words wait for each other here.
    pub turns: Mutex<BTreeMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
    pub golds: tokio::sync::Mutex<BTreeMap<String, Arc<Gold>>>,
    /// Columns of tables, by name in lower case.
    pub tables: tokio::sync::Mutex<BTreeMap<String, Vec<String>>>,
    /// Judges what the rules leave open; none where none is configured.
    pub model: Option<Model>,
}

/// Which content is asked, and where it stands.
#[derive(Clone, Debug)]
pub struct Target {
    pub space_id: String,
    pub content: Digest,
    /// What the space says in words, for the judge.
    pub instructions: Arc<str>,
}

impl Target {
    /// A content that stands in a space.
    pub fn of(space_id: impl Into<String>, space: &Space) -> Self {
        let texts = SpaceView::of(space).text_instructions;
        let words: Vec<String> = texts.into_iter().map(|text| text.content).collect();
        Self { space_id: space_id.into(), content: space.digest(), instructions: words.join("\n").into() }
    }
}

/// An answer as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub answer: Answer,
    pub seconds: f64,
}

/// One question to score, as one sample of a noisy service.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub question: &'a Question,
    /// From 1.
    pub attempt: u32,
}

/// A question that has its verdict, or waits for the judge.
struct Compared {
    scored: ScoredQuestion,
    cached: bool,
    open: Option<Item>,
}

impl Scorer {
    /// Scores `questions` on one content. `attempt` counts from 1; another attempt is another
    /// sample of a noisy service.
    pub async fn score(&self, target: &Target, questions: &[&Question], attempt: u32, what: &str) -> Scorecard {
        let jobs: Vec<Job> = questions.iter().map(|question| Job { question, attempt }).collect();
        let scored = self.run(target, &jobs, what).await;
        Scorecard { space: target.content.clone(), questions: scored }
    }

    /// Scores every question `repeats` times, all in one pipeline: one scorecard for each time.
    pub async fn score_repeatedly(
        &self,
        target: &Target,
        questions: &[&Question],
        repeats: u32,
        what: &str,
    ) -> Vec<Scorecard> {
        let attempts = 1..=repeats.max(1);
        let jobs: Vec<Job> =
            attempts.flat_map(|attempt| questions.iter().map(move |question| Job { question, attempt })).collect();
        let scored = self.run(target, &jobs, what).await;
        let cards = scored.chunks(questions.len().max(1));
        cards.map(|card| Scorecard { space: target.content.clone(), questions: card.to_vec() }).collect()
    }

    /// The gold of a question, run once.
    pub async fn gold(&self, question: &Question) -> Arc<Gold> {
        if let Some(gold) = self.golds.lock().await.get(&question.id) {
            return gold.clone();
        }
        let gold = Arc::new(run_gold(&self.workspace, &self.statements, question).await);
        let mut golds = self.golds.lock().await;
        if let Some(known) = golds.get(&question.id) {
            return known.clone();
        }
        if let Some((code, message)) = &gold.fault {
            let (id, code, message) = (question.id.clone(), code.clone(), message.clone());
            self.events.emit(Event::GoldFinding { id, code, message });
        }
        self.remember_gold(question, gold.fault.is_none());
        golds.insert(question.id.clone(), gold.clone());
        gold
    }

    /// Every job on its own way to its verdict. The results come in the order of the jobs.
    async fn run(&self, target: &Target, jobs: &[Job<'_>], what: &str) -> Vec<ScoredQuestion> {
        let total = jobs.len();
        self.events.emit(Event::ScoringStarted { what: what.to_owned(), total });
        self.estimate(target, jobs);
        let mut finished: Vec<Option<ScoredQuestion>> = vec![None; total];
        let mut done = 0;
        let mut finish = |index: usize, scored: ScoredQuestion, cached: bool| {
            done += 1;
            self.events.emit(Event::QuestionScored {
                id: scored.id.clone(),
                outcome: scored.verdict.outcome,
                reason: scored.verdict.reason.clone(),
                cached,
                done,
                total,
            });
            finished[index] = Some(scored);
        };
        let mut order = self.longest_first(jobs).into_iter();
        let at_once = if self.sequential { 1 } else { usize::MAX };
        let mut running = FuturesUnordered::new();
        let mut judging = FuturesUnordered::new();
        let mut docket = Docket::new(self.judge_chunk());
        loop {
            while running.len() < at_once
                && let Some(index) = order.next()
            {
                let job = jobs[index];
                let work = async move { (index, self.compare_one(target, job).await) };
                running.push(self.meter.on_behalf(&job.question.id, work));
            }
            while let Some(chunk) = docket.next_chunk(running.is_empty()) {
                judging.push(async move { self.judge(chunk).await });
            }
            // Whatever comes first; an empty one has nothing to wait for.
            tokio::select! {
                Some((index, compared)) = running.next(), if !running.is_empty() => {
                    let Compared { mut scored, cached, open } = compared;
                    let Some(item) = open.filter(|_| self.judges()) else {
                        finish(index, scored, cached);
                        continue;
                    };
                    // The same comparison never gets two verdicts.
                    match self.model.as_ref().and_then(|model| model.judged(&item)) {
                        Some(known) => {
                            known.put_on(&mut scored);
                            finish(index, scored, cached);
                        }
                        None => docket.add(item, index, scored, cached),
                    }
                }
                Some((judgements, usage)) = judging.next(), if !judging.is_empty() => {
                    for (index, scored, cached) in docket.decide(judgements) {
                        self.meter.charge(&scored.id, 0.0, usage);
                        finish(index, scored, cached);
                    }
                }
                else => break,
            }
        }
        drop((running, judging));
        // Nothing disappears: what got no word from the judge stays open.
        for (index, scored, cached) in docket.rest() {
            finish(index, scored, cached);
        }
        self.remember_statements();
        let scored: Vec<ScoredQuestion> = finished.into_iter().flatten().collect();
        let correct = scored.iter().filter(|question| question.verdict.outcome.is_correct()).count();
        let counted = scored.iter().filter(|question| question.verdict.outcome.counts()).count();
        self.events.emit(Event::ScoringFinished { what: what.to_owned(), correct, total: counted });
        scored
    }

    /// Positions of the jobs, those that took longest the last time first: a long one at the end
    /// would be waited for alone. Of one that is not known, the middle is expected.
    fn longest_first(&self, jobs: &[Job<'_>]) -> Vec<usize> {
        let known: Vec<Option<f64>> = jobs.iter().map(|job| self.last_seconds(job.question)).collect();
        let mut sorted: Vec<f64> = known.iter().flatten().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        let mut order: Vec<usize> = (0..jobs.len()).collect();
        order.sort_by(|a, b| known[*b].unwrap_or(middle).total_cmp(&known[*a].unwrap_or(middle)));
        order
    }

    /// A question up to its comparison. It is asked only once its gold is known to be sound, from
    /// now or from an earlier run: a question that cannot be scored is not worth its place at Genie.
    async fn compare_one(&self, target: &Target, job: Job<'_>) -> Compared {
        let Job { question, attempt } = job;
        let left_out = |verdict: Verdict| Compared {
            scored: ScoredQuestion { id: question.id.clone(), answer: None, verdict, seconds: None },
            cached: false,
            open: None,
        };
        if let Some(why) = &question.skip {
            return left_out(not_run(&NotRun::Skipped { why: why.clone() }));
        }
        let first_look = match self.was_sound(question) {
            true => None,
            false => Some(self.gold(question).await),
        };
        if let Some(verdict) = first_look.as_deref().and_then(fault_of) {
            return left_out(verdict);
        }
        // The gold runs, here for the second time, while Genie thinks.
        let looking = async {
            let gold = self.gold(question).await;
            let unsteady = if gold.fault.is_none() { self.unsteady(question, &gold).await } else { None };
            (gold, unsteady)
        };
        let (answered, (gold, unsteady)) = tokio::join!(self.answer(target, question, attempt), looking);
        if let Some(verdict) = fault_of(&gold) {
            return left_out(verdict);
        }
        if let Some((code, detail)) = unsteady {
            return left_out(verdict(Outcome::BadGold, &code, &detail));
        }
        match answered {
            Ok((kept, cached)) => {
                let (verdict, open) = self.compare_answer(question, &gold, &kept.answer).await;
                let open = open.map(|item| Item { instructions: target.instructions.to_string(), ..item });
                let seconds = (!cached).then_some(kept.seconds);
                self.meter.charge(&question.id, seconds.unwrap_or_default(), Usage::default());
                let scored = ScoredQuestion { id: question.id.clone(), answer: Some(kept.answer), verdict, seconds };
                Compared { scored, cached, open }
            }
            Err(why) => left_out(not_run(&why)),
        }
    }

    /// Compares the answer with every accepted SQL; the best verdict counts. What stays open comes
    /// with what a judge needs to see.
    pub async fn compare_answer(&self, question: &Question, gold: &Gold, answer: &Answer) -> (Verdict, Option<Item>) {
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
}

/// The verdict on a question whose gold is at fault.
fn fault_of(gold: &Gold) -> Option<Verdict> {
    let (code, detail) = gold.fault.as_ref()?;
    let outcome = if code == "GOLD_NOT_RUN" { Outcome::NotRun } else { Outcome::BadGold };
    Some(verdict(outcome, code, detail))
}
