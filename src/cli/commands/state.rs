//! `state`: what was applied, and getting that record back.

use super::Outcome;
use crate::cli::args::{ProjectArgs, StateArgs, StateHistoryArgs, StateRepairArgs, StateRestoreArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{Session, check_older_state, layout, load};
use crate::config::{Location, Project};
use crate::diff::diff;
use crate::format::state_to_json;
use crate::model::{AppliedRecord, State};
use crate::ops::{self, Events, OpsError, RepairInput};
use crate::render;
use crate::store::{Backup, Identity, StateStore};
use serde_json::{Value, json};

pub async fn show(args: &StateArgs, output: Output) -> Outcome {
    match store(&args.project, output).await?.load()? {
        Some(state) if args.json => output.data(&state_to_json(&state)),
        Some(state) => output.data(&render::state_terminal(&state, &output.style())),
        None if args.json => output.data("null"),
        None => output.data("Nothing was applied yet."),
    }
    Ok(Exit::Ok)
}

pub async fn list(args: &StateArgs, output: Output) -> Outcome {
    let backups = store(&args.project, output).await?.backups()?;
    if args.json {
        let row = |backup: &Backup| {
            let path = backup.path.display().to_string();
            json!({"serial": backup.serial, "path": path, "good": backup.state.is_some()})
        };
        output.data(&Value::from(backups.iter().map(row).collect::<Vec<_>>()).to_string());
    } else if backups.is_empty() {
        output.data("There are no backups yet.");
    } else {
        for backup in &backups {
            let damaged = if backup.state.is_some() { "" } else { "  (cannot be read)" };
            output.data(&format!("{:>4}  {}{damaged}", backup.serial, backup.path.display()));
        }
    }
    Ok(Exit::Ok)
}

pub async fn restore(args: &StateRestoreArgs, output: Output) -> Outcome {
    if is_shared(&load(&args.project)?.project) {
        return Err(OpsError::usage(
            "a shared state keeps every version and goes on from the newest; to undo what was applied use `rollback`",
        ));
    }
    let state = store(&args.project, output).await?.restore(args.serial)?;
    match args.json {
        true => output.data(&json!({"outcome": "restored", "serial": state.serial}).to_string()),
        false => output.data(&format!("The state stands at serial {} again.", state.serial)),
    }
    Ok(Exit::Ok)
}

/// What was applied, newest first; or one applied plan with what it changed.
pub async fn history(args: &StateHistoryArgs, output: Output) -> Outcome {
    let state = store(&args.project, output).await?.load()?;
    let records: &[AppliedRecord] = state.as_ref().map_or(&[], |state| &state.applied);
    let Some(serial) = args.serial else {
        match (args.json, &state) {
            (true, _) => output.data(&Value::from(records.iter().rev().map(row).collect::<Vec<_>>()).to_string()),
            (false, Some(state)) => output.data(&render::state_terminal(state, &output.style())),
            (false, None) => output.data("Nothing was applied yet."),
        }
        return Ok(Exit::Ok);
    };
    let at = records.iter().position(|record| record.serial == serial).ok_or_else(|| {
        let known: Vec<String> = records.iter().map(|record| record.serial.to_string()).collect();
        OpsError::usage(format!("there is no applied plan with serial {serial}; known are {}", known.join(", ")))
    })?;
    let record = &records[at];
    // What stood there afterwards is what the next apply found, or what stands there still.
    let after =
        records.get(at + 1).map_or(state.as_ref().and_then(|state| state.stands.as_ref()), |next| next.before.as_ref());
    let changes = match (&record.before, after) {
        (Some(before), Some(after)) => diff(before, after),
        _ => Vec::new(),
    };
    if args.json {
        let mut value = row(record);
        value["before"] = record.before.as_ref().map_or(Value::Null, crate::format::space_to_value);
        value["changes_made"] = json!(changes);
        output.data(&value.to_string());
    } else {
        let one = State {
            applied: vec![record.clone()],
            ..state.clone().unwrap_or_else(|| State::new(String::new(), String::new()))
        };
        output.data(&render::state_terminal(&one, &output.style()));
        output.data(&super::listing::changes(&changes));
    }
    Ok(Exit::Ok)
}

fn row(record: &AppliedRecord) -> Value {
    json!({
        "serial": record.serial, "plan_id": record.plan_id, "at": record.at, "by": record.by,
        "confirmed": record.confirmed, "changes": record.changes, "score_before": record.score_before,
        "score_after": record.score_after, "before_digest": record.before_digest, "after_digest": record.after_digest,
        "etag": record.etag, "read_back": record.read_back, "verified": record.verified.as_str(),
    })
}

/// Repairs what is broken, and tells what was done.
pub async fn repair(args: &StateRepairArgs, output: Output) -> Outcome {
    let session = Session::of(&args.project, output, Events::none()).await?;
    let named = args.space_id.as_deref().or(session.project().space_id.as_deref());
    let repaired = ops::repair(&RepairInput {
        workspace: &session.workspace,
        layout: &session.layout,
        space_id: named,
        shared: session.shared.as_ref(),
        identity: Identity::current(),
        now: session.now,
    })
    .await?;
    if args.json {
        let serial = repaired.state.as_ref().map(|state| state.serial);
        output.data(&json!({"serial": serial, "account": repaired.account}).to_string());
    } else {
        repaired.account.iter().for_each(|line| output.data(&format!("- {line}")));
    }
    Ok(Exit::Ok)
}

/// The state on this machine; a shared one is brought here first.
async fn store(args: &ProjectArgs, output: Output) -> Result<StateStore, OpsError> {
    let project = load(args)?.project;
    if !is_shared(&project) {
        let layout = layout(&project);
        check_older_state(&project, &layout, &Events::none())?;
        return Ok(StateStore::new(layout.state()));
    }
    Ok(Session::of(args, output, Events::none()).await?.state_store())
}

/// True if several machines keep the project's state.
pub fn is_shared(project: &Project) -> bool {
    matches!(project.state, Location::Url(_) | Location::Volume(_))
}
