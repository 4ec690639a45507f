//! The command line: arguments, the session of a command, output, exit codes.

mod args;
mod commands;
mod dashboard;
mod exit;
mod failure;
mod fleet;
mod history;
mod interrupt;
pub mod local;
mod logging;
mod manual;
mod output;
mod progress;
mod record;
mod recorded;
mod session;

use args::Cli;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use exit::Exit;
use fleet::Fleet;
use interrupt::First;
use output::Output;
use std::path::PathBuf;
use std::process::ExitCode;

/// Stack of the threads that run operations: syntax trees of deep SQL are walked by recursion.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    let matches = match Cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return usage(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    logging::install(&cli.global);
    let output = Output::of(&cli.global, wants_json(&matches));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            output.message(&format!("error: the runtime does not start: {error}"));
            return Exit::Failed.into();
        }
    };
    // On a thread of the runtime, for its larger stack.
    let command = runtime.spawn(interrupt::stoppable(commands::run(cli.command, fleet(&matches), output)));
    let exit = runtime.block_on(until_done(command, output));
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    exit.into()
}

/// Waits for the command; a Ctrl-C stops it cleanly, a second one at once.
async fn until_done(mut command: tokio::task::JoinHandle<Option<Exit>>, output: Output) -> Exit {
    let mut interrupts = interrupt::Interrupts::listen();
    tokio::select! {
        ended = &mut command => return ended_as(ended, output),
        () = interrupts.next() => {}
    }
    match interrupt::stop() {
        First::Declined => {}
        First::Stopping => output.message("stopping and cleaning up; Ctrl-C again stops at once"),
        First::Finishing => output.message("the write under way is finished first; Ctrl-C again stops at once"),
    }
    tokio::select! {
        ended = &mut command => ended_as(ended, output),
        () = interrupts.next() => stopped_at_once(output),
    }
}

fn stopped_at_once(output: Output) -> Exit {
    let message = match interrupt::is_writing() {
        true => "stopped in the middle of a write; the next apply finds out what became of it and goes on from there",
        false => "stopped; `genie-enhance shadows list` shows what may be left",
    };
    output.message(message);
    if output.json {
        output.data(&failure::plain(Exit::Cancelled, message));
    }
    Exit::Cancelled
}

fn ended_as(ended: Result<Option<Exit>, tokio::task::JoinError>, output: Output) -> Exit {
    match ended {
        Ok(Some(exit)) => exit,
        Ok(None) => {
            let message = "interrupted; answers so far are kept, and the next run goes on from them";
            output.message(message);
            if output.json {
                output.data(&failure::plain(Exit::Cancelled, message));
            }
            Exit::Cancelled
        }
        Err(error) => {
            let message = format!("the command broke off: {error}");
            output.message(&format!("error: {message}"));
            if output.json {
                output.data(&failure::plain(Exit::Failed, &message));
            }
            Exit::Failed
        }
    }
}

/// All project files that were named: a command sees only the first by itself.
fn fleet(matches: &ArgMatches) -> Fleet {
    let files = innermost(matches).try_get_many::<PathBuf>("file").ok().flatten();
    Fleet::of(files.into_iter().flatten().cloned().collect())
}

fn innermost(matches: &ArgMatches) -> &ArgMatches {
    let mut inner = matches;
    while let Some((_, next)) = inner.subcommand() {
        inner = next;
    }
    inner
}

/// True if the command was asked for JSON: `--json`, or `--format json`.
fn wants_json(matches: &ArgMatches) -> bool {
    let inner = innermost(matches);
    let flag = inner.try_get_one::<bool>("json").ok().flatten().copied().unwrap_or(false);
    let mut form = inner.try_get_raw("format").ok().flatten().into_iter().flatten();
    flag || form.any(|form| form == "json")
}

fn usage(error: &clap::Error) -> ExitCode {
    // A failing print means nobody reads; the exit code still tells.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Ok.into();
    }
    if std::env::args().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let document = failure::plain(Exit::Usage, message);
        // As above.
        let _ = std::io::Write::write_all(&mut std::io::stdout(), format!("{document}\n").as_bytes());
    }
    Exit::Usage.into()
}
