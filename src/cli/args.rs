//! What can be typed.

use crate::ops::OpsError;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

/// Plan and apply measured improvements to Databricks Genie spaces.
#[derive(Debug, Parser)]
#[command(name = "genie-enhance", version, max_term_width = 100, propagate_version = true)]
#[command(after_help = super::exit::table())]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Log level for stderr: error, warn, info, debug, trace, or a `tracing` filter
    #[arg(long, global = true, value_name = "LEVEL", default_value = "warn", env = "GENIE_ENHANCE_LOG")]
    pub log: String,
    /// Form of the log
    #[arg(long, global = true, value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// When to use colour; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, default_value = "auto")]
    pub color: ColorChoice,
    /// Say less on stderr: no progress, only warnings and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// The project a command works on.
#[derive(Clone, Debug, Args)]
pub struct ProjectArgs {
    /// The project file; validate, score and plan take several, or a pattern such as `*/genie.yaml`
    #[arg(short, long, value_name = "FILE", default_value = "genie.yaml", action = ArgAction::Append)]
    pub file: PathBuf,
    /// Merge `genie.NAME.yaml` over the project file
    #[arg(short, long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Value of a `${var:NAME}` in the declared files; repeatable
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,
    /// Benchmark files in place of the project's list
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub benchmarks: Vec<PathBuf>,
}

/// For a fleet: several `-f`, or a pattern.
#[derive(Clone, Debug, Default, Args)]
pub struct ChangedArgs {
    /// Only projects of which a file differs from this git revision
    #[arg(long, value_name = "REV")]
    pub changed_since: Option<String>,
}

impl ProjectArgs {
    /// A project with nothing given but its file.
    pub fn of(file: &Path) -> Self {
        Self { file: file.to_owned(), environment: None, variables: Vec::new(), benchmarks: Vec::new() }
    }
}

