//! A scorer over the simulated workspace.

use super::service::{Service, question};
use genie_enhance::databricks::{AskOptions, Client, Credentials, Settings};
use genie_enhance::limit::Budget;
use genie_enhance::model::{Event, Question, digest_text};
use genie_enhance::ops::{
    Claim, Events, Gate, GateOptions, Meter, Model, ModelOptions, Prices, Scorer, Statements, Target, Workspace, paired,
};
use genie_enhance::store::{Cache, Claims};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How a scorer is set up, in real time.
#[derive(Clone, Debug)]
pub struct Rig {
    pub concurrency: usize,
    pub sql_places: usize,
    pub per_minute: Option<u32>,
    pub minute: Duration,
    pub poll: Duration,
    pub budget: Budget,
    pub judges: bool,
    pub judge_timeout: Duration,
    pub retries: u32,
    pub failures: u32,
    pub cool_down: Duration,
}

impl Default for Rig {
    fn default() -> Self {
        Self {
            concurrency: 3,
            sql_places: 10,
            per_minute: None,
            minute: Duration::from_secs(60),
            poll: Duration::from_millis(20),
            budget: Budget::default(),
            judges: true,
            judge_timeout: Duration::from_secs(20),
            retries: 2,
            failures: 5,
            cool_down: Duration::from_millis(200),
        }
    }
}

pub fn client(host: &str) -> Client {
    Client::new(Settings::new(host, Credentials::Token("token".to_owned().into()))).expect("a client")
}

impl Rig {
    pub fn scorer(
        &self,
        service: &Service,
        folder: &Path,
        on_event: impl Fn(&Event) + Send + Sync + 'static,
    ) -> Scorer {
        self.scorer_at(&service.host, folder, on_event)
    }

    pub fn scorer_at(&self, host: &str, folder: &Path, on_event: impl Fn(&Event) + Send + Sync + 'static) -> Scorer {
        self.scorer_over(client(host), "w", folder, on_event)
    }

    pub fn scorer_over(
        &self,
        client: Client,
        warehouse: &str,
        folder: &Path,
        on_event: impl Fn(&Event) + Send + Sync + 'static,
    ) -> Scorer {
        let events = Events::new(on_event);
        let meter = Arc::new(Meter::new(self.budget.clone(), Prices::default(), events.clone()));
        let options = GateOptions {
            concurrency: self.concurrency,
            retries: self.retries,
            backoff: Duration::from_millis(20),
            failures: self.failures,
            cool_down: self.cool_down,
            per_minute: self.per_minute,
            minute: self.minute,
            seed: 1,
        };
        let open = |name: &str| Cache::open(folder.join(name)).expect("a cache");
        let model = ModelOptions {
            endpoint: "judge".to_owned(),
            concurrency: 4,
            max_tokens: 4_000,
            timeout: self.judge_timeout,
            judges: true,
            chunk: 10,
            prompts: Default::default(),
            temperature: 0.0,
            rows: true,
        };
        let workspace = Workspace::new(client.clone(), "simulated".to_owned(), warehouse.to_owned());
        Scorer {
            workspace: Arc::new(workspace),
            gate: Gate::new(options, meter.clone(), events.clone()),
            statements: Statements::new(self.sql_places, Duration::from_secs(60), meter.clone()),
            cache: open("answers.jsonl"),
            durations: open("durations.jsonl"),
            claims: Claims::open(folder.join("claims.jsonl")).expect("claims"),
            ask: AskOptions {
                timeout: Duration::from_secs(120),
                first_poll: Some(self.poll),
                longest_poll: self.poll * 5,
            },
            as_of: None,
            fresh: false,
            sequential: false,
            events,
            seen: std::sync::RwLock::default(),
            turns: std::sync::Mutex::default(),
            golds: tokio::sync::Mutex::default(),
            tables: tokio::sync::Mutex::default(),
            model: self.judges.then(|| Model::new(client, model, open("verdicts.jsonl"), meter.clone())),
            meter,
        }
    }
}

pub fn target() -> Target {
    Target { space_id: "space".to_owned(), content: digest_text("content"), instructions: "".into() }
}

pub fn questions(count: usize) -> Vec<Question> {
    (1..=count)
        .map(|number| {
            let (words, sql) = question(number);
            Question { id: format!("q{number:03}"), question: words, sql, ..Question::default() }
        })
        .collect()
}

/// Compares runs of one noisy content with each other; how many of `pairs` claim a difference.
pub async fn claims_of_itself(pairs: u32, count: usize) -> usize {
    let suite = questions(count);
    let asked: Vec<&Question> = suite.iter().collect();
    let mut claims = 0;
    for seed in 0..pairs {
        let service = Service::noisy(u64::from(seed)).await;
        let folder = tempfile::tempdir().expect("a folder");
        let rig = Rig { poll: Duration::from_millis(1), judges: false, concurrency: 8, ..Rig::default() };
        let scorer = rig.scorer(&service, folder.path(), |_| {});
        // One card after the other: the service's luck hangs on how often it was asked, and of two
        // askings at the same time either may be the first.
        scorer.score_repeatedly(&target(), &asked, 1, "noise").await;
        let cards = scorer.score_repeatedly(&target(), &asked, 2, "noise").await;
        let found = paired(&cards[..1], &cards[1..]);
        claims += usize::from(found.verdict != Claim::NotShown);
    }
    claims
}
