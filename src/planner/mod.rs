//! Building, splitting and checking plans. Pure: no clock, no files, no network.

mod assemble;
mod freshness;
mod split;

pub use assemble::{PlanParts, assemble, expiry};
pub use freshness::{Freshness, LiveFacts, freshness};
pub use split::{Selection, SplitError, split};
