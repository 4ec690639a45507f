//! `lock`: who holds the project, and taking it from a run that hangs.

use super::Outcome;
use crate::cli::args::{LockBreakArgs, StateArgs};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::session::{layout, load};
use crate::store::{break_lock, list_locks};

pub fn list(args: &StateArgs, output: Output) -> Outcome {
    let path = layout(&load(&args.project)?.project).lock();
    let locks = list_locks(&path)?;
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

pub fn remove(args: &LockBreakArgs, output: Output) -> Outcome {
    let path = layout(&load(&args.project)?.project).lock();
    let lock = break_lock(&path, &args.id)?;
    match args.json {
        true => output.data(&serde_json::json!({"outcome": "removed", "id": lock.id, "who": lock.who}).to_string()),
        false => output.data(&format!("Removed the lock of {lock}.")),
    }
    Ok(Exit::Ok)
}
