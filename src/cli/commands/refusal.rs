//! A refusal as data: whoever asked for JSON gets one document, however the command ends.

use crate::cli::args::{Command, LockCommand, PlanCommand, PlanFormat, ShadowsCommand, StateCommand};
use crate::cli::exit::Exit;
use crate::cli::record::in_full;
use crate::ops::OpsError;
use serde_json::{Value, json};

/// True if the command was asked to print JSON.
pub fn wants_json(command: &Command) -> bool {
    match command {
        Command::Validate(args) => args.json,
        Command::Score(args) => args.json,
        Command::Learn(args) => args.json,
        Command::Plan(args) => match &args.command {
            Some(PlanCommand::Split(part)) => part.json,
            None => args.json || args.format == PlanFormat::Json,
        },
        Command::Show(args) => args.json || args.format == PlanFormat::Json,
        Command::Apply(args) => args.json,
        Command::Rollback(args) => args.json,
        Command::Drift(args) => args.json,
        Command::Shadows(ShadowsCommand::List(args) | ShadowsCommand::Gc(args)) => args.json,
        Command::State(StateCommand::Show(args) | StateCommand::List(args)) => args.json,
        Command::State(StateCommand::History(args)) => args.json,
        Command::State(StateCommand::Restore(args)) => args.json,
        Command::State(StateCommand::Repair(args)) => args.json,
        Command::Lock(LockCommand::List(args)) => args.json,
        Command::Lock(LockCommand::Break(args)) => args.json,
        _ => false,
    }
}

/// The one document of a command that ended with an error.
pub fn document(error: &OpsError) -> Value {
    let exit = Exit::of(error);
    let mut told = json!({
        "status": exit.name(),
        "exit_code": exit as u8,
        "message": in_full(error),
    });
    match error {
        OpsError::Moved(moved) => told["moved"] = moved.json(),
        OpsError::Declared(findings) => told["diagnostics"] = json!(findings),
        _ => {}
    }
    json!({ "error": told })
}
