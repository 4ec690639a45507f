//! What can be typed; one file per subject.

mod change;
mod declared;
mod project;
mod records;
mod run;
mod tools;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use change::{ApplyArgs, DriftArgs, RollbackArgs};
pub use declared::{ConfigCommand, ConfigShowArgs, ExportArgs, FmtArgs, ImportArgs, InitArgs, ValidateArgs};
pub use project::{ChangedArgs, ProjectArgs, ScoringArgs};
pub use records::{
    HistoryCommand, HistoryCompactArgs, HistoryCompareArgs, HistoryExportArgs, HistoryListArgs, HistoryShowArgs,
    LockBreakArgs, LockCommand, RejectedArgs, ShadowsArgs, ShadowsCommand, StateArgs, StateCommand, StateHistoryArgs,
    StateRepairArgs, StateRestoreArgs,
};
pub use run::{
    ControlArg, LearnArgs, OnDrift, PlanArgs, PlanCommand, PlanFormat, ScoreArgs, ScoreFormat, ShowArgs, SplitArgs,
};
pub use tools::{
    CompareArgs, CompletionsArgs, DoctorArgs, ExplainArgs, PromptsArgs, SchemaArgs, ServeArgs, UiArgs, WorkspaceCommand,
};

/// Plan and apply measured improvements to Databricks Genie spaces.
#[derive(Debug, Parser)]
#[command(name = "genie-enhance", version, max_term_width = 100, propagate_version = true)]
#[command(after_help = crate::cli::exit::table())]
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
    /// What a language model is asked, and how to ask it otherwise
    ///
    /// Lists the prompts in effect, or prints one. A project replaces them with files of the same
    /// names in the folder that `llm.prompts` names.
    #[command(after_help = "Example: genie-enhance prompts --to prompts")]
    Prompts(PromptsArgs),
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
