//! `compare`: results given as JSON, compared with the comparator's rules.

use super::Outcome;
use crate::cli::args::CompareArgs;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::read_text;
use crate::compare::vectors;
use crate::ops::OpsError;

pub fn run(args: &CompareArgs, output: Output) -> Outcome {
    let text = read_text(&args.file)?;
    let outcomes = vectors::run(&text).map_err(|error| OpsError::usage(format!("{}: {error}", args.file.display())))?;
    let json = serde_json::to_string_pretty(&outcomes).map_err(|error| OpsError::other(error.to_string()))?;
    output.data(&json);
    Ok(Exit::Ok)
}
