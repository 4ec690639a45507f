//! The command line: arguments, the session of a command, output, exit codes.

mod args;
mod commands;
mod dashboard;
mod exit;
mod history;
pub mod local;
mod logging;
mod output;
mod progress;
mod record;
mod recorded;
mod session;

use args::Cli;
use clap::Parser;
use exit::Exit;
use output::Output;
use std::process::ExitCode;

/// Stack of the threads that run operations: syntax trees of deep SQL are walked by recursion.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    logging::install(&cli.global);
    let output = Output::of(&cli.global);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            output.message(&format!("error: the runtime does not start: {error}"));
            return Exit::Failed.into();
        }
    };
    // On a thread of the runtime, for its larger stack.
    let command = runtime.spawn(commands::run(cli.command, output));
    let exit = runtime.block_on(async {
        tokio::select! {
            finished = command => finished.unwrap_or_else(|error| {
                output.message(&format!("error: the command broke off: {error}"));
                Exit::Failed
            }),
            () = interrupted() => {
                output.message("interrupted; answers so far are kept, and the next run goes on from them");
                Exit::Cancelled
            }
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    exit.into()
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler there is nothing to wait for.
        std::future::pending::<()>().await;
    }
}

fn usage(error: &clap::Error) -> ExitCode {
    // A failing print means nobody reads; the exit code still tells.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() }
}
