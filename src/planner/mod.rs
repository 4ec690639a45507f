//! Building, splitting and checking plans. Pure: no clock, no files, no network.

mod assemble;
mod freshness;
mod rebase;
mod split;

pub use assemble::{PlanParts, assemble, expiry};
pub use freshness::{Freshness, LiveFacts, ThreeWay, freshness};
pub use rebase::{RebaseFacts, rebase};
pub use split::{Selection, SplitError, split};
