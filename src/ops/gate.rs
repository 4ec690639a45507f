//! The one gate through which every question to Genie goes: concurrency, breaker, quota, budget
//! and retries. Shared by all that asks in a run.

use super::events::Events;
use super::meter::Meter;
use crate::databricks::{AskFailure, Asked};
use crate::limit::{Backoff, Breaker, BreakerState, Entry, Quota};
use crate::model::{Event, NotRun};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
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
    /// How long a minute of the quota is; shorter where a world's time runs faster.
    pub minute: Duration,
    pub seed: u64,
}

/// Refusals for quota that one question sits out. They cost no attempt, since nothing was asked.
const MOST_REFUSALS: u32 = 20;

/// Lets questions through, one place at a time.
pub struct Gate {
    options: GateOptions,
    places: Semaphore,
    limits: Mutex<Limits>,
    /// The breaker's generation, for those who wait for it to change.
    changed: watch::Sender<u64>,
    meter: Arc<Meter>,
    started: Instant,
    events: Events,
}

struct Limits {
    breaker: Breaker,
    quota: Pace,
}

/// A quota with its clock. All gates of one workspace may share one, as in a fleet: the service
/// counts their questions together.
#[derive(Clone)]
pub struct Pace {
    quota: Arc<Mutex<Quota>>,
    since: Instant,
}

impl Pace {
    pub fn of(per_minute: Option<u32>, minute: Duration) -> Self {
        let quota = per_minute.map_or_else(Quota::unlimited, |rate| Quota::per_window(rate, minute));
        Self { quota: Arc::new(Mutex::new(quota)), since: Instant::now() }
    }

    fn reserve(&self) -> Duration {
        self.lock().reserve(self.since.elapsed())
    }

    fn accepted(&self) {
        self.lock().accepted();
    }

    fn refused(&self, retry_after: Option<Duration>) {
        self.lock().refused(self.since.elapsed(), retry_after);
    }

    fn lock(&self) -> MutexGuard<'_, Quota> {
        self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One attempt under way. Dropped without a report, it was given up.
struct Pass<'a> {
    gate: &'a Gate,
    generation: u64,
    reported: bool,
}

impl Gate {
    pub fn new(options: GateOptions, meter: Arc<Meter>, events: Events) -> Self {
        let quota = Pace::of(options.per_minute, options.minute);
        let limits = Limits { breaker: Breaker::new(options.failures, options.cool_down), quota };
        Self {
            places: Semaphore::new(options.concurrency.max(1)),
            limits: Mutex::new(limits),
            changed: watch::Sender::new(0),
            meter,
            started: Instant::now(),
            options,
            events,
        }
    }

    /// The same gate, at a pace that it shares with others.
    pub fn at_pace(self, pace: Pace) -> Self {
        self.lock().quota = pace;
        self
    }

    /// Questions sent so far, retries included.
    pub fn questions_sent(&self) -> u64 {
        self.meter.spent().questions
    }

    /// The time that so many questions take, which together would take `seconds` one by one.
    pub fn expected(&self, questions: usize, seconds: f64) -> Duration {
        let by_places = seconds / self.options.concurrency.max(1) as f64;
        let by_quota = self.options.per_minute.map_or(0.0, |rate| {
            let full_minutes = questions.saturating_sub(1) / (rate.max(1) as usize);
            full_minutes as f64 * self.options.minute.as_secs_f64()
        });
        Duration::from_secs_f64(by_places.max(by_quota).clamp(0.0, 1e9))
    }

    pub fn breaker(&self) -> BreakerState {
        self.lock().breaker.state()
    }

