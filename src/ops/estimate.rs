//! What a batch of questions is going to cost, from what such questions took before.

use super::score::{Job, Scorer, Target};
use crate::llm::Usage;
use crate::model::{Cost, Digest, Event, digest_json};
use serde_json::json;
use std::collections::BTreeSet;

/// Genie's usual time for an answer, where nothing is known.
const USUAL_SECONDS: f64 = 15.0;
/// A statement's usual time, where nothing is known.
const USUAL_STATEMENT: f64 = 1.0;
/// Of a hundred answers, those that rules leave open.
const OPEN_SHARE: f64 = 0.06;
/// What one open comparison takes of the judge, both askings together.
const JUDGE_TOKENS: Usage = Usage { prompt_tokens: 3_000, completion_tokens: 150 };

impl Scorer {
    /// Tells what is to come, and warns if a budget will not do.
    pub(super) fn estimate(&self, target: &Target, jobs: &[Job<'_>]) {
        let asked = jobs.iter().filter(|job| job.question.skip.is_none());
        let (known, open): (Vec<&Job>, Vec<&Job>) =
            asked.partition(|job| self.known(&self.key(target, job.question, job.attempt)).is_some());
        // Every answer is run once, every gold SQL twice, to see whether it is stable.
        let golds: BTreeSet<&str> = known.iter().chain(&open).map(|job| job.question.sql.as_str()).collect();
        let cost = self.cost_of(&open, (known.len() + open.len() + 2 * golds.len()) as u64);
        let budget = self.meter.budget();
        let spent = self.meter.spent();
        let exceeds = |limit: Option<f64>, spent: f64, more: f64| limit.is_some_and(|limit| spent + more > limit);
        let over = [
            ("questions", exceeds(budget.questions.map(|n| n as f64), spent.questions as f64, cost.questions as f64)),
            ("tokens", exceeds(budget.tokens.map(|n| n as f64), spent.tokens as f64, cost.tokens as f64)),
            ("minutes", exceeds(budget.time.map(|time| time.as_secs_f64()), spent.seconds, cost.seconds)),
            ("usd", exceeds(budget.usd, spent.usd, cost.usd)),
        ];
        for (name, _) in over.into_iter().filter(|(_, over)| *over) {
            self.events.warn(format!(
                "the budget of {name} will probably not do for {} questions; what is not reached is listed as not run",
                open.len()
            ));
        }
        self.events.emit(Event::Estimated { cost, cached: known.len() });
    }

    /// Notes how long statements took, for the next estimate.
    pub(super) fn remember_statements(&self) {
        let spent = self.meter.spent();
        if spent.statements > 0 {
            // A hint: not worth a word if it is lost.
            let _ = self.durations.put(&self.statement_key(), &(spent.sql_seconds / spent.statements as f64));
        }
    }

    fn statement_key(&self) -> Digest {
        digest_json(&json!(["seconds of a statement", self.workspace.host]))
    }

    fn cost_of(&self, open: &[&Job<'_>], statements: u64) -> Cost {
        let local = self.workspace.is_local();
        let usual = if local { 0.1 } else { USUAL_SECONDS };
        let seconds: f64 = open.iter().map(|job| self.last_seconds(job.question).unwrap_or(usual)).sum();
        let judged = if self.judges() { (open.len() as f64 * OPEN_SHARE).ceil() } else { 0.0 };
        let share = |tokens: u64| (tokens as f64 * judged) as u64;
        let usage = Usage {
            prompt_tokens: share(JUDGE_TOKENS.prompt_tokens),
            completion_tokens: share(JUDGE_TOKENS.completion_tokens),
        };
        let usual = if local { 0.05 } else { USUAL_STATEMENT };
        let sql_seconds = statements as f64 * self.durations.get(&self.statement_key()).unwrap_or(usual);
        let (dbu, usd) = self.meter.prices().of_statements(sql_seconds);
        Cost {
            questions: open.len() as u64,
            statements,
            sql_seconds,
            dbu,
            tokens: usage.total(),
            usd: self.meter.prices().of(usage) + usd,
            seconds: self.gate.expected(open.len(), seconds).as_secs_f64(),
        }
    }
}
