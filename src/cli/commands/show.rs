//! `show`: a plan in any form, without a workspace.

use super::Outcome;
use crate::cli::args::{PlanFormat, ProjectArgs, ShowArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{layout, load, read_text};
use crate::config::{DeclaredSpace, space_lines};
use crate::format::{self, plan_from_json};
use crate::model::{Digest, Plan};
use crate::ops::OpsError;
use crate::render;
use crate::store::PlanStore;
use std::collections::BTreeMap;
use std::path::Path;

pub fn run(args: &ShowArgs, output: Output) -> Outcome {
    let (plan, id) = match &args.plan {
        Some(path) if path.exists() || is_path(path) => read_plan(path)?,
        Some(id) => kept_plan(&args.file, &id.display().to_string())?,
        None => kept_plan(&args.file, "latest")?,
    };
    let format = if args.json { PlanFormat::Json } else { args.format };
    let named = args.plan.as_ref().map(|path| path.display().to_string());
    // The next command needs a name for it.
    let path = if format == PlanFormat::Text { named.or_else(|| Some(id.short().to_owned())) } else { named };
    if format == PlanFormat::Jsonl {
        return Err(OpsError::usage("a plan that was made has no events to show; `--format json` shows it whole"));
    }
    // A plan file is shown anywhere; its lines are annotated where the project is at hand.
    let loaded = (format == PlanFormat::Sarif).then(|| load(&ProjectArgs::of(&args.file)).ok()).flatten();
    let declared = loaded.as_ref().and_then(|loaded| loaded.space.as_ref());
    print_beside(&plan, path.as_deref(), format, args.full, declared, output);
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
    let loaded = load(&ProjectArgs::of(file))?;
    let (plan, _) = PlanStore::new(layout(&loaded.project).plans()).load(wanted)?;
    Ok((plan.plan, plan.id))
}

/// Prints a plan in one of its forms.
pub fn print(plan: &Plan, path: Option<&str>, form: PlanFormat, full: bool, output: Output) {
    print_beside(plan, path, form, full, None, output);
}

/// As [`print`], with the declared space that the changes belong to: annotations stand on its lines.
pub fn print_beside(
    plan: &Plan,
    path: Option<&str>,
    form: PlanFormat,
    full: bool,
    declared: Option<&DeclaredSpace>,
    output: Output,
) {
    let text = match form {
        PlanFormat::Text => render::plan_terminal(plan, path, &output.style_with(full)),
        PlanFormat::Json => format::plan_to_json(plan),
        PlanFormat::Markdown => render::plan_markdown(plan, path).text,
        PlanFormat::Html => render::plan_html(plan),
        PlanFormat::Sarif => match declared {
            Some(declared) => {
                let lines = space_lines(&declared.yaml_text);
                render::sarif::plan(plan, &declared.path.display().to_string(), &lines)
            }
            None => render::sarif::plan(plan, "space.yaml", &BTreeMap::new()),
        },
        PlanFormat::Junit => render::junit::plan(plan),
        // The events are there already.
        PlanFormat::Jsonl => return,
    };
    output.data(&text);
}
