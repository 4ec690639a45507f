//! `state`: what was applied, and getting that record back.

use super::Outcome;
use crate::cli::args::{StateArgs, StateRepairArgs, StateRestoreArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{Session, layout, load};
use crate::format::state_to_json;
use crate::model::{AppliedRecord, State};
use crate::ops::{Events, OpsError};
use crate::render;
use crate::store::{Identity, StateStore};

pub fn show(args: &StateArgs, output: Output) -> Outcome {
    match store(&args.project)?.load()? {
        Some(state) if args.json => output.data(&state_to_json(&state)),
        Some(state) => output.data(&render::state_terminal(&state, &output.style())),
        None if args.json => output.data("null"),
        None => output.data("Nothing was applied yet."),
    }
    Ok(Exit::Ok)
}

pub fn list(args: &StateArgs, output: Output) -> Outcome {
    let backups = store(&args.project)?.backups()?;
    if args.json {
        let rows: Vec<_> = backups
            .iter()
            .map(|backup| serde_json::json!({"serial": backup.serial, "path": backup.path.display().to_string()}))
            .collect();
        output.data(&serde_json::Value::from(rows).to_string());
    } else if backups.is_empty() {
        output.data("There are no backups yet.");
    } else {
        backups.iter().for_each(|backup| output.data(&format!("{:>4}  {}", backup.serial, backup.path.display())));
    }
    Ok(Exit::Ok)
}

pub fn restore(args: &StateRestoreArgs, output: Output) -> Outcome {
    let state = store(&args.project)?.restore(args.serial)?;
    output.data(&format!("The state stands at serial {} again.", state.serial));
    Ok(Exit::Ok)
}

/// Makes a state that knows the live space and nothing of how it came about.
pub async fn repair(args: &StateRepairArgs, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, Events::none()).await?;
    let path = session.layout.state();
    if path.exists() {
        return Err(OpsError::other(format!(
            "{} exists; move it away first, or put a backup back with `state restore`",
            path.display()
        )));
    }
    let live = session.workspace.client.get_space(&args.space_id).await?;
    let mut state = State::new(uuid::Uuid::now_v7().to_string(), session.workspace.host.clone());
    state.space_id = Some(live.id.clone());
    state.applied.push(AppliedRecord {
        serial: 1,
        plan_id: String::new(),
        at: session.now.to_string(),
        by: Identity::current().who,
        confirmed: "state repair".to_owned(),
        changes: 0,
        score_before: String::new(),
        score_after: String::new(),
        before: None,
        before_digest: None,
        after_digest: live.space.digest(),
        after_sidecar_digest: live.space.sidecar_digest(),
        etag: live.etag.unwrap_or_default(),
        read_back: "equal".to_owned(),
    });
    let written = crate::format::state_to_json(&State { serial: 1, ..state });
    crate::cli::session::write_text(&path, &written)?;
    output.data(&format!("Made a new state for the space {} as it stands now.", live.id));
    Ok(Exit::Ok)
}

fn store(project: &crate::cli::args::ProjectArgs) -> Result<StateStore, OpsError> {
    Ok(StateStore::new(layout(&load(project)?.project).state()))
}
