//! Quota: at most so many questions in any minute, for all that ask.
//!
//! A sliding window: a question may start once the one that came as many questions before it as
//! fit into a minute is a minute old. That is as fast as a quota allows, and never faster. The
//! pace adapts: a refusal by the service (429) spreads the questions out, answers bring them
//! together again.

use std::collections::VecDeque;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Quota {
    /// Questions in one window; none is no limit until the service refuses.
    limit: Option<u32>,
    window: Duration,
    /// Starts of the last questions, as many as fit into a window.
    starts: VecDeque<Duration>,
    /// Least time between two questions; zero but for refusals.
    gap: Duration,
    /// Nobody asks before this time: the gap, and what the service asked for.
    not_before: Duration,
    /// Refusals since the last answer.
    refusals: u32,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Quota {
    /// The slowest pace that refusals can lead to: one question in two minutes.
    const LONGEST: Duration = Duration::from_secs(120);
    /// The service counts when a question arrives, this quota when it leaves: a share of the
    /// window, and what a request may take longer than another.
    const MARGIN: f64 = 1.005;
    const JITTER: Duration = Duration::from_millis(20);

    /// `per_minute` of 0 counts as 1.
    pub fn per_minute(per_minute: u32) -> Self {
        Self::per_window(per_minute, MINUTE)
    }

    /// As [`Quota::per_minute`], with a minute of another length, as in a world whose time runs
    /// faster.
    pub fn per_window(questions: u32, window: Duration) -> Self {
        let window = window.mul_f64(Self::MARGIN) + Self::JITTER;
        Self { limit: Some(questions.max(1)), window, ..Self::unlimited() }
    }

    /// No limit until the service refuses.
    pub fn unlimited() -> Self {
        Self {
            limit: None,
            window: MINUTE,
            starts: VecDeque::new(),
            gap: Duration::ZERO,
            not_before: Duration::ZERO,
            refusals: 0,
        }
    }

    /// Reserves the next slot and says how long to wait for it. A caller that gives up keeps its
    /// slot used: the service may have counted the question.
    pub fn reserve(&mut self, now: Duration) -> Duration {
        let mut at = now.max(self.not_before);
        if let Some(limit) = self.limit {
            if self.starts.len() >= limit as usize
                && let Some(first) = self.starts.pop_front()
            {
                at = at.max(first + self.window);
            }
            self.starts.push_back(at);
        }
        self.not_before = at + self.gap;
        at - now
    }

    /// The service refused a question (429): nobody asks before it said, and unless the quota was
    /// only missed by a hair, the pace is halved.
    pub fn refused(&mut self, now: Duration, retry_after: Option<Duration>) {
        self.refusals += 1;
        if self.limit.is_some() && self.refusals == 1 {
            // The clocks differ a little. The question was not counted there, so not here either.
            self.starts.pop_back();
            self.not_before = self.not_before.max(now + retry_after.unwrap_or(self.window / 20));
            return;
        }
        let first = self.limit.map_or(Duration::from_millis(500), |limit| self.window / limit);
        self.gap = self.gap.saturating_mul(2).max(first).min(Self::LONGEST.max(first));
        self.not_before = self.not_before.max(now + retry_after.unwrap_or(self.gap));
    }

    /// The service took a question: a fifth faster, until nothing holds back but the window.
    pub fn accepted(&mut self) {
        self.refusals = 0;
        self.gap = self.gap.mul_f64(0.8);
        if self.gap < Duration::from_millis(10) {
            self.gap = Duration::ZERO;
        }
    }

    /// Questions a minute that are in force now; none if unlimited.
    pub fn rate(&self) -> Option<f64> {
        let by_gap = (!self.gap.is_zero()).then(|| 60.0 / self.gap.as_secs_f64());
        let by_window = self.limit.map(|limit| f64::from(limit) * 60.0 / self.window.as_secs_f64());
        [by_gap, by_window].into_iter().flatten().reduce(f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_full_minute_makes_the_next_question_wait_for_its_end() {
        let mut quota = Quota::per_minute(2);
        let start = SECOND * 100;
        let waits: Vec<u64> = (0..4).map(|_| quota.reserve(start).as_secs()).collect();
        assert_eq!(waits, [0, 0, 60, 60]);
        assert_eq!(quota.reserve(start + SECOND * 300), Duration::ZERO);
        let mut scaled = Quota::per_window(1, SECOND);
        assert_eq!(scaled.reserve(start), Duration::ZERO);
        assert_eq!(scaled.reserve(start).as_secs(), 1);
    }

    #[test]
    fn refusals_slow_down_and_answers_speed_up_again() {
        let mut quota = Quota::per_minute(6);
        quota.refused(SECOND, Some(SECOND * 30));
        assert_eq!(quota.reserve(SECOND * 2), SECOND * 29);
        assert_eq!(quota.reserve(SECOND * 2), SECOND * 29, "once is no reason to go slower");
        quota.refused(SECOND * 3, None);
        assert_eq!(quota.reserve(SECOND * 3), SECOND * 28);
        assert!(quota.reserve(SECOND * 3) > SECOND * 37, "questions are spread out now");
        for _ in 0..100 {
            quota.refused(SECOND, None);
        }
        assert_eq!(quota.rate(), Some(0.5));
        for _ in 0..100 {
            quota.accepted();
        }
        assert!(quota.rate().is_some_and(|rate| rate > 5.9 && rate < 6.0));
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
        /// In no window of a minute do more questions start than were allowed.
        #[test]
        fn never_faster_than_set(per_minute in 1..30_u32,
                                 gaps in proptest::collection::vec(0..20_000_u64, 1..120)) {
            let mut quota = Quota::per_minute(per_minute);
            let mut now = Duration::ZERO;
            let mut starts = Vec::new();
            for gap in gaps {
                now += Duration::from_millis(gap);
                starts.push(now + quota.reserve(now));
            }
            for (i, start) in starts.iter().enumerate() {
                let within = starts[i..].iter().filter(|s| **s < *start + SECOND * 60).count();
                prop_assert!(within <= per_minute as usize);
            }
        }
    }
}
