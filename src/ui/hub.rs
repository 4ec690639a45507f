//! The hub: one run and the log of what happened to it, shared by every open page.

use super::run::{Finished, Run, RunInfo, RunStatus, Spending};
use super::views::{Part, Parts};
use crate::model::{Event, Phase};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::watch;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// From 1, without gaps; goes on over runs.
    pub seq: u64,
    /// Seconds since the run began.
    pub at: f64,
    /// The event; none for a change of state that no event tells, such as the plan's arrival.
    pub event: Option<Event>,
    parts: Parts,
}

/// Holds the run and tells pages when it changes. Pages hear the newest sequence number and ask
/// which views changed since theirs, so a slow page skips steps and never falls behind for good.
#[derive(Debug)]
pub struct Hub {
    inner: Mutex<Inner>,
    newest: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    run: Run,
    log: Vec<Logged>,
    seq: u64,
    /// Number of the last entry before this run.
    floor: u64,
    started: Instant,
}

impl Hub {
    pub fn new(info: RunInfo) -> Self {
        let inner = Inner { run: Run::new(info), log: Vec::new(), seq: 0, floor: 0, started: Instant::now() };
        Self { inner: Mutex::new(inner), newest: watch::Sender::new(0) }
    }

    /// A finished run from what its folder holds: events with the second at which they happened,
    /// or 0 where that was not kept.
    pub fn from_files(
        info: RunInfo,
        events: impl IntoIterator<Item = (f64, Event)>,
        finished: Option<Finished>,
    ) -> Self {
        let hub = Self::new(info);
        for (at, event) in events {
            hub.publish_at(event, at);
        }
        if let Some(finished) = finished {
            hub.finish(finished);
        }
        hub
    }

    /// A new run: what was shown is over, the numbering goes on.
    pub fn begin(&self, info: RunInfo) {
        self.change(Parts::ALL, |inner| {
            inner.run = Run { status: RunStatus::Planning, ..Run::new(info) };
            inner.log.clear();
            inner.floor = inner.seq;
            inner.started = Instant::now();
        });
    }

    pub fn publish(&self, event: Event) {
        let at = self.lock().started.elapsed().as_secs_f64();
        self.publish_at(event, at);
    }

    /// As [`Hub::publish`], for a run that happened at another time.
    pub fn publish_at(&self, event: Event, at: f64) {
        let parts = parts_of(&event);
        let mut inner = self.lock();
        inner.run.elapsed = inner.run.elapsed.max(at);
        inner.run.apply(&event);
        inner.log(parts, at, Some(event));
        self.announce(inner);
    }

    pub fn finish(&self, finished: Finished) {
        self.change(Parts::ALL, |inner| inner.run.finish(finished));
    }

    pub fn set_status(&self, status: RunStatus) {
        self.change(Parts::ALL, |inner| {
            if !status.is_busy() {
                inner.run.asking.clear();
                inner.run.waiting = None;
            }
            inner.run.status = status;
        });
    }

    pub fn set_spending(&self, spending: Spending) {
        self.change(Parts::of(&[Part::Overview]), |inner| inner.run.spending = spending);
    }

    /// The history changed.
    pub fn touch_history(&self) {
        self.change(Parts::of(&[Part::History]), |_| {});
    }

    /// The run as it is now. A copy, so that rendering never holds up the run.
    pub fn run(&self) -> Run {
        self.lock().run.clone()
    }

    /// Reads from the run without copying it; for short looks only.
    pub fn look<T>(&self, read: impl FnOnce(&Run) -> T) -> T {
        read(&self.lock().run)
    }

    /// Waits until the run is as `wanted` says.
    pub async fn wait_until(&self, wanted: impl Fn(&Run) -> bool) {
        let mut newest = self.subscribe();
        while !self.look(&wanted) {
            // The sender lives as long as this hub, so this cannot fail.
            if newest.changed().await.is_err() {
                return;
            }
        }
    }

    pub fn newest(&self) -> u64 {
        self.lock().seq
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The views that changed after entry `seq`, and the newest entry. A number from another
    /// server, or from before this run, means everything.
    pub(super) fn since(&self, seq: u64) -> (Parts, u64) {
        let inner = self.lock();
        if seq < inner.floor || seq > inner.seq {
            return (Parts::ALL, inner.seq);
        }
        let skipped = usize::try_from(seq - inner.floor).unwrap_or(usize::MAX);
        let entries = inner.log.iter().skip(skipped);
        (entries.fold(Parts::NONE, |parts, entry| parts.with(entry.parts)), inner.seq)
    }

    /// One page of the log, newest first, and the number of entries.
    pub fn log_page(&self, page: usize, size: usize) -> (Vec<Logged>, usize) {
        let inner = self.lock();
        let newest_first = inner.log.iter().rev().filter(|entry| entry.event.is_some());
        let total = newest_first.clone().count();
        (newest_first.skip(page.saturating_mul(size)).take(size).cloned().collect(), total)
    }

    fn change(&self, parts: Parts, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.lock();
        change(&mut inner);
        let at = inner.run.elapsed;
        inner.log(parts, at, None);
        self.announce(inner);
    }

    fn announce(&self, inner: MutexGuard<'_, Inner>) {
        let seq = inner.seq;
        drop(inner);
        self.newest.send_replace(seq);
    }

    /// A panic elsewhere must not take the page down with it: the run stays showable.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn log(&mut self, parts: Parts, at: f64, event: Option<Event>) {
        self.seq += 1;
        self.log.push(Logged { seq: self.seq, at, event, parts });
    }
}

/// The views that an event changes.
fn parts_of(event: &Event) -> Parts {
    match event {
        Event::PhaseStarted { phase: Phase::Apply, .. } => Parts::ALL,
        Event::PhaseStarted { .. } => Parts::of(&[Part::Overview, Part::Scoring, Part::Apply, Part::Do]),
        Event::ScoringStarted { .. } | Event::ScoringFinished { .. } | Event::QuestionScored { .. } => {
            Parts::of(&[Part::Overview, Part::Scoring])
        }
        Event::QuestionAsked { .. } | Event::Breaker { .. } | Event::Waiting { .. } => Parts::of(&[Part::Scoring]),
        Event::Estimated { .. } | Event::Spent { .. } => Parts::of(&[Part::Scoring]),
        Event::GoldFinding { .. } => Parts::of(&[Part::Overview, Part::Scoring]),
        Event::PatternsLearnt { .. } | Event::CandidatesMade { .. } => Parts::of(&[Part::Overview, Part::Fixes]),
        Event::TrialStarted { .. } | Event::TrialFinished { .. } => Parts::of(&[Part::Apply, Part::Fixes]),
        Event::RoundFinished { .. } => Parts::of(&[Part::Overview, Part::Rounds]),
        Event::ChangeApplied { .. } => Parts::of(&[Part::Apply, Part::Overview]),
        Event::Note { .. } | Event::Warning { .. } => Parts::of(&[Part::Overview, Part::Scoring]),
    }
}