    /// Asks through `attempt`, again after failures that may pass.
    pub async fn ask<F, Fut>(&self, attempt: F) -> Result<Asked, NotRun>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Asked, AskFailure>>,
    {
        let mut backoff = Backoff::new(self.options.backoff, Backoff::LONGEST, self.options.seed);
        let mut refusals = 0;
        loop {
            self.wait_behind_breaker().await?;
            let place = self.places.acquire().await.map_err(|_| NotRun::Cancelled)?;
            self.wait_for_quota().await?;
            // Last of all, because much may have happened while waiting.
            let Some(pass) = self.enter()? else { continue };
            let outcome = attempt().await;
            pass.report(&outcome);
            drop(place);
            match outcome {
                Ok(asked) => return Ok(asked),
                Err(failure) if failure.rate_limited && failure.retryable && refusals < MOST_REFUSALS => refusals += 1,
                Err(failure) if failure.retryable && backoff.attempts() < self.options.retries => {
                    let wait = backoff.next_wait(failure.retry_after);
                    self.tell_wait(&failure.not_run.to_string(), wait);
                    tokio::time::sleep(wait).await;
                }
                Err(failure) => return Err(failure.not_run),
            }
        }
    }

    /// Waits, without a place, until the breaker lets somebody pass. An open breaker that has
    /// been tried in vain as often as a question is tried is not waited for any more.
    async fn wait_behind_breaker(&self) -> Result<(), NotRun> {
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            let (state, failed_trials) = {
                let limits = self.lock();
                (limits.breaker.state(), limits.breaker.failed_trials())
            };
            let now = self.now();
            match state {
                BreakerState::Closed => return Ok(()),
                BreakerState::Open { until } if until <= now => return Ok(()),
                BreakerState::Open { .. } if failed_trials > self.options.retries => return Err(NotRun::BreakerOpen),
                BreakerState::Open { until } => {
                    self.tell_wait("circuit breaker", until - now);
                    // Whichever comes first; the sender lives as long as this gate.
                    let _ = tokio::time::timeout(until - now, changed.changed()).await;
                }
                BreakerState::HalfOpen => {
                    let _ = changed.changed().await;
                }
            }
        }
    }

    async fn wait_for_quota(&self) -> Result<(), NotRun> {
        if let Some(what) = self.meter.exhausted() {
            return Err(NotRun::Budget { what });
        }
        let wait = {
            let limits = self.lock();
            // Behind an open breaker no slot is used up.
            if limits.breaker.state() == BreakerState::HalfOpen {
                return Ok(());
            }
            limits.quota.reserve()
        };
        if wait > Duration::ZERO {
            self.tell_wait("quota", wait);
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// None if the breaker has opened meanwhile.
    fn enter(&self) -> Result<Option<Pass<'_>>, NotRun> {
        let entry = self.change(|limits, now| limits.breaker.enter(now));
        let Entry::Pass { generation } = entry else { return Ok(None) };
        let pass = Pass { gate: self, generation, reported: false };
        self.meter.take_question().map_err(|what| NotRun::Budget { what })?;
        Ok(Some(pass))
    }

    fn tell_wait(&self, why: &str, wait: Duration) {
        self.events.emit(Event::Waiting { why: why.to_owned(), seconds: wait.as_secs_f64() });
    }

    /// Changes the limits; a change of the breaker is told to everybody.
    fn change<T>(&self, change: impl FnOnce(&mut Limits, Duration) -> T) -> T {
        let (result, before, breaker) = {
            let mut limits = self.lock();
            let before = limits.breaker.state();
            let result = change(&mut limits, self.now());
            (result, before, limits.breaker.clone())
        };
        let after = breaker.state();
        if before != after {
            self.events.emit(Event::Breaker { state: after.as_str().to_owned() });
            self.changed.send_replace(breaker.generation());
        }
        result
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, Limits> {
        // Nothing panics while holding the lock; a poisoned one still holds sound counters.
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    fn report(mut self, outcome: &Result<Asked, AskFailure>) {
        self.reported = true;
        let generation = self.generation;
        self.gate.change(|limits, now| match outcome {
            Ok(_) => {
                limits.breaker.succeeded(generation);
                limits.quota.accepted();
            }
            // A refusal for quota says that the service lives.
            Err(failure) if failure.rate_limited => {
                limits.breaker.abandoned(generation, now);
                limits.quota.refused(failure.retry_after);
            }
            Err(_) => limits.breaker.failed(generation, now),
        });
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.reported {
            let generation = self.generation;
            self.gate.change(|limits, now| limits.breaker.abandoned(generation, now));
        }
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
