//! One file per operation: the only place where pure meets effect.

mod apply;
mod catalog;
mod conclude;
mod doctor;
mod draft;
mod events;
mod gate;
mod gold;
mod ground;
mod lab;
mod model;
mod plan;
mod propose;
mod prove;
mod ready;
mod rollback;
mod score;
mod settings;
mod settle;
mod shadow;
mod workspace;

pub use apply::{Applied, ApplyInput, ApplyOutcome, apply};
pub use catalog::{profile_catalog, quote, quote_path, read_catalog};
pub use doctor::{
    Finding, Health, examine_access, examine_endpoint, examine_space, examine_state, examine_tables, examine_warehouse,
};
pub use events::Events;
pub use gate::{Gate, GateOptions};
pub use gold::{Gold, Statements, run_gold};
pub use ground::{declared_names, unusable};
pub use model::{Model, ModelOptions};
pub use plan::{PlanInput, Planned, beside_live, plan};
pub use prove::Goal;
pub use ready::{Ready, prepare};
pub use rollback::{RollbackInput, rollback};
pub use score::{Kept, Scorer, Target};
pub use settings::{fix_options, guard_configs, learn_options, split, waivers};
pub use settle::settle;
pub use shadow::{Shadow, sweep, sweep_run};
pub use workspace::{OpsError, Workspace};
