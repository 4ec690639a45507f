//! Quota: at most so many questions a minute, for all that ask.
//!
//! A sliding window: there are as many places as questions in a window, and a question takes one
//! for a whole window. The rate adapts: a refusal by the service (429) stretches the window,
//! answers shrink it again, never below the one set.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Quota {
    /// The window that was set: a minute, or nothing where there is no limit.
    set: Duration,
    /// The window in force: `set`, or longer after refusals.
    window: Duration,
    /// When each place is free, in order.
    free: Vec<Duration>,
    /// Nobody asks before this time: what the service asked for.
    not_before: Duration,
}

impl Quota {
    /// The slowest rate that refusals can lead to: one question in two minutes.
    const SLOWEST: Duration = Duration::from_secs(120);
    /// The first spacing after a refusal where no limit was set.
    const FIRST: Duration = Duration::from_millis(500);

    /// `per_minute` of 0 counts as 1.
    pub fn per_minute(per_minute: u32) -> Self {
        Self::new(Duration::from_secs(60), per_minute.max(1) as usize)
    }

    /// No limit until the service refuses.
    pub fn unlimited() -> Self {
        Self::new(Duration::ZERO, 1)
    }

    fn new(set: Duration, places: usize) -> Self {
        Self { set, window: set, free: vec![Duration::ZERO; places], not_before: Duration::ZERO }
    }

    /// Reserves the next slot and says how long to wait for it. A caller that gives up keeps its
    /// slot used: the service may have counted the question.
    pub fn reserve(&mut self, now: Duration) -> Duration {
        let at = now.max(self.free.remove(0)).max(self.not_before);
        let again = at + self.window;
        let place = self.free.partition_point(|free| *free <= again);
        self.free.insert(place, again);
        at - now
    }

    /// The service refused a question (429): half the rate, and nobody before it said.
    pub fn refused(&mut self, now: Duration, retry_after: Option<Duration>) {
        let longest = Self::SLOWEST * self.places();
        self.window = self.window.saturating_mul(2).max(Self::FIRST).min(longest.max(self.set));
        let spacing = self.window / self.places();
        self.not_before = self.not_before.max(now + retry_after.unwrap_or(spacing));
        // What was free is gone: the service counts otherwise than this quota did. From here on
        // questions come evenly.
        let mut even = self.not_before;
        for free in &mut self.free {
            *free = even.max(*free);
            even += spacing;
        }
    }

    /// The service took a question: a tenth faster, down to the window set.
    pub fn accepted(&mut self) {
        self.window = self.window.mul_f64(0.9).max(self.set);
        if self.set.is_zero() && self.window < Duration::from_millis(10) {
            self.window = Duration::ZERO;
        }
    }

    /// Questions a minute that are in force now; none if unlimited.
    pub fn rate(&self) -> Option<f64> {
        (!self.window.is_zero()).then(|| f64::from(self.places()) * 60.0 / self.window.as_secs_f64())
    }

    fn places(&self) -> u32 {
        u32::try_from(self.free.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_window_may_be_used_up_at_once_and_then_moves_on() {
        let mut quota = Quota::per_minute(3);
        let start = SECOND * 100;
        let waits: Vec<u64> = (0..7).map(|_| quota.reserve(start).as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 60, 60, 60, 120]);
        assert_eq!(quota.reserve(start + SECOND * 300), Duration::ZERO);
    }

    #[test]
    fn refusals_slow_down_and_answers_speed_up_again() {
        let mut quota = Quota::per_minute(6);
        quota.reserve(SECOND);
        quota.refused(SECOND, Some(SECOND * 30));
        assert_eq!(quota.rate(), Some(3.0));
        // Not before the service said, then evenly.
        let waits: Vec<u64> = (0..3).map(|_| quota.reserve(SECOND * 2).as_secs()).collect();
        assert_eq!(waits, [29, 49, 69]);
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
        /// In no window of a minute do more questions start than were allowed, also after
        /// refusals.
        #[test]
        fn never_faster_than_set(per_minute in 1..30_u32,
                                 steps in proptest::collection::vec((0..20_000_u64, 0..12_u8), 1..120)) {
            let mut quota = Quota::per_minute(per_minute);
            let mut now = Duration::ZERO;
            let mut starts = Vec::new();
            for (gap, what) in steps {
                now += Duration::from_millis(gap);
                match what {
                    0 => quota.refused(now, None),
                    1 => quota.accepted(),
                    _ => starts.push(now + quota.reserve(now)),
                }
            }
            for (i, start) in starts.iter().enumerate() {
                let within = starts[i..].iter().filter(|s| **s < *start + SECOND * 60).count();
                prop_assert!(within <= per_minute as usize, "{within} of {per_minute}");
            }
        }
    }
}
