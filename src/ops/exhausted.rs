//! What was found to be left to try from the very same ground: nothing. The learners and the
//! candidates they lead to depend on what is declared, on what the tables hold and on what was
//! answered; where all of that stands as it stood, they come to the same again, and a plan without
//! news need not wait for them.

use super::memory::Memory;
use super::plan::PlanInput;
use super::prove::Proof;
use crate::model::{Catalog, Digest, Rejection, Scorecard, ScoredQuestion, Space, Suite, digest_json};
use crate::store::Cache;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A file that has grown beyond starts over: all of it is read.
const MOST_BYTES: u64 = 1 << 20;

/// What planning came to on one ground.
pub struct Exhausted {
    /// None if it cannot be kept: then it is found out again.
    cache: Option<Cache>,
    key: Digest,
}

/// A plan without a candidate that was worth a trial.
#[derive(Serialize, Deserialize)]
pub struct NothingLeft {
    pub patterns: usize,
    pub rejections: Vec<Rejection>,
}

impl Exhausted {
    /// The ground: everything that candidates come from.
    pub fn on(
        input: &PlanInput<'_>,
        base: &Space,
        catalog: &Catalog,
        learn_set: &Suite,
        baseline: &Scorecard,
        memory: &Memory,
        open_texts: Option<&[String]>,
    ) -> Self {
        let answered = |scored: &ScoredQuestion| {
            let sql = scored.answer.as_ref().and_then(|answer| answer.sql().map(str::to_owned));
            json!([scored.id, scored.verdict.outcome, sql])
        };
        let key = digest_json(&json!([
            program(),
            base.to_wire(),
            base.sidecar_digest(),
            catalog,
            learn_set.digest(),
            input.suite.digest(),
            baseline.questions.iter().map(answered).collect::<Vec<_>>(),
            memory.digest(),
            input.learning.min_support,
            input.fixes.min_support,
            input.fixes.categories,
            input.facts.generated,
            open_texts,
            [input.goal.score, input.goal.rounds as f64],
        ]));
        // A model drafts something else every time.
        let cache = match input.scorer.model {
            None => Cache::open_within(&input.exhausted, MOST_BYTES).ok(),
            Some(_) => None,
        };
        Self { cache, key }
    }

    pub fn known(&self) -> Option<NothingLeft> {
        self.cache.as_ref()?.get(&self.key)
    }

    /// Keeps what was come to, if that was nothing to try.
    pub fn keep(&self, patterns: usize, proof: &Proof) {
        if let Some(cache) = &self.cache
            && proof.tried == 0
        {
            // What cannot be kept is found out again.
            let _ = cache.put(&self.key, &NothingLeft { patterns, rejections: proof.rejections.clone() });
        }
    }
}

/// Another program may find more.
fn program() -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    let made = file.map(|about| (about.len(), about.modified().ok()));
    format!("{} {made:?}", env!("CARGO_PKG_VERSION"))
}
