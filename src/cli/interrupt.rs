//! Ctrl-C: once is a clean stop, twice is now.
//!
//! A clean stop lets go of the command where it stands, which writes nothing half, and then removes
//! the shadow spaces of the run. An apply that was confirmed is not let go before its write is on
//! record: that takes seconds.

use crate::ops::{Loans, Workspace, sweep_run};
use crate::store::Ledger;
use std::future::Future;
use std::io::{self, BufRead};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What is left to do when a run is stopped.
struct CleanUp {
    workspace: Arc<Workspace>,
    ledger: Ledger,
    loans: Loans,
    run: String,
}

static CLEAN_UP: Mutex<Vec<CleanUp>> = Mutex::new(Vec::new());
static STOP: Notify = Notify::const_new();
/// A write is under way that is finished first.
static WRITING: AtomicBool = AtomicBool::new(false);
static WRITTEN: Notify = Notify::const_new();
/// Somebody is asked; nothing runs meanwhile. Who waits for the answer hears it here.
static ASKED: Mutex<Option<Sender<io::Result<String>>>> = Mutex::new(None);

/// A run whose shadows are to be removed if it is stopped.
pub fn clean_up_after(workspace: Arc<Workspace>, ledger: Ledger, loans: Loans, run: String) {
    CLEAN_UP.lock().unwrap_or_else(PoisonError::into_inner).push(CleanUp { workspace, ledger, loans, run });
}

/// From here on the command is finished before a first Ctrl-C stops it.
pub fn finish_first() {
    WRITING.store(true, Ordering::SeqCst);
}

/// What was to be finished first is done; from here on the command can be stopped again.
pub fn may_stop() {
    WRITING.store(false, Ordering::SeqCst);
    WRITTEN.notify_one();
}

/// True while something is written that the next run would have to settle.
pub fn is_writing() -> bool {
    WRITING.load(Ordering::SeqCst)
}

/// One line from the terminal. A Ctrl-C while it is waited for is an answer as well: an error, so
/// that the command gives back what it holds.
pub fn ask_line() -> io::Result<String> {
    let (answer, answered) = channel();
    *asked() = Some(answer.clone());
    // Waited for by nobody: at a terminal where nothing more is typed, it ends with the program.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        // An error says that nobody waits any more.
        let _ = answer.send(read.map(|_| line));
    });
    let line = answered.recv().unwrap_or_else(|_| Err(io::ErrorKind::UnexpectedEof.into()));
    asked().take();
    line
}

fn asked() -> MutexGuard<'static, Option<Sender<io::Result<String>>>> {
    ASKED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a command until it ends or is stopped; None: it was stopped, and cleaned up after.
pub async fn stoppable<T>(command: impl Future<Output = T>) -> Option<T> {
    // Kept while cleaning up: an embedded workspace lives in it.
    let mut command = std::pin::pin!(command);
    tokio::select! {
        biased;
        ended = &mut command => return Some(ended),
        () = STOP.notified() => {}
    }
    while is_writing() {
        tokio::select! {
            biased;
            ended = &mut command => return Some(ended),
            () = WRITTEN.notified() => {}
        }
    }
    clean_up().await;
    None
}

/// What a first Ctrl-C means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Whoever was asked has declined.
    Declined,
    /// The command is stopped, and its shadows are removed.
    Stopping,
    /// The write under way is finished.
    Finishing,
}

/// Asks the command to stop.
pub fn stop() -> First {
    if let Some(asked) = asked().take() {
        let _ = asked.send(Err(io::ErrorKind::Interrupted.into()));
        return First::Declined;
    }
    STOP.notify_one();
    if is_writing() { First::Finishing } else { First::Stopping }
}

/// The Ctrl-Cs of a run, heard by one listener: a new one for the second would not hear it where
/// it comes at once.
pub struct Interrupts {
    #[cfg(unix)]
    heard: Option<tokio::signal::unix::Signal>,
}

impl Interrupts {
    /// Listens from here on; to be called on the runtime.
    pub fn listen() -> Self {
        Self {
            #[cfg(unix)]
            heard: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).ok(),
        }
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        let heard = match &mut self.heard {
            Some(signal) => signal.recv().await.is_some(),
            None => false,
        };
        #[cfg(not(unix))]
        let heard = tokio::signal::ctrl_c().await.is_ok();
        if !heard {
            // Without a handler there is nothing to wait for.
            std::future::pending::<()>().await;
        }
    }
}

async fn clean_up() {
    let runs = std::mem::take(&mut *CLEAN_UP.lock().unwrap_or_else(PoisonError::into_inner));
    for CleanUp { workspace, ledger, loans, run } in runs {
        if let Err(error) = sweep_run(&workspace, &ledger, &loans, &run).await {
            tracing::warn!("the shadow spaces of this run are still there ({error}); `shadows gc` removes them");
        }
    }
}
