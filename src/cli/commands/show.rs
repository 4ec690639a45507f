//! `show`: a plan in any form, without a workspace.

use super::Outcome;
use crate::cli::args::{PlanFormat, ProjectArgs, ShowArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{layout, load, read_text};
use crate::format::{self, plan_from_json};
use crate::model::{Digest, Plan};
use crate::ops::OpsError;
use crate::render;
use crate::store::PlanStore;
use std::collections::BTreeMap;
use std::path::Path;

pub fn run(args: &ShowArgs, output: Output) -> Outcome {
    let (plan, _) = match &args.plan {
        Some(path) if path.exists() || is_path(path) => read_plan(path)?,
        Some(id) => kept_plan(&args.file, &id.display().to_string())?,
        None => kept_plan(&args.file, "latest")?,
    };
    let format = if args.json { PlanFormat::Json } else { args.format };
    let path = args.plan.as_ref().map(|path| path.display().to_string());
    print(&plan, path.as_deref(), format, args.full, output);
    Ok(Exit::Ok)
}

/// Reads a plan file and checks its id.
pub fn read_plan(path: &Path) -> Result<(Plan, Digest), OpsError> {
    let loaded =
        plan_from_json(&read_text(path)?).map_err(|error| OpsError::usage(format!("{}: {error}", path.display())))?;
    Ok((loaded.plan, loaded.id))
}

/// A name of a file, not the id of a plan.
pub fn is_path(wanted: &Path) -> bool {
    wanted.extension().is_some() || wanted.components().count() > 1
}

fn kept_plan(file: &Path, wanted: &str) -> Result<(Plan, Digest), OpsError> {
    let args = ProjectArgs { file: file.to_owned(), environment: None, variables: Vec::new(), benchmarks: Vec::new() };
    let loaded = load(&args)?;
    let (plan, _) = PlanStore::new(layout(&loaded.project).plans()).load(wanted)?;
    Ok((plan.plan, plan.id))
}

/// Prints a plan in one of its forms.
pub fn print(plan: &Plan, path: Option<&str>, form: PlanFormat, full: bool, output: Output) {
    let text = match form {
        PlanFormat::Text => render::plan_terminal(plan, path, &output.style_with(full)),
        PlanFormat::Json => format::plan_to_json(plan),
        PlanFormat::Markdown => render::plan_markdown(plan, path).text,
        PlanFormat::Html => render::plan_html(plan),
        PlanFormat::Sarif => render::sarif::plan(plan, "space.yaml", &BTreeMap::new()),
    };
    output.data(&text);
}
