//! Circuit breaker: after enough failed attempts in a row nobody asks until the service had time
//! to recover, and then only one caller tries.

use std::time::Duration;

/// Whether callers may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    Closed,
    /// Nobody passes before `until`.
    Open {
        until: Duration,
    },
    /// One caller tries; all others wait for what it finds.
    HalfOpen,
}

impl BreakerState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// The breaker's answer to one caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Go on, and report the outcome with [`Breaker::succeeded`], [`Breaker::failed`] or
    /// [`Breaker::abandoned`], giving back this generation: the outcome of an attempt that began
    /// before the breaker last changed its state says nothing about the state now.
    Pass { generation: u64 },
    /// Do not ask; come back after this time.
    Wait(Duration),
}

/// Counts failed attempts in a row; opens at `failures` and stays open for `cool_down`.
#[derive(Clone, Debug)]
pub struct Breaker {
    failures: u32,
    cool_down: Duration,
    in_a_row: u32,
    failed_trials: u32,
    state: BreakerState,
    generation: u64,
}

impl Breaker {
    /// `failures` of 0 counts as 1.
    pub fn new(failures: u32, cool_down: Duration) -> Self {
        Self {
            failures: failures.max(1),
            cool_down,
            in_a_row: 0,
            failed_trials: 0,
            state: BreakerState::Closed,
            generation: 0,
        }
    }

    /// May a caller ask now? The first caller after the cool-down becomes the trial.
    pub fn enter(&mut self, now: Duration) -> Entry {
        match self.state {
            BreakerState::Closed => Entry::Pass { generation: self.generation },
            BreakerState::Open { until } if now < until => Entry::Wait(until - now),
            BreakerState::Open { .. } => {
                self.change(BreakerState::HalfOpen);
                Entry::Pass { generation: self.generation }
            }
            // Long enough not to spin, short enough to follow a quick trial.
            BreakerState::HalfOpen => Entry::Wait(self.cool_down.min(Duration::from_secs(1))),
        }
    }

    pub fn succeeded(&mut self, generation: u64) {
        if generation == self.generation {
            self.in_a_row = 0;
            if self.state == BreakerState::HalfOpen {
                self.failed_trials = 0;
                self.change(BreakerState::Closed);
            }
        }
    }

