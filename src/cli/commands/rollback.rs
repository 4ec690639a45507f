//! `rollback`: a plan back to what stood before an applied one.

use super::Outcome;
use super::show::print;
use crate::cli::args::{PlanFormat, RollbackArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{Session, write_text};
use crate::format;
use crate::model::Plan;
use crate::ops::{self, Events, OpsError};
use crate::store::SavedPlan;

pub async fn run(args: &RollbackArgs, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, Events::none()).await?;
    let (plan, saved) = way_back(&session, args.to, args.discard_edits).await?;
    if let Some(path) = &args.out {
        write_text(path, &format::plan_to_json(&plan))?;
    }
    let form = if args.json { PlanFormat::Json } else { PlanFormat::Text };
    let path = args.out.as_ref().unwrap_or(&saved.path).display().to_string();
    print(&plan, Some(&path), form, false, output);
    Ok(Exit::Ok)
}

/// Makes and saves the plan back to what stood before serial `to`; without it, before the last.
pub async fn way_back(session: &Session, to: Option<u64>, discard_edits: bool) -> Result<(Plan, SavedPlan), OpsError> {
    let state = session.state()?.ok_or_else(|| OpsError::usage("nothing was applied yet, so there is no way back"))?;
    let live = session
        .live()
        .await?
        .ok_or_else(|| OpsError::usage("there is no live space, so there is nothing to roll back"))?;
    let plan = ops::rollback(&ops::RollbackInput {
        state: &state,
        live: &live,
        to,
        discard_edits,
        host: &session.workspace.host,
        definition: session.definition(),
        suite: &session.loaded.suite,
        config: session.config_digest(),
        now: session.now,
    })?;
    let saved = session.plans().save(&plan)?;
    Ok((plan, saved))
}
