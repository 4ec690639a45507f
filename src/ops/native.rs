//! The workspace's own rating of the same questions, beside ours.

use super::score::Scorer;
use super::workspace::OpsError;
use crate::model::{Outcome, Question, Scorecard};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Databricks asks to look every 10 to 20 s; a local workspace may be looked at often.
const LOOK: Duration = Duration::from_secs(10);
const LOCAL_LOOK: Duration = Duration::from_millis(50);
/// The service gives up after this itself.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// A native eval run, matched with a scorecard by the words of the questions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NativeRun {
    pub run_id: String,
    pub status: String,
    pub rated: Vec<Rated>,
    /// The questions that one calls right and the other does not.
    pub disagreements: Vec<String>,
    /// Questions of ours that the space has no benchmark for.
    pub without: Vec<String>,
}

/// One question with both ratings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rated {
    pub id: String,
    pub ours: String,
    /// What we expected the workspace to say of the answer that we saw.
    pub predicted: String,
    /// What it said of the answer that it saw, which may be another one.
    pub native: String,
    pub reasons: Vec<String>,
}

impl Rated {
    /// True if one calls right what the other calls wrong, or leaves to people.
    pub fn disagrees(&self) -> bool {
        (self.ours == Outcome::Correct.as_str()) != (self.native == "GOOD")
    }
}

impl Scorer {
    /// Lets the workspace rate the benchmarks that stand in the space, and puts its ratings
    /// beside the scorecard.
    pub async fn rate_natively(
        &self,
        space_id: &str,
        questions: &[&Question],
        card: &Scorecard,
    ) -> Result<NativeRun, OpsError> {
        let client = &self.workspace.client;
        let run = client.start_eval_run(space_id, &[]).await?;
        let run_id = run.eval_run_id.clone();
        let status = self.wait_for_run(space_id, &run_id).await?;
        // Assessment and its reasons, by the words of the question.
        let mut ratings: BTreeMap<String, (Option<String>, Vec<String>)> = BTreeMap::new();
        for result in client.eval_results(space_id, &run_id).await? {
            let details = client.eval_result(space_id, &run_id, &result.result_id).await?;
            ratings.insert(words(&result.question), (details.assessment, details.assessment_reasons));
        }
        let (mut rated, mut without) = (Vec::new(), Vec::new());
        for question in questions {
            let Some(scored) = card.get(&question.id) else { continue };
            let Some((assessment, reasons)) = ratings.get(&words(&question.question)) else {
                without.push(question.id.clone());
                continue;
            };
            rated.push(Rated {
                id: question.id.clone(),
                ours: scored.verdict.outcome.as_str().to_owned(),
                predicted: scored.verdict.native.clone(),
                native: assessment.clone().unwrap_or_else(|| "NEEDS_REVIEW".to_owned()),
                reasons: reasons.clone(),
            });
        }
        let disagreements = rated.iter().filter(|rated| rated.disagrees()).map(|rated| rated.id.clone()).collect();
        Ok(NativeRun { run_id, status, rated, disagreements, without })
    }

    async fn wait_for_run(&self, space_id: &str, run_id: &str) -> Result<String, OpsError> {
        let end = Instant::now() + LONGEST;
        let look = if self.workspace.is_local() { LOCAL_LOOK } else { LOOK };
        loop {
            let run = self.workspace.client.eval_run(space_id, run_id).await?;
            if !matches!(run.eval_run_status.as_str(), "NOT_STARTED" | "RUNNING") {
                return Ok(run.eval_run_status);
            }
            if Instant::now() >= end {
                return Err(OpsError::other(format!(
                    "the workspace's own eval run {run_id} did not end within two hours; look at it in the workspace"
                )));
            }
            tokio::time::sleep(look).await;
        }
    }
}

/// Equal for questions that differ in nothing but white space.
fn words(question: &str) -> String {
    question.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_against_anything_else_is_a_disagreement() {
        let rated = |ours: &str, native: &str| Rated {
            id: "q".into(),
            ours: ours.into(),
            predicted: "GOOD".into(),
            native: native.into(),
            reasons: Vec::new(),
        };
        assert!(rated("correct", "BAD").disagrees() && rated("incorrect", "GOOD").disagrees());
        assert!(rated("correct", "NEEDS_REVIEW").disagrees());
        assert!(!rated("incorrect", "NEEDS_REVIEW").disagrees() && !rated("correct", "GOOD").disagrees());
    }
}
