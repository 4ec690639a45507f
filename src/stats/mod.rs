//! What paired outcomes prove: exact tests, intervals, the decision about a plan, and the split
//! of a suite into learn set and holdout. Pure and deterministic.

mod decision;
mod exact;
mod interval;
mod special;
mod split;

pub use decision::{Decided, DecisionRules, Holdout, Measured, Needed, Paired, Verdict, decide, needed};
pub use exact::{Stability, pass_all, pass_any, sign_p, stability};
pub use interval::{Interval, paired_interval, wilson};
pub use split::{Member, NoHoldout, SplitPlan, families, split};
