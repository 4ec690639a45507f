//! Commands beside the flow: workspace, dashboard, checks, reference.

use super::ProjectArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

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

#[derive(Debug, Args)]
pub struct PromptsArgs {
    /// Print this one: metadata, join_specs, sql_snippets, sample_queries, instructions, deletions, judge
    pub name: Option<String>,
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Write the built-in ones into this folder; files that are there stay
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Print as JSON
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
