//! Commands that ask questions and make plans, and what shows a plan.

use super::{ChangedArgs, ProjectArgs, ScoringArgs};
use crate::ops::OpsError;
use clap::{Args, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct ScoreArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub changed: ChangedArgs,
    #[command(flatten)]
    pub scoring: ScoringArgs,
    /// Print the scorecard as JSON
    #[arg(long)]
    pub json: bool,
    /// Form of what is printed
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub format: ScoreFormat,
    /// Score the declared definition (on a shadow) even if a live space exists
    #[arg(long)]
    pub declared: bool,
    /// Ask every question this many times, in place of `scoring.repeats`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20))]
    pub repeats: Option<u32>,
    /// Check the benchmarks and ask nothing
    #[arg(long)]
    pub check: bool,
    /// Let the workspace rate the space's own benchmarks too, and list where it disagrees
    #[arg(long, conflicts_with = "check")]
    pub native: bool,
    /// Compare two scored runs, question by question: scorecard files, run folders, or names of runs
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with_all = ["check", "native", "declared", "repeats"])]
    pub compare: Vec<PathBuf>,
    /// Also write the run's events into this file, as JSON lines
    #[arg(long, value_name = "FILE.jsonl")]
    pub json_into: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct LearnArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print the patterns as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct PlanArgs {
    #[command(subcommand)]
    pub command: Option<PlanCommand>,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub changed: ChangedArgs,
    #[command(flatten)]
    pub scoring: ScoringArgs,
    /// Also write the plan file here; it always lands under `.genie-enhance/plans`
    #[arg(long, value_name = "PLAN.json")]
    pub out: Option<PathBuf>,
    /// Write the proposed change into the declared space
    #[arg(long)]
    pub write: bool,
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
    /// Form of what is printed
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub format: PlanFormat,
    /// Exit with 2 when there is a change to apply
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Keep the shadow spaces
    #[arg(long)]
    pub no_cleanup: bool,
    /// Bring the live space to the declared definition without learning
    #[arg(long)]
    pub no_learn: bool,
    /// Make no plan, but see on this space whether the measuring can be trusted: `aa`, an empty
    /// change must not be called an improvement; `planted`, a harm that is planted must be
    /// rejected and a gain found. Fails if it does not come out so
    #[arg(long, value_enum, value_name = "WHAT")]
    pub control: Option<ControlArg>,
    /// What to do when the live space was edited since the last apply: stop; adopt the edits into
    /// the declared space; keep them in the workspace only; or overwrite them with the declared
    /// space, as changes of the plan
    #[arg(long, value_enum, default_value = "stop", value_name = "WHAT")]
    pub on_drift: OnDrift,
    /// The same for one place with all below it, as `drift` names it; repeatable
    #[arg(long, value_name = "ADDRESS=WHAT")]
    pub drift: Vec<String>,
    /// Move a plan onto edits that were made elsewhere in the space since; measures nothing
    #[arg(long, value_name = "PLAN.json|ID", conflicts_with_all = ["write", "no_learn"])]
    pub rebase: Option<PathBuf>,
    /// Plan to make this vanished space again, without its conversations
    #[arg(long, value_name = "SPACE_ID")]
    pub recreate: Option<String>,
    /// Show every rejected candidate
    #[arg(long)]
    pub full: bool,
    /// Also write the run's events into this file, as JSON lines
    #[arg(long, value_name = "FILE.jsonl")]
    pub json_into: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ControlArg {
    Aa,
    Planted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnDrift {
    Stop,
    Adopt,
    Keep,
    Overwrite,
}

#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Make a plan of some changes of a plan; its evidence is marked as that of the whole
    #[command(after_help = "Example: genie-enhance plan split plan.json --except c-04 --out part.json")]
    Split(SplitArgs),
}

#[derive(Debug, Args)]
pub struct SplitArgs {
    /// The plan file, or the id of a plan of the project
    #[arg(value_name = "PLAN.json|ID")]
    pub plan: PathBuf,
    /// Changes to take, by their ids
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        conflicts_with = "except",
        required_unless_present = "except"
    )]
    pub only: Vec<String>,
    /// Changes to leave out, by their ids
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub except: Vec<String>,
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Also write the plan file here
    #[arg(long, value_name = "PLAN.json")]
    pub out: Option<PathBuf>,
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    Text,
    Json,
    Markdown,
    /// One page that needs nothing beside it
    Html,
    /// Each change as a note on its line of `space.yaml`
    Sarif,
    /// Questions and guards as test cases
    Junit,
    /// The run's events as JSON lines while it goes on; the last line is its summary
    Jsonl,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ScoreFormat {
    #[default]
    Text,
    Json,
    /// Questions as test cases
    Junit,
    /// The run's events as JSON lines while it goes on; the last line is its summary
    Jsonl,
}

impl PlanArgs {
    /// Where the events go beside the run's own record.
    pub fn events_into(&self) -> Result<Option<PathBuf>, OpsError> {
        events_into(self.format == PlanFormat::Jsonl, self.json_into.as_deref())
    }
}

impl ScoreArgs {
    /// Where the events go beside the run's own record.
    pub fn events_into(&self) -> Result<Option<PathBuf>, OpsError> {
        events_into(self.format == ScoreFormat::Jsonl, self.json_into.as_deref())
    }

    /// The form of the result.
    pub fn form(&self) -> ScoreFormat {
        if self.json { ScoreFormat::Json } else { self.format }
    }
}

/// Stdout, as `-`, for `--format jsonl`; else the file that was named.
fn events_into(to_stdout: bool, file: Option<&Path>) -> Result<Option<PathBuf>, OpsError> {
    match (to_stdout, file) {
        (true, Some(_)) => Err(OpsError::usage("`--format jsonl` prints what `--json-into` writes; give one of them")),
        (true, None) => Ok(Some(PathBuf::from("-"))),
        (false, file) => Ok(file.map(Path::to_owned)),
    }
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The plan file, or the id of a plan of the project; without it the latest one
    #[arg(value_name = "PLAN.json|ID")]
    pub plan: Option<PathBuf>,
    /// The project whose latest plan to show
    #[arg(short, long, value_name = "FILE", default_value = "genie.yaml")]
    pub file: PathBuf,
    #[arg(long, value_enum, default_value = "text")]
    pub format: PlanFormat,
    /// As `--format json`
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Show every rejected candidate and unfolded texts
    #[arg(long)]
    pub full: bool,
}
