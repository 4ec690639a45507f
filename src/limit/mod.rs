//! Breaker, permits, quota, budget and backoff as values; time is a parameter.
