//! The one gate through which every question to Genie goes: concurrency, breaker, quota, budget
//! and retries. Shared by all that asks in a run.

use super::events::Events;
use crate::databricks::{AskFailure, Asked};
use crate::limit::{Backoff, Breaker, BreakerState, Budget, Entry, Quota, Spending};
use crate::model::{Event, NotRun};
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How questions are asked.
#[derive(Clone, Debug)]
pub struct GateOptions {
    /// Questions at the same time; 1 is the sequential mode.
    pub concurrency: usize,
    /// Attempts after the first one.
    pub retries: u32,
    /// Wait before the first retry; later ones double it.
    pub backoff: Duration,
    /// Failed attempts in a row that open the breaker.
    pub failures: u32,
    pub cool_down: Duration,
    /// Questions a minute; none is no limit until the service refuses.
    pub per_minute: Option<u32>,
    pub budget: Budget,
    pub seed: u64,
}

/// Lets questions through, one place at a time.
pub struct Gate {
    options: GateOptions,
    places: Semaphore,
    /// Held by the probe and by everything after it until the breaker has closed: after trouble
    /// questions go one at a time.
    single_file: tokio::sync::Mutex<()>,
    limits: Mutex<Limits>,
    started: Instant,
    events: Events,
}

struct Limits {
    breaker: Breaker,
    quota: Quota,
    spending: Spending,
}

impl Gate {
    pub fn new(options: GateOptions, events: Events) -> Self {
        let limits = Limits {
            breaker: Breaker::new(options.failures, options.cool_down),
            quota: options.per_minute.map_or_else(Quota::unlimited, Quota::per_minute),
            spending: Spending::default(),
        };
        Self {
            places: Semaphore::new(options.concurrency.max(1)),
            single_file: tokio::sync::Mutex::new(()),
            limits: Mutex::new(limits),
            started: Instant::now(),
            options,
            events,
        }
    }

    /// Questions sent so far, retries included.
    pub fn questions_sent(&self) -> u64 {
        self.lock().spending.questions
    }

    /// Asks through `attempt`, again after failures that may pass.
    pub async fn ask<F, Fut>(&self, attempt: F) -> Result<Asked, NotRun>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Asked, AskFailure>>,
    {
        let mut backoff = Backoff::new(self.options.backoff, Backoff::LONGEST, self.options.seed);
        let mut waited_for_breaker = false;
        loop {
            let place = self.places.acquire().await.map_err(|_| NotRun::Cancelled)?;
            let generation = match self.enter() {
                Ok(generation) => generation,
                Err(Refusal::Stop(why)) => return Err(why),
                Err(Refusal::Open(_)) if waited_for_breaker => return Err(NotRun::BreakerOpen),
                Err(Refusal::Open(wait)) => {
                    drop(place);
                    waited_for_breaker = self.wait_for_breaker(wait).await;
                    continue;
                }
            };
            self.wait_for_quota().await;
            let outcome = attempt().await;
            self.report(generation, &outcome);
            drop(place);
            match outcome {
                Ok(asked) => return Ok(asked),
                Err(failure) if failure.retryable && backoff.attempts() < self.options.retries => {
                    let wait = backoff.next_wait(failure.retry_after);
                    self.events.emit(Event::Waiting { why: failure.not_run.to_string(), seconds: wait.as_secs_f64() });
                    tokio::time::sleep(wait).await;
                }
                Err(failure) => return Err(failure.not_run),
            }
        }
    }

    fn enter(&self) -> Result<u64, Refusal> {
        let mut limits = self.lock();
        limits.spending.time = self.now();
        if let Some(what) = limits.spending.exhausted(&self.options.budget) {
            return Err(Refusal::Stop(NotRun::Budget { what }));
        }
        match limits.breaker.enter(self.now()) {
            Entry::Pass { generation } => {
                limits.spending.questions += 1;
                Ok(generation)
            }
            Entry::Wait(wait) => Err(Refusal::Open(wait)),
        }
    }

    /// Waits behind an open breaker. True once the caller has sat out a whole cool-down: a
    /// breaker that is open again after that has been probed, and the probe has failed.
    async fn wait_for_breaker(&self, wait: Duration) -> bool {
        let _turn = self.single_file.lock().await;
        let until = match self.lock().breaker.state() {
            BreakerState::Closed => return false,
            BreakerState::Open { until } => until.saturating_sub(self.now()),
            BreakerState::HalfOpen => wait,
        };
        tokio::time::sleep(until).await;
        let state = self.lock().breaker.state();
        matches!(state, BreakerState::Open { until } if until > self.now())
    }

    async fn wait_for_quota(&self) {
        let wait = self.lock().quota.reserve(self.now());
        if wait > Duration::ZERO {
            self.events.emit(Event::Waiting { why: "quota".to_owned(), seconds: wait.as_secs_f64() });
            tokio::time::sleep(wait).await;
        }
    }

    fn report(&self, generation: u64, outcome: &Result<Asked, AskFailure>) {
        let now = self.now();
        let (before, after) = {
            let mut limits = self.lock();
            let before = limits.breaker.state();
            match outcome {
                Ok(_) => {
                    limits.breaker.succeeded(generation);
                    limits.quota.accepted();
                }
                // A refusal for quota says that the service lives.
                Err(failure) if failure.rate_limited => {
                    limits.breaker.abandoned(generation, now);
                    limits.quota.refused(now, failure.retry_after);
                }
                Err(_) => limits.breaker.failed(generation, now),
            }
            (before, limits.breaker.state())
        };
        if before != after {
            self.events.emit(Event::Breaker { state: after.as_str().to_owned() });
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, Limits> {
        // Nothing panics while holding the lock; a poisoned one still holds sound counters.
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Refusal {
    Stop(NotRun),
    Open(Duration),
}
