//! `fmt`: declared files in one layout.

use super::Outcome;
use crate::cli::args::{FmtArgs, ProjectArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{load, read_text, write_text};
use crate::config::laid_out;
use crate::ops::OpsError;
use std::path::PathBuf;

pub fn run(args: &FmtArgs, output: Output) -> Outcome {
    let mut changed = Vec::new();
    for path in files(args)? {
        let text = read_text(&path)?;
        let laid = laid_out(&path.display().to_string(), &text).map_err(OpsError::Declared)?;
        if laid == text {
            continue;
        }
        if !args.check {
            write_text(&path, &laid)?;
        }
        changed.push(path.display().to_string());
    }
    if args.json {
        output.data(&serde_json::json!({ "changed": changed, "written": !args.check }).to_string());
    } else {
        let verb = if args.check { "would change" } else { "laid out" };
        changed.iter().for_each(|path| output.data(&format!("{verb} {path}")));
    }
    Ok(if args.check && !changed.is_empty() { Exit::Changes } else { Exit::Ok })
}

/// The files that were named, else all YAML files of the project.
fn files(args: &FmtArgs) -> Result<Vec<PathBuf>, OpsError> {
    if !args.files.is_empty() {
        return Ok(args.files.clone());
    }
    let loaded = load(&ProjectArgs::of(&args.file))?;
    let space = loaded.space.map(|declared| declared.path);
    let all = std::iter::once(args.file.clone()).chain(space).chain(loaded.project.benchmarks);
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    Ok(all.filter(is_yaml).collect())
}
