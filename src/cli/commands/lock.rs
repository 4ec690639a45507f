//! `lock`: who holds the project, and taking it from a run that hangs.

use super::Outcome;
use super::state::is_shared;
use crate::cli::args::{LockBreakArgs, ProjectArgs, StateArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{Session, layout, load};
use crate::config::Project;
use crate::ops::{Events, OpsError};
use crate::store::{break_lock, list_locks};

pub async fn list(args: &StateArgs, output: Output) -> Outcome {
    let project = load(&args.project)?.project;
    let mut locks = list_locks(&layout(&project).lock())?;
    let session = session_of_shared(&project, &args.project, output).await?;
    if let Some(shared) = session.as_ref().and_then(|session| session.shared.as_ref()) {
        locks.extend(shared.locks().await?);
    }
    if args.json {
        let rows: Vec<_> = locks
            .iter()
            .map(|lock| {
                serde_json::json!({
                    "id": lock.id, "operation": lock.operation, "plan_id": lock.plan_id, "who": lock.who,
                    "host": lock.host, "pid": lock.pid, "acquired": lock.acquired.to_string(),
                    "expires": lock.expires.to_string(),
                })
            })
            .collect();
        output.data(&serde_json::Value::from(rows).to_string());
    } else if locks.is_empty() {
        output.data("Nobody holds the lock.");
    } else {
        locks.iter().for_each(|lock| output.data(&format!("{}  {lock}", lock.id)));
    }
    Ok(Exit::Ok)
}

pub async fn remove(args: &LockBreakArgs, output: Output) -> Outcome {
    let project = load(&args.project)?.project;
    let path = layout(&project).lock();
    let here = list_locks(&path)?.iter().any(|lock| lock.id == args.id);
    let session = session_of_shared(&project, &args.project, output).await?;
    let lock = match session.as_ref().and_then(|session| session.shared.as_ref()) {
        Some(shared) if !here => shared.break_lock(&args.id).await?,
        _ => break_lock(&path, &args.id)?,
    };
    match args.json {
        true => output.data(&serde_json::json!({"outcome": "removed", "id": lock.id, "who": lock.who}).to_string()),
        false => output.data(&format!("Removed the lock of {lock}.")),
    }
    Ok(Exit::Ok)
}

/// A session where several machines keep the state; it holds the connection to that place.
async fn session_of_shared(project: &Project, args: &ProjectArgs, output: Output) -> Result<Option<Session>, OpsError> {
    if !is_shared(project) {
        return Ok(None);
    }
    Session::of(args, output, Events::none()).await.map(Some)
}
