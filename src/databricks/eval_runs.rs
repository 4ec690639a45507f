//! Eval runs: the workspace's own benchmarks of a space (reference 4, Beta).

use super::client::Client;
use super::error::ClientError;
use super::http::{Call, Resend, segment};
use crate::wire::{EvalResult, EvalResultDetails, EvalResultList, EvalRun, EvalRunRequest};
use reqwest::Method;

const MAX_PAGES: usize = 1_000;

impl Client {
    /// Starts a run over the questions named, or over all if none is named. It asks questions,
    /// so it is not sent again once it may have been carried out.
    pub async fn start_eval_run(&self, space_id: &str, question_ids: &[String]) -> Result<EvalRun, ClientError> {
        let body = EvalRunRequest { benchmark_question_ids: question_ids.to_vec() };
        let call = Call::new("start an eval run", Method::POST, runs(space_id), Resend::IfNotDone).json(&body);
        self.http().json(call).await
    }

    pub async fn eval_run(&self, space_id: &str, run_id: &str) -> Result<EvalRun, ClientError> {
        let path = format!("{}/{}", runs(space_id), segment(run_id));
        self.http().json(Call::get("read an eval run", path)).await
    }

    /// The questions of a run, without their assessments.
    pub async fn eval_results(&self, space_id: &str, run_id: &str) -> Result<Vec<EvalResult>, ClientError> {
        let mut results = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let path = format!("{}/{}/results", runs(space_id), segment(run_id));
            let mut call = Call::get("list eval results", path);
            if let Some(token) = &token {
                call = call.query("page_token", token);
            }
            let page: EvalResultList = self.http().json(call).await?;
            results.extend(page.eval_results);
            token = page.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        Ok(results)
    }

    /// One question of a run with its assessment.
    pub async fn eval_result(
        &self,
        space_id: &str,
        run_id: &str,
        result_id: &str,
    ) -> Result<EvalResultDetails, ClientError> {
        let path = format!("{}/{}/results/{}", runs(space_id), segment(run_id), segment(result_id));
        self.http().json(Call::get("read an eval result", path)).await
    }
}

fn runs(space_id: &str) -> String {
    format!("/api/2.0/genie/spaces/{}/eval-runs", segment(space_id))
}
