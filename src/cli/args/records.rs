//! Commands over what is kept: shadows, rejections, state, lock, history.

use super::ProjectArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ShadowsCommand {
    /// List the shadow spaces that the project's ledger knows
    #[command(after_help = "Example: genie-enhance shadows list -f genie.yaml")]
    List(ShadowsArgs),
    /// Remove them
    #[command(after_help = "Example: genie-enhance shadows gc -f genie.yaml")]
    Gc(ShadowsArgs),
}

#[derive(Debug, Args)]
pub struct ShadowsArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print them as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RejectedArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Forget them, so that the next plan may try them again
    #[arg(long)]
    pub clear: bool,
    /// Print them as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// Show what was applied, newest first
    #[command(after_help = "Example: genie-enhance state show -f genie.yaml")]
    Show(StateArgs),
    /// List the backups of the state
    #[command(after_help = "Example: genie-enhance state list -f genie.yaml")]
    List(StateArgs),
    /// Show one applied plan with what it changed, or all of them as a table
    #[command(after_help = "Example: genie-enhance state history 3 -f genie.yaml")]
    History(StateHistoryArgs),
    /// Put a backup back
    #[command(after_help = "Example: genie-enhance state restore 3 -f genie.yaml")]
    Restore(StateRestoreArgs),
    /// Bring state, journal and workspace together again, and tell what was done
    ///
    /// A damaged or lost state comes back from the best backup, or is made anew from the live
    /// space; an apply that was cut short is settled by what stands there; a failed verification
    /// whose rollback is pending is let stand.
    #[command(
        after_help = "Example: genie-enhance state repair -f genie.yaml --space-id 01f0f5c0b9b81968b0df658cb5d23ecf"
    )]
    Repair(StateRepairArgs),
}

#[derive(Debug, Args)]
pub struct StateArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct StateRestoreArgs {
    /// Serial of the backup, as `state list` shows it
    pub serial: u64,
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print the outcome as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct StateRepairArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// The live space that the project manages; only needed where nothing else names it
    #[arg(long, value_name = "ID")]
    pub space_id: Option<String>,
    /// Print the account as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct StateHistoryArgs {
    /// Serial of one applied plan
    #[arg(value_name = "SERIAL")]
    pub serial: Option<u64>,
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum LockCommand {
    /// Show who holds it, since when, for what
    #[command(after_help = "Example: genie-enhance lock list -f genie.yaml")]
    List(StateArgs),
    /// Remove it; its holder notices before its next write
    #[command(after_help = "Example: genie-enhance lock break 0198c1d2 -f genie.yaml")]
    Break(LockBreakArgs),
}

#[derive(Debug, Args)]
pub struct LockBreakArgs {
    /// The lock's id, as `lock list` shows it
    pub id: String,
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print the outcome as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// List the runs, newest first
    #[command(after_help = "Example: genie-enhance history list -f genie.yaml --limit 20")]
    List(HistoryListArgs),
    /// Show one run: scores, rounds, questions that moved, changes, guards, costs
    #[command(after_help = "Example: genie-enhance history show latest -f genie.yaml")]
    Show(HistoryShowArgs),
    /// Compare two runs question by question
    #[command(after_help = "Example: genie-enhance history compare 20250820 latest -f genie.yaml")]
    Compare(HistoryCompareArgs),
    /// Write the tables as JSON lines, or the evidence of one run into a folder
    #[command(after_help = "Example: genie-enhance history export latest --out evidence -f genie.yaml")]
    Export(HistoryExportArgs),
    /// Merge the small files that runs leave in the tables
    ///
    /// Every run adds a small file to each table. They are merged by themselves when they have
    /// become many; this does it now. The commit says that no data changed, and gives up rather
    /// than get in the way of another writer.
    #[command(after_help = "Example: genie-enhance history compact -f genie.yaml")]
    Compact(HistoryCompactArgs),
}

#[derive(Debug, Args)]
pub struct HistoryCompactArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print the numbers of files as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct HistoryListArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// At most so many runs
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub limit: usize,
    /// Print them as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct HistoryShowArgs {
    /// The run: its id, its folder, its plan, the beginning of one of these, or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print everything that is kept of it, as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct HistoryCompareArgs {
    /// The earlier run, as for `history show`
    #[arg(value_name = "EARLIER")]
    pub earlier: String,
    /// The later run
    #[arg(value_name = "LATER", default_value = "latest")]
    pub later: String,
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print the comparison as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct HistoryExportArgs {
    /// The run whose evidence to write; without it all rows of all tables
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    #[command(flatten)]
    pub project: ProjectArgs,
    /// A folder that does not exist yet
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Print what was written as JSON
    #[arg(long)]
    pub json: bool,
}
