//! Commands over the live space: apply, the way back, drift.

use super::{ChangedArgs, ProjectArgs, ScoringArgs};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The plan file, or the id of a plan of this project; without it the latest one
    #[arg(value_name = "PLAN.json|ID")]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub scoring: ScoringArgs,
    /// Confirm exactly this plan, by its id or the first eight or more characters of it
    #[arg(long, value_name = "PLAN_ID")]
    pub approve: Option<String>,
    /// Make a plan and apply it without a question if its verdict is `improved`
    #[arg(long, conflicts_with_all = ["plan", "approve"])]
    pub auto_promote: bool,
    /// Afterwards ask up to N questions that are right by the plan
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "10")]
    pub verify: Option<usize>,
    /// Go back if that fails, unless somebody has edited the space since
    #[arg(long, requires = "verify")]
    pub auto_rollback: bool,
    /// Make this vanished space again, without its conversations, as the plan says
    #[arg(long, value_name = "SPACE_ID")]
    pub recreate: Option<String>,
    /// Print the outcome as JSON
    #[arg(long)]
    pub json: bool,
    /// Also write the run's events into this file, as JSON lines
    #[arg(long, value_name = "FILE.jsonl")]
    pub json_into: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RollbackArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Serial of the applied plan to undo, together with all after it; without it the last
    #[arg(long, value_name = "SERIAL")]
    pub to: Option<u64>,
    /// Also undo what people edited in the workspace since the last apply
    #[arg(long)]
    pub discard_edits: bool,
    /// Also write the plan file here
    #[arg(long, value_name = "PLAN.json")]
    pub out: Option<PathBuf>,
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DriftArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub changed: ChangedArgs,
    /// Print the differences as JSON
    #[arg(long)]
    pub json: bool,
    /// Exit with 2 when the live space has drifted
    #[arg(long)]
    pub detailed_exitcode: bool,
}