/// How questions are asked.
#[derive(Clone, Debug, Default, Args)]
pub struct ScoringArgs {
    /// Ask one question after the other
    #[arg(long)]
    pub no_batch: bool,
    /// Questions to Genie at the same time
    #[arg(long, value_name = "N")]
    pub genie_concurrent: Option<usize>,
    /// SQL statements at the same time
    #[arg(long, value_name = "N")]
    pub sql_concurrent: Option<usize>,
    /// Ask again instead of reading earlier answers from the cache
    #[arg(long)]
    pub fresh: bool,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, made once")]
pub enum Command {
    /// Make a project from a folder of CSV or Parquet tables
    #[command(after_help = "Example: genie-enhance init --from ./tables --to ./project")]
    Init(InitArgs),
    /// Check the declared files and report every mistake
    #[command(after_help = "Example: genie-enhance validate -f examples/retail/genie.yaml")]
    Validate(ValidateArgs),
    /// Write a space into `space.yaml`: a live one, or a `serialized_space` file
    #[command(after_help = "Example: genie-enhance import space.json --out space.yaml")]
    Import(ImportArgs),
    /// Write `space.yaml` as `serialized_space` JSON
    #[command(after_help = "Example: genie-enhance export space.yaml --out space.json")]
    Export(ExportArgs),
    /// Ask every benchmark question and score the answers
    #[command(after_help = "Example: genie-enhance score -f examples/retail/genie.yaml --fresh")]
    Score(ScoreArgs),
    /// Show the patterns that the benchmarks have in common
    #[command(after_help = "Example: genie-enhance learn -f examples/retail/genie.yaml --json")]
    Learn(LearnArgs),
    /// Score, learn, prove, and propose a change with its evidence
    #[command(after_help = "Example: genie-enhance plan -f examples/game-kpi/genie.yaml --out plan.json")]
    Plan(PlanArgs),
    /// Show a plan file; works offline
    #[command(after_help = "Example: genie-enhance show plan.json --format markdown")]
    Show(ShowArgs),
    /// Make exactly the change of a plan, after confirmation
    #[command(after_help = "Example: genie-enhance apply plan.json --approve 7f3a9c1e")]
    Apply(ApplyArgs),
    /// Plan the way back to what stood before an applied plan
    #[command(after_help = "Example: genie-enhance rollback --to 3 --out rollback.json")]
    Rollback(RollbackArgs),
    /// Show how the live space differs from what was applied; writes nothing
    #[command(after_help = "Example: genie-enhance drift -f genie.yaml --detailed-exitcode")]
    Drift(DriftArgs),
    /// Compare results given as JSON with the comparator's rules
    #[command(after_help = "Example: genie-enhance compare vectors.json")]
    Compare(CompareArgs),
    /// The embedded workspace
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Shadow spaces that proving has left behind
    #[command(subcommand)]
    Shadows(ShadowsCommand),
    /// Candidates that were tried on this space and turned down
    #[command(after_help = "Example: genie-enhance rejected -f genie.yaml --clear")]
    Rejected(RejectedArgs),
    /// What was applied, and the backups of that record
    #[command(subcommand)]
    State(StateCommand),
    /// Look at everything a run needs: credentials, host, clock, space, warehouse, tables, model, state
    #[command(after_help = "Example: genie-enhance doctor -f genie.yaml")]
    Doctor(DoctorArgs),
    /// Who holds the project's lock
    #[command(subcommand)]
    Lock(LockCommand),
    /// Every run that was made, also by others who share the history
    #[command(subcommand)]
    History(HistoryCommand),
    /// Serve the dashboard on this machine, or write its views as one file
    #[command(after_help = "Example: genie-enhance ui -f examples/game-kpi/genie.yaml --open")]
    Ui(UiArgs),
    /// Explain a diagnostic code, a guard or an exit code
    #[command(after_help = "Example: genie-enhance explain GE0101")]
    Explain(ExplainArgs),
    /// Print the JSON Schema of a declared file or of one that is written
    #[command(after_help = "Example: genie-enhance schema project > project.schema.json")]
    Schema(SchemaArgs),
    /// Show the project as it is meant, with where each value comes from
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Bring declared files into one layout, comments kept
    #[command(after_help = "Example: genie-enhance fmt --check genie.yaml space.yaml")]
    Fmt(FmtArgs),
    /// Print a completion script
    #[command(after_help = "Example: genie-enhance completions bash > genie-enhance.bash")]
    Completions(CompletionsArgs),
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder with tables; a `schema.json` and a `questions.json` in it are used
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// Folder to make the project in; it must not hold a project yet
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Print what was written as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ValidateArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub changed: ChangedArgs,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
    /// Also treat warnings as errors
    #[arg(long)]
    pub strict: bool,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A space id, or a file with `serialized_space` or an API answer that holds it
    #[arg(value_name = "SPACE_ID|FILE.json")]
    pub source: String,
    /// Where to write; must not exist
    #[arg(long, value_name = "FILE", default_value = "space.yaml")]
    pub out: PathBuf,
    /// The project that names the workspace, for a space id
    #[arg(short, long, value_name = "FILE", default_value = "genie.yaml")]
    pub file: PathBuf,
    /// Print what was written as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The declared space
    #[arg(value_name = "SPACE.yaml", default_value = "space.yaml")]
    pub source: PathBuf,
    /// Where to write; stdout without it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// With `--out`: print what was written as JSON. The space itself is JSON in any case
    #[arg(long)]
    pub json: bool,
}

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
    /// Print the differences as JSON
    #[arg(long)]
    pub json: bool,
    /// Exit with 2 when the live space has drifted
    #[arg(long)]
    pub detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// One or a list of `{id, expected: {columns, rows}, actual: {columns, rows}, flags}`
    pub file: PathBuf,
    /// The outcomes are JSON in any case; with it failures are, too
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// Run the embedded workspace alone, until it is interrupted
    #[command(after_help = "Example: genie-enhance workspace serve -f examples/retail/genie.yaml --port 8765")]
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The project whose `workspace.embedded` to serve
    #[arg(short, long, value_name = "FILE", default_value = "genie.yaml")]
    pub file: PathBuf,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Latency, quota, noise and faults to simulate
    #[arg(long, value_name = "FILE")]
    pub world: Option<PathBuf>,
    /// Print address and token as JSON
    #[arg(long)]
    pub json: bool,
}

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

#[derive(Debug, Args)]
pub struct UiArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Print the link, or the file that was written, as JSON
    #[arg(long)]
    pub json: bool,
    /// Open the link in the browser
    #[arg(long)]
    pub open: bool,
    /// Play a recorded run; needs no project
    #[arg(long, conflicts_with = "run")]
    pub demo: bool,
    /// The recorded run to show, by the name of its folder or the beginning of it; without it the latest
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Write the run's views into one HTML file and serve nothing
    #[arg(long, value_name = "FILE.html", conflicts_with_all = ["open", "port"])]
    pub report: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the project's values
    #[command(after_help = "Example: genie-enhance config show --effective --origins -e prod")]
    Show(ConfigShowArgs),
}

#[derive(Debug, Args)]
pub struct ConfigShowArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Also show what nobody has written: the defaults
    #[arg(long)]
    pub effective: bool,
    /// Show where each value comes from
    #[arg(long)]
    pub origins: bool,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Declared files; without any, all that the project names
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The project whose files to bring into layout
    #[arg(short, long, value_name = "FILE", default_value = "genie.yaml")]
    pub file: PathBuf,
    /// Write nothing; exit with 2 if a file would change
    #[arg(long)]
    pub check: bool,
    /// Print what was found as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A code such as GE0101, the name of a guard, or an exit code; without it, all of them
    pub code: Option<String>,
    /// Print the whole reference in Markdown: commands, exit codes, diagnostic codes, guards
    #[arg(long, conflicts_with_all = ["code", "json"])]
    pub reference: bool,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// project, space, benchmarks, world, plan, state, scorecard or event
    pub name: String,
    /// A schema is JSON in any case; with it failures are, too
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
    /// Print shell and script as JSON
    #[arg(long)]
    pub json: bool,
}
