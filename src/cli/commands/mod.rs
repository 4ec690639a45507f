//! One file per command; this one only dispatches.

pub(super) mod apply;
mod compare;
mod config;
mod doctor;
pub(super) mod drift;
mod export;
mod fmt;
mod history;
mod import;
mod init;
mod learn;
mod listing;
mod lock;
pub(super) mod plan;
mod prompts;
mod reference;
mod rejected;
mod revise;
pub(super) mod rollback;
pub(super) mod score;
mod score_report;
mod serve;
mod shadows;
mod show;
mod state;
mod ui;
pub(super) mod validate;

use super::args::{
    Command, ConfigCommand, HistoryCommand, LockCommand, ShadowsCommand, StateCommand, WorkspaceCommand,
};
use super::exit::Exit;
use super::fleet::{self, Fleet};
use super::output::Output;
use super::session::report;
use crate::ops::OpsError;

/// A command's result: how it ended, or why it could not.
pub type Outcome = Result<Exit, OpsError>;

/// Runs one command and reports what went wrong.
pub async fn run(command: Command, fleet: Fleet, output: Output) -> Exit {
    let outcome = match fleet::run(command, &fleet, output).await {
        Ok(outcome) => outcome,
        Err(command) => one(command, output).await,
    };
    outcome.unwrap_or_else(|error| {
        report(&error, output);
        Exit::of(&error)
    })
}

async fn one(command: Command, output: Output) -> Outcome {
    match command {
        Command::Init(args) => init::run(&args, output),
        Command::Validate(args) => validate::run(&args, output),
        Command::Import(args) => import::run(&args, output).await,
        Command::Export(args) => export::run(&args, output),
        Command::Score(args) => score::run(&args, output).await,
        Command::Learn(args) => learn::run(&args, output).await,
        Command::Plan(args) => plan::run(&args, output).await,
        Command::Show(args) => show::run(&args, output),
        Command::Apply(args) => apply::run(&args, output).await,
        Command::Rollback(args) => rollback::run(&args, output).await,
        Command::Drift(args) => drift::run(&args, output).await,
        Command::Doctor(args) => doctor::run(&args, output).await,
        Command::Compare(args) => compare::run(&args, output),
        Command::Workspace(WorkspaceCommand::Serve(args)) => serve::run(&args, output).await,
        Command::Shadows(ShadowsCommand::List(args)) => shadows::list(&args, output),
        Command::Shadows(ShadowsCommand::Gc(args)) => shadows::gc(&args, output).await,
        Command::Rejected(args) => rejected::run(&args, output),
        Command::State(StateCommand::Show(args)) => state::show(&args, output).await,
        Command::State(StateCommand::History(args)) => state::history(&args, output).await,
        Command::State(StateCommand::List(args)) => state::list(&args, output).await,
        Command::State(StateCommand::Restore(args)) => state::restore(&args, output).await,
        Command::State(StateCommand::Repair(args)) => state::repair(&args, output).await,
        Command::Lock(LockCommand::List(args)) => lock::list(&args, output).await,
        Command::Lock(LockCommand::Break(args)) => lock::remove(&args, output).await,
        Command::History(HistoryCommand::List(args)) => history::list(&args, output).await,
        Command::History(HistoryCommand::Show(args)) => history::show(&args, output).await,
        Command::History(HistoryCommand::Compare(args)) => history::compare(&args, output).await,
        Command::History(HistoryCommand::Export(args)) => history::export(&args, output).await,
        Command::History(HistoryCommand::Compact(args)) => history::compact(&args, output).await,
        Command::Ui(args) => ui::run(&args, output).await,
        Command::Config(ConfigCommand::Show(args)) => config::show(&args, output),
        Command::Fmt(args) => fmt::run(&args, output),
        Command::Explain(args) => reference::explain(&args, output),
        Command::Prompts(args) => prompts::run(&args, output),
        Command::Schema(args) => reference::schema(&args, output),
        Command::Completions(args) => reference::completions(&args, output),
    }
}
