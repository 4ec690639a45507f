//! Making a plan out of a plan: a part of it, or all of it on top of what was edited since.

use super::Outcome;
use super::show::{is_path, print, read_plan};
use crate::cli::args::{PlanArgs, PlanFormat, SplitArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{Session, write_text};
use crate::format;
use crate::model::Plan;
use crate::ops::{self, Events, OpsError};
use crate::planner::{self, Selection};
use std::path::Path;

/// Changes of a plan as a plan of their own.
pub async fn split(args: &SplitArgs, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, Events::none()).await?;
    let whole = named(&session, &args.plan)?;
    let live = session.live().await?;
    let base = match &live {
        Some(live) if Some(live.space.digest()) != whole.base.live => {
            return Err(OpsError::Stale {
                message: "the live space has moved since this plan was made; make a new plan, or move it with `plan \
                          --rebase`"
                    .to_owned(),
            });
        }
        Some(live) => &live.space,
        None => session.definition().ok_or_else(|| OpsError::usage("there is no space that the plan stands on"))?,
    };
    let selection = match args.only.is_empty() {
        true => Selection::Except(args.except.clone()),
        false => Selection::Only(args.only.clone()),
    };
    let part = planner::split(&whole, &selection, base).map_err(|error| OpsError::usage(error.to_string()))?;
    keep(&session, &part, args.out.as_deref(), form(args.json, PlanFormat::Text), false, output)?;
    Ok(Exit::Ok)
}

/// The plan on top of what stands there now.
pub async fn rebase(args: &PlanArgs, plan: &Path, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, Events::none()).await?;
    let whole = named(&session, plan)?;
    let live = session
        .live()
        .await?
        .ok_or_else(|| OpsError::usage("there is no live space, so there is nothing to move the plan onto"))?;
    let state = session.state()?;
    let moved = ops::rebase_plan(&whole, &live, state.as_ref(), session.definition(), session.now)?;
    keep(&session, &moved, args.out.as_deref(), form(args.json, args.format), args.full, output)?;
    let changes = !moved.changes.is_empty();
    Ok(if args.detailed_exitcode && changes { Exit::Changes } else { Exit::Ok })
}

fn named(session: &Session, plan: &Path) -> Result<Plan, OpsError> {
    match plan.exists() || is_path(plan) {
        true => Ok(read_plan(plan)?.0),
        false => Ok(session.plans().load(&plan.display().to_string())?.0.plan),
    }
}

fn form(json: bool, other: PlanFormat) -> PlanFormat {
    if json { PlanFormat::Json } else { other }
}

fn keep(
    session: &Session,
    plan: &Plan,
    out: Option<&Path>,
    form: PlanFormat,
    full: bool,
    output: Output,
) -> Result<(), OpsError> {
    let saved = session.plans().save(plan)?;
    if let Some(path) = out {
        write_text(path, &format::plan_to_json(plan))?;
    }
    let path = out.unwrap_or(&saved.path).display().to_string();
    print(plan, Some(&path), form, full, output);
    Ok(())
}
