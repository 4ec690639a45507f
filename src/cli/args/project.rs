//! The project a command works on, and how questions are asked.

use clap::{ArgAction, Args};
use std::path::{Path, PathBuf};

/// The project a command works on.
#[derive(Clone, Debug, Args)]
pub struct ProjectArgs {
    /// The project file; validate, score, plan and drift take several, or a pattern such as `*/genie.yaml`
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
