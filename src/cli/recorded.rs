//! Reading run folders: what a run was, and the run as the dashboard shows it.

use super::session::read_text;
use crate::format::{LineBody, RunSummary, event_from_json};
use crate::model::{Event, Plan};
use crate::ops::OpsError;
use crate::store::{Layout, PlanStore, list_runs};
use crate::ui::{Finished, Hub, RunInfo, RunStatus, finished_run, timed_events};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The first and the last line of a run.
#[derive(Clone, Debug, Default)]
pub struct RunHead {
    pub path: PathBuf,
    pub command: String,
    /// RFC 3339.
    pub started: String,
    /// None: the run still goes on, or it was killed.
    pub summary: Option<RunSummary>,
}

/// The last line of a run is looked for in so many bytes.
const TAIL: u64 = 64 * 1024;

/// Reads the head of one run; none where there is no readable first line.
pub fn head(path: &Path) -> Option<RunHead> {
    let mut file = std::fs::File::open(path.join("events.jsonl")).ok()?;
    let mut first = String::new();
    BufReader::new(&file).take(TAIL).read_line(&mut first).ok()?;
    let line = event_from_json(first.trim_end()).ok()?;
    let LineBody::Started { command, .. } = line.body else { return None };
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).ok()?;
    let tail = String::from_utf8_lossy(&tail);
    let last = tail.lines().next_back().and_then(|text| event_from_json(text).ok());
    let summary = last.and_then(|line| match line.body {
        LineBody::Summary(summary) => Some(summary),
        _ => None,
    });
    Some(RunHead { path: path.to_owned(), command, started: line.ts, summary })
}

/// The newest runs, newest first.
pub fn newest(layout: &Layout, most: usize) -> Vec<RunHead> {
    list_runs(&layout.runs()).iter().rev().filter_map(|path| head(path)).take(most).collect()
}

fn events(path: &Path) -> Vec<(f64, Event)> {
    timed_events(&std::fs::read_to_string(path.join("events.jsonl")).unwrap_or_default())
}

/// The folder of the run that `wanted` names: its name, the beginning of it, or a path.
pub fn find(layout: &Layout, wanted: &str) -> Result<PathBuf, OpsError> {
    let runs = list_runs(&layout.runs());
    let named = |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(wanted));
    let direct = Path::new(wanted);
    if direct.join("events.jsonl").is_file() {
        return Ok(direct.to_owned());
    }
    runs.iter().rev().find(named).cloned().ok_or_else(|| {
        let known: Vec<_> = runs.iter().rev().take(5).filter_map(|path| path.file_name()).collect();
        let known = known.iter().map(|name| name.to_string_lossy()).collect::<Vec<_>>().join(", ");
        OpsError::other(format!("there is no run `{wanted}` in {}; the newest are {known}", layout.runs().display()))
    })
}

/// The run to show at first: the newest plan or apply, else the newest that scored something. A look
/// for drift has nothing to show but its line in the history.
pub fn latest(layout: &Layout) -> Option<PathBuf> {
    let runs = list_runs(&layout.runs());
    let newest = |commands: &[&str]| {
        let mut heads = runs.iter().rev().filter_map(|path| head(path));
        heads.find(|run| !commands.contains(&run.command.as_str())).map(|run| run.path)
    };
    newest(&["score", "drift"]).or_else(|| newest(&["drift"]))
}

/// Shows a recorded run. An apply is shown after the plan that it applied.
pub fn show(layout: &Layout, path: &Path, info: RunInfo) -> Result<Hub, OpsError> {
    let head = head(path).ok_or_else(|| OpsError::other(format!("{} holds no run", path.display())))?;
    let summary = head.summary.clone().unwrap_or_default();
    let plan_run = match &summary.plan_id {
        Some(id) if !has_plan(path) => plan_run(layout, id),
        _ => Some(path.to_owned()),
    };
    let mut all = plan_run.as_deref().map(events).unwrap_or_default();
    if plan_run.as_deref() != Some(path) {
        let offset = all.last().map_or(0.0, |(at, _)| *at);
        all.extend(events(path).into_iter().map(|(at, event)| (at + offset, event)));
    }
    let from_run = plan_run.as_deref().and_then(finished);
    let kept = || {
        let (loaded, _) = PlanStore::new(layout.plans()).load(summary.plan_id.as_deref()?).ok()?;
        Some(bare(loaded.plan, loaded.id.as_str().to_owned()))
    };
    let finished = from_run.or_else(kept);
    let was_shown = finished.is_some();
    let hub = Hub::from_files(info, all, finished);
    match &head.summary {
        None => hub.set_status(RunStatus::Stopped),
        Some(ended) if ended.exit_code == 9 => hub.set_status(RunStatus::Stopped),
        Some(ended) if ended.exit_code != 0 && ended.exit_code != 2 => {
            hub.set_status(RunStatus::Failed(ended.message.clone()));
        }
        Some(_) if ["apply", "rollback"].contains(&head.command.as_str()) => hub.set_status(RunStatus::Applied),
        Some(_) if !was_shown => hub.set_status(RunStatus::Idle),
        Some(_) => {}
    }
    Ok(hub)
}

fn plan_run(layout: &Layout, id: &str) -> Option<PathBuf> {
    let made = |run: &RunHead| {
        has_plan(&run.path) && run.summary.as_ref().is_some_and(|summary| summary.plan_id.as_deref() == Some(id))
    };
    newest(layout, usize::MAX).into_iter().find(made).map(|run| run.path)
}

/// True for a run that made its plan itself.
fn has_plan(run: &Path) -> bool {
    run.join("plan.json").is_file()
}

fn bare(plan: Plan, id: String) -> Finished {
    Finished { plan, id, before: None, after: None, suite: None, space_before: None, space_after: None }
}

fn finished(path: &Path) -> Option<Finished> {
    finished_run(|name| read_text(&path.join(name)).ok())
}
