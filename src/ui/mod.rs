//! The dashboard server and its assets.
//!
//! A [`Hub`] holds one [`Run`], folded from the same events as every other display; [`serve`] shows
//! it on the loopback interface and passes what people ask for to [`Actions`]. The page is rendered
//! here, on the server, and reads without script; a small script swaps the views that changed.
//! [`report`] writes the same views as one file.

mod actions;
mod chart;
mod code;
mod demo;
mod difference;
mod files;
mod guard;
mod hub;
mod live;
mod page;
mod run;
mod server;
mod show;
mod views;
mod writes;

#[cfg(test)]
mod tests;

pub use actions::{ActionError, Actions, BenchmarkFile, HistoryRow, NO_DRIFT, Past, Project, Reply, StartOptions};
pub use demo::demo;
pub use files::{finished_run, timed_events};
pub use hub::{Hub, Logged};
pub use page::report;
pub use run::{Finished, Run, RunInfo, RunStatus, Spending};
pub use server::{RunningUi, UiError, UiOptions, serve};