    pub fn failed(&mut self, generation: u64, now: Duration) {
        if generation != self.generation {
            return;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.state == BreakerState::HalfOpen || self.in_a_row >= self.failures {
            self.failed_trials += u32::from(self.state == BreakerState::HalfOpen);
            self.in_a_row = 0;
            self.change(BreakerState::Open { until: now.saturating_add(self.cool_down) });
        }
    }

    /// The caller stopped without an outcome. A trial that was given up lets the next caller try
    /// at once; else the breaker would stay half-open for ever.
    pub fn abandoned(&mut self, generation: u64, now: Duration) {
        if generation == self.generation && self.state == BreakerState::HalfOpen {
            self.change(BreakerState::Open { until: now });
        }
    }

    pub fn state(&self) -> BreakerState {
        self.state
    }

    /// Trials that failed one after the other since the breaker was last closed.
    pub fn failed_trials(&self) -> u32 {
        self.failed_trials
    }

    /// Changes whenever the state does.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    fn change(&mut self, state: BreakerState) {
        self.state = state;
        self.generation = self.generation.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pass(breaker: &mut Breaker, now: Duration) -> u64 {
        match breaker.enter(now) {
            Entry::Pass { generation } => generation,
            Entry::Wait(wait) => panic!("has to wait {wait:?}"),
        }
    }

    #[test]
    fn opens_after_failures_in_a_row_and_closes_after_a_good_trial() {
        let mut breaker = Breaker::new(2, SECOND * 60);
        let generation = pass(&mut breaker, SECOND);
        breaker.failed(generation, SECOND);
        breaker.succeeded(generation);
        breaker.failed(generation, SECOND);
        assert_eq!(breaker.state(), BreakerState::Closed);
        breaker.failed(generation, SECOND * 2);
        assert_eq!(breaker.state(), BreakerState::Open { until: SECOND * 62 });
        assert_eq!(breaker.enter(SECOND * 12), Entry::Wait(SECOND * 50));
        let trial = pass(&mut breaker, SECOND * 62);
        assert!(matches!(breaker.enter(SECOND * 62), Entry::Wait(_)));
        // Late news from before the trial changes nothing.
        breaker.succeeded(generation);
        breaker.failed(generation, SECOND * 63);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.succeeded(trial);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_bad_or_abandoned_trial_opens_again() {
        let mut breaker = Breaker::new(1, SECOND * 10);
        let first = pass(&mut breaker, SECOND);
        breaker.failed(first, SECOND);
        let trial = pass(&mut breaker, SECOND * 11);
        breaker.failed(trial, SECOND * 12);
        assert_eq!(breaker.state(), BreakerState::Open { until: SECOND * 22 });
        let trial = pass(&mut breaker, SECOND * 30);
        breaker.abandoned(trial, SECOND * 31);
        pass(&mut breaker, SECOND * 31);
    }

    /// What a caller may do in the state model.
    #[derive(Clone, Debug)]
    enum Step {
        Enter,
        Succeed(usize),
        Fail(usize),
        Abandon(usize),
        Wait(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => Just(Step::Enter),
            2 => (0..4_usize).prop_map(Step::Succeed),
            4 => (0..4_usize).prop_map(Step::Fail),
            1 => (0..4_usize).prop_map(Step::Abandon),
            2 => (0..40_u64).prop_map(Step::Wait),
        ];
        proptest::collection::vec(step, 0..200)
    }

    proptest! {
        /// Against a model with plain counters: callers pass exactly when the model says so,
        /// never more than one at a time while half-open, and never before the cool-down ends.
        #[test]
        fn behaves_as_its_model(steps in steps(), failures in 1..5_u32) {
            let cool_down = SECOND * 20;
            let mut breaker = Breaker::new(failures, cool_down);
            let mut now = Duration::ZERO;
            // Model: number of failures in a row, end of the open time, trial running, and the
            // callers under way with the model's epoch in which they entered.
            let (mut row, mut open, mut trial, mut epoch) = (0_u32, None::<Duration>, false, 0_u32);
            let mut under_way: Vec<(u64, u32)> = Vec::new();
            for step in steps {
                match step {
                    Step::Wait(seconds) => now += SECOND * u32::try_from(seconds).unwrap(),
                    Step::Enter => {
                        let may = !trial && open.is_none_or(|until| now >= until);
                        match breaker.enter(now) {
                            Entry::Pass { generation } => {
                                prop_assert!(may);
                                if open.take().is_some() { trial = true; epoch += 1; }
                                under_way.push((generation, epoch));
                            }
                            Entry::Wait(wait) => {
                                prop_assert!(!may && wait > Duration::ZERO && wait <= cool_down);
                            }
                        }
                    }
                    Step::Succeed(n) | Step::Fail(n) | Step::Abandon(n) if under_way.is_empty() => { let _ = n; }
                    Step::Succeed(n) => {
                        let (generation, began) = under_way.remove(n % under_way.len());
                        breaker.succeeded(generation);
                        if began == epoch {
                            row = 0;
                            if trial { trial = false; epoch += 1; }
                        }
                    }
                    Step::Fail(n) => {
                        let (generation, began) = under_way.remove(n % under_way.len());
                        breaker.failed(generation, now);
                        if began == epoch {
                            row += 1;
                            if trial || row >= failures { row = 0; trial = false; open = Some(now + cool_down); epoch += 1; }
                        }
                    }
                    Step::Abandon(n) => {
                        let (generation, began) = under_way.remove(n % under_way.len());
                        breaker.abandoned(generation, now);
                        if began == epoch && trial { trial = false; open = Some(now); epoch += 1; }
                    }
                }
                let expected = match (trial, open) {
                    (true, _) => BreakerState::HalfOpen,
                    (false, Some(until)) => BreakerState::Open { until },
                    (false, None) => BreakerState::Closed,
                };
                prop_assert_eq!(breaker.state(), expected);
            }
        }
    }
}
