//! A language model, on a serving endpoint of the workspace or elsewhere: judging what rules cannot decide, and
//! drafting fixes. Everything works without one.

use super::meter::Meter;
use super::prompts::Prompts;
use crate::databricks::Client;
use crate::judge::{self, Item, Judged};
use crate::llm::{Chat, ChatAnswer, ChatError, ChatRequest, Refusal, Transport, Usage};
use crate::model::{Digest, ScoredQuestion, digest_json};
use crate::store::Cache;
use futures::future::{BoxFuture, FutureExt, join_all};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What is set about the model.
#[derive(Clone, Debug)]
pub struct ModelOptions {
    pub endpoint: String,
    /// Requests at the same time.
    pub concurrency: usize,
    pub max_tokens: u32,
    /// Most time for one reply.
    pub timeout: Duration,
    /// Undecided comparisons go to the model.
    pub judges: bool,
    /// Items in one request to the judge.
    pub chunk: usize,
    pub temperature: f64,
    /// The judge sees the first rows that differ.
    pub rows: bool,
    pub prompts: Prompts,
}

/// The model with its options.
pub struct Model {
    chat: Chat,
    pub options: ModelOptions,
    verdicts: Cache,
    places: Semaphore,
    meter: Arc<Meter>,
}

/// Why a model gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("the budget of {0} is used up")]
    Budget(String),
    #[error("no reply within {} s. Raise `llm.timeout`, or choose a faster endpoint.", .0.as_secs())]
    Timeout(Duration),
    #[error(transparent)]
    Chat(#[from] ChatError),
}

impl ModelError {
    /// Tokens that it took all the same.
    fn usage(&self) -> Usage {
        if let Self::Chat(error) = self { error.usage() } else { Usage::default() }
    }
}

struct Endpoint {
    client: Client,
    name: String,
}

impl Transport for Endpoint {
    fn send(&self, body: Value) -> BoxFuture<'_, Result<Value, Refusal>> {
        async move {
            self.client.invoke_endpoint(&self.name, &body).await.map_err(|error| Refusal {
                status: error.status,
                transient: error.is_transient(),
                retry_after: error.retry_after,
                message: error.to_string(),
            })
        }
        .boxed()
    }

    fn model(&self) -> &str {
        &self.name
    }
}

impl Model {
    /// A serving endpoint of the workspace.
    pub fn new(client: Client, options: ModelOptions, verdicts: Cache, meter: Arc<Meter>) -> Self {
        let endpoint = Endpoint { client, name: options.endpoint.clone() };
        Self::at(Arc::new(endpoint), options, verdicts, meter)
    }

    /// Any service.
    pub fn at(service: Arc<dyn Transport>, options: ModelOptions, verdicts: Cache, meter: Arc<Meter>) -> Self {
        let places = Semaphore::new(options.concurrency.max(1));
        Self { chat: Chat::new(service), options, verdicts, places, meter }
    }

    /// Asks once, if the budget allows.
    pub async fn ask(&self, prompt: &str, schema: Option<(String, Value)>) -> Result<ChatAnswer, ModelError> {
        let request = ChatRequest {
            system: String::new(),
            user: prompt.to_owned(),
            schema,
            max_tokens: self.options.max_tokens,
            temperature: self.options.temperature,
        };
        // Never closed, so this only ever waits.
        let _place = self.places.acquire().await;
        if let Some(what) = self.meter.exhausted() {
            return Err(ModelError::Budget(what));
        }
        let limit = self.options.timeout;
        let answer = tokio::time::timeout(limit, self.chat.ask(&request)).await;
        let answer = answer.map_err(|_| ModelError::Timeout(limit))?;
        self.meter.add_tokens(match &answer {
            Ok(answer) => answer.usage,
            Err(error) => error.usage(),
        });
        Ok(answer?)
    }

    /// Another prompt, or one that shows more, may judge otherwise.
    fn verdict_key(&self, item: &Item) -> Digest {
        digest_json(&json!([item.key(), self.options.prompts.judge().digest(), self.options.rows]))
    }

    /// What was said of the same comparison before.
    pub fn judged(&self, item: &Item) -> Option<Judgement> {
        self.verdicts.get(&self.verdict_key(item))
    }

    /// Verdicts on undecided comparisons, by item id. The same pair never gets two verdicts: what
    /// was judged before is remembered. A judge that fails leaves its items undecided. Also the
    /// tokens that it took.
    pub async fn judge(&self, items: Vec<Item>) -> (BTreeMap<String, Judgement>, Usage) {
        let mut verdicts = BTreeMap::new();
        let mut open = Vec::new();
        for item in items {
            match self.judged(&item) {
                Some(known) => drop(verdicts.insert(item.id.clone(), known)),
                None => open.push(item),
            }
        }
        let keys: BTreeMap<String, _> = open.iter().map(|item| (item.id.clone(), self.verdict_key(item))).collect();
        if !self.options.rows {
            for item in &mut open {
                item.gold.differing_rows.clear();
                item.answer.differing_rows.clear();
            }
        }
        let mut usage = Usage::default();
        let mut session =
            judge::Session::new(open, "judge", self.options.chunk).with_template(self.options.prompts.judge().clone());
        loop {
            let requests = session.requests();
            if requests.is_empty() {
                break;
            }
            let prompts: Vec<String> = requests.iter().map(|request| request.prompt.clone()).collect();
            let schema = || Some(("verdicts".to_owned(), judge::reply_schema()));
            // All at once: the places keep to the limit, over all chunks.
            let replies = join_all(prompts.iter().map(|prompt| self.ask(prompt, schema()))).await;
            for (request, reply) in requests.iter().zip(replies) {
                usage = usage.plus(match &reply {
                    Ok(answer) => answer.usage,
                    Err(error) => {
                        tracing::warn!(%error, "the judge did not answer");
                        error.usage()
                    }
                });
                session.absorb(request, text_of(&reply));
            }
        }
        let by = format!("prompt judge {}", self.options.prompts.judge().digest().short());
        for (id, judged) in session.outcomes() {
            let judgement = Judgement::of(&judged, &by);
            if judged.reason != "JUDGE_SILENT"
                && let Some(key) = keys.get(&id)
                && let Err(error) = self.verdicts.put(key, &judgement)
            {
                tracing::warn!(%error, "a verdict could not be kept");
            }
            verdicts.insert(id, judgement);
        }
        (verdicts, usage)
    }
}

/// What a reply says, also one that is no JSON as a whole: entries in it may be.
fn text_of(reply: &Result<ChatAnswer, ModelError>) -> Option<&str> {
    reply.as_ref().ok().map(|answer| answer.text.as_str())
}

/// A verdict of the judge, as it is kept.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Judgement {
    pub outcome: crate::model::Outcome,
    pub reason: String,
    pub detail: String,
    /// The prompt that asked, with its digest.
    #[serde(default)]
    pub by: String,
}

impl Judgement {
    /// Puts the judge's word in the place of the rules' "undecided".
    pub fn put_on(&self, scored: &mut ScoredQuestion) {
        scored.verdict.notes.push(std::mem::take(&mut scored.verdict.reason));
        if !self.by.is_empty() {
            scored.verdict.notes.push(format!("judged by {}", self.by));
        }
        scored.verdict.outcome = self.outcome;
        scored.verdict.reason.clone_from(&self.reason);
        scored.verdict.detail.clone_from(&self.detail);
    }

    fn of(judged: &Judged, by: &str) -> Self {
        Self {
            outcome: judged.outcome,
            reason: judged.reason.to_owned(),
            detail: judged.detail.clone(),
            by: by.to_owned(),
        }
    }
}
