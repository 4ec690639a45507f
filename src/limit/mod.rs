//! Floor 0: what holds callers back — circuit breaker, permits, quota, budget, backoff — as plain
//! values. Time is always a parameter (a [`Duration`](std::time::Duration) since any fixed
//! start), so that every behaviour can be tested without waiting.

mod backoff;
mod breaker;
mod budget;
mod permits;
mod quota;

pub use backoff::Backoff;
pub use breaker::{Breaker, BreakerState, Entry};
pub use budget::{Budget, Spending};
pub use permits::Permits;
pub use quota::Quota;
