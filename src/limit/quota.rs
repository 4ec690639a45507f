//! Quota: at most so many questions a minute, for all that ask.
//!
//! A generic cell rate algorithm: each question reserves the next slot, slots are one interval
//! apart, and up to `burst` of them may be used at once. The rate adapts: a refusal by the
//! service (429) lengthens the interval, answers shorten it again, never below the rate set.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Quota {
    /// The interval that was set: one minute divided by the questions in a minute.
    set: Duration,
    /// The interval in force: `set`, or longer after refusals.
    interval: Duration,
    burst: u32,
    /// When the slot after the last reserved one would be due.
    due: Duration,
    /// Nobody asks before this time: what the service asked for.
    not_before: Duration,
}

impl Quota {
    /// The slowest rate that refusals can lead to: one question in two minutes.
    const LONGEST: Duration = Duration::from_secs(120);

    /// `per_minute` of 0 counts as 1.
    pub fn per_minute(per_minute: u32, burst: u32) -> Self {
        let set = Duration::from_secs(60) / per_minute.max(1);
        Self { set, interval: set, burst: burst.max(1), due: Duration::ZERO, not_before: Duration::ZERO }
    }

    /// No limit until the service refuses.
    pub fn unlimited() -> Self {
        Self { set: Duration::ZERO, interval: Duration::ZERO, ..Self::per_minute(1, 1) }
    }

    /// Reserves the next slot and says how long to wait for it. A caller that gives up keeps its
    /// slot used: the service may have counted the question.
    pub fn reserve(&mut self, now: Duration) -> Duration {
        let allowance = self.interval * (self.burst - 1);
        let at = now.max(self.due.saturating_sub(allowance)).max(self.not_before);
        self.due = self.due.max(at) + self.interval;
        at - now
    }

    /// The service refused a question (429): half the rate, and nobody before it said.
    pub fn refused(&mut self, now: Duration, retry_after: Option<Duration>) {
        let slower = self.interval.saturating_mul(2).max(Duration::from_millis(500));
        self.interval = slower.min(Self::LONGEST.max(self.set));
        let pause = retry_after.unwrap_or(self.interval);
        self.not_before = self.not_before.max(now + pause);
        // What was saved up is gone: the service counts otherwise than this quota did.
        self.due = self.due.max(now + self.interval * (self.burst - 1));
    }

    /// The service took a question: a tenth faster, down to the interval set.
    pub fn accepted(&mut self) {
        self.interval = self.interval.mul_f64(0.9).max(self.set);
        if self.interval < Duration::from_millis(10) {
            self.interval = self.set;
        }
    }

    /// Questions a minute that are in force now; none if unlimited.
    pub fn rate(&self) -> Option<f64> {
        (!self.interval.is_zero()).then(|| 60.0 / self.interval.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn slots_are_one_interval_apart_after_the_burst() {
        let mut quota = Quota::per_minute(6, 2);
        let start = SECOND * 100;
        let waits: Vec<u64> = (0..4).map(|_| quota.reserve(start).as_secs()).collect();
        assert_eq!(waits, [0, 0, 10, 20]);
        assert_eq!(quota.reserve(start + SECOND * 35), Duration::ZERO);
    }

    #[test]
    fn refusals_slow_down_and_answers_speed_up_again() {
        let mut quota = Quota::per_minute(6, 1);
        quota.refused(SECOND, Some(SECOND * 30));
        assert_eq!(quota.reserve(SECOND * 2), SECOND * 29);
        assert_eq!(quota.rate(), Some(3.0));
        for _ in 0..100 {
            quota.refused(SECOND, None);
        }
        assert_eq!(quota.rate(), Some(0.5));
        for _ in 0..100 {
            quota.accepted();
        }
        assert_eq!(quota.rate(), Some(6.0));
    }

    #[test]
    fn without_a_limit_only_refusals_hold_back() {
        let mut quota = Quota::unlimited();
        assert!((0..1_000).all(|_| quota.reserve(SECOND).is_zero()));
        quota.refused(SECOND, Some(SECOND * 2));
        assert_eq!(quota.reserve(SECOND), SECOND * 2);
        (0..50).for_each(|_| quota.accepted());
        assert_eq!(quota.rate(), None);
    }

    proptest! {
        /// In no window of a minute do more questions start than the rate and the burst allow.
        #[test]
        fn never_faster_than_set(per_minute in 1..30_u32, burst in 1..5_u32,
                                 gaps in proptest::collection::vec(0..20_000_u64, 1..120)) {
            let mut quota = Quota::per_minute(per_minute, burst);
            let mut now = Duration::ZERO;
            let mut starts = Vec::new();
            for gap in gaps {
                now += Duration::from_millis(gap);
                starts.push(now + quota.reserve(now));
            }
            for (i, start) in starts.iter().enumerate() {
                let within = starts[i..].iter().filter(|s| **s < *start + SECOND * 60).count();
                prop_assert!(within <= (per_minute + burst) as usize);
            }
        }
    }
}
