//! Backoff: how long to wait before the next attempt.

use std::time::Duration;

/// Waits that double from `first` to at most `longest`, with jitter from a seed.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    attempt: u32,
    random: fastrand::Rng,
}

impl Backoff {
    /// The default of the product: 5 s, 10 s, 20 s … up to a minute.
    pub const FIRST: Duration = Duration::from_secs(5);
    pub const LONGEST: Duration = Duration::from_secs(60);

    pub fn new(first: Duration, longest: Duration, seed: u64) -> Self {
        Self { first, longest, attempt: 0, random: fastrand::Rng::with_seed(seed) }
    }

    /// The wait before the next attempt. What the service asked for (`Retry-After`) is obeyed
    /// even if it is longer than the longest wait; jitter only ever lengthens, by up to a tenth,
    /// so that many callers do not come back in the same instant.
    pub fn next_wait(&mut self, retry_after: Option<Duration>) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(self.attempt).unwrap_or(u32::MAX));
        self.attempt = self.attempt.saturating_add(1).min(30);
        let base = doubled.min(self.longest).max(retry_after.unwrap_or_default());
        base + base.mul_f64(self.random.f64() / 10.0)
    }

    /// Number of waits handed out.
    pub fn attempts(&self) -> u32 {
        self.attempt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_obey_the_service() {
        let mut backoff = Backoff::new(Backoff::FIRST, Duration::from_secs(30), 7);
        let mut near = |retry_after: Option<u64>, seconds: f64| {
            let wait = backoff.next_wait(retry_after.map(Duration::from_secs)).as_secs_f64();
            assert!(wait >= seconds && wait <= seconds * 1.1, "{wait} is not near {seconds}");
        };
        near(None, 5.0);
        near(None, 10.0);
        near(None, 20.0);
        near(None, 30.0);
        near(Some(1), 30.0);
        near(Some(90), 90.0);
        for _ in 0..100 {
            near(None, 30.0);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let waits = |seed| {
            let mut backoff = Backoff::new(Backoff::FIRST, Backoff::LONGEST, seed);
            (0..5).map(|_| backoff.next_wait(None)).collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }
}
