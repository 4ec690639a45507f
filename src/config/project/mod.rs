//! `genie.yaml`: as it is typed, and resolved against its folder.

mod policy;
mod proof;
mod resolve;
mod scoring;
mod typed;
mod units;

pub use policy::{Budget, Guard, Waiver};
pub use resolve::{Location, Project, Workspace};
pub(super) use resolve::{join, resolve};
pub use scoring::{Breaker, GenieLimits, JudgeLimits, Scoring, ScoringMode, SqlLimits};
pub use typed::{
    AllWord, Categories, FixCategory, Holdout, HoldoutWord, Learning, Llm, ProjectFile, SpaceRef, Split, SplitBy,
    Target, WorkspaceFile,
};
pub use units::{Count, Timespan};
