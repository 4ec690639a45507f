//! Commands over declared files.

use super::{ChangedArgs, ProjectArgs};
use clap::{Args, Subcommand};
use std::path::PathBuf;

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
